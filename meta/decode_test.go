package meta

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
)

// raw makes a block of sections that may be wrong in any way a hash does not
// see.
func raw(sections ...rawSection) []byte {
	b := make([]byte, headerSize+len(sections)*sectionSize)
	copy(b, magic)
	le.PutUint16(b[headerMajor:], Major)
	for i, s := range sections {
		at := len(b)
		b = append(b, s.payload...)
		b = append(b, make([]byte, aligned(len(b))-len(b))...)
		e := b[headerSize+i*sectionSize:]
		le.PutUint32(e[sectionType:], uint32(s.t))
		le.PutUint32(e[sectionFlags:], s.flags)
		le.PutUint32(e[sectionOffset:], uint32(at))
		le.PutUint32(e[sectionBytes:], uint32(len(s.payload)))
	}
	le.PutUint32(b[headerNSections:], uint32(len(sections)))
	return reseal(b)
}

type rawSection struct {
	t       Type
	flags   uint32
	payload []byte
}

// reseal puts size and content id right after a change.
func reseal(b []byte) []byte {
	le.PutUint32(b[headerBytes:], uint32(len(b)))
	sign(b)
	return b
}

// change gives a copy with a u32 replaced and the content id put right.
func change(b []byte, at int, v uint32) []byte {
	b = bytes.Clone(b)
	le.PutUint32(b[at:], v)
	sign(b)
	return b
}

func TestDecodeRefuses(t *testing.T) {
	const first = headerSize // first table entry
	one := raw(rawSection{TypeContentLight, 0, []byte{1, 0, 2, 0}})
	two := raw(rawSection{TypeContentLight, 0, []byte{1, 0, 2, 0}}, rawSection{99, 0, make([]byte, 8)})
	color := raw(rawSection{TypeColor, 0, []byte{9, 16, 9, 0, 0, 0, 0, 0}})
	if err := new(Block).Decode(two); err != nil {
		t.Fatal(err)
	}
	payload := func(t Type, n int) []byte { return raw(rawSection{t, 0, make([]byte, n)}) }
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"nothing", nil, ErrTruncated},
		{"another magic", func() []byte { b := bytes.Clone(one); b[3] = 'm'; return b }(), ErrMagic},
		{"another major", func() []byte { b := bytes.Clone(one); b[headerMajor] = 2; return b }(), ErrVersion},
		{"a greater minor", func() []byte { b := bytes.Clone(one); b[headerMinor] = 1; return b }(), ErrVersion},
		{"a reserved byte", func() []byte { b := bytes.Clone(one); b[headerReserved] = 1; return b }(), ErrVersion},
		{"a size field beyond the limit", change(one, headerBytes, MaxSize+1), ErrTooLarge},
		{"more data than the limit", make([]byte, MaxSize+1), ErrTooLarge},
		{"65 sections", change(one, headerNSections, MaxSections+1), ErrTooLarge},
		{"a table longer than the block", change(one, headerNSections, 3), ErrTruncated},
		{"all sections possible", change(one, headerNSections, math.MaxUint32), ErrTooLarge},
		{"another content id", func() []byte { b := bytes.Clone(one); b[headerContentID]++; return b }(), ErrContentID},

		{"offset in the table", change(one, first+sectionOffset, 40), ErrSection},
		{"offset in the header", change(one, first+sectionOffset, 0), ErrSection},
		{"offset not aligned", change(one, first+sectionOffset, 52), ErrSection},
		{"offset past the end", change(one, first+sectionOffset, 4096), ErrSection},
		{"size past the end", change(one, first+sectionBytes, 9), ErrSection},
		{"offset + size wraps", change(one, first+sectionOffset, 0xfffffff8), ErrSection},
		{"size wraps", change(one, first+sectionBytes, math.MaxUint32), ErrSection},
		{"sections overlap", change(two, first+sectionSize+sectionOffset, 64), ErrSection},
		{"sections in descending order", func() []byte {
			b := bytes.Clone(two)
			copy(b[first:], two[first+sectionSize:first+2*sectionSize])
			copy(b[first+sectionSize:], two[first:first+sectionSize])
			sign(b)
			return b
		}(), ErrSection},
		{"a gap that is not zero", change(one, len(one)-4, 1), ErrSection},
		{"bytes after the last section", reseal(append(bytes.Clone(one), 0, 0, 0, 0, 0, 0, 0, 1)), ErrSection},
		{"an unknown flag", change(one, first+sectionFlags, 2), ErrSection},
		{"type 0", change(one, first+sectionType, 0), ErrSection},

		{"unknown and critical", raw(rawSection{10, 1, []byte{1}}), ErrCritical},
		{"a user's and critical", raw(rawSection{TypeUser, 1, make([]byte, 16)}), ErrCritical},

		{"color twice", raw(rawSection{TypeColor, 0, color[48:56]}, rawSection{TypeColor, 0, color[48:56]}), ErrSection},
		{"hdr10+ twice", raw(rawSection{TypeHDR10Plus, 0, hdr10plusA}, rawSection{TypeHDR10Plus, 0, hdr10plusA}), ErrSection},
		{"dolby vision twice", raw(rawSection{TypeDolbyVision, 0, []byte{1}}, rawSection{TypeDolbyVision, 0, []byte{1}}), ErrSection},
		{"full range 2", func() []byte { b := bytes.Clone(color); b[51] = 2; return reseal(b) }(), ErrSection},
		{"color's reserved bytes", func() []byte { b := bytes.Clone(color); b[55] = 1; return reseal(b) }(), ErrSection},
		{"color of 7 bytes", payload(TypeColor, 7), ErrSection},
		{"mastering display of 23 bytes", payload(TypeMasteringDisplay, 23), ErrSection},
		{"mastering display of 25 bytes", payload(TypeMasteringDisplay, 25), ErrSection},
		{"content light of 3 bytes", payload(TypeContentLight, 3), ErrSection},
		{"empty hdr10+", payload(TypeHDR10Plus, 0), ErrSection},
		{"empty dolby vision", payload(TypeDolbyVision, 0), ErrSection},
		{"empty t35", payload(TypeT35, 0), ErrSection},
		{"ambient viewing of 9 bytes", payload(TypeAmbientViewing, 9), ErrSection},
		{"film grain without data", payload(TypeFilmGrain, 4), ErrSection},
		{"user without uuid", payload(TypeUser, 15), ErrSection},
		{"layers without counts", payload(TypeLayers, 7), ErrSection},
		{"no layers", payload(TypeLayers, 8), ErrSection},
	} {
		b := Block{Color: &Color{}}
		if err := b.Decode(c.data); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if b.count() != 0 || b.Bytes() != nil || b.ContentID() != 0 {
			t.Errorf("%s: the error left %+v", c.name, b.Clone())
		}
	}
}

// Layers are refused alike by the encoder and the decoder, so each case is one
// wrong value in the Go type and, where the type can hold it, in the bytes.
func TestLayersThatDoNotHoldTogetherAreRefused(t *testing.T) {
	good := (&Block{Layers: &interlaced8}).Clone()
	for name, wrong := range map[string]func(*Layers){
		"no layer":                     func(l *Layers) { l.Layers = nil },
		"five layers":                  func(l *Layers) { l.Layers = make([]Layer, 5) },
		"no plane":                     func(l *Layers) { l.Planes = nil },
		"nine planes":                  func(l *Layers) { l.Planes = make([]Plane, 9) },
		"role 8":                       func(l *Layers) { l.Layers[0].Role = 8 },
		"a layer without planes":       func(l *Layers) { l.Layers[1].NPlanes = 0 },
		"a layer of five planes":       func(l *Layers) { l.Layers[0].NPlanes = 5 },
		"planes past the last":         func(l *Layers) { l.Layers[1].FirstPlane = 5 },
		"a first plane that wraps":     func(l *Layers) { l.Layers[1].FirstPlane = math.MaxUint32 - 1 },
		"no width":                     func(l *Layers) { l.Layers[0].Width = 0 },
		"no height":                    func(l *Layers) { l.Layers[0].Height = 0 },
		"an empty crop":                func(l *Layers) { l.Layers[0].Crop.H = 0 },
		"a crop outside":               func(l *Layers) { l.Layers[0].Crop.X = 1 },
		"a crop that wraps":            func(l *Layers) { l.Layers[0].Crop.Y = math.MaxUint32 },
		"an empty destination":         func(l *Layers) { l.Layers[0].Dst.W = 0 },
		"a destination that overflows": func(l *Layers) { l.Layers[0].Dst = Place{math.MaxInt32, 0, 1, 1} },
		"a plane that wraps":           func(l *Layers) { l.Planes[7].Offset = math.MaxUint64; l.Planes[7].Size = 1 },
	} {
		l := good.Clone().Layers
		wrong(l)
		dst, err := (&Block{Layers: l}).AppendTo([]byte("kept"))
		if !errors.Is(err, ErrSection) || string(dst) != "kept" {
			t.Errorf("%s: encoder says %v and leaves %q, want %v", name, err, dst, ErrSection)
		}
		if len(l.Layers) > MaxLayers || len(l.Planes) > MaxPlanes {
			continue // also in the next test, by its counts
		}
		if err := new(Block).Decode(raw(rawSection{TypeLayers, 0, l.appendTo(nil)})); !errors.Is(err, ErrSection) {
			t.Errorf("%s: decoder says %v, want %v", name, err, ErrSection)
		}
	}
}

func TestLayersCountsAreHeldAgainstTheSize(t *testing.T) {
	good := raw(rawSection{TypeLayers, 0, interlaced8.appendTo(nil)})
	const at = headerSize + sectionSize
	if err := new(Block).Decode(good); err != nil {
		t.Fatal(err)
	}
	for _, v := range []uint32{0, 1, 3, 5, 9, 0x04000002, 0x80000002, math.MaxUint32} {
		for _, field := range []int{layersNLayers, layersNPlanes} {
			if err := new(Block).Decode(change(good, at+field, v)); !errors.Is(err, ErrSection) {
				t.Errorf("count at %d is %d: got %v, want %v", field, v, err, ErrSection)
			}
		}
	}
	if err := new(Block).Decode(change(good, at+layersSize+layerAlpha, 65536)); !errors.Is(err, ErrSection) {
		t.Errorf("alpha 65536: got %v, want %v", err, ErrSection)
	}
}

func TestPlanesOfALayer(t *testing.T) {
	l := interlaced8
	if got := l.PlanesOf(&l.Layers[1]); len(got) != 4 || got[0].Memory != 1 {
		t.Errorf("planes of the second layer: %+v", got)
	}
	if got := l.PlanesOf(&Layer{FirstPlane: 7, NPlanes: 2}); got != nil {
		t.Errorf("planes that do not exist: %+v", got)
	}
}

func TestUnknownSectionsArePassedOn(t *testing.T) {
	in := raw(rawSection{TypeContentLight, 1, []byte{1, 0, 2, 0}}, rawSection{4000, 0, []byte("a later version's")})
	var b Block
	if err := b.Decode(in); err != nil {
		t.Fatal(err)
	}
	if got := encode(t, &b); !bytes.Equal(got, in) {
		t.Errorf("got  %x\nwant %x", got, in)
	}
}

func TestEncodeRefusesWhatDecodeWould(t *testing.T) {
	for name, c := range map[string]struct {
		b    Block
		want error
	}{
		"empty t35":             {Block{T35: [][]byte{{1}, {}}}, ErrSection},
		"grain without data":    {Block{FilmGrain: &FilmGrain{Kind: GrainH274}}, ErrSection},
		"a user's known type":   {Block{User: []User{{Type: TypeColor}}}, ErrSection},
		"unknown type 0":        {Block{Unknown: []Section{{}}}, ErrSection},
		"unknown that is known": {Block{Unknown: []Section{{Type: TypeLayers}}}, ErrSection},
		"unknown of a user":     {Block{Unknown: []Section{{Type: TypeUser}}}, ErrSection},
		"65 sections":           {Block{Unknown: make65()}, ErrTooLarge},
		"too many bytes":        {Block{HDR10Plus: make([]byte, MaxSize-headerSize-sectionSize+1)}, ErrTooLarge},
	} {
		dst, err := c.b.AppendTo([]byte("kept"))
		if !errors.Is(err, c.want) || string(dst) != "kept" {
			t.Errorf("%s: got %q, %v; want %v", name, dst, err, c.want)
		}
	}
	full := Block{HDR10Plus: make([]byte, MaxSize-headerSize-sectionSize)}
	if err := new(Block).Decode(encode(t, &full)); err != nil {
		t.Errorf("the largest block: %v", err)
	}
}

func make65() []Section {
	s := make([]Section, MaxSections+1)
	for i := range s {
		s[i].Type = 100
	}
	return s
}

func TestAppendToKeepsWhatIsThere(t *testing.T) {
	b := golden["all"]
	got, err := b.AppendTo([]byte("xyz")) // an odd base: alignment is the block's
	if err != nil || string(got[:3]) != "xyz" || !bytes.Equal(got[3:], goldenFile(t, "all")) {
		t.Errorf("appended to three bytes: %v, %x", err, got)
	}
}

func TestDecodeCopiesAndNeverWritesToTheCallersValues(t *testing.T) {
	data := goldenFile(t, "all")
	var b Block
	if err := b.Decode(data); err != nil {
		t.Fatal(err)
	}
	clear(data)
	want := golden["all"]
	first := b.Clone()
	if !reflect.DeepEqual(first, &want) {
		t.Errorf("changing the input changed the block: %+v", first)
	}
	mine := &Color{Primaries: 77}
	t35 := [][]byte{{1}, {2}, {3}}
	b.Color, b.T35 = mine, t35
	if err := b.Decode(goldenFile(t, "all")); err != nil {
		t.Fatal(err)
	}
	if mine.Primaries != 77 || t35[0][0] != 1 {
		t.Error("decoding wrote to values the caller had put into the block")
	}
	if err := b.Decode(goldenFile(t, "empty")); err != nil || b.count() != 0 {
		t.Errorf("reused for an empty block: %v, %+v", err, b.Clone())
	}
	if !reflect.DeepEqual(first, &want) {
		t.Errorf("decoding again changed a clone: %+v", first)
	}
}

func TestDecodingAgainDoesNotAllocate(t *testing.T) {
	var b Block
	buf := make([]byte, 0, 4096)
	all, hdr10 := goldenFile(t, "all"), goldenFile(t, "hdr10")
	if n := testing.AllocsPerRun(100, func() {
		for _, data := range [][]byte{all, hdr10} {
			if err := b.Decode(data); err != nil {
				t.Fatal(err)
			}
			if _, err := b.AppendTo(buf); err != nil {
				t.Fatal(err)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestCriticalIsKeptPerType(t *testing.T) {
	var s TypeSet
	s = s.With(TypeLayers).With(TypeUser).With(0).With(31)
	if !s.Has(TypeLayers) || s.Has(TypeColor) || s.Has(0) || s.Has(TypeUser) || s != 1<<TypeLayers {
		t.Errorf("set is %b", s)
	}
	b := Block{ContentLight: &ContentLight{}, Critical: s.With(TypeContentLight)}
	var got Block
	if err := got.Decode(encode(t, &b)); err != nil || got.Critical != 1<<TypeContentLight {
		t.Errorf("read back %b, %v; want only the section that is there", got.Critical, err)
	}
}

func ExampleBlock() {
	b := Block{
		Color:        &Color{Primaries: PrimariesBT2020, Transfer: TransferPQ, Matrix: MatrixBT2020},
		ContentLight: &ContentLight{MaxCLL: 1000, MaxFALL: 400},
	}
	data, err := b.AppendTo(nil)
	if err != nil {
		panic(err)
	}
	var c Block
	if err := c.Decode(data); err != nil {
		panic(err)
	}
	fmt.Println(len(data), c.ContentLight, c.Color.Transfer == TransferPQ)
	// Output: 80 1000:400 true
}
