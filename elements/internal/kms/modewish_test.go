package kms

import (
	"errors"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

func TestModeWishesAreRead(t *testing.T) {
	for s, want := range map[string]ModeWish{
		"":                 {},
		"auto":             {FollowRate: true},
		"1920x1080":        {Width: 1920, Height: 1080},
		"1920x1080i":       {Width: 1920, Height: 1080, Interlaced: true},
		"3840x2160@60":     {Width: 3840, Height: 2160, Refresh: 60000, Tolerance: 500},
		"3840x2160@59.94":  {Width: 3840, Height: 2160, Refresh: 59940, Tolerance: 15},
		"720x576i@50.000":  {Width: 720, Height: 576, Interlaced: true, Refresh: 50000, Tolerance: 15},
		"1920x1080@23.976": {Width: 1920, Height: 1080, Refresh: 23976, Tolerance: 15},
	} {
		got, err := ParseModeWish(s)
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", s, got, err, want)
		}
	}
	for _, s := range []string{"1920", "x", "1920x", "x1080", "0x0", "-1x5", "1920x1080@", "1920x1080@x", "1920x1080@0", "1920x1080@60.",
		"1920x1080@60.0000", "1920x1080@-60", "1920x1080@60.-1", "1920x1080@10001", "99999x99999", "1920x1080p", "Auto", " 1920x1080", "1920X1080", "1920x1080@1e3"} {
		if got, err := ParseModeWish(s); !errors.Is(err, ErrNoMode) || got != (ModeWish{}) {
			t.Errorf("%q: got %+v, %v, want an error", s, got, err)
		}
	}
}

func FuzzModeWish(f *testing.F) {
	for _, s := range []string{"", "auto", "1920x1080i@59.94", "1x1@.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := ParseModeWish(s)
		if err != nil && w != (ModeWish{}) {
			t.Errorf("%q: %+v and %v", s, w, err)
		}
		if err == nil && w.Width != 0 {
			if again, err := ParseModeWish(w.String()); err != nil || again.Refresh != w.Refresh || again.Width != w.Width || again.Height != w.Height {
				t.Errorf("%q: %v is read as %+v, %v", s, &w, again, err)
			}
		}
	})
}

func TestTheWishedModeIsSet(t *testing.T) {
	fhd := func(mhz uint32) sys.DRMModeModeInfo {
		m := kmstest.Mode(1920, 1080, 60, mhz == 60000)
		m.Clock = uint32(uint64(m.HTotal) * uint64(m.VTotal) * uint64(mhz) / 1e6)
		return m
	}
	interlaced := kmstest.Mode(1920, 1080, 50, false)
	interlaced.Flags |= sys.DRM_MODE_FLAG_INTERLACE
	modes := []sys.DRMModeModeInfo{fhd(60000), fhd(59940), fhd(50000), fhd(23976), fhd(24000), interlaced,
		kmstest.Mode(1280, 720, 60, false), kmstest.Mode(1280, 720, 24, false)}
	lit := light(kmstest.Mode(1280, 720, 60, false))
	for _, c := range []struct {
		name  string
		wish  string
		force bool
		setup func(*testing.T, *kmstest.Card)
		pic   Picture
		fps   [2]uint32
		want  string
	}{
		{name: "a size takes the rate that suits", wish: "1920x1080", pic: xr24(640, 480), fps: [2]uint32{25, 1}, want: "1920x1080@50"},
		{name: "a size at an unknown rate is fast", wish: "1920x1080", pic: xr24(640, 480), want: "1920x1080@60"},
		{name: "a rate is taken exactly", wish: "1920x1080@59.94", pic: xr24(640, 480), want: "1920x1080@59"},
		{name: "film's own rate", wish: "1920x1080@23.976", pic: xr24(640, 480), want: "1920x1080@23"},
		{name: "or its neighbour", wish: "1920x1080@24", pic: xr24(640, 480), want: "1920x1080@24"},
		{name: "interlaced only by name", wish: "1920x1080i", pic: xr24(640, 480), want: "1920x1080i@50"},
		{name: "a wish goes before the mode that is lit", wish: "1920x1080@50", setup: lit, pic: xr24(640, 480), want: "1920x1080@50"},
		{name: "auto keeps the size of a lit display", wish: "auto", setup: lit, pic: xr24(1920, 1080), fps: [2]uint32{24, 1}, want: "1280x720@24"},
		{name: "and its mode where that suits", wish: "auto", setup: lit, pic: xr24(1920, 1080), fps: [2]uint32{30, 1}, want: "1280x720@60"},
		{name: "unless a mode of the picture's size is forced", wish: "auto", force: true, setup: lit, pic: xr24(1920, 1080), fps: [2]uint32{25, 1}, want: "1920x1080@50"},
		{name: "auto on a dark display goes by size and rate", wish: "auto", pic: xr24(1280, 720), fps: [2]uint32{24, 1}, want: "1280x720@24"},
		{name: "without a wish a lit display stays", setup: lit, pic: xr24(1920, 1080), fps: [2]uint32{24, 1}, want: "1280x720@60"},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := kmstest.NewCard(kmstest.Quirks{})
			card.Plug(kmstest.Connector1, modes...)
			if c.setup != nil {
				c.setup(t, card)
			}
			wish, err := ParseModeWish(c.wish)
			if err != nil {
				t.Fatal(err)
			}
			before := card.Snapshot()
			d := openFake(t, card)
			o, err := NewOutput(d, Config{Mode: wish, ForceModeset: c.force, Debugf: t.Logf})
			if err != nil {
				t.Fatal(err)
			}
			c.pic.FPSN, c.pic.FPSD = c.fps[0], c.fps[1]
			play(t, d, o, c.pic)
			m, err := parseMode(card.Blob(kmstest.CRTC1, "MODE_ID"))
			if err != nil {
				t.Fatal(err)
			}
			if got := m.String(); got[:len(c.want)] != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if w, h := o.Size(); w != m.Width() || h != m.Height() {
				t.Errorf("size %dx%d in %v", w, h, &m)
			}
			if err := o.Close(); err != nil {
				t.Fatal(err)
			}
			if left := differences(before, card.Snapshot()); len(left) > 0 {
				t.Errorf("not put back: %v", left)
			}
		})
	}
}
