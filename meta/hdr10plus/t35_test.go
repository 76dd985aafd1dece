package hdr10plus

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Two payloads of real streams.
const (
	goldenA = "b5003c00010401400000008b4c41ff1bd601036408000c28db205000acc800e190036e581032d02a6af848f318e1b40000"
	goldenB = "b5003c0001040140000c803cb019bd0d800041e4080000285f00500170c800059000125801aed00b5af81be3185b4c0042903c248f4a9bf942dbd837be57aa00"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustDecode(t testing.TB, p []byte) *Metadata {
	t.Helper()
	m := new(Metadata)
	if n, err := m.Decode(p); err != nil || n != len(p) {
		t.Fatalf("Decode(%x) = %d, %v; want %d bytes and no error", p, n, err, len(p))
	}
	return m
}

func TestGoldenProfileA(t *testing.T) {
	p := unhex(t, goldenA)
	m := mustDecode(t, p)
	w := &m.Windows[0]
	if w.MaxSCL != [3]uint32{17830, 16895, 14252} || w.AverageMaxRGB != 1037 || w.ToneMapping || m.TargetMaxLuminance != 0 {
		t.Errorf("maxscl %d average %d tone %v target %d; want [17830 16895 14252] 1037 false 0",
			w.MaxSCL, w.AverageMaxRGB, w.ToneMapping, m.TargetMaxLuminance)
	}
	if got := m.Profile(); got != ProfileA {
		t.Errorf("profile %v, want A", got)
	}
	if w.MaxRGB() != 1783 || w.Average() != 103.7 {
		t.Errorf("brightest %v, average %v cd/m²; want 1783 and 103.7", w.MaxRGB(), w.Average())
	}
	checkGolden(t, m, p)
}

func TestGoldenProfileB(t *testing.T) {
	p := unhex(t, goldenB)
	m := mustDecode(t, p)
	w := &m.Windows[0]
	if m.TargetMaxLuminance != 400 || w.Knee.X != 164 || w.Knee.Y != 240 {
		t.Errorf("target %d knee %d; want 400, {164 240}", m.TargetMaxLuminance, w.Knee)
	}
	if got, want := w.Anchors[:w.NumAnchors], []uint16{143, 298, 447, 592, 731, 864, 891, 917, 938}; !slices.Equal(got, want) {
		t.Errorf("anchors %d, want %d", got, want)
	}
	if got := m.Profile(); got != ProfileB {
		t.Errorf("profile %v, want B", got)
	}
	checkGolden(t, m, p)
}

func checkGolden(t *testing.T, m *Metadata, p []byte) {
	t.Helper()
	if err := m.Validate(); err != nil {
		t.Errorf("Validate: %v", err)
	}
	if got, err := m.Append(nil); err != nil || !bytes.Equal(got, p) {
		t.Errorf("Append = %x, %v\nwant     %x", got, err, p)
	}
	compareWithReference(t, m, p)
}

// random fills in every branch of the syntax with values that fit their fields.
func random(r *rand.Rand) *Metadata {
	u := func(bits int) uint32 { return r.Uint32() >> (32 - bits) }
	flag := func() bool { return u(1) == 1 }
	grid := func() (g PeakGrid) {
		if g.Present = flag(); g.Present {
			g.Rows, g.Cols = uint8(2+r.IntN(24)), uint8(2+r.IntN(24))
			for i := range g.Values[:g.Rows] {
				for k := range g.Values[i][:g.Cols] {
					g.Values[i][k] = uint8(u(4))
				}
			}
		}
		return
	}
	m := &Metadata{Version: uint8(u(1)), NumWindows: uint8(1 + r.IntN(3)),
		TargetMaxLuminance: u(27), TargetPeak: grid(), MasteringPeak: grid()}
	for i := range m.Windows[:m.NumWindows] {
		w := &m.Windows[i]
		if i > 0 {
			w.Region = Region{uint16(u(16)), uint16(u(16)), uint16(u(16)), uint16(u(16)), uint16(u(16)),
				uint16(u(16)), uint8(u(8)), uint16(u(16)), uint16(u(16)), uint16(u(16)), flag()}
		}
		w.MaxSCL = [3]uint32{u(17), u(17), u(17)}
		w.AverageMaxRGB, w.FractionBright, w.NumPercentiles = u(17), uint16(u(10)), uint8(u(4))
		for k := range w.Percentiles[:w.NumPercentiles] {
			w.Percentiles[k] = Percentile{uint8(u(7)), u(17)}
		}
		if w.ToneMapping = flag(); w.ToneMapping {
			w.Knee.X, w.Knee.Y, w.NumAnchors = uint16(u(12)), uint16(u(12)), uint8(u(4))
			for k := range w.Anchors[:w.NumAnchors] {
				w.Anchors[k] = uint16(u(10))
			}
		}
		if w.SaturationMapping = flag(); w.SaturationMapping {
			w.SaturationWeight = uint8(u(6))
		}
	}
	return m
}

func TestRandomMessagesSurviveBothWays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	buf := make([]byte, 0, MaxSize)
	var got Metadata
	for range 2000 {
		want := random(r)
		p, err := want.Append(buf)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := got.Decode(p); err != nil || n != len(p) {
			t.Fatalf("Decode(%x) = %d, %v; want %d", p, n, err, len(p))
		}
		if got != *want {
			t.Fatalf("got  %+v\nwant %+v", got, *want)
		}
		compareWithReference(t, &got, p)
	}
}

// largest is the longest message there is.
func largest() *Metadata {
	m := &Metadata{NumWindows: 3, TargetMaxLuminance: 1<<27 - 1}
	for _, g := range []*PeakGrid{&m.TargetPeak, &m.MasteringPeak} {
		*g = PeakGrid{Present: true, Rows: 25, Cols: 25}
	}
	for i := range m.Windows {
		w := &m.Windows[i]
		w.NumPercentiles, w.NumAnchors = MaxPercentiles, MaxAnchors
		w.ToneMapping, w.SaturationMapping = true, true
	}
	return m
}

func TestLargestMessageHasMaxSize(t *testing.T) {
	p, err := largest().Append(nil)
	if err != nil || len(p) != MaxSize {
		t.Fatalf("%d bytes, %v; want %d", len(p), err, MaxSize)
	}
	if got := mustDecode(t, p); *got != *largest() {
		t.Error("decoded message differs")
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	big, err := largest().Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range [][]byte{unhex(t, goldenA), unhex(t, goldenB), big} {
		for n := range p {
			m := Metadata{Version: 1}
			got, err := m.Decode(p[:n])
			want := ErrTruncated
			if n < headSize-1 {
				want = ErrNotHDR10Plus
			}
			if !errors.Is(err, want) || got != 0 || m != (Metadata{}) {
				t.Fatalf("%d of %d bytes: %d, %v, zero %v; want %v and the zero value", n, len(p), got, err, m == Metadata{}, want)
			}
		}
	}
}

func TestWhatFollowsTheMessageIsNotRead(t *testing.T) {
	p := unhex(t, goldenA)
	var m Metadata
	if n, err := m.Decode(append(slices.Clone(p), 0x80, 0xff)); err != nil || n != len(p) {
		t.Errorf("Decode = %d, %v; want %d", n, err, len(p))
	}
}

func TestDecodeRefuses(t *testing.T) {
	edit := func(i int, b byte) []byte {
		p := unhex(t, goldenA)
		p[i] = b
		return p
	}
	// Bits 58..84 are the target, 85 the grid flag, 86..90 rows, 91..95 columns.
	grid := func(rows, cols byte) []byte {
		p := edit(10, 1<<2|rows>>3) // bits 80..87
		p[11] = rows<<5 | cols
		return p
	}
	for _, c := range []struct {
		name string
		p    []byte
		want error
		says string
	}{
		{"nothing", nil, ErrNotHDR10Plus, ""},
		{"another country", edit(0, 0x26), ErrNotHDR10Plus, ""},
		{"another provider", edit(2, 0x3b), ErrNotHDR10Plus, ""},
		{"another provider code", edit(4, 2), ErrNotHDR10Plus, ""},
		{"another application", edit(5, 1), ErrNotHDR10Plus, ""},
		{"version 2", edit(6, 2), ErrVersion, "2"},
		{"no window", edit(7, 0), ErrInvalid, "0 windows"},
		{"padding", edit(48, 0x01), ErrInvalid, "0x1"},
		{"one row", grid(1, 2), ErrInvalid, "1 × 2"},
		{"one column", grid(2, 1), ErrInvalid, "2 × 1"},
		{"too many rows", grid(26, 25), ErrInvalid, "26 × 25"},
		{"too many columns", grid(25, 31), ErrInvalid, "25 × 31"},
	} {
		m := Metadata{NumWindows: 1}
		n, err := m.Decode(c.p)
		if !errors.Is(err, c.want) || n != 0 || m != (Metadata{}) {
			t.Errorf("%s: %d, %v; want %v and the zero value", c.name, n, err, c.want)
		} else if !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q does not say %q", c.name, err, c.says)
		}
	}
}

func TestAppendRefusesWhatDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		says string
		edit func(*Metadata)
	}{
		{"version not supported: 2", func(m *Metadata) { m.Version = 2 }},
		{"0 windows", func(m *Metadata) { m.NumWindows = 0 }},
		{"4 windows", func(m *Metadata) { m.NumWindows = 4 }},
		{"134217728", func(m *Metadata) { m.TargetMaxLuminance = 1 << 27 }},
		{"maxscl 131072", func(m *Metadata) { m.Windows[0].MaxSCL[1] = 1 << 17 }},
		{"average maxrgb 131072", func(m *Metadata) { m.Windows[0].AverageMaxRGB = 1 << 17 }},
		{"percentage 128", func(m *Metadata) { m.Windows[0].Percentiles[3].Percentage = 128 }},
		{"percentile 4294967295", func(m *Metadata) { m.Windows[0].Percentiles[8].Value = 1<<32 - 1 }},
		{"16 percentiles", func(m *Metadata) { m.Windows[0].NumPercentiles = 16 }},
		{"bright pixels 1024", func(m *Metadata) { m.Windows[0].FractionBright = 1024 }},
		{"knee point x 4096", func(m *Metadata) { m.Windows[0].Knee.X = 4096 }},
		{"knee point y 4097", func(m *Metadata) { m.Windows[0].Knee.Y = 4097 }},
		{"16 anchors", func(m *Metadata) { m.Windows[0].NumAnchors = 16 }},
		{"anchor 1024", func(m *Metadata) { m.Windows[0].Anchors[8] = 1024 }},
		{"saturation weight 64", func(m *Metadata) { m.Windows[0].SaturationMapping, m.Windows[0].SaturationWeight = true, 64 }},
		{"targeted display grid of 0 × 0", func(m *Metadata) { m.TargetPeak.Present = true }},
		{"mastering display grid of 26 × 2", func(m *Metadata) { m.MasteringPeak = PeakGrid{Present: true, Rows: 26, Cols: 2} }},
		{"peak luminance 16", func(m *Metadata) {
			m.TargetPeak = PeakGrid{Present: true, Rows: 2, Cols: 2}
			m.TargetPeak.Values[1][1] = 16
		}},
	} {
		m := mustDecode(t, unhex(t, goldenB))
		c.edit(m)
		p, err := m.Append([]byte("kept"))
		if string(p) != "kept" {
			t.Errorf("%s: dst is %q after an error", c.says, p)
		}
		if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("error %v, want one that says %q", err, c.says)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	p := unhex(t, goldenB)
	var m Metadata
	buf := make([]byte, 0, MaxSize)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := m.Decode(p); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Append(buf); err != nil {
			t.Fatal(err)
		}
		if err := m.Validate(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations per message, want 0", n)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(unhex(f, goldenA))
	f.Add(unhex(f, goldenB))
	r := rand.New(rand.NewPCG(3, 4))
	for range 8 {
		p, err := random(r).Append(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p)
		f.Add(p[:len(p)/2])
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		var m Metadata
		n, err := m.Decode(p)
		if (err != nil) != (m == Metadata{}) || (err != nil) != (n == 0) {
			t.Fatalf("%d bytes, error %v, zero value %v", n, err, m == Metadata{})
		}
		if err != nil {
			return
		}
		if q, err := m.Append(nil); err != nil || !bytes.Equal(q, p[:n]) {
			t.Fatalf("Append = %x, %v\nwant     %x", q, err, p[:n])
		}
		compareWithReference(t, &m, p)
		_ = m.Validate() // must not panic
	})
}

// Floor: clearing what the message is decoded into; peer: the same message as
// the JSON the HDR10+ tools exchange, through encoding/json.
func BenchmarkDecode(b *testing.B) {
	p := unhex(b, goldenB)
	var m Metadata
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m = Metadata{}
		}
	})
	b.Run("peer", func(b *testing.B) {
		text := appendEntry(nil, mustDecode(b, p))
		text = append(text, "\"SceneId\": 0}"...)
		b.ReportAllocs()
		for b.Loop() {
			var e jsonEntry
			if err := json.Unmarshal(text, &e); err != nil {
				b.Fatal(err)
			}
			if err := e.metadata(&m); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := m.Decode(p); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	m := mustDecode(b, unhex(b, goldenB))
	buf := make([]byte, 0, MaxSize)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Append(buf); err != nil {
			b.Fatal(err)
		}
	}
}
