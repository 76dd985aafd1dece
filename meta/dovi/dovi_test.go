package dovi

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/test/samples"
)

// header gives the fields of an RPU's header as bits.
type header struct{ bits strings.Builder }

func (h *header) u(n int, v uint64) *header {
	s := strconv.FormatUint(v, 2)
	h.bits.WriteString(strings.Repeat("0", n-len(s)) + s)
	return h
}

func (h *header) ue(v uint64) *header {
	s := strconv.FormatUint(v+1, 2)
	h.bits.WriteString(strings.Repeat("0", len(s)-1) + s)
	return h
}

// rpu makes an RPU of the header and body, with a checksum that shares nothing
// with the package's: the remainder of a long division, bit by bit.
func (h *header) rpu(body []byte) []byte {
	bits := h.bits.String()
	bits += strings.Repeat("0", -len(bits)&7)
	p := []byte{0x19}
	for ; bits != ""; bits = bits[8:] {
		v, err := strconv.ParseUint(bits[:8], 2, 8)
		if err != nil {
			panic(err)
		}
		p = append(p, byte(v))
	}
	p = append(p, body...)
	crc := uint32(0xFFFFFFFF)
	for _, b := range p[1:] {
		for i := 7; i >= 0; i-- {
			top := crc>>31 ^ uint32(b)>>i&1
			crc <<= 1
			if top == 1 {
				crc ^= 0x04C11DB7
			}
		}
	}
	return append(binary.BigEndian.AppendUint32(p, crc), 0x80)
}

// profile8 is the header of most streams: one layer, 10 bits in, 12 out.
func profile8() *header {
	h := new(header).u(6, 2).u(11, 18).u(4, 1).u(4, 0).u(1, 1)
	h.u(1, 0).u(2, 0).ue(23).u(2, 1).u(1, 0)
	h.ue(2).ue(2).ue(4).u(1, 0).u(3, 0).u(1, 0).u(1, 1)
	return h.u(1, 1).u(1, 0)
}

// random makes an RPU with many zeros in it, as real ones have.
func random(r *rand.Rand, size int) []byte {
	body := make([]byte, size)
	for i := range body {
		if r.IntN(3) == 0 {
			body[i] = byte(r.Uint32())
		} else {
			body[i] = byte(r.IntN(4))
		}
	}
	return profile8().rpu(body)
}

func TestParseReadsEveryHeaderField(t *testing.T) {
	rpu := profile8().rpu([]byte("body"))
	got, err := Parse(rpu)
	want := Header{Size: len(rpu), Type: 2, Format: 18, Profile: 1, Sequence: true, CoefficientDenom: 23, NormalizedIDC: 1,
		BaseDepth: 10, EnhancementDepth: 10, SignalDepth: 12, DisableResidual: true, DisplayManagement: true}
	if err != nil || got != want {
		t.Errorf("Parse = %+v, %v\nwant    %+v", got, err, want)
	}

	rpu = new(header).u(6, 2).u(11, 0x0FF).u(4, 15).u(4, 9).u(1, 1).
		u(1, 1).u(2, 1).u(2, 3).u(1, 1).
		ue(0).ue(8|0xA5<<8).ue(8).u(1, 1).u(3, 7).u(1, 1).u(1, 0).
		u(1, 0).u(1, 1).ue(15).rpu(nil)
	got, err = Parse(rpu)
	want = Header{Size: len(rpu), Type: 2, Format: 255, Profile: 15, Level: 9, Sequence: true, ExplicitChromaFilter: true,
		CoefficientType: 1, NormalizedIDC: 3, FullRange: true, BaseDepth: 8, EnhancementDepth: 16, SignalDepth: 16,
		ExtendedMapping: 0xA5, SpatialResampling: true, EnhancementResampling: true, UsePrevious: true, PreviousID: 15}
	if err != nil || got != want {
		t.Errorf("Parse = %+v, %v\nwant    %+v", got, err, want)
	}

	// Of a type that nobody has defined, nothing is guessed.
	rpu = new(header).u(6, 63).u(11, 2047).u(7, 127).rpu([]byte{1, 2})
	if got, err := Parse(rpu); err != nil || got != (Header{Size: len(rpu), Type: 63, Format: 2047}) {
		t.Errorf("Parse = %+v, %v", got, err)
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	good := profile8().rpu([]byte{1, 2, 3})
	flip := func(i int) []byte {
		p := slices.Clone(good)
		p[i] ^= 0x10
		return p
	}
	sequence := func() *header { return new(header).u(6, 2).u(11, 18).u(8, 0).u(1, 1).u(1, 0) }
	for _, c := range []struct {
		name string
		rpu  []byte
		want error
		text string
	}{
		{"nothing", nil, ErrTruncated, "0 bytes"},
		{"prefix", good[1:], ErrPrefix, "0x08, not 0x19"},
		{"only a prefix", good[:1], ErrTruncated, "1 bytes"},
		{"no end", good[:len(good)-1], ErrTruncated, "without an end"},
		{"body", flip(9), ErrCRC, "computed"},
		{"checksum", flip(len(good) - 2), ErrCRC, "computed"},
		{"too short for a checksum", []byte{0x19, 1, 2, 3, 0x80}, ErrTruncated, "5 bytes"},
		{"header ends in the fields", new(header).u(6, 2).u(11, 18).u(8, 0).u(1, 1).rpu(nil), ErrTruncated, "header in 4 bytes"},
		{"coefficient type", sequence().u(2, 2).rpu(nil), ErrInvalid, "coefficient type 2"},
		{"denominator", sequence().u(2, 0).ue(33).rpu(nil), ErrInvalid, "2^33"},
		{"bit depth", sequence().u(2, 1).u(3, 0).ue(0).ue(0).ue(9).rpu(nil), ErrInvalid, "bit depth 17"},
		{"extended mapping", sequence().u(2, 1).u(3, 0).ue(0).ue(0x10000).ue(0).rpu(nil), ErrInvalid, "extended mapping 256"},
		{"previous RPU", new(header).u(6, 2).u(11, 18).u(8, 0).u(1, 0).u(1, 0).u(1, 1).ue(16).rpu(nil), ErrInvalid, "previous RPU 16"},
		{"size", profile8().rpu(make([]byte, MaxSize)), ErrTooLarge, "more than 32768 bytes"},
	} {
		h, err := Parse(c.rpu)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || h != (Header{}) {
			t.Errorf("%s: %+v, %v; want %v with %q", c.name, h, err, c.want, c.text)
		}
	}
}

func TestWhatFollowsTheEndIsNotTheRPU(t *testing.T) {
	good := profile8().rpu([]byte{0x80, 0, 0x80})
	for _, tail := range [][]byte{{0}, {0, 0, 0, 0, 0}, {3}, {0x80}, {0, 0x80}, good} {
		p := append(slices.Clone(good), tail...)
		if h, err := Parse(p); err != nil || h.Size != len(good) {
			t.Errorf("followed by %x: size %d, %v; want %d", tail, h.Size, err, len(good))
		}
		if got, err := FromNAL(nil, AppendNAL(nil, p)); err != nil || !bytes.Equal(got, good) {
			t.Errorf("followed by %x: FromNAL = %x, %v\nwant %x", tail, got, err, good)
		}
		if got, err := AppendT35(nil, p); err != nil || !bytes.Equal(must(FromT35(nil, got)), good) {
			t.Errorf("followed by %x: AppendT35 = %x, %v", tail, got, err)
		}
	}
}

func must(p []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return p
}

func TestStreamProfile(t *testing.T) {
	for _, c := range []struct {
		h    Header
		want int
	}{
		{Header{Type: 2, FullRange: true}, 5},
		{Header{Type: 2}, 0},
		{Header{Type: 2, Profile: 1}, 8},
		{Header{Type: 2, Profile: 1, EnhancementResampling: true, DisableResidual: true}, 8},
		{Header{Type: 2, Profile: 1, EnhancementResampling: true, SignalDepth: 12}, 7},
		{Header{Type: 2, Profile: 1, EnhancementResampling: true, SignalDepth: 14}, 4},
		{Header{Type: 2, Profile: 2}, 0},
		{Header{Type: 1, Profile: 1}, 0},
	} {
		if got := c.h.StreamProfile(); got != c.want {
			t.Errorf("%+v: profile %d, want %d", c.h, got, c.want)
		}
	}
}

func TestChecksumHasTheCatalogueValue(t *testing.T) {
	if got := Checksum([]byte("123456789")); got != 0x0376E6E7 {
		t.Errorf("%#08x, want 0x0376e6e7", got)
	}
}

// Each is a RPU file with one RPU.
func TestSamplesOfRPUFiles(t *testing.T) {
	for _, c := range []struct {
		name    string
		profile int
		padding int // zeros behind the end
	}{
		{"eof_rpu.bin", 7, 1}, {"fel_rpu.bin", 7, 0}, {"mel_rpu.bin", 7, 0}, {"profile5.bin", 5, 0},
		{"profile8.bin", 8, 0}, {"trailing_bytes_rpu.bin", 7, 2},
	} {
		file := samples.Read(t, "dovi/"+c.name)
		r := NewReader(bytes.NewReader(file))
		rpu, err := r.Next()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		h, err := Parse(rpu)
		if err != nil || h.Type != 2 || h.Format != 18 || h.StreamProfile() != c.profile || h.Size != len(rpu) {
			t.Errorf("%s: %+v, %v; want profile %d", c.name, h, err, c.profile)
		}
		var again bytes.Buffer
		if err := NewWriter(&again).Write(rpu); err != nil || !bytes.Equal(again.Bytes(), file[:len(file)-c.padding]) {
			t.Errorf("%s: written again %x, %v\nwant %x", c.name, again.Bytes(), err, file)
		}
		if rpu, err := r.Next(); rpu != nil || err == nil {
			t.Errorf("%s: a second RPU %x, %v", c.name, rpu, err)
		}
	}
}

func TestSampleOfAV1(t *testing.T) {
	// The file has no country code.
	payload := append([]byte{0xB5}, samples.Read(t, "dovi/av1-p84-01.bin")...)
	rpu, err := FromT35(nil, payload)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Parse(rpu)
	if err != nil || h.Size != 311 || h.StreamProfile() != 8 {
		t.Errorf("%+v, %v; want 311 bytes of profile 8", h, err)
	}
	if got, err := AppendT35(nil, rpu); err != nil || !bytes.Equal(got, payload) {
		t.Errorf("AppendT35 = %x, %v\nwant %x", got, err, payload)
	}
}
