package bitstream

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
)

var (
	p3 = meta.MasteringDisplay{
		Red: meta.Chromaticity{X: 34000, Y: 16000}, Green: meta.Chromaticity{X: 13250, Y: 34500},
		Blue: meta.Chromaticity{X: 7500, Y: 3000}, White: meta.Chromaticity{X: 15635, Y: 16450},
		MaxLuminance: 10_000_000, MinLuminance: 1,
	}
	pq = meta.Color{Primaries: 9, Transfer: 16, Matrix: 9, ChromaSite: 2}
)

// pqSPS is the NAL unit of the first of realSequences.
func pqSPS(t testing.TB) []byte {
	return dovi.Escape([]byte{hevcSPS << 1, 1}, unhex(t, realSequences[0].payload))
}

// next gives a copy of the block and checks that it can be encoded.
func next(t *testing.T, tracker *Tracker, au []byte) (*meta.Block, bool, error) {
	t.Helper()
	b, changed, err := tracker.Next(au)
	if _, err := b.AppendTo(nil); err != nil {
		t.Errorf("block cannot be encoded: %v", err)
	}
	return b.Clone(), changed, err
}

func hevc(units ...[]byte) []byte { return join(Format{HEVC, 0}, units...) }

func plainSEI(typ int, payload []byte) []byte { return seiNAL(hevcPrefix, message(typ, payload)) }

func TestTrackerHoldsWhatHoldsAndDropsWhatIsOfOnePicture(t *testing.T) {
	a, b, v, s := unhex(t, hdr10plusA), unhex(t, hdr10plusB), unhex(t, vividHex), unhex(t, st2094Hex)
	r := rpu(9, 3)
	light, ambient := meta.ContentLight{MaxCLL: 1000, MaxFALL: 400}, meta.AmbientViewing{Illuminance: 3_140_000, Light: p3.White}
	rpuNAL := dovi.AppendNAL(nil, r)
	tracker := mustTracker(t, Format{HEVC, 0})
	static := meta.Block{MasteringDisplay: &p3, ContentLight: &light, AmbientViewing: &ambient}
	with := func(change func(*meta.Block)) *meta.Block {
		c := static.Clone()
		change(c)
		return c
	}
	for i, c := range []struct {
		au      []byte
		want    *meta.Block
		changed bool
	}{
		{hevc(hevcSlice), &meta.Block{}, true}, // the first always
		{hevc(hevcSlice), &meta.Block{}, false},
		{hevc(plainSEI(137, unhex(t, masteringSEI)), plainSEI(144, unhex(t, lightSEI)), plainSEI(148, unhex(t, ambientSEI)), plainSEI(4, a), plainSEI(4, v), plainSEI(4, s), hevcIDRNAL, rpuNAL),
			with(func(b *meta.Block) { b.HDR10Plus, b.T35, b.DolbyVision = a, [][]byte{v, s}, r }), true},
		{hevc(hevcSlice), with(func(b *meta.Block) { b.HDR10Plus = a }), true},
		{hevc(plainSEI(4, a), hevcSlice), with(func(b *meta.Block) { b.HDR10Plus = a }), false},
		{hevc(hevcIDRNAL), with(func(b *meta.Block) { b.HDR10Plus = a }), false},
		{hevc(plainSEI(4, b), hevcSlice), with(func(x *meta.Block) { x.HDR10Plus = b }), true},
		{hevc(hevcSlice, rpuNAL), with(func(x *meta.Block) { x.HDR10Plus, x.DolbyVision = b, r }), true},
		{hevc(hevcSlice, rpuNAL), with(func(x *meta.Block) { x.HDR10Plus, x.DolbyVision = b, r }), false},
		{hevc(plainSEI(4, v), hevcSlice), with(func(x *meta.Block) { x.HDR10Plus, x.T35 = b, [][]byte{v} }), true},
		{hevc(plainSEI(4, s), hevcSlice), with(func(x *meta.Block) { x.HDR10Plus, x.T35 = b, [][]byte{s} }), true},
		{hevc(plainSEI(4, unhex(t, captionsHex)), hevcSlice), with(func(x *meta.Block) { x.HDR10Plus = b }), true},
		// Of two in one access unit the last counts.
		{hevc(seiNAL(hevcPrefix, message(4, b), message(4, a)), hevcSlice), with(func(x *meta.Block) { x.HDR10Plus = a }), true},
		{hevc(hevcSlice, dovi.AppendNAL(nil, rpu(7, 1)), rpuNAL), with(func(x *meta.Block) { x.HDR10Plus, x.DolbyVision = a, r }), true},
		{hevc(hevcSlice, plainSEI(144, []byte{0, 1, 0, 2})), with(func(x *meta.Block) { x.HDR10Plus, x.ContentLight = a, &meta.ContentLight{MaxCLL: 1, MaxFALL: 2} }), true},
	} {
		got, changed, err := next(t, tracker, c.au)
		if err != nil || !reflect.DeepEqual(got, c.want) || changed != c.changed {
			t.Errorf("access unit %d: %+v, %v, %v\nwant %+v, %v", i, got, changed, err, c.want, c.changed)
		}
	}
	tracker.Reset()
	if got := tracker.Block().Clone(); !reflect.DeepEqual(got, &meta.Block{}) {
		t.Errorf("after Reset: %+v, want nothing", got)
	}
	if got, changed, err := next(t, tracker, hevc(hevcSlice)); err != nil || !reflect.DeepEqual(got, &meta.Block{}) || !changed {
		t.Errorf("after Reset: %+v, %v, %v; want nothing, changed", got, changed, err)
	}
}

// What is broken is counted, and neither taken nor a reason to drop what holds.
func TestTrackerCountsWhatIsBrokenAndKeepsWhatHolds(t *testing.T) {
	a := unhex(t, hdr10plusA)
	tracker := mustTracker(t, Format{HEVC, 0})
	if _, _, err := tracker.Next(hevc(plainSEI(4, a), plainSEI(144, unhex(t, lightSEI)), hevcIDRNAL)); err != nil {
		t.Fatal(err)
	}
	badRPU := rpu(10, 1)
	badRPU[8] ^= 0x10
	var scratch hdr10plus.Metadata
	if _, err := scratch.Decode(a); err != nil {
		t.Fatal(err)
	}
	scratch.Windows[0].MaxSCL[0] = 131071
	odd, err := scratch.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	long := append([]byte{0x26}, make([]byte, maxT35Bytes)...)
	for _, c := range []struct {
		name string
		au   []byte
		err  error
		says string
	}{
		{"HDR10+ cut", hevc(plainSEI(4, a[:30]), hevcSlice), hdr10plus.ErrTruncated, ""},
		{"HDR10+ of version 2", hevc(plainSEI(4, append(append(bytes.Clone(a[:6]), 2), a[7:]...)), hevcSlice), hdr10plus.ErrVersion, ""},
		{"RPU with a wrong checksum", hevc(hevcSlice, dovi.AppendNAL(nil, badRPU)), dovi.ErrCRC, ""},
		{"content light cut", hevc(plainSEI(144, []byte{9}), hevcSlice), ErrSEI, ""},
		{"sequence parameter set cut", hevc(pqSPS(t)[:12], hevcSlice), ErrSequence, ""},
		{"film grain cut", hevc(plainSEI(19, []byte{0}), hevcSlice), ErrTruncated, "film grain"},
		{"T.35 too long for a block", hevc(plainSEI(4, long), hevcSlice), ErrTooLarge, "T.35 message of 16385 bytes"},
		{"HDR10+ too long", hevc(plainSEI(4, append(bytes.Clone(odd), make([]byte, maxMessage)...)), hevcSlice), ErrTooLarge, ""},
		{"film grain too long", hevc(plainSEI(19, make([]byte, maxMessage+1)), hevcSlice), ErrTooLarge, "film grain"},
	} {
		got, changed, err := next(t, tracker, c.au)
		var d *DamageError
		if !errors.Is(err, c.err) || !errors.As(err, &d) || d.Count != 1 || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that is %v and says %q", c.name, err, c.err, c.says)
		}
		want := &meta.Block{HDR10Plus: a, ContentLight: &meta.ContentLight{MaxCLL: 1000, MaxFALL: 400}}
		if changed || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, changed %v; want %+v", c.name, got, changed, want)
		}
	}
	// Values that are not allowed are not broken.
	if scratch.Validate() == nil {
		t.Error("Validate allows a maxscl of 131071")
	}
	if got, _, err := next(t, tracker, hevc(plainSEI(4, odd), hevcSlice)); err != nil || !bytes.Equal(got.HDR10Plus, odd) {
		t.Errorf("HDR10+ that Validate refuses: %x, %v; want %x", got.HDR10Plus, err, odd)
	}
}

func TestTrackerBlockAlwaysFits(t *testing.T) {
	var units [][]byte
	odd := append(unhex(t, hdr10plusA), bytes.Repeat([]byte{9}, maxMessage-49)...)
	units = append(units, pqSPS(t), plainSEI(137, unhex(t, masteringSEI)), plainSEI(144, unhex(t, lightSEI)), plainSEI(148, unhex(t, ambientSEI)), plainSEI(4, odd))
	for i := range 100 {
		units = append(units, plainSEI(4, append([]byte{0x26, byte(i)}, make([]byte, 510)...)))
	}
	grain := append([]byte{0, 0, 0x40}, make([]byte, maxMessage-3)...) // no component, persistent
	units = append(units, plainSEI(19, grain), hevcSlice, dovi.AppendNAL(nil, rpu(dovi.MaxSize-10, 7)))
	b, _, err := next(t, mustTracker(t, Format{HEVC, 0}), hevc(units...))
	var d *DamageError
	if !errors.As(err, &d) || d.Count != 68 || !errors.Is(err, ErrTooLarge) {
		t.Errorf("error %v, want 68 messages refused", err)
	}
	if len(b.T35) != 32 || len(b.DolbyVision) != dovi.MaxSize || len(b.HDR10Plus) != maxMessage || b.FilmGrain == nil || len(b.FilmGrain.Data) != maxMessage || b.Color == nil {
		t.Errorf("%d T.35, RPU of %d, HDR10+ of %d, film grain %v, colour %v; want all of them", len(b.T35), len(b.DolbyVision), len(b.HDR10Plus), b.FilmGrain != nil, b.Color)
	}
}

func TestTrackerColor(t *testing.T) {
	hlg := meta.Color{Primaries: 9, Transfer: 18, Matrix: 9}
	sdr := meta.Color{Primaries: 1, Transfer: 1, Matrix: 1}
	nothing := dovi.Escape([]byte{hevcSPS << 1, 1}, unhex(t, realSequences[4].payload))
	sequence, alternative, unusable := pqSPS(t), plainSEI(147, []byte{18}), plainSEI(147, []byte{2})
	transfer := func(c meta.Color, v uint8) *meta.Color { c.Transfer = v; return &c }
	for _, c := range []struct {
		name  string
		given *meta.Color
		aus   [][]byte
		want  *meta.Color
	}{
		{"nothing is known", nil, [][]byte{hevc(nothing, hevcIDRNAL)}, nil},
		{"parameter set", nil, [][]byte{hevc(sequence, hevcIDRNAL), hevc(hevcSlice)}, &pq},
		{"given", &sdr, [][]byte{hevc(hevcIDRNAL)}, &sdr},
		{"given goes before parameter set", &hlg, [][]byte{hevc(sequence, hevcIDRNAL)}, &hlg},
		{"alternative transfer over parameter set", nil, [][]byte{hevc(sequence, alternative, hevcIDRNAL), hevc(hevcSlice)}, transfer(pq, 18)},
		{"alternative transfer over given", &sdr, [][]byte{hevc(alternative, hevcIDRNAL)}, transfer(sdr, 18)},
		{"alternative transfer alone", nil, [][]byte{hevc(alternative, hevcIDRNAL)}, &meta.Color{Primaries: 2, Transfer: 18, Matrix: 2, ChromaSite: 6}},
		{"alternative transfer taken back", &sdr, [][]byte{hevc(alternative, hevcIDRNAL), hevc(unusable, hevcIDRNAL)}, &sdr},
	} {
		tracker := mustTracker(t, Format{HEVC, 0})
		tracker.SetColor(c.given)
		var got *meta.Block
		for _, au := range c.aus {
			var err error
			if got, _, err = next(t, tracker, au); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if !reflect.DeepEqual(got.Color, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got.Color, c.want)
		}
	}

	tracker := mustTracker(t, Format{HEVC, 0})
	steps := []struct {
		name    string
		do      func()
		want    *meta.Color
		changed bool
	}{
		{"first", func() {}, nil, true},
		{"none again", func() { tracker.SetColor(nil) }, nil, false},
		{"given", func() { tracker.SetColor(&sdr) }, &sdr, true},
		{"the same again", func() { tracker.SetColor(&sdr) }, &sdr, false},
		{"another", func() { tracker.SetColor(&hlg) }, &hlg, true},
		{"reset keeps it", tracker.Reset, &hlg, true},
		{"taken away", func() { tracker.SetColor(nil) }, nil, true},
	}
	for _, s := range steps {
		s.do()
		got, changed, err := next(t, tracker, hevc(hevcSlice))
		if err != nil || !reflect.DeepEqual(got.Color, s.want) || changed != s.changed {
			t.Errorf("%s: %+v, %v, %v; want %+v, %v", s.name, got.Color, changed, err, s.want, s.changed)
		}
	}
}

func TestTrackerConfig(t *testing.T) {
	light := meta.ContentLight{MaxCLL: 1000, MaxFALL: 400}
	a := unhex(t, hdr10plusA)
	data := hvcC(4, pqSPS(t), plainSEI(144, unhex(t, lightSEI)), dovi.AppendNAL(nil, rpu(3, 3)), plainSEI(4, unhex(t, vividHex)))
	tracker := mustTracker(t, Format{HEVC, 0})
	if err := tracker.Config(data); err != nil {
		t.Fatal(err)
	}
	want := &meta.Block{Color: &pq, ContentLight: &light}
	if got := tracker.Block().Clone(); !reflect.DeepEqual(got, want) {
		t.Errorf("before the first access unit: %+v, want %+v", got, want)
	}
	f := Format{HEVC, 4}
	withHDR := want.Clone()
	withHDR.HDR10Plus = a
	au := join(f, plainSEI(4, a), hevcSlice)
	if got, _, err := next(t, tracker, au); err != nil || !reflect.DeepEqual(got, withHDR) {
		t.Errorf("first access unit: %+v, %v; want %+v", got, err, withHDR)
	}
	if err := tracker.Config(bytes.Clone(data)); err != nil {
		t.Fatal(err)
	}
	if got, changed, err := next(t, tracker, join(f, hevcSlice)); err != nil || changed || !reflect.DeepEqual(got, withHDR) {
		t.Errorf("same codec data again: %+v, changed %v, %v; want %+v", got, changed, err, withHDR)
	}
	clear(data) // it was copied
	tracker.Reset()
	if got, changed, err := next(t, tracker, join(f, hevcSlice)); err != nil || !changed || !reflect.DeepEqual(got, want) {
		t.Errorf("after Reset: %+v, changed %v, %v; want %+v", got, changed, err, want)
	}
	if err := tracker.Config(hvcC(2)); err != nil {
		t.Fatal(err)
	}
	if got, _, err := next(t, tracker, join(Format{HEVC, 2}, hevcSlice)); err != nil || !reflect.DeepEqual(got, &meta.Block{}) {
		t.Errorf("other codec data: %+v, %v; want nothing", got, err)
	}
	broken := hvcC(1, plainSEI(144, unhex(t, lightSEI)), hevcSlice)
	if err := tracker.Config(broken[:len(broken)-1]); !errors.Is(err, ErrTruncated) {
		t.Errorf("broken codec data: %v, want %v", err, ErrTruncated)
	}
	if got, _, err := next(t, tracker, join(Format{HEVC, 1}, hevcSlice)); err != nil || !reflect.DeepEqual(got, &meta.Block{ContentLight: &light}) {
		t.Errorf("broken codec data: %+v, %v; want what it has", got, err)
	}
	if err := tracker.Config([]byte{9}); !errors.Is(err, ErrTruncated) {
		t.Errorf("no codec data: %v, want %v", err, ErrTruncated)
	}
	if err := tracker.Config(nil); err != nil {
		t.Errorf("nil: %v", err)
	}
}

// film builds film grain characteristics: model 1, blending 1, and one component
// with an interval of two values.
func film(codec Codec, cancel, persists bool) []byte {
	b := new(fields)
	if cancel {
		b.u(1, 1)
		return b.bytes()
	}
	b.u(1+2, 1)
	b.u(1, 1)
	b.u(3+3+1+8+8+8, 0x1234567)
	b.u(2+4, 0x15)
	b.u(3, 2)
	b.u(8, 0)
	b.u(3, 1)
	b.u(8+8, 0x10f0)
	b.se(7)
	b.se(-300)
	switch {
	case codec == AVC && persists:
		b.ue(1)
	case codec == AVC:
		b.ue(0)
	case persists:
		b.u(1, 1)
	default:
		b.u(1, 0)
	}
	return b.bytes()
}

func TestTrackerFilmGrainHoldsAsItSays(t *testing.T) {
	for _, codec := range []Codec{HEVC, AVC} {
		header, idr, slice := hevcPrefix, hevcIDRNAL, hevcSlice
		if codec == AVC {
			header, idr, slice = avcSEIHead, avcIDRNAL, avcSlice
		}
		f := Format{codec, 0}
		once, held := film(codec, false, false), film(codec, false, true)
		sei := func(p []byte) []byte { return seiNAL(header, message(19, p)) }
		tracker := mustTracker(t, f)
		for i, c := range []struct {
			au      []byte
			want    []byte
			changed bool
		}{
			{join(f, sei(once), idr), once, true},
			{join(f, sei(once), slice), once, false},
			{join(f, slice), nil, true},
			{join(f, sei(held), slice), held, true},
			{join(f, slice), held, false},
			{join(f, idr), nil, true},
			{join(f, sei(held), idr), held, true},
			{join(f, sei(film(codec, true, false)), slice), nil, true},
			{join(f, slice), nil, false},
		} {
			got, changed, err := next(t, tracker, c.au)
			var data []byte
			if got.FilmGrain != nil {
				data = got.FilmGrain.Data
				if got.FilmGrain.Kind != meta.GrainH274 {
					t.Errorf("kind %d, want %d", got.FilmGrain.Kind, meta.GrainH274)
				}
			}
			if err != nil || !bytes.Equal(data, c.want) || changed != c.changed {
				t.Errorf("%v access unit %d: %x, %v, %v; want %x, %v", codec, i, data, changed, err, c.want, c.changed)
			}
		}
	}
}

func TestTrackerAV1(t *testing.T) {
	tracker := mustTracker(t, Format{AV1, 0})
	sequence := obu(obuSequenceHeader, unhex(t, realSequences[9].payload))
	au := slices.Concat(obu(obuTemporalDelimiter, nil), sequence, metadataOBU(2, unhex(t, masteringAV1)),
		metadataOBU(1, unhex(t, lightSEI)), metadataOBU(4, unhex(t, hdr10plusA)), obu(obuFrame, []byte{0x10}))
	got, _, err := next(t, tracker, au)
	want := &meta.Block{Color: &pq, MasteringDisplay: &p3, ContentLight: &meta.ContentLight{MaxCLL: 1000, MaxFALL: 400}, HDR10Plus: unhex(t, hdr10plusA)}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %+v, %v\nwant %+v, %+v", got, got.MasteringDisplay, err, want, want.MasteringDisplay)
	}
	if p := tracker.Picture(); p != (Picture{true, true}) {
		t.Errorf("picture %+v, want a random access point", p)
	}
}

func TestDecodeStatic(t *testing.T) {
	if got, err := DecodeMasteringDisplay(HEVC, unhex(t, masteringSEI)); err != nil || got != p3 {
		t.Errorf("%+v, %v; want %+v", got, err, p3)
	}
	got, err := DecodeMasteringDisplay(AV1, bytes.Repeat([]byte{0xff}, 24))
	if err != nil || got.Red.X != 49999 || got.MaxLuminance != math.MaxUint32 || got.MinLuminance != 2621439999 {
		t.Errorf("largest values: %+v, %v", got, err)
	}
	for _, c := range []struct {
		name   string
		decode func(p []byte) error
		size   int
	}{
		{"mastering display", func(p []byte) error { _, err := DecodeMasteringDisplay(AVC, p); return err }, 24},
		{"content light", func(p []byte) error { _, err := DecodeContentLight(p); return err }, 4},
		{"ambient viewing", func(p []byte) error { _, err := DecodeAmbientViewing(p); return err }, 8},
	} {
		if err := c.decode(make([]byte, c.size)); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := c.decode(make([]byte, c.size-1)); !errors.Is(err, ErrTruncated) || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s, a byte short: %v, want %v", c.name, err, ErrTruncated)
		}
	}
}

func TestTrackerDoesNotAllocate(t *testing.T) {
	for _, f := range []Format{{HEVC, 0}, {HEVC, 4}, {AVC, 0}, {AV1, 0}} {
		tracker := mustTracker(t, f)
		au := benchUnit(t, f)
		bare := join(f, hevcSlice)
		if f.Codec == AV1 {
			bare = obu(obuFrame, []byte{0x30})
		}
		if got := testing.AllocsPerRun(20, func() {
			for _, p := range [][]byte{au, bare} {
				if _, changed, err := tracker.Next(p); err != nil || !changed {
					t.Fatalf("%+v: changed %v, %v", f, changed, err)
				}
			}
		}); got != 0 {
			t.Errorf("%+v: %v allocations, want 0", f, got)
		}
	}
}
