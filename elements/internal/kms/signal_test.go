package kms

import (
	"bytes"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// pq is a PQ signal with a pattern in every byte behind the EOTF.
func pq(cll byte) Signal {
	s := Signal{HDR: true, BT2020: true, MinBPC: 10}
	for i := range s.Metadata {
		s.Metadata[i] = byte(i) * 7
	}
	s.Metadata[4] = 2
	s.Metadata[26] = cll
	return s
}

func hdrOf(c *kmstest.Card) []byte { return c.Blob(kmstest.Connector1, "HDR_OUTPUT_METADATA") }

func wantSignal(t *testing.T, c *kmstest.Card, o *Output, s Signal, colorspace string, state State) {
	t.Helper()
	var blob []byte
	if s.HDR {
		blob = s.Metadata[:]
	}
	if got := hdrOf(c); !bytes.Equal(got, blob) {
		t.Errorf("HDR_OUTPUT_METADATA: got %x, want %x", got, blob)
	}
	if got := c.Enum(kmstest.Connector1, "Colorspace"); got != colorspace {
		t.Errorf("Colorspace: got %s, want %s", got, colorspace)
	}
	if got := o.Status(); got.State != state {
		t.Errorf("status: got %v (%s), want %v", got.State, got.Reason, state)
	}
}

func TestSignalGoesWithTheFirstFrame(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{HDRModeset: true})
	d := openFake(t, card)
	o := output(t, d, Config{})
	o.SetSignal(pq(1))
	play(t, d, o, xr24(1920, 1080))
	wantSignal(t, card, o, pq(1), "BT2020_RGB", Applied)
	if got := card.Value(kmstest.Connector1, "max bpc"); got != 10 {
		t.Errorf("max bpc: got %d, want 10", got)
	}
}

func TestSignalChangesWithTheFrameWhereTheDriverLetsIt(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	d := openFake(t, card)
	o := output(t, d, Config{})
	o.SetSignal(pq(1))
	fb := play(t, d, o, xr24(1920, 1080))
	card.ForgetCommits()
	o.SetSignal(pq(2))
	if err := o.Show(fb); err != nil {
		t.Fatal(err)
	}
	wantSignal(t, card, o, pq(2), "BT2020_RGB", Applied)
	for _, c := range card.Commits() {
		if c.Flags&uint32(AllowModeset) != 0 {
			t.Errorf("a commit with flags %#x may have set a mode", c.Flags)
		}
	}
}

func TestDetailOfTheMetadataNeverInterruptsThePicture(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{HDRModeset: true})
	d := openFake(t, card)
	o := output(t, d, Config{})
	o.SetSignal(pq(1))
	fb := play(t, d, o, xr24(1920, 1080))
	card.ForgetCommits()
	o.SetSignal(pq(2))
	for range 5 {
		if err := o.Show(fb); err != nil {
			t.Fatal(err)
		}
	}
	wantSignal(t, card, o, pq(1), "BT2020_RGB", Dropped)
	tests := 0
	for _, c := range card.Commits() {
		if c.Flags&uint32(AllowModeset) != 0 {
			t.Errorf("a commit with flags %#x may have set a mode", c.Flags)
		}
		if c.Flags&uint32(Test) != 0 {
			tests++
		}
	}
	if tests != 1 {
		t.Errorf("tested %d times, want once", tests)
	}
}

func TestTurnToSDRClearsTheSignalEvenWithAModeSet(t *testing.T) {
	for _, q := range []kmstest.Quirks{{}, {HDRModeset: true}} {
		card := kmstest.NewCard(q)
		d := openFake(t, card)
		o := output(t, d, Config{})
		o.SetSignal(pq(1))
		fb := play(t, d, o, xr24(1920, 1080))
		o.SetSignal(Signal{})
		if err := o.Show(fb); err != nil {
			t.Fatal(err)
		}
		wantSignal(t, card, o, Signal{}, "Default", Off)
	}
}

func TestDriverWithoutTheProperties(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{NoHDR: true})
	d := openFake(t, card)
	o := output(t, d, Config{})
	o.SetSignal(pq(1))
	play(t, d, o, xr24(1920, 1080))
	if got := o.Status(); got.State != Unsupported || got.Reason == "" {
		t.Errorf("got %+v, want unsupported with a reason", got)
	}
}

func TestDriverThatRefusesStillShowsThePicture(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{RefuseHDR: true})
	d := openFake(t, card)
	o := output(t, d, Config{})
	o.SetSignal(pq(1))
	fb := play(t, d, o, xr24(1920, 1080))
	wantSignal(t, card, o, Signal{}, "Default", Dropped)
	card.ForgetCommits()
	if err := o.Show(fb); err != nil {
		t.Fatal(err)
	}
	if n := len(card.Commits()); n != 1 {
		t.Errorf("%d commits for a further frame, want 1", n)
	}
}

func TestDriverThatRefusesDepthOnlyGetsTheRest(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{RefuseBPC: true})
	d := openFake(t, card)
	o := output(t, d, Config{})
	o.SetSignal(pq(1))
	play(t, d, o, xr24(1920, 1080))
	wantSignal(t, card, o, pq(1), "BT2020_RGB", Applied)
}

func TestFirstFramePutsAKilledPlayersStateRight(t *testing.T) {
	for _, next := range []Signal{{}, pq(9)} {
		card := kmstest.NewCard(kmstest.Quirks{})
		killed, err := New(card.Open())
		if err != nil {
			t.Fatal(err)
		}
		o, err := NewOutput(killed, Config{})
		if err != nil {
			t.Fatal(err)
		}
		o.SetSignal(pq(1))
		b, err := killed.CreateDumb(sys.DRM_FORMAT_XRGB8888, 1920, 1080)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Configure(xr24(1920, 1080)); err != nil {
			t.Fatal(err)
		}
		if err := o.Show(&b.Framebuffer); err != nil {
			t.Fatal(err)
		}
		o.wake.Close()
		killed.k.Munmap(b.Map)
		killed.Close() // as the kernel does for the dead
		if hdrOf(card) == nil {
			t.Fatal("the kernel is expected to keep the blob")
		}

		d, err := New(card.Open())
		if err != nil {
			t.Fatal(err)
		}
		o, err = NewOutput(d, Config{})
		if err != nil {
			t.Fatal(err)
		}
		o.SetSignal(next)
		fb, err := d.CreateDumb(sys.DRM_FORMAT_XRGB8888, 1920, 1080)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Configure(xr24(1920, 1080)); err != nil {
			t.Fatal(err)
		}
		if err := o.Show(&fb.Framebuffer); err != nil {
			t.Fatal(err)
		}
		want, state := "Default", Off
		if next.HDR {
			want, state = "BT2020_RGB", Applied
		}
		wantSignal(t, card, o, next, want, state)
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		wantSignal(t, card, &Output{}, Signal{}, "Default", Off)
		fb.Close()
		d.Close()
	}
}

func TestColourOfYCbCrGoesToThePlane(t *testing.T) {
	for _, c := range []struct {
		enc      Encoding
		full     bool
		encoding string
		rng      string
	}{
		{BT601, false, "ITU-R BT.601 YCbCr", "YCbCr limited range"},
		{BT709, true, "ITU-R BT.709 YCbCr", "YCbCr full range"},
		{BT2020, false, "ITU-R BT.2020 YCbCr", "YCbCr limited range"},
	} {
		card := kmstest.NewCard(kmstest.Quirks{})
		d := openFake(t, card)
		o := output(t, d, Config{})
		p := picture(sys.DRM_FORMAT_NV12, 640, 480)
		p.Encoding, p.FullRange = c.enc, c.full
		play(t, d, o, p)
		if got := card.Enum(kmstest.Primary1, "COLOR_ENCODING"); got != c.encoding {
			t.Errorf("got %s, want %s", got, c.encoding)
		}
		if got := card.Enum(kmstest.Primary1, "COLOR_RANGE"); got != c.rng {
			t.Errorf("got %s, want %s", got, c.rng)
		}
		if w := o.Warnings(); len(w) != 0 {
			t.Errorf("warnings %q, want none", w)
		}
	}
}
