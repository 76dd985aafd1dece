package kms

import (
	"os"
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// What Probe says of each format is what becomes of a picture in it.
func TestVkmsProbeTellsWhatCanBeShown(t *testing.T) {
	d := vkms(t)
	o := output(t, d, Config{Debugf: func(string, ...any) {}})
	listed := o.Formats()
	start := time.Now()
	o.Probe()
	took := time.Since(start)
	left := map[uint32]bool{}
	for _, f := range o.Formats() {
		left[f.FourCC] = true
	}
	t.Logf("%d of %d formats are left; probed in %v", len(left), len(listed), took)
	if took > 4*probeTime {
		t.Errorf("probing took %v", took)
	}
	if !left[sys.DRM_FORMAT_XRGB8888] || !left[sys.DRM_FORMAT_ARGB8888] {
		t.Error("XR24 or AR24 is left out")
	}
	w, h := o.Size()
	for _, f := range listed {
		if _, known := FormatOf(f.FourCC); !known {
			if !left[f.FourCC] {
				t.Errorf("%s is left out, and cannot have been tried", FourCCName(f.FourCC))
			}
			continue
		}
		b, err := d.CreateDumb(f.FourCC, w, h)
		if err == nil {
			t.Cleanup(b.Close)
			if err = o.Configure(picture(f.FourCC, w, h)); err == nil {
				err = o.Show(&b.Framebuffer)
			}
		}
		if (err == nil) != left[f.FourCC] {
			t.Errorf("%s: left %t, and showing it: %v", FourCCName(f.FourCC), left[f.FourCC], err)
		}
	}
}

// cirrus has one plane that covers the screen and cannot scale.
func TestVisibleCardKeepsItsFormats(t *testing.T) {
	path := os.Getenv("VISIBLE_CARD")
	if path == "" && os.Getenv("REQUIRE_DEVICES") != "1" {
		t.Skip("no VISIBLE_CARD: run in test/vm/run")
	}
	d := realCard(t, Want{Path: path})
	o := output(t, d, Config{})
	listed := describe(o.Formats())
	o.Probe()
	if got := describe(o.Formats()); got != listed || got == "" {
		t.Errorf("%s are left of %s", got, listed)
	}
}
