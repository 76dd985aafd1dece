package kms

import (
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

func TestPeriodIsFromOneVerticalBlankToTheNext(t *testing.T) {
	for _, c := range []struct {
		hz, flags uint32
		want      time.Duration
	}{
		{50, 0, 20 * time.Millisecond},
		{25, sys.DRM_MODE_FLAG_INTERLACE, 20 * time.Millisecond},
		{100, sys.DRM_MODE_FLAG_DBLSCAN, 20 * time.Millisecond},
	} {
		m := Mode{kmstest.Mode(1920, 1080, c.hz, true)}
		m.info.Flags |= c.flags
		if got := m.Period(); (got - c.want).Abs() > 20*time.Microsecond {
			t.Errorf("%d Hz, flags %#x: %v, want %v", c.hz, c.flags, got, c.want)
		}
	}
	if got := new(Mode).Period(); got != 0 {
		t.Errorf("a mode without timing: %v", got)
	}
}

func TestPeriodOfAnOutput(t *testing.T) {
	for _, c := range []struct {
		name   string
		quirks kmstest.Quirks
		cfg    Config
		before time.Duration // the first frame
		after  time.Duration
	}{
		{"of the mode that is going to be set", kmstest.Quirks{}, Config{Mode: ModeWish{Width: 1280, Height: 720, Refresh: 50000}}, 20 * time.Millisecond, 20 * time.Millisecond},
		{"that suits the picture's rate", kmstest.Quirks{}, Config{}, time.Second / 60, 20 * time.Millisecond},
		{"none with variable refresh", kmstest.Quirks{}, Config{Extras: Extras{VRR: true}}, 0, 0},
		{"that the display does not have", kmstest.Quirks{NoVRR: true}, Config{Extras: Extras{VRR: true}}, time.Second / 60, 20 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := openFake(t, kmstest.NewCard(c.quirks))
			o := output(t, d, c.cfg)
			near := func(when string, want time.Duration) {
				t.Helper()
				if got := o.Period(); (got - want).Abs() > 50*time.Microsecond {
					t.Errorf("%s: %v, want %v", when, got, want)
				}
			}
			near("before", c.before)
			p := xr24(1280, 720)
			p.FPSN, p.FPSD = 25, 1
			play(t, d, o, p)
			near("after", c.after)
		})
	}
}
