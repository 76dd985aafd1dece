package bitstream

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// Parameter sets of x265 4.1, x264, libaom and SVT-AV1 2.3, unescaped, with the
// colour that ffprobe 7.1 tells of them.
var realSequences = []struct {
	name    string
	codec   Codec
	payload string
	want    meta.Color
}{
	{"PQ, b-pyramid", HEVC, "0102200000009000000000003ca01620244d96666924caf016a1220136c2000000020000003210", meta.Color{Primaries: 9, Transfer: 16, Matrix: 9, ChromaSite: 2}},
	{"HLG, full range, temporal layers, HRD", HEVC, "0402200000009000000000003c0000a01620244d965652b2959649395e02dc244824100000001000000196014965e000f424001e84b8003d090007a12e000f424001e84880", meta.Color{Primaries: 9, Transfer: 18, Matrix: 9, FullRange: true}},
	{"RGB 4:4:4, overscan", HEVC, "0104080000009c08000000003c9002c40489b2cacd24995e0b6a0202000800000008000000c840", meta.Color{Primaries: 1, Transfer: 1, ChromaSite: 6}},
	{"4:2:2, video format, scaling lists", HEVC, "0104080000009d08000000003cb01620244d96566924e5780a40400000004000000642", meta.Color{Primaries: 2, Transfer: 2, Matrix: 2, ChromaSite: 6}},
	{"nothing told", HEVC, "0101600000009000000000003ca0162024596566924caf01680800000008000000c840", meta.Color{Primaries: 2, Transfer: 2, Matrix: 2}},

	{"PQ", AVC, "6e000ba6cd942c4ec05a848804db8000000080000019078a14cb", meta.Color{Primaries: 9, Transfer: 16, Matrix: 9, ChromaSite: 2}},
	{"baseline, nothing told", AVC, "42c00bd902c4ec04400000004000000c83c50a92", meta.Color{Primaries: 2, Transfer: 2, Matrix: 2}},
	{"interlaced, sample aspect ratio, scaling lists", AVC, "640015acd942cafcb80fa808080a00000002000000643e28532c", meta.Color{Primaries: 1, Transfer: 1, Matrix: 1}},
	{"4:4:4 with a matrix", AVC, "f4000b90d9b28589d80b5020201400000004000000c83c50a658", meta.Color{Primaries: 2, Transfer: 2, Matrix: 1, ChromaSite: 6}},

	{"SVT-AV1, PQ", AV1, "00000003bd7c7895f2a122012880", meta.Color{Primaries: 9, Transfer: 16, Matrix: 9, ChromaSite: 2}},
	{"libaom, a matrix", AV1, "00000003bd7c79b5f2a040412080", meta.Color{Primaries: 2, Transfer: 2, Matrix: 9, ChromaSite: 6}},
	{"libaom, sRGB 4:4:4", AV1, "20000003bd7c79b5f240434008", meta.Color{Primaries: 1, Transfer: 13, FullRange: true, ChromaSite: 6}},
	{"libaom, grey, full range", AV1, "00000003bd7c79b5f2d4", meta.Color{Primaries: 2, Transfer: 2, Matrix: 2, FullRange: true, ChromaSite: 6}},
	{"libaom, still picture, 12 bit 4:2:2", AV1, "581debe3dad020209440", meta.Color{Primaries: 2, Transfer: 2, Matrix: 9, ChromaSite: 6}},
}

func TestSequenceColorOfRealStreams(t *testing.T) {
	for _, c := range realSequences {
		if got, err := SequenceColor(c.codec, unhex(t, c.payload)); err != nil || got != c.want {
			t.Errorf("%v %s: %+v, %v; want %+v", c.codec, c.name, got, err, c.want)
		}
	}
}

func TestSequenceColorEndsEarly(t *testing.T) {
	for _, c := range realSequences {
		p := unhex(t, c.payload)
		if got, err := SequenceColor(c.codec, p[:7]); !errors.Is(err, ErrSequence) || got != (meta.Color{}) {
			t.Errorf("%v %s, 7 bytes: %+v, %v; want %v", c.codec, c.name, got, err, ErrSequence)
		}
	}
	if _, err := SequenceColor(0, nil); !errors.Is(err, ErrFormat) {
		t.Errorf("no codec: %v, want %v", err, ErrFormat)
	}
}

// fields writes fields one bit per byte.
type fields struct {
	rand *rand.Rand
	out  []byte
}

func (b *fields) u(n int, v uint64) uint64 {
	for i := n - 1; i >= 0; i-- {
		b.out = append(b.out, byte(v>>i&1))
	}
	return v
}

func (b *fields) ue(v uint64) uint64 {
	n := 0
	for x := v + 1; x > 1; x >>= 1 {
		n++
	}
	b.u(n, 0)
	b.u(n+1, v+1)
	return v
}

func (b *fields) se(v int) {
	if v > 0 {
		b.ue(uint64(2*v - 1))
	} else {
		b.ue(uint64(-2 * v))
	}
}

// Any value, of n bits or below n.
func (b *fields) any(n int) uint64   { return b.u(n, b.rand.Uint64()>>(64-n)) }
func (b *fields) anyUE(n int) uint64 { return b.ue(uint64(b.rand.IntN(n))) }
func (b *fields) flag() bool         { return b.any(1) == 1 }

func (b *fields) bytes() []byte {
	b.u(1, 1)
	for len(b.out)%8 != 0 {
		b.u(1, 0)
	}
	p := make([]byte, len(b.out)/8)
	for i, v := range b.out {
		p[i/8] |= v << (7 - i%8)
	}
	return p
}

func (b *fields) vui(c *meta.Color) {
	if !b.flag() {
		return
	}
	if b.flag() && b.u(8, uint64(254+b.rand.IntN(2))) == 255 {
		b.any(32)
	}
	if b.flag() {
		b.any(1)
	}
	if b.flag() {
		b.any(3)
		c.FullRange = b.flag()
		if b.flag() {
			c.Primaries, c.Transfer, c.Matrix = uint8(b.any(8)), uint8(b.any(8)), uint8(b.any(8))
		}
	}
	if b.flag() {
		c.ChromaSite = uint8(b.anyUE(6))
		b.anyUE(6)
	}
	b.any(20) // what follows
}

// randomHEVC writes a sequence parameter set in the order of H.265 7.3.2.2 with
// any value everywhere.
func randomHEVC(r *rand.Rand) ([]byte, meta.Color) {
	b, c := &fields{rand: r}, unspecified
	b.any(4)
	layers := int(b.u(3, uint64(r.IntN(7))))
	b.any(1)
	b.any(48)
	b.any(48)
	var profile, level [8]bool
	if layers > 0 {
		for i := range 8 {
			if i < layers {
				profile[i], level[i] = b.flag(), b.flag()
			} else {
				b.u(2, 0)
			}
		}
	}
	for i := range layers {
		if profile[i] {
			b.any(44)
			b.any(44)
		}
		if level[i] {
			b.any(8)
		}
	}
	b.anyUE(16)
	chroma := b.anyUE(4)
	if chroma == 3 {
		b.any(1)
	}
	b.anyUE(8192)
	b.anyUE(8192)
	if b.flag() {
		for range 4 {
			b.anyUE(100)
		}
	}
	b.anyUE(9)
	b.anyUE(9)
	poc := int(b.anyUE(13)) + 4
	n := 1
	if b.flag() {
		n = layers + 1
	}
	for range n {
		b.anyUE(16)
		b.anyUE(16)
		b.anyUE(1 << 20)
	}
	for range 6 {
		b.anyUE(4)
	}
	if b.flag() { // scaling_list_enabled_flag
		if b.flag() { // sps_scaling_list_data_present_flag
			randomScalingLists(b)
		}
	}
	b.any(2)
	if b.flag() {
		b.any(8)
		b.anyUE(3)
		b.anyUE(3)
		b.any(1)
	}
	randomRefPicSets(b)
	if b.flag() {
		for range b.anyUE(33) {
			b.any(poc)
			b.any(1)
		}
	}
	b.any(2)
	if chroma == 1 {
		c.ChromaSite = meta.ChromaLeft
	}
	b.vui(&c)
	return b.bytes(), c
}

// randomScalingLists writes scaling_list_data().
func randomScalingLists(b *fields) {
	for size := range 4 {
		for matrix := range 6 {
			if size == 3 && matrix%3 != 0 {
				continue
			}
			if !b.flag() {
				b.anyUE(matrix + 1)
				continue
			}
			coefficients := []int{16, 64, 64, 64}[size]
			if size > 1 {
				b.se(b.rand.IntN(255) - 7)
			}
			for range coefficients {
				b.se(b.rand.IntN(256) - 128)
			}
		}
	}
}

// randomRefPicSets writes sets and derives predicted ones as sets of numbers:
// what is used of the pictures before and of the picture itself, moved, without
// zero.
func randomRefPicSets(b *fields) {
	count := int(b.anyUE(65))
	var set []int // negative from near to far, then positive
	for i := range count {
		if i > 0 && b.flag() {
			delta := 1 + b.rand.IntN(5)
			negate := b.flag()
			b.ue(uint64(delta - 1))
			if negate {
				delta = -delta
			}
			var moved []int
			for _, poc := range append(slices.Clone(set), 0) {
				use := len(moved) < maxRefPics && b.rand.IntN(3) > 0
				switch {
				case !use:
					b.u(2, 0)
				case b.rand.IntN(2) == 0:
					b.u(1, 1)
				default:
					b.u(2, 1)
				}
				if use && poc+delta != 0 {
					moved = append(moved, poc+delta)
				}
			}
			set = sorted(moved)
			continue
		}
		negative := int(b.anyUE(9))
		positive := int(b.anyUE(8))
		set = nil
		for k, poc := 0, 0; k < negative; k++ {
			poc -= int(b.anyUE(4)) + 1
			b.any(1)
			set = append(set, poc)
		}
		for k, poc := 0, 0; k < positive; k++ {
			poc += int(b.anyUE(4)) + 1
			b.any(1)
			set = append(set, poc)
		}
	}
}

// sorted puts negative numbers first, and both from near to far.
func sorted(set []int) []int {
	slices.SortFunc(set, func(a, b int) int {
		if a < 0 && b < 0 {
			return b - a
		}
		return a - b
	})
	return set
}

// randomAVC does the same for H.264 7.3.2.1.1.
func randomAVC(r *rand.Rand) ([]byte, meta.Color) {
	b, c := &fields{rand: r}, unspecified
	profile := []uint64{66, 77, 88, 100, 110, 122, 244, 44, 118, 128}[r.IntN(10)]
	b.u(8, profile)
	b.any(16)
	b.anyUE(32)
	chroma := uint64(1)
	if !slices.Contains([]uint64{66, 77, 88}, profile) {
		if chroma = b.anyUE(4); chroma == 3 {
			b.any(1)
		}
		b.anyUE(7)
		b.anyUE(7)
		b.any(1)
		if b.flag() {
			lists := []int{16, 16, 16, 16, 16, 16, 64, 64}
			if chroma == 3 {
				lists = append(lists, 64, 64, 64, 64)
			}
			for _, n := range lists {
				if !b.flag() {
					continue
				}
				// A scale of 0 ends the list: the rest repeats the last.
				for scale := 8; n > 0; n-- {
					next := r.IntN(256)
					if r.IntN(20) == 0 {
						next = 0
					}
					b.se((next-scale+128)&255 - 128)
					if scale = next; next == 0 {
						break
					}
				}
			}
		}
	}
	b.anyUE(13)
	switch b.anyUE(3) {
	case 0:
		b.anyUE(13)
	case 1:
		b.any(1)
		b.se(r.IntN(100) - 50)
		b.se(r.IntN(100) - 50)
		for range b.anyUE(256) {
			b.se(r.IntN(100) - 50)
		}
	}
	b.anyUE(17)
	b.any(1)
	b.anyUE(500)
	b.anyUE(500)
	if !b.flag() {
		b.any(1)
	}
	b.any(1)
	if b.flag() {
		for range 4 {
			b.anyUE(16)
		}
	}
	if chroma == 1 {
		c.ChromaSite = meta.ChromaLeft
	}
	b.vui(&c)
	return b.bytes(), c
}

// randomAV1 does the same for AV1 5.5.
func randomAV1(r *rand.Rand) ([]byte, meta.Color) {
	b, c := &fields{rand: r}, unspecified
	profile := b.u(3, uint64(r.IntN(3)))
	b.any(1)
	reduced := b.flag()
	if reduced {
		b.any(5)
	} else {
		model, delay := false, 0
		if b.flag() {
			b.any(64)
			if b.flag() {
				b.anyUE(1000)
			}
			if model = b.flag(); model {
				delay = int(b.any(5)) + 1
				b.any(42)
			}
		}
		display := b.flag()
		for range b.any(5) + 1 {
			b.any(12)
			if b.any(5) > 7 {
				b.any(1)
			}
			if model && b.flag() {
				b.any(delay)
				b.any(delay)
				b.any(1)
			}
			if display && b.flag() {
				b.any(4)
			}
		}
	}
	w, h := int(b.any(4))+1, int(b.any(4))+1
	b.any(w)
	b.any(h)
	if !reduced && b.flag() {
		b.any(7)
	}
	b.any(3)
	if !reduced {
		b.any(4)
		hint := b.flag()
		if hint {
			b.any(2)
		}
		force := uint64(2)
		if !b.flag() {
			force = b.any(1)
		}
		if force > 0 {
			if !b.flag() {
				b.any(1)
			}
		}
		if hint {
			b.any(3)
		}
	}
	b.any(3)

	high, twelve := b.flag(), false
	if profile == 2 && high {
		twelve = b.flag()
	}
	mono := false
	if profile != 1 {
		mono = b.flag()
	}
	if b.flag() {
		c.Primaries, c.Transfer, c.Matrix = uint8(b.any(8)), uint8(b.any(8)), uint8(b.any(8))
		if r.IntN(2) == 0 {
			b.out = b.out[:len(b.out)-24]
			c.Primaries, c.Transfer, c.Matrix = uint8(b.u(8, 1)), uint8(b.u(8, 13)), uint8(b.u(8, 0))
		}
	}
	switch {
	case mono:
		c.FullRange = b.flag()
	case c.Primaries == 1 && c.Transfer == 13 && c.Matrix == 0:
		c.FullRange = true
	default:
		c.FullRange = b.flag()
		x, y := false, false
		switch {
		case profile == 0:
			x, y = true, true
		case profile == 2 && !twelve:
			x = true
		case profile == 2:
			if x = b.flag(); x {
				y = b.flag()
			}
		}
		if x && y {
			c.ChromaSite = []uint8{meta.ChromaUnspecified, meta.ChromaLeft, meta.ChromaTopLeft, meta.ChromaUnspecified}[b.any(2)]
		}
	}
	b.any(3)
	return b.bytes(), c
}

var randomSequence = map[Codec]func(*rand.Rand) ([]byte, meta.Color){HEVC: randomHEVC, AVC: randomAVC, AV1: randomAV1}

func TestSequenceColorBehindEveryBranch(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for codec, random := range randomSequence {
		for i := range 5000 {
			p, want := random(r)
			if got, err := SequenceColor(codec, p); err != nil || got != want {
				t.Fatalf("%v %d, %x: %+v, %v; want %+v", codec, i, p, got, err, want)
			}
		}
	}
}

// Values that cannot be, each with all before it as in a real one.
func TestSequenceColorRefusesWhatHasNoEnd(t *testing.T) {
	for _, c := range []struct {
		name  string
		codec Codec
		says  string
		write func(b *fields)
	}{
		{"8 sub-layers", HEVC, "sps_max_sub_layers_minus1 is 7", func(b *fields) { b.u(4, 0); b.u(3, 7); b.u(1, 0) }},
		{"17 bits of picture order count", HEVC, "log2_max_pic_order_cnt_lsb_minus4 is 13", func(b *fields) { hevcUpToPOC(b); b.ue(13) }},
		{"65 reference picture sets", HEVC, "num_short_term_ref_pic_sets is 65", func(b *fields) { hevcUpToSets(b); b.ue(65) }},
		{"17 reference pictures", HEVC, "num_positive_pics is 8", func(b *fields) { hevcUpToSets(b); b.ue(1); b.ue(9); b.ue(8) }},
		{"2³²−2 reference pictures", HEVC, "num_negative_pics is 4294967294", func(b *fields) { hevcUpToSets(b); b.ue(1); b.ue(1<<32 - 2); b.ue(3) }},
		{"picture order count differs by 2¹⁵+1", HEVC, "delta_poc_s1_minus1 is 32768", func(b *fields) { hevcUpToSets(b); b.ue(1); b.ue(1); b.ue(0); b.ue(1 << 15) }},
		{"predicted set differs by 2¹⁵+1", HEVC, "abs_delta_rps_minus1 is 32768", func(b *fields) {
			hevcUpToSets(b)
			b.ue(2)
			b.ue(0)
			b.ue(0)
			b.u(2, 3)
			b.ue(1 << 15)
		}},
		{"17 predicted reference pictures", HEVC, "a reference picture set is 17", func(b *fields) {
			hevcUpToSets(b)
			b.ue(2)
			b.ue(16)
			b.ue(0)
			for range 16 {
				b.ue(0)
				b.u(1, 1)
			}
			b.u(2, 3)
			b.ue(0)
			b.u(17, 1<<17-1)
		}},
		{"33 long-term reference pictures", HEVC, "num_long_term_ref_pics_sps is 33", func(b *fields) { hevcUpToSets(b); b.ue(0); b.u(1, 1); b.ue(33) }},
		{"256 frames in a cycle", AVC, "num_ref_frames_in_pic_order_cnt_cycle is 256", func(b *fields) {
			b.u(24, 66<<16)
			b.ue(0)
			b.ue(0)
			b.ue(1)
			b.u(1, 0)
			b.se(0)
			b.se(0)
			b.ue(256)
		}},
	} {
		b := &fields{}
		c.write(b)
		p := append(b.bytes(), bytes.Repeat([]byte{0xff}, 4096)...)
		if got, err := SequenceColor(c.codec, p); !errors.Is(err, ErrSequence) || !strings.Contains(err.Error(), c.says) || got != (meta.Color{}) {
			t.Errorf("%s: %+v, %v; want an error that says %q", c.name, got, err, c.says)
		}
	}
}

func hevcUpToPOC(b *fields) {
	b.u(8, 0)
	b.u(96, 0)
	for _, v := range []uint64{0, 1, 64, 64} {
		b.ue(v)
	}
	b.u(1, 0)
	b.ue(0)
	b.ue(0)
}

func hevcUpToSets(b *fields) {
	hevcUpToPOC(b)
	b.ue(0)
	b.u(1, 1)
	for range 3 + 6 {
		b.ue(0)
	}
	b.u(4, 0)
}

func TestSequenceColorDoesNotAllocate(t *testing.T) {
	for _, c := range realSequences {
		p := unhex(t, c.payload)
		if n := testing.AllocsPerRun(10, func() { SequenceColor(c.codec, p) }); n != 0 {
			t.Errorf("%v %s: %v allocations, want 0", c.codec, c.name, n)
		}
	}
}
