package kms

import (
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/test/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// openFake opens a card and closes it at the test's end, when nothing may be
// left on it.
func openFake(t testing.TB, c *kmstest.Card) *Device {
	t.Helper()
	k := c.Open()
	d, err := New(k)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left := k.Left(); len(left) > 0 {
			t.Errorf("left on the card: %v", left)
		}
		d.Close()
	})
	return d
}

// output opens an output that is closed at the test's end.
func output(t testing.TB, d *Device, cfg Config) *Output {
	t.Helper()
	if cfg.Debugf == nil {
		cfg.Debugf = t.Logf
	}
	o, err := NewOutput(d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return o
}

// frame makes a framebuffer that is closed at the test's end.
func frame(t testing.TB, d *Device, fourcc, w, h uint32) *Framebuffer {
	t.Helper()
	b, err := d.CreateDumb(fourcc, w, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return &b.Framebuffer
}

func picture(fourcc, w, h uint32) Picture {
	return Picture{FourCC: fourcc, Modifier: sys.DRM_FORMAT_MOD_LINEAR, Width: w, Height: h}
}

// play configures and shows one frame.
func play(t testing.TB, d *Device, o *Output, p Picture) *Framebuffer {
	t.Helper()
	fb := frame(t, d, p.FourCC, p.Width, p.Height)
	if err := o.Configure(p); err != nil {
		t.Fatal(err)
	}
	if err := o.Show(fb); err != nil {
		t.Fatal(err)
	}
	return fb
}

func xr24(w, h uint32) Picture { return picture(sys.DRM_FORMAT_XRGB8888, w, h) }
