package gstx_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
)

// memories puts each of the byte slices into a memfd, all into one buffer.
func memories(t testing.TB, all ...[]byte) *gstx.Frame {
	t.Helper()
	var mems []gstx.PoolMemory
	for _, b := range all {
		fd, err := unix.MemfdCreate("layer", unix.MFD_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if n, err := unix.Write(fd, b); n != len(b) {
			t.Fatal(err)
		}
		mems = append(mems, gstx.PoolMemory{FD: fd, Size: uint64(len(b))})
	}
	pool, err := gstx.NewPool(gstx.PoolLayout{Width: 1, Height: 1}, [][]gstx.PoolMemory{mems})
	if err != nil {
		t.Fatal(err)
	}
	b := pool.Acquire(0, gstx.Stamp{})
	t.Cleanup(func() { b.Unref(); pool.Close() })
	return &gstx.Frame{Buffer: b, NMem: uint32(len(all))}
}

// canvas is memory of its own, as a display's is.
func canvas(t testing.TB, format string, w, h uint32) *gstx.Canvas {
	t.Helper()
	c := &gstx.Canvas{Format: format, Width: w, Height: h, Stride: w*4 + 32}
	var err error
	if c.Pixels, err = unix.Mmap(-1, 0, int(c.Stride*h), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(c.Pixels) })
	c.Clear()
	return c
}

func pixelOf(c *gstx.Canvas, x, y uint32) [4]byte { return [4]byte(c.Pixels[y*c.Stride+4*x:]) }

func compositor(t testing.TB) *gstx.Compositor {
	c := gstx.NewCompositor()
	t.Cleanup(func() { c.Close(); c.Close() })
	return c
}

// bgra is premultiplied noise of w × h.
func bgra(w, h int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, 4*w*h)
	for i := 0; i < len(b); i += 4 {
		a := r.IntN(256)
		for j := range 3 {
			b[i+j] = byte(r.IntN(a + 1))
		}
		b[i+3] = byte(a)
	}
	return b
}

// over is the equation of blending premultiplied colours, in 255.
func over(dst, src [4]byte, alpha float64) (out [4]float64) {
	for i := range out {
		out[i] = float64(src[i])*alpha + float64(dst[i])*(1-float64(src[3])*alpha/255)
	}
	return out
}

func TestLayersAreBlended(t *testing.T) {
	const w, h = 40, 30
	a, b := bgra(w, h, 1), bgra(w, h, 2)
	f := memories(t, a, b)
	c := compositor(t)
	for _, format := range []string{"BGRA", "BGRx"} {
		for _, alpha := range []uint16{0xffff, 0x8000, 0x1234, 0} {
			on := canvas(t, format, 64, 48)
			src := gstx.Source{Format: "BGRA", Width: w, Height: h, NPlanes: 1, Stride: [4]uint32{4 * w}}
			if !c.Draw(on, f, &src, gstx.Rect{W: w, H: h}, gstx.DstRect{X: 3, Y: 5, W: w, H: h}, 0xffff) {
				t.Fatal("not drawn")
			}
			src.Mem[0] = 1
			if !c.Draw(on, f, &src, gstx.Rect{X: 2, Y: 1, W: 20, H: 10}, gstx.DstRect{X: 10, Y: 20, W: 20, H: 10}, alpha) {
				t.Fatal("not drawn")
			}
			worst := 0.0
			for y := range uint32(48) {
				for x := range uint32(64) {
					at := func(p []byte, ox, oy, w0, h0, cx, cy int) (v [4]byte) {
						lx, ly := int(x)-ox, int(y)-oy
						if lx >= 0 && ly >= 0 && lx < w0 && ly < h0 {
							copy(v[:], p[4*((ly+cy)*w+lx+cx):])
						}
						return v
					}
					under := [4]byte{}
					if format == "BGRx" {
						under[3] = 255
					}
					first := over(under, at(a, 3, 5, w, h, 0, 0), 1)
					second := at(b, 10, 20, 20, 10, 2, 1)
					for i := range 3 + map[string]int{"BGRA": 1}[format] {
						want := float64(second[i])*float64(alpha)/65535 + first[i]*(1-float64(second[3])*float64(alpha)/65535/255)
						off := math.Abs(float64(pixelOf(on, x, y)[i]) - want)
						if off > 2.5 && worst <= 2.5 {
							t.Errorf("%s, alpha %#x at %d,%d: got %v, want %v of component %d", format, alpha, x, y, pixelOf(on, x, y), want, i)
						}
						worst = max(worst, off)
					}
				}
			}
			t.Logf("%s, alpha %#x: at most %.2f of 255 away", format, alpha, worst)
		}
	}
}

// A picture of one colour stays one, whatever it is scaled to, in every matrix and
// range, and lands where it shall.
func TestYCbCrIsConvertedAndScaled(t *testing.T) {
	const w, h = 34, 18
	for _, m := range []struct {
		matrix uint8
		kr, kb float64
	}{{1, 0.2126, 0.0722}, {6, 0.299, 0.114}, {9, 0.2627, 0.0593}} {
		for _, full := range []bool{false, true} {
			for _, format := range []string{"NV12", "P010_10LE"} {
				n := map[string]int{"NV12": 1, "P010_10LE": 2}[format]
				luma, cb, cr := byte(150), byte(100), byte(160)
				pixels := make([]byte, n*w*h*3/2)
				for i := range pixels {
					v := luma
					if i >= n*w*h {
						v = []byte{cb, cr}[i/n%2]
					}
					if n == 2 && i%2 == 0 {
						v = 0 // 10 bits in the upper ones: four times the 8-bit value
					}
					pixels[i] = v
				}
				f := memories(t, pixels)
				on := canvas(t, "BGRx", 100, 60)
				src := gstx.Source{Format: format, Width: w, Height: h, NPlanes: 2, Offset: [4]uint64{0, uint64(n * w * h)},
					Stride: [4]uint32{uint32(n * w), uint32(n * w)}, Matrix: m.matrix, FullRange: full}
				if !compositor(t).Draw(on, f, &src, gstx.Rect{W: w, H: h}, gstx.DstRect{X: 7, Y: 9, W: 80, H: 41}, 0xffff) {
					t.Fatal("not drawn")
				}
				y, u, v := float64(luma)/255, (float64(cb)-128)/255, (float64(cr)-128)/255
				if !full {
					y, u, v = (float64(luma)-16)/219, (float64(cb)-128)/224, (float64(cr)-128)/224
				}
				r, bl := y+2*(1-m.kr)*v, y+2*(1-m.kb)*u
				g := (y - m.kr*r - m.kb*bl) / (1 - m.kr - m.kb)
				for _, p := range [][2]uint32{{7, 9}, {86, 49}, {40, 30}, {7, 49}, {86, 9}} {
					for i, want := range []float64{bl, g, r} {
						if got := pixelOf(on, p[0], p[1])[i]; math.Abs(float64(got)-255*want) > 3 { // gst-video's matrices have 8 bits of fraction
							t.Errorf("%s, matrix %d, full %v, at %v: got %v, component %d want %.1f", format, m.matrix, full, p, pixelOf(on, p[0], p[1]), i, 255*want)
						}
					}
				}
				for _, p := range [][2]uint32{{6, 9}, {87, 49}, {7, 8}, {86, 50}} {
					if got := pixelOf(on, p[0], p[1]); got[0]|got[1]|got[2] != 0 {
						t.Errorf("%s: painted outside, at %v: %v", format, p, got)
					}
				}
			}
		}
	}
}

// On a canvas whose two bits of alpha the display does not look at, colours come
// out as over black.
func TestTenBitCanvas(t *testing.T) {
	f := memories(t, []byte{40, 80, 120, 128})
	on := canvas(t, "BGR10A2_LE", 8, 8)
	src := gstx.Source{Format: "BGRA", Width: 1, Height: 1, NPlanes: 1, Stride: [4]uint32{4}}
	if !compositor(t).Draw(on, f, &src, gstx.Rect{W: 1, H: 1}, gstx.DstRect{W: 4, H: 4}, 0xffff) {
		t.Fatal("not drawn")
	}
	p := pixelOf(on, 2, 2)
	v := uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
	for i, want := range []uint32{40, 80, 120} {
		if got := v >> (10 * i) & 1023; math.Abs(float64(got)-float64(want)*1023/255) > 8 {
			t.Errorf("component %d: %d of 1023, want %d of 255", i, got, want)
		}
	}
}

func TestSourcesThatDoNotFitAreNotDrawn(t *testing.T) {
	const w, h = 16, 8
	f := memories(t, make([]byte, w*h), bgra(w, h, 1))
	good := gstx.Source{Format: "NV12", Width: w, Height: h, NPlanes: 2, Mem: [4]uint32{0, 1}, Stride: [4]uint32{w, w}}
	crop, dst := gstx.Rect{W: w, H: h}, gstx.DstRect{W: w, H: h}
	c := compositor(t)
	if !c.Draw(canvas(t, "BGRx", 32, 32), f, &good, crop, dst, 0xffff) {
		t.Fatal("the good one is not drawn")
	}
	for name, spoil := range map[string]func(s *gstx.Source, on *gstx.Canvas, crop *gstx.Rect, dst *gstx.DstRect){
		"memory":             func(s *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { s.Mem[1] = 2 },
		"far memory":         func(s *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { s.Mem[0] = 1 << 31 },
		"offset":             func(s *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { s.Offset[0] = 1 },
		"offset overflow":    func(s *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { s.Offset[0] = 1<<64 - 8 },
		"short stride":       func(s *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { s.Stride[0] = w - 1 },
		"stride overflow":    func(s *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { s.Stride[1] = 1<<32 - 1 },
		"no size":            func(s *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { s.Width = 0 },
		"huge size":          func(s *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { s.Width, s.Height = 1<<31, 1<<31 },
		"planes":             func(s *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { s.NPlanes = 3 },
		"many planes":        func(s *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { s.NPlanes = 1 << 30 },
		"format":             func(s *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { s.Format = "nonsense" },
		"encoded":            func(s *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { s.Format = "ENCODED" },
		"crop":               func(_ *gstx.Source, _ *gstx.Canvas, r *gstx.Rect, _ *gstx.DstRect) { r.X = 1 },
		"far crop":           func(_ *gstx.Source, _ *gstx.Canvas, r *gstx.Rect, _ *gstx.DstRect) { r.X = 1<<32 - 1 },
		"destination":        func(_ *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, d *gstx.DstRect) { d.X = 17 },
		"before the canvas":  func(_ *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, d *gstx.DstRect) { d.Y = -1 },
		"huge destination":   func(_ *gstx.Source, _ *gstx.Canvas, _ *gstx.Rect, d *gstx.DstRect) { d.W = 1<<32 - 1 },
		"canvas too small":   func(_ *gstx.Source, on *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { on.Pixels = on.Pixels[:32*32*4] },
		"canvas of planes":   func(_ *gstx.Source, on *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { on.Format = "NV12" },
		"canvas with stride": func(_ *gstx.Source, on *gstx.Canvas, _ *gstx.Rect, _ *gstx.DstRect) { on.Stride = 64 },
	} {
		s, r, d, on := good, crop, dst, canvas(t, "BGRx", 32, 32)
		spoil(&s, on, &r, &d)
		if c.Draw(on, f, &s, r, d, 0xffff) {
			t.Errorf("%s: drawn", name)
		}
		for i, b := range on.Pixels {
			if b != 0 && i%4 != 3 {
				t.Errorf("%s: something was painted", name)
				break
			}
		}
	}
}

func TestDrawingAllocatesNothing(t *testing.T) {
	const w, h = 64, 32
	f := memories(t, make([]byte, w*h*3/2), bgra(w, h, 1))
	on := canvas(t, "BGRx", 128, 128)
	c := compositor(t)
	video := gstx.Source{Format: "NV12", Width: w, Height: h, NPlanes: 2, Offset: [4]uint64{0, w * h}, Stride: [4]uint32{w, w}}
	over := gstx.Source{Format: "BGRA", Width: w, Height: h, NPlanes: 1, Mem: [4]uint32{1}, Stride: [4]uint32{4 * w}}
	draw := func() {
		on.Clear()
		if !c.Draw(on, f, &video, gstx.Rect{W: w, H: h}, gstx.DstRect{W: 128, H: 128}, 0xffff) ||
			!c.Draw(on, f, &over, gstx.Rect{W: w, H: h}, gstx.DstRect{X: 5, Y: 5, W: 30, H: 30}, 0x8000) {
			t.Fatal("not drawn")
		}
	}
	draw()
	if n := testing.AllocsPerRun(100, draw); n != 0 {
		t.Errorf("%v allocations per frame, want 0", n)
	}
}
