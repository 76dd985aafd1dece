package kms

import (
	"math"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Four layers of a frame on planes of their own, overlapping each other, with an
// alpha of their pixels and without, RGB and YCbCr: the screen is what the equation
// of blending makes of them, pixel by pixel.
func TestVkmsLayersAreExact(t *testing.T) {
	const w, h = 320, 240
	d := vkms(t)
	o := output(t, d, Config{NoScale: true})
	type source struct {
		b    *Dumb
		dst  Rect
		want func(b *Dumb, x, y uint32) (rgb [3]float64, alpha float64)
	}
	make := func(fourcc uint32, dst Rect, seed uint64) *Dumb {
		b, err := d.CreateDumb(fourcc, dst.W, dst.H)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		noise(seed, b.Map)
		return b
	}
	rgb := func(alpha bool) func(b *Dumb, x, y uint32) ([3]float64, float64) {
		return func(b *Dumb, x, y uint32) ([3]float64, float64) {
			p := b.Map[y*b.Stride[0]+4*x:]
			a := 1.0
			if alpha {
				a = float64(p[3]) / 255
			}
			return [3]float64{float64(p[2]) * 257, float64(p[1]) * 257, float64(p[0]) * 257}, a
		}
	}
	ycbcr := nv(0.2126, 0.0722, 1, false)
	opaque := func(b *Dumb, x, y uint32) ([3]float64, float64) { return ycbcr(b, x, y), 1 }

	main := source{make(sys.DRM_FORMAT_XRGB8888, Rect{0, 0, w, h}, 1), Rect{0, 0, w, h}, rgb(false)}
	all := []source{main}
	for i, dst := range []Rect{{20, 10, 120, 90}, {101, 61, 150, 120}, {-30, 201, 400, 30}} {
		b := make(sys.DRM_FORMAT_ARGB8888, dst, uint64(2+i))
		for at := 0; at+4 <= len(b.Map); at += 4 { // premultiplied
			for j := range 3 {
				b.Map[at+j] = byte(int(b.Map[at+j]) * int(b.Map[at+3]) / 255)
			}
		}
		all = append(all, source{b, dst, rgb(true)})
	}
	var layers []Layer
	for i, s := range all[1:] {
		p := picture(s.b.FourCC, s.dst.W, s.dst.H)
		p.Dst = s.dst
		layers = append(layers, Layer{Picture: p, FB: &s.b.Framebuffer, Z: int32(2 * i)})
	}
	if o.Formats(); len(o.candidates(ptr(coloured(sys.DRM_FORMAT_NV12, BT709, false)))) > 0 { // vkms from Linux 7.0 on
		dst := Rect{60, 40, 100, 100}
		s := source{make(sys.DRM_FORMAT_NV12, dst, 9), dst, opaque}
		p := picture(sys.DRM_FORMAT_NV12, 100, 100)
		p.Dst, p.Encoding = dst, BT709
		layers = append(layers, Layer{Picture: p, FB: &s.b.Framebuffer, Z: 1})
		all = []source{all[0], all[1], s, all[2], all[3]}
	}
	if err := o.SetLayers(layers); err != nil {
		t.Fatal(err)
	}
	if err := o.Configure(xr24(w, h)); err != nil {
		t.Fatal(err)
	}
	if err := o.Show(&main.b.Framebuffer); err != nil {
		t.Fatal(err)
	}
	if n := len(o.layout.slots); n != len(all) || len(o.Ignored()) > 0 {
		t.Fatalf("%d planes for %d layers; %v %v", n, len(all), o.layout, o.Ignored())
	}
	pix, stride := writeback(t, d, o, &main.b.Framebuffer)
	at := o.layout.dst
	worst, blended := 0.0, 0
	for y := range o.lit.Height() {
		for x := range o.lit.Width() {
			var want [3]float64
			if fx, fy := int32(x)-at.X, int32(y)-at.Y; fx >= 0 && fx < w && fy >= 0 && fy < h {
				for _, s := range all {
					lx, ly := fx-s.dst.X, fy-s.dst.Y
					if lx < 0 || ly < 0 || lx >= int32(s.dst.W) || ly >= int32(s.dst.H) {
						continue
					}
					rgb, a := s.want(s.b, uint32(lx), uint32(ly))
					if a < 1 {
						blended++
					}
					for i := range want {
						want[i] = rgb[i] + want[i]*(1-a)
					}
				}
			}
			got := pixel(pix, stride, x, y)
			for i := range 3 {
				off := math.Abs(float64(got[i]) - want[i])
				if off > 2 && worst <= 2 {
					t.Errorf("first at %d,%d: got %v, want %v", x, y, got, want)
				}
				worst = max(worst, off)
			}
		}
	}
	// Each layer adds half a unit of rounding.
	t.Logf("%d layers, %d samples blended: largest difference %.2f of 65535", len(all), blended, worst)
	if blended < w*h/4 {
		t.Errorf("only %d pixels were blended", blended)
	}
}

func ptr[T any](v T) *T { return &v }
