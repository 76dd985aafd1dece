package testpattern

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

func mustLayout(t testing.TB, f Format, w, h int) Layout {
	t.Helper()
	l, err := NewLayout(f, w, h)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// pixelLight is an independent decoder: code values of one pixel to display
// light, written from the recommendations' tables with literal numbers.
func pixelLight(l Layout, r Range, buf []byte, x, y int) (out [3]float64) {
	var s [3]float64
	kr, kg, kb := 0.2627, 0.6780, 0.0593
	if r == SDR {
		kr, kg, kb = 0.2126, 0.7152, 0.0722
	}
	if l.Format == BGRx {
		p := buf[y*l.Stride[0]+4*x:]
		s = [3]float64{float64(p[2]) / 255, float64(p[1]) / 255, float64(p[0]) / 255}
	} else {
		at := func(i int) float64 { return float64(binary.LittleEndian.Uint16(buf[i:])) / 64 }
		c := l.Offset[1] + y/2*l.Stride[1] + x/2*4
		luma, cb, cr := (at(y*l.Stride[0]+2*x)/4-16)/219, (at(c)/4-128)/224, (at(c+2)/4-128)/224
		s[0] = luma + 2*(1-kr)*cr
		s[2] = luma + 2*(1-kb)*cb
		s[1] = (luma - kr*s[0] - kb*s[2]) / kg
	}
	for i := range s {
		v := math.Min(math.Max(s[i], 0), 1)
		switch r {
		case PQ:
			e := math.Pow(v, 1/78.84375)
			out[i] = 10000 * math.Pow(math.Max(e-0.8359375, 0)/(18.8515625-18.6875*e), 1/0.1593017578125)
		case HLG:
			if v <= 0.5 {
				out[i] = v * v / 3
			} else {
				out[i] = (math.Exp((v-0.55991073)/0.17883277) + 0.28466892) / 12
			}
		case SDR:
			out[i] = 100 * math.Pow(v, 2.4)
		}
	}
	if r == HLG {
		gain := 1000 * math.Pow(kr*out[0]+kg*out[1]+kb*out[2], 0.2)
		for i := range out {
			out[i] *= gain
		}
	}
	return out
}

// near allows for floating point: half a unit, and a thousandth.
func near(got uint32, want float64) bool {
	return math.Abs(float64(got)-want) <= 0.51+want/1000
}

func TestMetadataIsTrueForThePixels(t *testing.T) {
	for _, r := range []Range{PQ, HLG, SDR} {
		for _, f := range []Format{P010, BGRx} {
			for _, size := range [][2]int{{640, 360}, {321, 241}, {48, 30}, {1, 1}} {
				l := mustLayout(t, f, size[0], size[1])
				p := New(l, r, 10)
				buf := make([]byte, l.Size)
				var painted Painted
				for _, frame := range []uint64{3, 17, 25, 39} {
					t.Run(fmt.Sprintf("%d/%v/%dx%d/frame %d", r, f, size[0], size[1], frame), func(t *testing.T) {
						p.Paint(buf, &painted, frame)
						checkMetadata(t, p, buf, frame)
					})
				}
			}
		}
	}
}

func checkMetadata(t *testing.T, p *Painter, buf []byte, frame uint64) {
	t.Helper()
	l := p.Layout
	var peak [3]float64
	var all []float64
	var sum, below float64
	for y := range l.Height {
		for x := range l.Width {
			light := pixelLight(l, p.Range, buf, x, y)
			for i, v := range light {
				peak[i] = max(peak[i], v)
			}
			m := max(light[0], light[1], light[2])
			all, sum = append(all, m), sum+m
			if m < 100 {
				below++
			}
		}
	}
	slices.Sort(all)
	n := float64(len(all))

	m := p.HDR10Plus(p.Scene(frame))
	if err := m.Validate(); err != nil {
		t.Errorf("metadata: %v", err)
	}
	w := &m.Windows[0]
	for i, v := range peak {
		if !near(w.MaxSCL[i], 10*v) {
			t.Errorf("maxscl[%d] is %d, the picture has %.1f", i, w.MaxSCL[i], 10*v)
		}
	}
	if !near(w.AverageMaxRGB, 10*sum/n) {
		t.Errorf("average is %d, the picture has %.1f", w.AverageMaxRGB, 10*sum/n)
	}
	for _, e := range w.Percentiles[:w.NumPercentiles] {
		percent := float64(e.Percentage)
		if e.Percentage == 5 {
			percent = 99.98
		}
		want := 10 * all[int(math.Ceil(n*percent/100))-1]
		if e.Percentage == 10 {
			want = 100 * below / n
		}
		if !near(e.Value, want) {
			t.Errorf("percentile %d is %d, the picture has %.1f", e.Percentage, e.Value, want)
		}
	}
	light := p.ContentLight()
	if brightest := max(peak[0], peak[1], peak[2]); float64(light.MaxCLL) < brightest-0.51-brightest/1000 {
		t.Errorf("MaxCLL is %d, the picture has %.1f", light.MaxCLL, brightest)
	}
	if float64(light.MaxFALL) < sum/n-0.51-sum/n/1000 {
		t.Errorf("MaxFALL is %d, the picture has %.1f", light.MaxFALL, sum/n)
	}
}

func TestScenesDiffer(t *testing.T) {
	p := New(mustLayout(t, P010, 640, 360), PQ, 25)
	for i := range Scenes {
		for k := range i {
			if p.HDR10Plus(i) == p.HDR10Plus(k) {
				t.Errorf("scenes %d and %d have the same metadata", i, k)
			}
		}
	}
	for frame, want := range map[uint64]int{0: 0, 24: 0, 25: 1, 99: 3, 100: 0} {
		if got := p.Scene(frame); got != want {
			t.Errorf("frame %d is of scene %d, want %d", frame, got, want)
		}
	}
	for _, frame := range []uint64{0, 1000} {
		if got := New(p.Layout, PQ, 0).Scene(frame); got != 0 {
			t.Errorf("without scene length frame %d is of scene %d, want 0", frame, got)
		}
	}
}

func TestPeaksAreThoseOfTheLook(t *testing.T) {
	p := New(mustLayout(t, P010, 1920, 1080), PQ, 1)
	for i, want := range []float64{1000, 400, 150, 600} {
		m := p.HDR10Plus(i)
		// A 10-bit PQ step is about 1 % of the light.
		if got := m.Windows[0].MaxRGB(); math.Abs(got-want) > want/100 {
			t.Errorf("scene %d peaks at %v cd/m², want %v", i, got, want)
		}
	}
	if got := p.ContentLight().MaxCLL; got < 990 || got > 1010 {
		t.Errorf("MaxCLL %d, want about 1000", got)
	}
}

// Repainting only what moves must give the same picture as painting it all.
func TestReusedBufferShowsTheSameAsAFreshOne(t *testing.T) {
	for _, f := range []Format{P010, BGRx} {
		for _, size := range [][2]int{{640, 360}, {333, 77}, {64, 64}, {5, 3}, {1, 200}, {200, 1}} {
			l := mustLayout(t, f, size[0], size[1])
			p := New(l, PQ, 7)
			reused, was := make([]byte, l.Size), Painted{}
			for frame := uint64(0); frame < 60; frame += 3 {
				fresh := make([]byte, l.Size)
				p.Paint(reused, &was, frame)
				p.Paint(fresh, new(Painted), frame)
				if !bytes.Equal(reused, fresh) {
					t.Fatalf("%v %v: frame %d differs from one painted afresh", f, size, frame)
				}
			}
		}
	}
}

func TestFramesMoveAndStayInside(t *testing.T) {
	for _, size := range [][2]int{{1920, 1080}, {64, 64}, {3, 2}} {
		p := New(mustLayout(t, P010, size[0], size[1]), PQ, 0)
		g := p.geometry
		seen := map[[2]int]bool{}
		for frame := range uint64(240) {
			x, y := p.Square(frame)
			seen[[2]int{x, y}] = true
			if x < 0 || x+g.side > size[0] || y < g.bandTop || y+g.side > g.bandTop+g.bandHeight {
				t.Fatalf("%v: square of %d at %d,%d in frame %d is outside the band %d+%d", size, g.side, x, y, frame, g.bandTop, g.bandHeight)
			}
		}
		if size[0] == 1920 && len(seen) < 200 {
			t.Errorf("%d different places in 240 frames", len(seen))
		}
	}
}

func TestFrameNumber(t *testing.T) {
	for _, f := range []Format{P010, BGRx} {
		l := mustLayout(t, f, 640, 360)
		p := New(l, PQ, 25)
		buf, was := make([]byte, l.Size), Painted{}
		for _, frame := range []uint64{0, 1, 2, 0xdeadbeef, 1<<32 - 1, 1 << 32} {
			p.Paint(buf, &was, frame)
			if got, err := p.FrameNumber(buf); err != nil || got != uint32(frame) {
				t.Errorf("%v: number %d, %v; want %d", f, got, err, uint32(frame))
			}
		}
		if n, err := p.FrameNumber(make([]byte, l.Size)); !errors.Is(err, ErrNoCode) {
			t.Errorf("%v: black picture has number %d, %v; want ErrNoCode", f, n, err)
		}
		if n, err := p.FrameNumber(buf[:100]); !errors.Is(err, ErrNoCode) {
			t.Errorf("%v: short picture has number %d, %v; want ErrNoCode", f, n, err)
		}
	}
}

func TestP010HasItsBitsOnTop(t *testing.T) {
	l := mustLayout(t, P010, 640, 360)
	buf := make([]byte, l.Size)
	New(l, PQ, 0).Paint(buf, new(Painted), 5)
	for y := range l.Height {
		line := l.line(buf, 0, y)
		for x := range l.Width {
			if v := binary.LittleEndian.Uint16(line[2*x:]); v&63 != 0 || v < 64<<6 || v > 940<<6 {
				t.Fatalf("luma %#x at %d,%d", v, x, y)
			}
		}
	}
	// 100 % white is the top code of the bars: 203 cd/m² is 58 % PQ.
	if got := binary.LittleEndian.Uint16(buf) >> 6; got < 570 || got > 574 {
		t.Errorf("white bar is code %d, want about 572", got)
	}
}

// The padding of rows and what follows the picture belong to nobody.
func TestPaintStaysInside(t *testing.T) {
	for _, f := range []Format{P010, BGRx} {
		l := mustLayout(t, f, 70, 50)
		buf := bytes.Repeat([]byte{0xaa}, l.Size+100)
		p, was := New(l, PQ, 2), Painted{}
		for frame := range uint64(20) {
			p.Paint(buf, &was, frame)
		}
		for plane := range l.NPlanes {
			for y := range l.Height >> plane {
				end := l.Offset[plane] + y*l.Stride[plane] + len(l.line(buf, plane, y))
				next := l.Offset[plane] + (y+1)*l.Stride[plane]
				for i, b := range buf[end:next] {
					if b != 0xaa {
						t.Fatalf("%v: plane %d row %d: byte %d of the padding was written", f, plane, y, i)
					}
				}
			}
		}
		if !bytes.Equal(buf[l.Size:], bytes.Repeat([]byte{0xaa}, 100)) {
			t.Errorf("%v: painted beyond the picture", f)
		}
	}
}

func TestLayout(t *testing.T) {
	for _, c := range []struct {
		f    Format
		w, h int
		want Layout
	}{
		{P010, 1920, 1080, Layout{P010, 1920, 1080, 2, [2]int{0, 3840 * 1080}, [2]int{3840, 3840}, 3840 * 1620}},
		{P010, 3, 3, Layout{P010, 3, 3, 2, [2]int{0, 768}, [2]int{256, 256}, 1280}},
		{BGRx, 641, 2, Layout{BGRx, 641, 2, 1, [2]int{}, [2]int{2816, 0}, 5632}},
	} {
		if got := mustLayout(t, c.f, c.w, c.h); got != c.want {
			t.Errorf("%v %d × %d: %+v, want %+v", c.f, c.w, c.h, got, c.want)
		}
	}
	for _, size := range [][2]int{{0, 1}, {1, 0}, {-1, 5}, {MaxSide + 1, 1}, {1, MaxSide + 1}} {
		if l, err := NewLayout(P010, size[0], size[1]); !errors.Is(err, ErrSize) || l != (Layout{}) {
			t.Errorf("%v: %+v, %v; want ErrSize", size, l, err)
		}
	}
	if P010.FourCC() != 0x30313050 || BGRx.FourCC() != 0x34325258 {
		t.Errorf("fourccs %#x %#x", P010.FourCC(), BGRx.FourCC())
	}
}

func TestColor(t *testing.T) {
	for _, c := range []struct {
		r    Range
		f    Format
		want meta.Color
	}{
		{PQ, P010, meta.Color{Primaries: 9, Transfer: 16, Matrix: 9, ChromaSite: 2}},
		{HLG, P010, meta.Color{Primaries: 9, Transfer: 18, Matrix: 9, ChromaSite: 2}},
		{SDR, P010, meta.Color{Primaries: 1, Transfer: 1, Matrix: 1, ChromaSite: 2}},
		{PQ, BGRx, meta.Color{Primaries: 9, Transfer: 16, Matrix: 0, FullRange: true, ChromaSite: 6}},
	} {
		if got := c.r.Color(c.f); got != c.want {
			t.Errorf("%d %v: %+v, want %+v", c.r, c.f, got, c.want)
		}
	}
}

func TestPaintDoesNotAllocate(t *testing.T) {
	l := mustLayout(t, P010, 640, 360)
	p, buf, was, frame := New(l, PQ, 3), make([]byte, l.Size), Painted{}, uint64(0)
	if n := testing.AllocsPerRun(50, func() { p.Paint(buf, &was, frame); frame++ }); n != 0 {
		t.Errorf("%v allocations per frame, want 0", n)
	}
}

func BenchmarkPaint1080p(b *testing.B) {
	for _, f := range []Format{P010, BGRx} {
		for name, sceneLength := range map[string]uint64{"moving": 0, "scene change": 1} {
			b.Run(f.String()+"/"+name, func(b *testing.B) {
				l := mustLayout(b, f, 1920, 1080)
				p, buf, was, frame := New(l, PQ, sceneLength), make([]byte, l.Size), Painted{}, uint64(0)
				b.ReportAllocs()
				for b.Loop() {
					p.Paint(buf, &was, frame)
					frame++
				}
			})
		}
	}
}

func BenchmarkNew1080p(b *testing.B) {
	l := mustLayout(b, P010, 1920, 1080)
	for b.Loop() {
		New(l, PQ, 1)
	}
}
