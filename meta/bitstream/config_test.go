package bitstream

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// hvcC builds a record with one array per NAL unit.
func hvcC(lengthSize int, nals ...[]byte) []byte {
	p := append([]byte{1}, make([]byte, 20)...)
	p = append(p, 0xf0|byte(lengthSize-1), byte(len(nals)))
	for _, n := range nals {
		p = append(p, 0x80|n[0]>>1, 0, 1, byte(len(n)>>8), byte(len(n)))
		p = append(p, n...)
	}
	return p
}

func avcC(lengthSize int, sps, pps [][]byte) []byte {
	p := []byte{1, 0x64, 0, 10, 0xfc | byte(lengthSize-1), 0xe0 | byte(len(sps))}
	add := func(nals [][]byte) {
		for _, n := range nals {
			p = append(append(p, byte(len(n)>>8), byte(len(n))), n...)
		}
	}
	add(sps)
	p = append(p, byte(len(pps)))
	add(pps)
	return p
}

func av1C(obus ...[]byte) []byte {
	return append([]byte{0x81, 0x05, 0x0c, 0}, slices.Concat(obus...)...)
}

func TestParseConfig(t *testing.T) {
	light := seiNAL(hevcPrefix, message(144, unhex(t, lightSEI)))
	sps, pps := []byte{0x42, 1, 9}, []byte{0x44, 1}
	avcSPS, avcPPS := []byte{0x67, 9}, []byte{0x68}
	lightOBU, sequence := metadataOBU(1, unhex(t, lightSEI)), obu(obuSequenceHeader, []byte{0})
	many := hvcC(4, sps)
	many[24], many[25] = 0xff, 0xff
	for _, c := range []struct {
		name  string
		codec Codec
		data  []byte
		want  Config
		err   error
		says  string
	}{
		{"hvcC with SEI", HEVC, hvcC(4, sps, pps, light), Config{Format{HEVC, 4}, [][]byte{sps, pps, light}}, nil, ""},
		{"hvcC, two bytes of length", HEVC, hvcC(2), Config{Format: Format{HEVC, 2}}, nil, ""},
		{"hvcC, three bytes of length", HEVC, hvcC(3, sps), Config{}, ErrConfig, "3 bytes"},
		{"hvcC version 2", HEVC, append([]byte{2}, hvcC(4)[1:]...), Config{}, ErrConfig, "version 2"},
		{"hvcC of 22 bytes", HEVC, hvcC(4)[:22], Config{}, ErrTruncated, "22 bytes"},
		{"hvcC cut in an array", HEVC, hvcC(4, sps, pps)[:33], Config{Format{HEVC, 4}, [][]byte{sps}}, ErrTruncated, "before array 2 of 2"},
		{"hvcC cut in a NAL unit", HEVC, hvcC(4, sps, pps)[:36], Config{Format{HEVC, 4}, [][]byte{sps}}, ErrTruncated, "hvcC array 2: bitstream: truncated: NAL unit 1 of 1 has 2 bytes, 0 left"},
		{"hvcC with a wrong count", HEVC, many, Config{Format{HEVC, 4}, [][]byte{sps}}, ErrTruncated, "ends before NAL unit 2 of 65535"},
		{"avcC", AVC, avcC(4, [][]byte{avcSPS}, [][]byte{avcPPS, avcPPS}), Config{Format{AVC, 4}, [][]byte{avcSPS, avcPPS, avcPPS}}, nil, ""},
		{"avcC with extensions", AVC, append(avcC(1, [][]byte{avcSPS}, nil), 0xfd, 0xf8, 0xf8, 0), Config{Format{AVC, 1}, [][]byte{avcSPS}}, nil, ""},
		{"avcC version 0", AVC, append([]byte{0}, avcC(4, nil, nil)[1:]...), Config{}, ErrConfig, "version 0"},
		{"avcC without picture parameter sets", AVC, avcC(4, [][]byte{avcSPS}, nil)[:10], Config{Format{AVC, 4}, [][]byte{avcSPS}}, ErrTruncated, "before the picture"},
		{"avcC cut in a sequence parameter set", AVC, avcC(4, [][]byte{avcSPS}, nil)[:9], Config{Format: Format{AVC, 4}}, ErrTruncated, "sequence parameter sets: bitstream: truncated: NAL unit 1 of 1 has 2 bytes, 1 left"},
		{"avcC cut in a picture parameter set", AVC, avcC(4, nil, [][]byte{avcPPS})[:9], Config{Format: Format{AVC, 4}}, ErrTruncated, "picture parameter sets: bitstream: truncated: NAL unit 1 of 1 has 1 bytes"},
		{"avcC of 5 bytes", AVC, avcC(4, nil, nil)[:5], Config{}, ErrTruncated, "5 bytes"},
		{"avcC, three bytes of length", AVC, avcC(3, nil, nil), Config{}, ErrConfig, "3 bytes"},
		{"av1C with metadata", AV1, av1C(sequence, lightOBU), Config{Format{AV1, 0}, [][]byte{sequence, lightOBU}}, nil, ""},
		{"av1C alone", AV1, av1C(), Config{Format: Format{AV1, 0}}, nil, ""},
		{"av1C version 2", AV1, []byte{0x82, 0, 0, 0}, Config{}, ErrConfig, "0x82"},
		{"av1C cut", AV1, av1C(sequence, lightOBU)[:12], Config{Format{AV1, 0}, [][]byte{sequence, lightOBU[:5]}}, ErrTruncated, "av1C: "},
		{"av1C of 3 bytes", AV1, []byte{0x81, 0, 0}, Config{}, ErrTruncated, "3 bytes"},
		{"no codec", 0, nil, Config{}, ErrFormat, "codec 0"},
	} {
		got, err := ParseConfig(c.codec, c.data)
		if got.Format != c.want.Format || !slices.EqualFunc(got.Units, c.want.Units, bytes.Equal) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		if !errors.Is(err, c.err) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want %v that says %q", c.name, err, c.err, c.says)
		}
	}
}

func TestFindConfigLendsTheMessagesOfCodecData(t *testing.T) {
	light := unhex(t, lightSEI)
	for _, c := range []struct {
		codec Codec
		data  []byte
		want  []string
		err   error
	}{
		{HEVC, hvcC(4, []byte{0x42, 1, 9}, seiNAL(hevcPrefix, message(144, light)), []byte{0x44}), []string{"sequence 09", "content light " + lightSEI}, ErrNAL},
		{AVC, avcC(4, [][]byte{{0x67, 9}}, nil), []string{"sequence 09"}, nil},
		{AV1, av1C(obu(obuSequenceHeader, []byte{9}), metadataOBU(1, light)), []string{"sequence 09", "content light " + lightSEI}, nil},
	} {
		config, err := ParseConfig(c.codec, c.data)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		var f Finder
		err = f.FindConfig(config, func(m Message) { got = append(got, fmt.Sprintf("%v %x", m.Kind, m.Payload)) })
		if !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%v: %q, %v; want %q, %v", c.codec, got, err, c.want, c.err)
		}
	}
}
