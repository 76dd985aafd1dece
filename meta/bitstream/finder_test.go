package bitstream

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
)

// find gives all messages as "kind hex".
func find(f *Finder, au []byte) (got []string, err error) {
	err = f.Find(au, func(m Message) { got = append(got, fmt.Sprintf("%v %x", m.Kind, m.Payload)) })
	return got, err
}

type findCase struct {
	name    string
	units   [][]byte
	want    []string
	picture Picture
	err     error // a sentinel
	says    string
}

func (c *findCase) run(t *testing.T, f Format) {
	t.Helper()
	finder := Finder{Format: f}
	got, err := find(&finder, join(f, c.units...))
	if !slices.Equal(got, c.want) {
		t.Errorf("%+v, %s:\n got %q\nwant %q", f, c.name, got, c.want)
	}
	if !errors.Is(err, c.err) || err != nil && !strings.Contains(err.Error(), c.says) {
		t.Errorf("%+v, %s: error %v, want %v that says %q", f, c.name, err, c.err, c.says)
	}
	if p := finder.Picture(); p != c.picture {
		t.Errorf("%+v, %s: picture %+v, want %+v", f, c.name, p, c.picture)
	}
}

func TestFindInHEVC(t *testing.T) {
	a, b := unhex(t, hdr10plusA), unhex(t, hdr10plusB)
	light, mastering := unhex(t, lightSEI), unhex(t, masteringSEI)
	r := rpu(40, 0)
	broken := bytes.Clone(r)
	broken[9] ^= 1
	zeros := append([]byte{0xB5}, make([]byte, 700)...)
	idr := Picture{RandomAccess: true, IDR: true}
	cases := []findCase{
		{"several messages in one SEI, others between",
			[][]byte{seiNAL(hevcPrefix, message(137, mastering), message(5, zeros), message(144, light), message(4, a)), hevcIDRNAL},
			[]string{"mastering display " + masteringSEI, "content light " + lightSEI, "T.35 " + hdr10plusA}, idr, nil, ""},
		{"several SEI NAL units, suffix too",
			[][]byte{seiNAL(hevcPrefix, message(4, a)), seiNAL(hevcPrefix, message(147, []byte{18})), hevcSlice, seiNAL(hevcSuffix, message(4, b))},
			[]string{"T.35 " + hdr10plusA, "alternative transfer 12", "T.35 " + hdr10plusB}, Picture{}, nil, ""},
		{"ambient viewing and film grain",
			[][]byte{seiNAL(hevcPrefix, message(148, unhex(t, ambientSEI)), message(19, []byte{0x80}))},
			[]string{"ambient viewing " + ambientSEI, "film grain 80"}, Picture{}, nil, ""},
		{"type and size beyond 255, escaped zeros",
			[][]byte{seiNAL(hevcPrefix, message(300, zeros), message(4, zeros))},
			[]string{fmt.Sprintf("T.35 %x", zeros)}, Picture{}, nil, ""},
		{"RPU behind the slices", [][]byte{hevcSlice, dovi.AppendNAL(nil, r)},
			[]string{fmt.Sprintf("Dolby Vision %x", r)}, Picture{}, nil, ""},
		{"RPU with a wrong checksum", [][]byte{hevcSlice, dovi.AppendNAL(nil, broken), seiNAL(hevcSuffix, message(144, light))},
			[]string{"content light " + lightSEI}, Picture{}, dovi.ErrCRC, "Dolby Vision RPU at byte"},
		{"enhancement layers", [][]byte{append([]byte{hevcPrefixSEI << 1, 1<<3 | 1}, seiNAL(nil, message(144, light))...), {20 << 1, 9, 0xac}},
			nil, Picture{}, nil, ""},
		{"sequence parameter set", [][]byte{{hevcSPS << 1, 1, 1, 0, 0, 3, 1}}, []string{"sequence 01000001"}, Picture{}, nil, ""},
		{"CRA picture", [][]byte{{21 << 1, 1, 0xac}}, nil, Picture{RandomAccess: true}, nil, ""},
		{"message too short for its type", [][]byte{seiNAL(hevcPrefix, message(144, light[:3]), message(147, []byte{18}))},
			[]string{"alternative transfer 12"}, Picture{}, ErrSEI, "content light message of 3 bytes, not 4"},
		{"message longer than its SEI", [][]byte{seiNAL(hevcPrefix, message(147, []byte{18}), []byte{4, 200}, a), hevcIDRNAL},
			[]string{"alternative transfer 12"}, idr, ErrTruncated, "message of type 4 has 200 bytes, 50 left"},
		{"SEI ends in a size", [][]byte{append(bytes.Clone(hevcPrefix), 4, 255, 255), hevcIDRNAL}, nil, idr, ErrTruncated, "head"},
		{"SEI without its end", [][]byte{append(bytes.Clone(hevcPrefix), message(144, light)...)},
			[]string{"content light " + lightSEI}, Picture{}, nil, ""},
		{"forbidden bit", [][]byte{{0x80 | hevcPrefixSEI<<1, 1, 9}, hevcIDRNAL}, nil, idr, ErrNAL, "forbidden_zero_bit"},
		{"half a header", [][]byte{{hevcPrefixSEI << 1}, hevcIDRNAL}, nil, idr, ErrNAL, "1 bytes"},
	}
	for _, c := range cases {
		c.run(t, Format{HEVC, 0})
		c.run(t, Format{HEVC, 4})
		c.run(t, Format{HEVC, 2})
	}
}

func TestFindInAVC(t *testing.T) {
	a, r := unhex(t, hdr10plusA), rpu(20, 7)
	cases := []findCase{
		{"SEI before an IDR picture", [][]byte{seiNAL(avcSEIHead, message(4, a), message(137, unhex(t, masteringSEI))), avcIDRNAL},
			[]string{"T.35 " + hdr10plusA, "mastering display " + masteringSEI}, Picture{true, true}, nil, ""},
		{"other picture", [][]byte{seiNAL(avcSEIHead, message(144, unhex(t, lightSEI))), avcSlice},
			[]string{"content light " + lightSEI}, Picture{}, nil, ""},
		{"RPU", [][]byte{avcSlice, dovi.AppendAVC(nil, r)}, []string{fmt.Sprintf("Dolby Vision %x", r)}, Picture{}, nil, ""},
		{"sequence parameter set", [][]byte{{0x67, 1, 2}}, []string{"sequence 0102"}, Picture{}, nil, ""},
		{"empty NAL unit", [][]byte{{}, avcIDRNAL}, nil, Picture{true, true}, ErrNAL, "0 bytes"},
	}
	for _, c := range cases {
		c.run(t, Format{AVC, 0})
		c.run(t, Format{AVC, 4})
		c.run(t, Format{AVC, 1})
	}
}

func TestFindInAV1(t *testing.T) {
	a, light := unhex(t, hdr10plusA), unhex(t, lightSEI)
	r := rpu(30, 1)
	dolby, err := dovi.AppendT35(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	brokenDolby := bytes.Clone(dolby)
	brokenDolby[20] ^= 0x55
	sequence := obu(obuSequenceHeader, []byte{0, 0, 0})
	sequenceMessage := "sequence 000000"
	delimiter := obu(obuTemporalDelimiter, nil)
	key, inter, again := obu(obuFrame, []byte{0x10}), obu(obuFrame, []byte{0x30}), obu(obuFrameHeader, []byte{0x80})
	withExtension := append([]byte{obuMetadata<<3 | 4 | 2, 0x20, byte(len(light) + 2), 1}, append(bytes.Clone(light), 0x80)...)
	withoutSize := append([]byte{obuMetadata << 3, 1}, append(bytes.Clone(light), 0x80)...)
	t35 := func(p ...byte) []byte { return obu(obuMetadata, append([]byte{4}, p...)) }
	cases := []findCase{
		{"key frame with everything",
			[][]byte{delimiter, sequence, metadataOBU(2, unhex(t, masteringAV1)), metadataOBU(1, light), metadataOBU(4, a), metadataOBU(4, dolby), key},
			[]string{sequenceMessage, "mastering display " + masteringAV1, "content light " + lightSEI, "T.35 " + hdr10plusA, fmt.Sprintf("Dolby Vision %x", r)},
			Picture{true, true}, nil, ""},
		{"key frame without sequence header", [][]byte{delimiter, key}, nil, Picture{}, nil, ""},
		{"sequence header without key frame", [][]byte{delimiter, sequence, inter}, []string{sequenceMessage}, Picture{}, nil, ""},
		{"existing frame shown", [][]byte{delimiter, sequence, again}, []string{sequenceMessage}, Picture{}, nil, ""},
		{"reduced still picture", [][]byte{obu(obuSequenceHeader, []byte{0x18}), obu(obuFrame, []byte{0xff})}, []string{"sequence 18"}, Picture{true, true}, nil, ""},
		{"extension header", [][]byte{withExtension}, []string{"content light " + lightSEI}, Picture{}, nil, ""},
		{"last OBU without size", [][]byte{delimiter, withoutSize}, []string{"content light " + lightSEI}, Picture{}, nil, ""},
		{"T.35 before zeros at the end", [][]byte{t35(0x26, 0x80, 0x80, 0, 0)}, []string{"T.35 2680"}, Picture{}, nil, ""},
		{"T.35 without trailing bits", [][]byte{t35(0x26, 1, 2), metadataOBU(1, light)},
			[]string{"content light " + lightSEI}, Picture{}, ErrOBU, "without trailing bits"},
		{"T.35 without anything", [][]byte{t35(0x80)}, nil, Picture{}, ErrOBU, "T.35 message of 0 bytes"},
		{"broken RPU", [][]byte{metadataOBU(4, brokenDolby), inter}, nil, Picture{}, dovi.ErrCRC, "Dolby Vision RPU at byte 0"},
		{"message too short", [][]byte{obu(obuMetadata, []byte{2, 9}), metadataOBU(1, light)},
			[]string{"content light " + lightSEI}, Picture{}, ErrOBU, "mastering display message of 1 bytes"},
		{"no metadata type", [][]byte{obu(obuMetadata, []byte{0x80, 0x80})}, nil, Picture{}, ErrOBU, "metadata type is no leb128: 80 80"},
		{"other metadata and OBU types", [][]byte{metadataOBU(3, light), obu(15, light), obu(obuTileGroup, light)}, nil, Picture{}, nil, ""},
		{"OBU longer than the temporal unit", [][]byte{metadataOBU(1, light), {obuFrame<<3 | 2, 100, 0x10}},
			[]string{"content light " + lightSEI}, Picture{}, ErrTruncated, "OBU of 100 bytes, 1 left"},
		{"size is no leb128", [][]byte{{obuFrame<<3 | 2, 255, 255, 255, 255, 255}}, nil, Picture{}, ErrOBU, "ff ff ff ff ff"},
		{"size of 2³²", [][]byte{{obuFrame<<3 | 2, 0x80, 0x80, 0x80, 0x80, 0x10}}, nil, Picture{}, ErrOBU, "no leb128"},
		{"forbidden bit", [][]byte{metadataOBU(1, light), {0x92, 0}}, []string{"content light " + lightSEI}, Picture{}, ErrOBU, "obu_forbidden_bit"},
		{"half a header", [][]byte{{obuFrame<<3 | 4}}, nil, Picture{}, ErrTruncated, "OBU header of 2 bytes, 1 left"},
		{"empty frame and sequence headers", [][]byte{obu(obuFrame, nil), obu(obuSequenceHeader, nil)}, nil, Picture{}, ErrOBU, "frame header is empty, and 1 more"},
	}
	for _, c := range cases {
		c.run(t, Format{AV1, 0})
	}
}

func TestDamageIsCountedAndTheRestDelivered(t *testing.T) {
	light := unhex(t, lightSEI)
	f := Format{HEVC, 0}
	bad := seiNAL(hevcPrefix, message(144, light[:1]))
	au := append([]byte{7, 7, 0}, join(f, bad, bad, seiNAL(hevcPrefix, message(144, light)), bad)...)
	got, err := find(&Finder{Format: f}, au)
	if want := []string{"content light " + lightSEI}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	var d *DamageError
	if !errors.As(err, &d) || d.Count != 4 || !errors.Is(err, ErrStartCode) {
		t.Errorf("error %#v, want 4 with %v first", err, ErrStartCode)
	}
	if want := "2 bytes belong to no NAL unit, and 3 more"; !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error %q, want one that ends %q", err, want)
	}
}

func TestTruncatedLengthFields(t *testing.T) {
	light := unhex(t, lightSEI)
	f := Format{HEVC, 4}
	whole := join(f, hevcIDRNAL, seiNAL(hevcPrefix, message(144, light)))
	for _, c := range []struct {
		name string
		au   []byte
		want int
		says string
	}{
		{"NAL unit cut", join(f, seiNAL(hevcPrefix, message(144, light)), hevcIDRNAL)[:len(whole)-1], 1, "NAL unit of 4 bytes, 3 left"},
		{"length field cut", append(bytes.Clone(whole), 0, 0, 0), 1, "3 bytes of a length field of 4"},
		{"length of 4 GiB", append(bytes.Clone(whole), 255, 255, 255, 255, 2, 1), 1, "NAL unit of 4294967295 bytes, 2 left"},
	} {
		finder := Finder{Format: f}
		got, err := find(&finder, c.au)
		if len(got) != c.want || !finder.Picture().IDR {
			t.Errorf("%s: %q, %+v; want %d messages and an IDR picture", c.name, got, finder.Picture(), c.want)
		}
		if !errors.Is(err, ErrTruncated) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.says)
		}
	}
}

func TestFormatsThatDoNotExist(t *testing.T) {
	for _, f := range []Format{{}, {4, 0}, {HEVC, 3}, {HEVC, 5}, {AVC, -1}, {AV1, 4}} {
		if err := (&Finder{Format: f}).Find(nil, nil); !errors.Is(err, ErrFormat) {
			t.Errorf("Find with %+v: %v, want %v", f, err, ErrFormat)
		}
		if _, err := NewTracker(f); !errors.Is(err, ErrFormat) {
			t.Errorf("NewTracker(%+v): %v, want %v", f, err, ErrFormat)
		}
		if err := (&Finder{}).FindConfig(Config{Format: f}, nil); !errors.Is(err, ErrFormat) {
			t.Errorf("FindConfig with %+v: %v, want %v", f, err, ErrFormat)
		}
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		HEVC.String(): "HEVC", AVC.String(): "AVC", AV1.String(): "AV1", Codec(0).String(): "codec 0",
		T35.String(): "T.35", Sequence.String(): "sequence", Kind(0).String(): "kind 0", (Sequence + 1).String(): "kind 9",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	for _, f := range []Format{{HEVC, 0}, {HEVC, 4}, {AVC, 0}, {AV1, 0}} {
		au := benchUnit(t, f)
		finder := Finder{Format: f}
		n := 0
		yield := func(Message) { n++ }
		if err := finder.Find(au, yield); err != nil || n != 4 {
			t.Fatalf("%+v: %d messages, %v; want 4", f, n, err)
		}
		if got := testing.AllocsPerRun(20, func() { finder.Find(au, yield) }); got != 0 {
			t.Errorf("%+v: %v allocations, want 0", f, got)
		}
	}
}
