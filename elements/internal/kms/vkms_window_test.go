package kms

import (
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// The picture's pixels, followed one by one to where the window puts them on a
// real driver's screen. vkms does not scale, so that a window of another size
// shows the picture's middle.
func TestVkmsPictureGoesIntoItsWindow(t *testing.T) {
	const w, h = 64, 48
	windows := map[string]struct {
		win Window
		at  Rect // of the whole turned picture, were it not cut
	}{
		"in the middle":                   {Window{}, Rect{}},
		"in a rectangle":                  {Window{Rect: Rect{33, 17, 200, 100}}, Rect{101, 43, w, h}},
		"in a smaller rectangle":          {Window{Rect: Rect{33, 17, 32, 16}}, Rect{17, 1, w, h}},
		"partly left of the screen":       {Window{Rect: Rect{-21, 5, w, h}}, Rect{-21, 5, w, h}},
		"partly above, turned clockwise":  {Window{Rect: Rect{50, -10, h, w}, Orientation: Clockwise}, Rect{50, -10, h, w}},
		"turned, in a smaller rectangle":  {Window{Rect: Rect{40, 40, 16, 32}, Orientation: Anticlockwise}, Rect{24, 24, h, w}},
		"transposed, partly left":         {Window{Rect: Rect{-8, 0, h, w}, Orientation: Transpose}, Rect{-8, 0, h, w}},
		"mirrored, in the middle of much": {Window{Rect: Rect{10, 20, 164, 148}, Orientation: MirrorX}, Rect{60, 70, w, h}},
	}
	for o := Upright; o <= Transverse; o++ {
		r := Rect{70, 30, w, h}
		if o.Transposed() {
			r.W, r.H = r.H, r.W
		}
		windows[o.String()] = struct {
			win Window
			at  Rect
		}{Window{Rect: r, Orientation: o}, r}
	}
	for name, c := range windows {
		t.Run(name, func(t *testing.T) {
			d := vkms(t)
			o := output(t, d, Config{})
			b, err := d.CreateDumb(sys.DRM_FORMAT_XRGB8888, w, h)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(b.Close)
			noise(3, b.Map)
			if err := o.SetWindow(c.win); err != nil {
				t.Fatal(err)
			}
			if err := o.Configure(xr24(w, h)); err != nil {
				t.Fatal(err)
			}
			if err := o.Show(&b.Framebuffer); err != nil {
				t.Fatal(err)
			}
			if said := o.Ignored(); said != nil {
				t.Fatalf("vkms turns every way, and %q", said)
			}
			sw, sh := o.Size()
			at, box := c.at, c.win.Rect
			if box == (Rect{}) {
				box = Rect{W: sw, H: sh}
				at = Rect{int32(sw-w) / 2, int32(sh-h) / 2, w, h}
			}
			pix, stride := writeback(t, d, o, &b.Framebuffer)
			inside := func(r Rect, x, y int32) bool {
				return x >= r.X && y >= r.Y && x < r.X+int32(r.W) && y < r.Y+int32(r.H)
			}
			want := make([][3]uint16, sw*sh) // black around it
			for u := range w {
				for v := range h {
					x, y := seen(c.win.Orientation, u, v, w, h)
					sx, sy := at.X+int32(x), at.Y+int32(y)
					if !inside(box, sx, sy) || !inside(Rect{W: sw, H: sh}, sx, sy) {
						continue
					}
					p := b.Map[uint32(v)*b.Stride[0]+4*uint32(u):]
					want[sy*int32(sw)+sx] = [3]uint16{uint16(p[2]) * 257, uint16(p[1]) * 257, uint16(p[0]) * 257}
				}
			}
			wrong := 0
			for y := range sh {
				for x := range sw {
					if got, want := pixel(pix, stride, x, y), want[y*sw+x]; got != want {
						if wrong == 0 {
							t.Errorf("first at %d,%d: got %v, want %v", x, y, got, want)
						}
						wrong++
					}
				}
			}
			t.Logf("%v: %d of %d pixels differ", o.layout, wrong, sw*sh)
		})
	}
}

func TestVkmsTakesTheUsersProperties(t *testing.T) {
	d := vkms(t)
	watcher := vkms(t) // not master: it only looks
	o, err := NewOutput(d, Config{Debugf: t.Logf, Extras: Extras{VRR: true, Assign: []Assignment{
		{"zpos", KindPlane, "zpos", int32(0)},
		{"plane-properties", KindPlane, "rotation", "rotate-180"},
		{"plane-properties", KindPlane, "sharpness", int32(1)},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	before := state(t, watcher, KindPlane, o.planes[0].ID).Value("rotation")
	play(t, d, o, xr24(640, 480))
	plane := o.Plane().ID
	if got := state(t, watcher, KindPlane, plane).Value("rotation"); got != 1<<2 {
		t.Errorf("rotation %#x, want rotate-180", got)
	}
	said := strings.Join(o.Ignored(), "\n")
	for _, w := range []string{"sharpness", "vrr"} {
		if !strings.Contains(said, w) {
			t.Errorf("%q does not say %q", said, w)
		}
	}
	z := o.Plane().Property("zpos")
	if can := z != nil && !z.Immutable(); can == strings.Contains(said, "zpos: ") {
		t.Errorf("zpos can be set: %v; told %q", can, said)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if got := state(t, watcher, KindPlane, plane).Value("rotation"); got != before {
		t.Errorf("rotation %#x after the end, was %#x", got, before)
	}
}

func TestVkmsWishedMode(t *testing.T) {
	d := vkms(t)
	wish, err := ParseModeWish("1024x768@60")
	if err != nil {
		t.Fatal(err)
	}
	o := output(t, d, Config{Mode: wish})
	play(t, d, o, xr24(640, 480))
	if w, h := o.lit.Width(), o.lit.Height(); w != 1024 || h != 768 {
		t.Errorf("mode %v", o.lit)
	}
}
