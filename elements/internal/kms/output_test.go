package kms

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

func TestLayoutFollowsWhatTheDriverCanDo(t *testing.T) {
	for _, c := range []struct {
		name   string
		quirks kmstest.Quirks
		cfg    Config
		pic    Picture
		setup  func(*testing.T, *kmstest.Card)

		mode  [2]uint32
		plane uint32
		dst   Rect
		under bool
	}{
		{name: "a picture of the mode's size fills the primary plane", pic: xr24(1920, 1080),
			mode: [2]uint32{1920, 1080}, plane: kmstest.Primary1, dst: Rect{0, 0, 1920, 1080}},
		{name: "a dark display gets a mode of the picture's size", pic: xr24(1280, 720),
			mode: [2]uint32{1280, 720}, plane: kmstest.Primary1, dst: Rect{0, 0, 1280, 720}},
		{name: "a picture of no mode's size is scaled with its aspect kept", pic: xr24(400, 400),
			mode: [2]uint32{1920, 1080}, plane: kmstest.Primary1, dst: Rect{420, 0, 1080, 1080}},
		{name: "pixel aspect counts", pic: Picture{FourCC: sys.DRM_FORMAT_XRGB8888, Width: 720, Height: 576, PARN: 16, PARD: 15},
			mode: [2]uint32{1920, 1080}, plane: kmstest.Primary1, dst: Rect{240, 0, 1440, 1080}},
		{name: "without scaling it stands in the middle", quirks: kmstest.Quirks{NoScaling: true}, pic: xr24(400, 300),
			mode: [2]uint32{1920, 1080}, plane: kmstest.Primary1, dst: Rect{760, 390, 400, 300}},
		{name: "the user can forbid scaling", cfg: Config{NoScale: true}, pic: xr24(400, 300),
			mode: [2]uint32{1920, 1080}, plane: kmstest.Primary1, dst: Rect{760, 390, 400, 300}},
		{name: "a larger picture loses its margins when it cannot be scaled", quirks: kmstest.Quirks{NoScaling: true}, pic: xr24(2000, 1200),
			mode: [2]uint32{1920, 1080}, plane: kmstest.Primary1, dst: Rect{0, 0, 1920, 1080}},
		{name: "an overlay carries what the primary must not", quirks: kmstest.Quirks{PrimaryCovers: true, NoScaling: true}, pic: xr24(400, 300),
			mode: [2]uint32{1920, 1080}, plane: kmstest.Overlay1, dst: Rect{760, 390, 400, 300}},
		{name: "over a black primary where the driver wants one", pic: xr24(400, 300),
			quirks: kmstest.Quirks{PrimaryCovers: true, NoScaling: true, NeedsPrimary: true},
			mode:   [2]uint32{1920, 1080}, plane: kmstest.Overlay1, dst: Rect{760, 390, 400, 300}, under: true},
		{name: "an overlay carries a format that the primary lacks", pic: picture(sys.DRM_FORMAT_NV12, 640, 480),
			quirks: kmstest.Quirks{NeedsPrimary: true},
			setup:  func(_ *testing.T, c *kmstest.Card) { c.SetFormats(kmstest.Primary1, sys.DRM_FORMAT_XRGB8888) },
			mode:   [2]uint32{640, 480}, plane: kmstest.Overlay1, dst: Rect{0, 0, 640, 480}, under: true},
		{name: "a lit display keeps its mode", setup: light(kmstest.Mode(1920, 1080, 60, true)), pic: xr24(640, 480),
			mode: [2]uint32{1920, 1080}, plane: kmstest.Primary1, dst: Rect{240, 0, 1440, 1080}},
		{name: "unless the picture cannot be shown in it", setup: light(kmstest.Mode(1920, 1080, 60, true)), pic: xr24(640, 480),
			quirks: kmstest.Quirks{PrimaryCovers: true, NoScaling: true, NoOverlay: true},
			mode:   [2]uint32{640, 480}, plane: kmstest.Primary1, dst: Rect{0, 0, 640, 480}},
		{name: "or only without its margins", setup: light(kmstest.Mode(640, 480, 60, false)), pic: xr24(1280, 720),
			quirks: kmstest.Quirks{NoScaling: true},
			mode:   [2]uint32{1280, 720}, plane: kmstest.Primary1, dst: Rect{0, 0, 1280, 720}},
		{name: "or the user forces another", setup: light(kmstest.Mode(1920, 1080, 60, true)), pic: xr24(640, 480),
			cfg:  Config{ForceModeset: true},
			mode: [2]uint32{640, 480}, plane: kmstest.Primary1, dst: Rect{0, 0, 640, 480}},
		{name: "the plane the user names is taken", cfg: Config{Plane: kmstest.Overlay1}, pic: xr24(640, 480),
			mode: [2]uint32{640, 480}, plane: kmstest.Overlay1, dst: Rect{0, 0, 640, 480}},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := kmstest.NewCard(c.quirks)
			if c.setup != nil {
				c.setup(t, card)
			}
			d := openFake(t, card)
			o := output(t, d, c.cfg)
			c.pic.Modifier = sys.DRM_FORMAT_MOD_LINEAR
			fb := play(t, d, o, c.pic)

			get := func(id uint32, name string) uint32 { return uint32(card.Value(id, name)) }
			if got := get(c.plane, "FB_ID"); got != fb.ID {
				t.Errorf("plane %d shows framebuffer %d, want %d", c.plane, got, fb.ID)
			}
			dst := Rect{int32(get(c.plane, "CRTC_X")), int32(get(c.plane, "CRTC_Y")), get(c.plane, "CRTC_W"), get(c.plane, "CRTC_H")}
			if dst != c.dst {
				t.Errorf("picture at %v, want %v", dst, c.dst)
			}
			m, err := parseMode(card.Blob(kmstest.CRTC1, "MODE_ID"))
			if err != nil {
				t.Fatal(err)
			}
			if got := [2]uint32{m.Width(), m.Height()}; got != c.mode {
				t.Errorf("mode %v, want %v", got, c.mode)
			}
			if c.plane != kmstest.Primary1 {
				if under := get(kmstest.Primary1, "FB_ID") != 0; under != c.under {
					t.Errorf("primary plane lit: %v, want %v", under, c.under)
				}
			}
			if c.under && get(c.plane, "zpos") <= get(kmstest.Primary1, "zpos") {
				t.Errorf("zpos %d is not above the black plane's %d", get(c.plane, "zpos"), get(kmstest.Primary1, "zpos"))
			}
		})
	}
}

// light has another program light the display first, with a picture of its own,
// and hand the display over without leaving.
func light(mode sys.DRMModeModeInfo) func(*testing.T, *kmstest.Card) {
	return func(t *testing.T, c *kmstest.Card) { lightWith(t, c, mode) }
}

func lightWith(t *testing.T, c *kmstest.Card, mode sys.DRMModeModeInfo) (owner *Device) {
	t.Helper()
	d, err := New(c.Open())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	o, err := NewOutput(d, Config{ForceModeset: true})
	if err != nil {
		t.Fatal(err)
	}
	p := xr24(uint32(mode.HDisplay), uint32(mode.VDisplay))
	b, err := d.CreateDumb(p.FourCC, p.Width, p.Height)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Configure(p); err != nil {
		t.Fatal(err)
	}
	if err := o.Show(&b.Framebuffer); err != nil {
		t.Fatal(err)
	}
	o.wake.Close()
	d.k.Munmap(b.Map)
	d.DropMaster()
	return d
}

func TestFrameRateChoosesTheRefreshRate(t *testing.T) {
	for _, c := range []struct{ fpsN, fpsD, want uint32 }{
		{25, 1, 50}, {50, 1, 50}, {30, 1, 60}, {60, 1, 60}, {60000, 1001, 60}, {0, 0, 60}, {24, 1, 50},
	} {
		card := kmstest.NewCard(kmstest.Quirks{})
		d := openFake(t, card)
		o := output(t, d, Config{})
		p := xr24(1280, 720)
		p.FPSN, p.FPSD = c.fpsN, c.fpsD
		play(t, d, o, p)
		m, _ := parseMode(card.Blob(kmstest.CRTC1, "MODE_ID"))
		if got := m.Refresh() / 1000; got != c.want {
			t.Errorf("%d/%d fps: got %d Hz, want %d", c.fpsN, c.fpsD, got, c.want)
		}
	}
}

func TestOneFrameIsOneNonblockingCommit(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	d := openFake(t, card)
	o := output(t, d, Config{})
	fb := play(t, d, o, xr24(1920, 1080))
	card.ForgetCommits()
	for range 3 {
		if err := o.Show(fb); err != nil {
			t.Fatal(err)
		}
	}
	got := card.Commits()
	if len(got) != 3 {
		t.Fatalf("got %d commits, want 3", len(got))
	}
	for _, c := range got {
		if want := uint32(NonBlock | FlipEvent); c.Flags != want || c.Err != nil {
			t.Errorf("got flags %#x, error %v, want %#x", c.Flags, c.Err, want)
		}
	}
	o.await()
	if f := o.LastFlip(); f.Sequence == 0 || f.Time == 0 || f.CRTC != kmstest.CRTC1 {
		t.Errorf("flip not reported: %+v", f)
	}
}

func TestShowWaitsForTheFlipBefore(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{HoldFlips: true})
	d := openFake(t, card)
	o := output(t, d, Config{})
	fb := play(t, d, o, xr24(1920, 1080))
	if err := o.Show(fb); err != nil {
		t.Fatal(err)
	}
	t.Run("until the vertical blank", func(t *testing.T) {
		go func() { time.Sleep(20 * time.Millisecond); card.VBlank() }()
		start := time.Now()
		if err := o.Show(fb); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d < 15*time.Millisecond {
			t.Errorf("returned after %v, before the flip", d)
		}
	})
	t.Run("until Unlock", func(t *testing.T) {
		go func() { time.Sleep(20 * time.Millisecond); o.Unlock() }()
		if err := o.Show(fb); !errors.Is(err, sys.ErrWoken) {
			t.Errorf("got %v, want ErrWoken", err)
		}
		o.UnlockStop()
		card.VBlank()
		if err := o.Show(fb); err != nil {
			t.Errorf("after UnlockStop: %v", err)
		}
	})
	card.VBlank()
}

// A tool that looks at the card is its master for a moment.
func TestStartWaitsForATool(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	tool := card.Open()
	d := openFake(t, card)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		time.Sleep(20 * time.Millisecond)
		tool.Close()
	}()
	o, err := NewOutput(d, Config{})
	<-closed
	if err != nil {
		t.Fatal(err)
	}
	o.Close()
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name   string
		quirks kmstest.Quirks
		run    func(*testing.T, *kmstest.Card) error
		want   []error
	}{
		{"another program is master", kmstest.Quirks{}, func(t *testing.T, c *kmstest.Card) error {
			other := openFake(t, c)
			_ = other
			_, err := NewOutput(openFake(t, c), Config{})
			return err
		}, []error{ErrNotMaster, unix.EBUSY}},
		{"mastership is lost while playing", kmstest.Quirks{}, func(t *testing.T, c *kmstest.Card) error {
			d := openFake(t, c)
			o, fb := playing(t, d)
			c.TakeMaster()
			err := o.Show(fb)
			if cerr := o.Close(); !errors.Is(cerr, ErrNotMaster) {
				t.Errorf("close: got %v, want ErrNotMaster", cerr)
			}
			return err
		}, []error{ErrNotMaster, unix.EACCES}},
		{"the device is unplugged while playing", kmstest.Quirks{HoldFlips: true}, func(t *testing.T, c *kmstest.Card) error {
			d, err := New(c.Open()) // its framebuffers cannot be freed any more
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			o, fb := playing(t, d)
			if err := o.Show(fb); err != nil {
				t.Fatal(err)
			}
			c.Unplug()
			err = o.Show(fb)
			o.Close()
			return err
		}, []error{ErrGone, unix.ENODEV}},
		{"no display", kmstest.Quirks{}, func(t *testing.T, c *kmstest.Card) error {
			c.Disconnect(kmstest.Connector1)
			_, err := NewOutput(openFake(t, c), Config{})
			return err
		}, []error{ErrNoConnector}},
		{"the named connector has no display", kmstest.Quirks{}, func(t *testing.T, c *kmstest.Card) error {
			_, err := NewOutput(openFake(t, c), Config{Connector: kmstest.Connector2})
			return err
		}, []error{ErrNoConnector}},
		{"the named connector does not exist", kmstest.Quirks{}, func(t *testing.T, c *kmstest.Card) error {
			_, err := NewOutput(openFake(t, c), Config{Connector: 7})
			return err
		}, []error{ErrNoConnector}},
		{"the named plane is another CRTC's", kmstest.Quirks{}, func(t *testing.T, c *kmstest.Card) error {
			_, err := NewOutput(openFake(t, c), Config{Plane: kmstest.Primary2})
			return err
		}, []error{ErrNoPlane}},
		{"no plane takes the format", kmstest.Quirks{}, func(t *testing.T, c *kmstest.Card) error {
			o := output(t, openFake(t, c), Config{})
			return o.Configure(picture(sys.DRM_FORMAT_NV24, 640, 480))
		}, []error{ErrNoPlane}},
		{"no plane takes the modifier", kmstest.Quirks{}, func(t *testing.T, c *kmstest.Card) error {
			o := output(t, openFake(t, c), Config{})
			p := xr24(640, 480)
			p.Modifier = 0x123
			return o.Configure(p)
		}, []error{ErrNoPlane}},
		{"every layout is refused", kmstest.Quirks{NoScaling: true, PrimaryCovers: true, NoOverlay: true}, func(t *testing.T, c *kmstest.Card) error {
			d := openFake(t, c)
			o := output(t, d, Config{})
			fb := frame(t, d, sys.DRM_FORMAT_XRGB8888, 400, 300)
			if err := o.Configure(xr24(400, 300)); err != nil {
				t.Fatal(err)
			}
			return o.Show(fb)
		}, []error{ErrNoPlane, unix.EINVAL}},
		{"the crop lies outside", kmstest.Quirks{}, func(t *testing.T, c *kmstest.Card) error {
			o := output(t, openFake(t, c), Config{})
			p := xr24(640, 480)
			p.Crop = Rect{1, 0, 640, 480}
			return o.Configure(p)
		}, []error{ErrNoPlane}},
		{"no atomic mode setting", kmstest.Quirks{NoAtomic: true}, func(t *testing.T, c *kmstest.Card) error {
			_, err := New(c.Open())
			return err
		}, []error{ErrNotAtomic, unix.EOPNOTSUPP}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.run(t, kmstest.NewCard(c.quirks))
			for _, want := range c.want {
				if !errors.Is(err, want) {
					t.Errorf("got %q, want it to be %q", err, want)
				}
			}
			t.Log(err)
		})
	}
}

// playing shows a first frame; the caller closes the output.
func playing(t *testing.T, d *Device) (*Output, *Framebuffer) {
	t.Helper()
	o, err := NewOutput(d, Config{})
	if err != nil {
		t.Fatal(err)
	}
	return o, play(t, d, o, xr24(1920, 1080))
}
