package kms

import (
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// turnedBy moves a pixel as the kernel documents rotation: a reflection first,
// then an anticlockwise rotation (drm_blend.c, drm_rect_rotate).
func turnedBy(rotation uint64, u, v, w, h int) (x, y int) {
	if rotation&(1<<4) != 0 {
		u = w - 1 - u
	}
	if rotation&(1<<5) != 0 {
		v = h - 1 - v
	}
	switch rotation & 0xf {
	case 1 << 1:
		return v, w - 1 - u
	case 1 << 2:
		return w - 1 - u, h - 1 - v
	case 1 << 3:
		return h - 1 - v, u
	}
	return u, v
}

// seen moves a pixel as GstVideoOrientationMethod is documented.
func seen(o Orientation, u, v, w, h int) (x, y int) {
	switch o {
	case Clockwise:
		return h - 1 - v, u
	case UpsideDown:
		return w - 1 - u, h - 1 - v
	case Anticlockwise:
		return v, w - 1 - u
	case MirrorX:
		return w - 1 - u, v
	case MirrorY:
		return u, h - 1 - v
	case Transpose:
		return v, u
	case Transverse:
		return h - 1 - v, w - 1 - u
	}
	return u, v
}

func TestRotationsAreTheKernels(t *testing.T) {
	d := openFake(t, kmstest.NewCard(kmstest.Quirks{}))
	p, err := d.readPlane(kmstest.Primary1)
	if err != nil {
		t.Fatal(err)
	}
	const w, h = 5, 3
	for o := Upright; o <= Transverse; o++ {
		values := p.rotations(o)
		if len(values) == 0 {
			t.Errorf("%v: no value", o)
		}
		for u := range w {
			for v := range h {
				x, y := seen(o, u, v, w, h)
				for _, value := range values {
					if gx, gy := turnedBy(value, u, v, w, h); gx != x || gy != y {
						t.Fatalf("%v, rotation %#x: pixel %d,%d at %d,%d, want %d,%d", o, value, u, v, gx, gy, x, y)
					}
				}
				if got, want := o.back(Rect{int32(x), int32(y), 1, 1}, w, h), (Rect{int32(u), int32(v), 1, 1}); got != want {
					t.Fatalf("%v: back from %d,%d at %v, want %v", o, x, y, got, want)
				}
			}
		}
	}
}

func TestAPlaneThatCannotTurn(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{NoRotation: true})
	d := openFake(t, card)
	o := output(t, d, Config{})
	if err := o.SetWindow(Window{Orientation: Clockwise}); err != nil {
		t.Fatal(err)
	}
	fb := play(t, d, o, xr24(640, 480))
	if got := card.Value(kmstest.Primary1, "rotation"); got != 1 {
		t.Errorf("rotation %#x, want upright", got)
	}
	said := strings.Join(o.Ignored(), "\n")
	if !strings.Contains(said, "turned clockwise") || !strings.Contains(said, "plane 301") {
		t.Errorf("told %q", said)
	}
	if err := o.SetWindow(Window{}); err != nil {
		t.Fatal(err)
	}
	if err := o.Show(fb); err != nil {
		t.Fatal(err)
	}
	if o.Ignored() != nil {
		t.Errorf("still told %q", o.Ignored())
	}
}

func TestAnotherPlaneTurnsWhatThePrimaryCannot(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	card.SetFormats(kmstest.Primary1, sys.DRM_FORMAT_XRGB8888)
	d := openFake(t, card)
	o := output(t, d, Config{})
	if err := o.SetWindow(Window{Orientation: MirrorY}); err != nil {
		t.Fatal(err)
	}
	play(t, d, o, picture(sys.DRM_FORMAT_NV12, 640, 480))
	if got := card.Value(kmstest.Overlay1, "rotation"); got != 1<<5|1 {
		t.Errorf("rotation %#x, want reflect-y", got)
	}
}
