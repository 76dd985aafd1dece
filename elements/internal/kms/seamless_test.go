package kms

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// A picture of another size or format takes the place of the one before within one
// commit, in which nothing goes dark and no mode is set.
func TestAnotherPictureComesWithoutAModeSet(t *testing.T) {
	nv12 := func(w, h uint32) Picture { return picture(sys.DRM_FORMAT_NV12, w, h) }
	slow := func(p Picture) Picture { p.FPSN, p.FPSD = 25, 1; return p }
	onlyXR24 := func(_ *testing.T, c *kmstest.Card) { c.SetFormats(kmstest.Primary1, sys.DRM_FORMAT_XRGB8888) }
	for _, c := range []struct {
		name     string
		quirks   kmstest.Quirks
		cfg      Config
		setup    func(*testing.T, *kmstest.Card)
		pictures []Picture
		plane    uint32 // that shows the last one; 0: the primary
		modeset  bool
	}{
		{name: "of another format", pictures: []Picture{nv12(1920, 1080), xr24(1920, 1080)}},
		{name: "of a smaller size", pictures: []Picture{xr24(1920, 1080), xr24(1280, 720), xr24(640, 480)}},
		{name: "of a larger size than the display's", pictures: []Picture{xr24(640, 480), xr24(1280, 720), xr24(1920, 1080)}},
		{name: "of another rate", pictures: []Picture{xr24(1280, 720), slow(xr24(1280, 720))}},
		{name: "on a display that was lit", setup: light(kmstest.Mode(1280, 720, 60, false)),
			pictures: []Picture{xr24(640, 480), nv12(1920, 1080), xr24(1280, 720)}},
		{name: "where nothing can be scaled, in the middle", quirks: kmstest.Quirks{NoScaling: true},
			pictures: []Picture{xr24(1920, 1080), nv12(640, 480)}},
		{name: "from an overlay to the primary plane", quirks: kmstest.Quirks{NeedsPrimary: true}, setup: onlyXR24,
			pictures: []Picture{nv12(1920, 1080), xr24(1920, 1080)}},
		{name: "and back, over black", quirks: kmstest.Quirks{NeedsPrimary: true}, setup: onlyXR24,
			pictures: []Picture{xr24(1920, 1080), nv12(1280, 720)}, plane: kmstest.Overlay1},
		{name: "to an overlay without anything beneath", quirks: kmstest.Quirks{PrimaryCovers: true, NoScaling: true},
			pictures: []Picture{xr24(1920, 1080), nv12(1280, 720)}, plane: kmstest.Overlay1},
		{name: "with settings of the user's, one of them refused", quirks: kmstest.Quirks{NoRotation: true},
			cfg: Config{Extras: Extras{Assign: []Assignment{
				{From: "connector-properties", Kind: KindConnector, Name: "tint", Value: int32(1)},
				{From: "plane-properties", Kind: KindPlane, Name: "rotation", Value: int32(4)}}}},
			pictures: []Picture{xr24(1920, 1080), nv12(640, 480)}},
		{name: "unless there is no other way", quirks: kmstest.Quirks{NoScaling: true}, modeset: true,
			pictures: []Picture{xr24(640, 480), xr24(1280, 720)}},
		{name: "or the user wants modes of the pictures' sizes", cfg: Config{ForceModeset: true}, modeset: true,
			pictures: []Picture{xr24(640, 480), xr24(1280, 720)}},
		{name: "or of their rates", cfg: Config{Mode: ModeWish{FollowRate: true}}, modeset: true,
			pictures: []Picture{xr24(1280, 720), slow(xr24(1280, 720))}},
		{name: "but not if the rate stays", cfg: Config{Mode: ModeWish{FollowRate: true}},
			pictures: []Picture{slow(xr24(1280, 720)), slow(xr24(640, 480)), slow(nv12(1280, 720))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := kmstest.NewCard(c.quirks)
			if c.setup != nil {
				c.setup(t, card)
			}
			d := openFake(t, card)
			o := output(t, d, c.cfg)
			o.SetSignal(pq(1))
			var fb *Framebuffer
			for i, p := range c.pictures {
				fb = play(t, d, o, p)
				if i == 0 {
					card.ForgetCommits()
				}
				if err := o.Show(fb); err != nil {
					t.Fatal(err)
				}
			}
			plane := c.plane
			if plane == 0 {
				plane = kmstest.Primary1
			}
			if got := uint32(card.Value(plane, "FB_ID")); got != fb.ID {
				t.Errorf("plane %d shows framebuffer %d, want %d", plane, got, fb.ID)
			}
			modeset, done := false, 0
			for _, k := range card.Commits() {
				if k.Err != nil || k.Flags&sys.DRM_MODE_ATOMIC_TEST_ONLY != 0 {
					continue
				}
				done++
				modeset = modeset || k.Modeset
				if k.Dark {
					t.Error("a commit leaves nothing on the screen")
				}
				if !c.modeset && k.Flags&sys.DRM_MODE_ATOMIC_ALLOW_MODESET != 0 {
					t.Error("a commit may set a mode")
				}
			}
			if modeset != c.modeset {
				t.Errorf("a mode was set: %t, want %t", modeset, c.modeset)
			}
			if want := 2*len(c.pictures) - 1; done != want {
				t.Errorf("%d commits, want one for each of %d frames", done, want)
			}
		})
	}
}

// A change of the picture does not let a detail of the metadata through that the
// display would go dark for, but does so for another kind of picture.
func TestAnotherPictureWithAnotherSignal(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after Signal
		modeset       bool
		state         State
	}{
		{"the same", pq(1), pq(1), false, Applied},
		{"another detail", pq(1), pq(2), false, Dropped},
		{"SDR", pq(1), Signal{}, true, Off},
		{"HDR", Signal{}, pq(1), true, Applied},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := kmstest.NewCard(kmstest.Quirks{HDRModeset: true})
			d := openFake(t, card)
			o := output(t, d, Config{})
			o.SetSignal(c.before)
			play(t, d, o, xr24(1920, 1080))
			card.ForgetCommits()
			o.SetSignal(c.after)
			fb := play(t, d, o, xr24(1280, 720))
			if err := o.Show(fb); err != nil {
				t.Fatal(err)
			}
			modeset := false
			for _, k := range card.Commits() {
				modeset = modeset || k.Err == nil && k.Modeset && k.Flags&sys.DRM_MODE_ATOMIC_TEST_ONLY == 0
			}
			if modeset != c.modeset {
				t.Errorf("a mode was set: %t, want %t", modeset, c.modeset)
			}
			if s := o.Status(); s.State != c.state {
				t.Errorf("status %v, want %v", s, c.state)
			}
		})
	}
}

// What a driver needs a mode set for, though the mode stays, is done with one.
func TestAnotherPictureThatNeedsAModeSetGetsIt(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	d := openFake(t, card)
	o := output(t, d, Config{})
	play(t, d, o, xr24(1920, 1080))
	card.DenyFlips = func(s kmstest.Shown) error {
		if s.FourCC == sys.DRM_FORMAT_P010 {
			return unix.EINVAL
		}
		return nil
	}
	card.ForgetCommits()
	fb := play(t, d, o, picture(sys.DRM_FORMAT_P010, 1920, 1080))
	if got := uint32(card.Value(kmstest.Primary1, "FB_ID")); got != fb.ID {
		t.Errorf("framebuffer %d is shown, want %d", got, fb.ID)
	}
}
