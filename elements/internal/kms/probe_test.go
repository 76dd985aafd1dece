package kms

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// describe writes formats as "NV12 linear tiled, XR24", in their order by name.
func describe(formats []PlaneFormat) string {
	var all []string
	for _, f := range formats {
		s := FourCCName(f.FourCC)
		for _, m := range f.Modifiers {
			switch m {
			case sys.DRM_FORMAT_MOD_LINEAR:
				s += " linear"
			case kmstest.Modifier:
				s += " tiled"
			default:
				s += fmt.Sprintf(" %#x", m)
			}
		}
		all = append(all, s)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestProbeLeavesOutWhatIsRefused(t *testing.T) {
	const (
		all      = "AR24 linear tiled, NV12 linear tiled, P010 linear tiled, XR24 linear tiled"
		implicit = "AR24, NV12, P010, XR24"
	)
	refuse := func(what func(kmstest.Shown) bool, errno error) func(*kmstest.Card) {
		return func(c *kmstest.Card) {
			c.Deny = func(s kmstest.Shown) error {
				if what(s) {
					return errno
				}
				return nil
			}
		}
	}
	is := func(fourccs ...uint32) func(kmstest.Shown) bool {
		return func(s kmstest.Shown) bool { return slices.Contains(fourccs, s.FourCC) }
	}
	for _, c := range []struct {
		name   string
		quirks kmstest.Quirks
		cfg    Config
		setup  func(*kmstest.Card)
		want   string
	}{
		{name: "nothing", want: all},
		{name: "a tiled layout stays, for nothing is known of it", setup: refuse(is(sys.DRM_FORMAT_NV12), unix.EINVAL),
			want: "AR24 linear tiled, NV12 tiled, P010 linear tiled, XR24 linear tiled"},
		{name: "all but one", quirks: kmstest.Quirks{WrongFormats: true},
			want: "AR24 tiled, NV12 tiled, P010 tiled, XR24 linear tiled"},
		{name: "without modifiers", quirks: kmstest.Quirks{WrongFormats: true, NoModifiers: true}, want: "XR24"},
		{name: "by other errors that speak of the picture", quirks: kmstest.Quirks{NoModifiers: true},
			setup: refuse(is(sys.DRM_FORMAT_NV12, sys.DRM_FORMAT_P010), unix.ERANGE), want: "AR24, XR24"},
		{name: "with a framebuffer that is not even made", quirks: kmstest.Quirks{NoModifiers: true}, setup: func(c *kmstest.Card) {
			c.SetFormats(kmstest.Primary1, sys.DRM_FORMAT_XRGB8888)
			c.SetFormats(kmstest.Overlay1, sys.DRM_FORMAT_XRGB8888)
			c.ListFormats(kmstest.Primary1, sys.DRM_FORMAT_XRGB8888, sys.DRM_FORMAT_YUYV)
		}, want: "XR24"},

		{name: "not what one plane of two takes", want: all, setup: refuse(func(s kmstest.Shown) bool {
			return s.Plane == kmstest.Primary1 && s.FourCC == sys.DRM_FORMAT_NV12
		}, unix.EINVAL)},
		{name: "not what an overlay takes above a primary plane only", want: implicit, quirks: kmstest.Quirks{NeedsPrimary: true, NoModifiers: true},
			setup: func(c *kmstest.Card) {
				c.SetFormats(kmstest.Primary1, sys.DRM_FORMAT_XRGB8888)
			}},
		{name: "not what is too much in the display's size", want: all,
			setup: refuse(func(s kmstest.Shown) bool { return s.W > 1280 && s.FourCC == sys.DRM_FORMAT_P010 }, unix.EINVAL)},
		{name: "nor if a plane has to cover the screen, and can scale", want: all, quirks: kmstest.Quirks{PrimaryCovers: true, NoOverlay: true},
			setup: refuse(func(s kmstest.Shown) bool { return s.W > 1280 && s.FourCC == sys.DRM_FORMAT_P010 }, unix.EINVAL)},
		{name: "but that where it cannot", quirks: kmstest.Quirks{PrimaryCovers: true, NoOverlay: true, NoScaling: true, NoModifiers: true},
			setup: refuse(func(s kmstest.Shown) bool { return s.W > 1280 && s.FourCC == sys.DRM_FORMAT_P010 }, unix.EINVAL),
			want:  "AR24, NV12, XR24"},
		{name: "or the user does not let it", quirks: kmstest.Quirks{PrimaryCovers: true, NoOverlay: true, NoModifiers: true}, cfg: Config{NoScale: true},
			setup: refuse(func(s kmstest.Shown) bool { return s.W > 1280 && s.FourCC == sys.DRM_FORMAT_P010 }, unix.EINVAL),
			want:  "AR24, NV12, XR24"},

		{name: "not when everything is refused", want: all, setup: refuse(func(kmstest.Shown) bool { return true }, unix.EINVAL)},
		{name: "not when the device is busy", want: all, setup: refuse(is(sys.DRM_FORMAT_P010), unix.EBUSY)},
		{name: "not when memory is short", want: all, setup: refuse(is(sys.DRM_FORMAT_P010, sys.DRM_FORMAT_NV12), unix.ENOMEM)},
		{name: "not when the master is another", want: all, quirks: kmstest.Quirks{WrongFormats: true},
			setup: func(c *kmstest.Card) {
				n := 0
				c.Fail = func(req uintptr) error {
					if req == sys.DRM_IOCTL_MODE_ATOMIC {
						if n++; n > 3 {
							return unix.EACCES
						}
					}
					return nil
				}
			}},
		{name: "not when no memory can be had", want: all, quirks: kmstest.Quirks{WrongFormats: true},
			setup: func(c *kmstest.Card) {
				c.Fail = func(req uintptr) error {
					if req == sys.DRM_IOCTL_MODE_CREATE_DUMB {
						return unix.ENOMEM
					}
					return nil
				}
			}},
		{name: "not what no linear memory can be laid out for", setup: func(c *kmstest.Card) {
			c.SetFormats(kmstest.Primary1, sys.DRM_FORMAT_XRGB8888, fourcc("XF4H"))
			c.SetFormats(kmstest.Overlay1)
		}, want: "XF4H linear tiled, XR24 linear tiled", quirks: kmstest.Quirks{WrongFormats: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := kmstest.NewCard(c.quirks)
			if c.setup != nil {
				c.setup(card)
			}
			d := openFake(t, card)
			o := output(t, d, c.cfg)
			before, listed := card.Snapshot(), describe(o.Formats())
			o.Probe()
			if got := describe(o.Formats()); got != c.want {
				t.Errorf("got %s, want %s; listed were %s", got, c.want, listed)
			}
			if !maps.Equal(before, card.Snapshot()) {
				t.Error("the display was changed")
			}
			for _, c := range card.Commits() {
				if c.Flags&sys.DRM_MODE_ATOMIC_TEST_ONLY == 0 {
					t.Fatal("a commit was no test")
				}
			}
		})
	}
}

// It is tried with the display as it stands: lit by another program, in its mode.
func TestProbeOfALitDisplayLeavesItsPicture(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{WrongFormats: true, NoModifiers: true})
	lightWith(t, card, kmstest.Mode(1280, 720, 60, false))
	card.Deny = func(s kmstest.Shown) error {
		if s.W > 1280 {
			t.Errorf("%d pixels were tried in a mode of 1280", s.W)
		}
		return nil
	}
	d := openFake(t, card)
	o := output(t, d, Config{})
	before := card.Snapshot()
	o.Probe()
	if got := describe(o.Formats()); got != "XR24" {
		t.Errorf("got %s", got)
	}
	if !maps.Equal(before, card.Snapshot()) {
		t.Error("the display was changed")
	}
}

// A driver that plans for long is not waited for: what there was no time for stays.
func TestProbeTakesABoundedTime(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{WrongFormats: true, NoModifiers: true, NoOverlay: true})
	var many []uint32
	for _, f := range formats {
		many = append(many, f.FourCC)
	}
	card.SetFormats(kmstest.Primary1, many...)
	tests := 0
	card.Fail = func(req uintptr) error {
		if req == sys.DRM_IOCTL_MODE_ATOMIC {
			tests++
			time.Sleep(probeTime / 8)
		}
		return nil
	}
	d := openFake(t, card)
	o := output(t, d, Config{})
	o.Probe()
	if n := len(o.Formats()); n < len(many)-8 || n >= len(many) {
		t.Errorf("%d of %d formats are left", n, len(many))
	}
	if tests > 8+6 { // the last format's may all be under way
		t.Errorf("%d tests", tests)
	}
}

func fourcc(name string) uint32 {
	return uint32(name[0]) | uint32(name[1])<<8 | uint32(name[2])<<16 | uint32(name[3])<<24
}
