package kms

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

func TestThePictureGoesIntoItsWindow(t *testing.T) {
	const w, h = 1920, 1080
	for _, c := range []struct {
		name     string
		pic      Picture
		window   Window
		noScale  bool
		src, dst Rect
	}{
		{"the whole screen, scaled up", xr24(640, 360), Window{}, false, Rect{0, 0, 640, 360}, Rect{0, 0, w, h}},
		{"with its aspect", xr24(400, 400), Window{}, false, Rect{0, 0, 400, 400}, Rect{420, 0, 1080, 1080}},
		{"without its aspect", xr24(400, 400), Window{Stretch: true}, false, Rect{0, 0, 400, 400}, Rect{0, 0, w, h}},
		{"a rectangle", xr24(400, 400), Window{Rect: Rect{100, 50, 300, 200}}, false, Rect{0, 0, 400, 400}, Rect{150, 50, 200, 200}},
		{"a rectangle, filled", xr24(400, 400), Window{Rect: Rect{100, 50, 300, 200}, Stretch: true}, false, Rect{0, 0, 400, 400}, Rect{100, 50, 300, 200}},
		{"a rectangle, unscaled", xr24(100, 80), Window{Rect: Rect{100, 50, 300, 200}}, true, Rect{0, 0, 100, 80}, Rect{200, 110, 100, 80}},
		{"a smaller rectangle, unscaled", xr24(400, 400), Window{Rect: Rect{100, 50, 300, 200}}, true, Rect{50, 100, 300, 200}, Rect{100, 50, 300, 200}},
		{"unscaled is not stretched", xr24(100, 80), Window{Stretch: true}, true, Rect{0, 0, 100, 80}, Rect{910, 500, 100, 80}},
		{"partly left of the screen", xr24(400, 400), Window{Rect: Rect{-100, 0, 200, 200}}, false, Rect{200, 0, 200, 400}, Rect{0, 0, 100, 200}},
		{"partly above the screen", xr24(400, 400), Window{Rect: Rect{0, -150, 200, 200}}, false, Rect{0, 300, 400, 100}, Rect{0, 0, 200, 50}},
		{"partly right of and below the screen", xr24(400, 400), Window{Rect: Rect{w - 50, h - 100, 200, 200}}, false,
			Rect{0, 0, 100, 200}, Rect{w - 50, h - 100, 50, 100}},
		{"larger than the screen", xr24(400, 400), Window{Rect: Rect{-1000, -1000, 4000, 4000}}, false, Rect{100, 100, 192, 108}, Rect{0, 0, w, h}},
		{"one pixel of it visible", xr24(400, 400), Window{Rect: Rect{w - 1, h - 1, 65535, 65535}}, false, Rect{0, 0, 1, 1}, Rect{w - 1, h - 1, 1, 1}},
		{"turned clockwise", xr24(1920, 1080), Window{Orientation: Clockwise}, false, Rect{0, 0, 1920, 1080}, Rect{656, 0, 608, 1080}},
		{"upside down", xr24(640, 360), Window{Orientation: UpsideDown}, false, Rect{0, 0, 640, 360}, Rect{0, 0, w, h}},
		{"turned, and partly left of the screen", xr24(400, 200), Window{Rect: Rect{-50, 0, 200, 400}, Orientation: Clockwise}, false,
			Rect{0, 0, 400, 150}, Rect{0, 0, 150, 400}}, // what was its lower quarter is on the left, and cut off
		{"pixel aspect turns with it", Picture{FourCC: sys.DRM_FORMAT_XRGB8888, Width: 100, Height: 100, PARN: 2, PARD: 1},
			Window{Orientation: Anticlockwise, Rect: Rect{0, 0, 200, 400}}, false, Rect{0, 0, 100, 100}, Rect{0, 0, 200, 400}},
		{"a crop stays inside of it", Picture{FourCC: sys.DRM_FORMAT_XRGB8888, Width: 500, Height: 500, Crop: Rect{40, 20, 200, 100}},
			Window{Rect: Rect{-100, 0, 200, 100}}, false, Rect{140, 20, 100, 100}, Rect{0, 0, 100, 100}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.pic.normalize()
			all := c.pic.places(&c.window, w, h, !c.noScale)
			if len(all) == 0 {
				t.Fatal("nowhere")
			}
			if got := all[0]; got.src != c.src || got.dst != c.dst {
				t.Errorf("got %v at %v, want %v at %v", got.src, got.dst, c.src, c.dst)
			}
		})
	}
}

// Whatever a user asks for, the driver is asked for a part of the picture and a
// part of the screen.
func TestNoWindowLeavesPictureOrScreen(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	size := func() uint32 {
		return []uint32{1, 2, 3, uint32(1 + r.IntN(100)), uint32(1 + r.IntN(5000)), 65535}[r.IntN(6)]
	}
	at := func() int32 {
		return []int32{0, -1, int32(r.IntN(4000) - 2000), math.MinInt32, math.MaxInt32, -65535}[r.IntN(6)]
	}
	nowhere := 0
	for range 200000 {
		w, h := size(), size()
		pic := xr24(size(), size())
		pic.PARN, pic.PARD = r.Uint32()>>r.IntN(32), r.Uint32()>>r.IntN(32)
		pic.normalize()
		win := Window{Rect{at(), at(), size(), size()}, r.IntN(2) == 0, Orientation(r.IntN(8))}
		refused := win.Check(w, h)
		places := pic.places(&win, w, h, r.IntN(2) == 0)
		if refused != nil {
			nowhere++
			if len(places) > 0 {
				t.Fatalf("%v has %v, and is refused: %v", win, places, refused)
			}
		}
		for _, p := range places {
			s, d := p.src, p.dst
			if s.X < 0 || s.Y < 0 || s.W == 0 || s.H == 0 || uint64(s.X)+uint64(s.W) > uint64(pic.Width) || uint64(s.Y)+uint64(s.H) > uint64(pic.Height) {
				t.Fatalf("%v of a picture of %dx%d, %+v on %dx%d", s, pic.Width, pic.Height, win, w, h)
			}
			if d.X < 0 || d.Y < 0 || d.W == 0 || d.H == 0 || uint64(d.X)+uint64(d.W) > uint64(w) || uint64(d.Y)+uint64(d.H) > uint64(h) {
				t.Fatalf("at %v of a screen of %dx%d, %+v", d, w, h, win)
			}
		}
	}
	if nowhere == 0 || nowhere == 200000 {
		t.Errorf("%d windows of 200000 were refused", nowhere)
	}
}

func TestWindowsThatCannotBe(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	d := openFake(t, card)
	o := output(t, d, Config{})
	good := Window{Rect: Rect{100, 100, 640, 480}}
	if err := o.SetWindow(good); err != nil {
		t.Fatal(err)
	}
	fb := play(t, d, o, xr24(640, 480))
	was := planeRect(card, kmstest.Primary1)
	for _, r := range []Rect{{0, 0, 0, 480}, {0, 0, 640, 0}, {640, 0, 10, 10}, {-10, 0, 10, 10}, {0, -480, 640, 480}, {0, 480, 1, 1},
		{0, 0, 65536, 10}, {math.MaxInt32, 0, 1 << 31, 10}, {math.MinInt32, math.MinInt32, 1, 1}} {
		if err := o.SetWindow(Window{Rect: r}); !errors.Is(err, ErrOffScreen) {
			t.Errorf("%v: got %v, want ErrOffScreen", r, err)
		}
		if err := o.Show(fb); err != nil {
			t.Fatal(err)
		}
		if got := planeRect(card, kmstest.Primary1); got != was {
			t.Errorf("%v moved the picture from %v to %v", r, was, got)
		}
	}
}

func planeRect(c *kmstest.Card, id uint32) Rect {
	v := func(name string) uint32 { return uint32(c.Value(id, name)) }
	return Rect{int32(v("CRTC_X")), int32(v("CRTC_Y")), v("CRTC_W"), v("CRTC_H")}
}

func TestAWindowMovesWithoutAModeset(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	d := openFake(t, card)
	o := output(t, d, Config{})
	fb := play(t, d, o, xr24(1920, 1080))
	for _, c := range []struct {
		window Window
		dst    Rect
	}{
		{Window{Rect: Rect{10, 20, 192, 108}}, Rect{10, 20, 192, 108}},
		{Window{Rect: Rect{10, 20, 192, 192}}, Rect{10, 62, 192, 108}},
		{Window{Rect: Rect{10, 20, 192, 192}, Stretch: true}, Rect{10, 20, 192, 192}},
		{Window{Orientation: Clockwise, Rect: Rect{0, 0, 1080, 1920}}, Rect{0, 0, 1080, 1080}},
		{Window{}, Rect{0, 0, 1920, 1080}},
	} {
		if err := o.SetWindow(c.window); err != nil {
			t.Fatal(err)
		}
		card.ForgetCommits()
		for range 2 {
			if err := o.Show(fb); err != nil {
				t.Fatal(err)
			}
		}
		if got := planeRect(card, kmstest.Primary1); got != c.dst {
			t.Errorf("%+v: picture at %v, want %v", c.window, got, c.dst)
		}
		got := card.Commits()
		if len(got) != 3 {
			t.Errorf("%+v: %d commits, want a test and two flips", c.window, len(got))
		}
		for _, k := range got {
			if k.Err != nil || k.Flags&uint32(AllowModeset) != 0 {
				t.Errorf("%+v: flags %#x, error %v", c.window, k.Flags, k.Err)
			}
		}
	}
}

func TestAWindowOnADriverThatDoesNotScale(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{NoScaling: true})
	d := openFake(t, card)
	o := output(t, d, Config{})
	fb := play(t, d, o, xr24(1920, 1080))
	if err := o.SetWindow(Window{Rect: Rect{10, 20, 192, 108}}); err != nil {
		t.Fatal(err)
	}
	if err := o.Show(fb); err != nil {
		t.Fatal(err)
	}
	if got, want := planeRect(card, kmstest.Primary1), (Rect{10, 20, 192, 108}); got != want {
		t.Errorf("picture at %v, want its middle at %v", got, want)
	}
	if x := card.Value(kmstest.Primary1, "SRC_X") >> 16; x != 864 {
		t.Errorf("SRC_X %d, want 864", x)
	}
}
