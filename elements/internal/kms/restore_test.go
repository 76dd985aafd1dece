package kms

import (
	"maps"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// differences ignores what restore clears on purpose.
func differences(before, after map[string]string) []string {
	var d []string
	for k, v := range before {
		if !strings.HasSuffix(k, "HDR_OUTPUT_METADATA") && !strings.HasSuffix(k, "Colorspace") && after[k] != v {
			d = append(d, k+": got "+after[k]+", want "+v)
		}
	}
	return d
}

// session plays two frames, HDR, and closes everything.
func session(t *testing.T, card *kmstest.Card, cfg Config, p Picture) {
	t.Helper()
	k := card.Open()
	d, err := New(k)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	o, err := NewOutput(d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.CreateDumb(p.FourCC, p.Width, p.Height)
	if err != nil {
		t.Fatal(err)
	}
	o.SetSignal(pq(1))
	if err := o.Configure(p); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := o.Show(&b.Framebuffer); err != nil {
			t.Fatal(err)
		}
	}
	if hdrOf(card) == nil {
		t.Fatal("no HDR metadata was sent")
	}
	if err := o.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	b.Close()
	if left := k.Left(); len(left) > 0 {
		t.Errorf("left on the card: %v", left)
	}
}

func TestCloseLeavesADarkDisplayDark(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	before := card.Snapshot()
	p := picture(sys.DRM_FORMAT_NV12, 640, 480)
	p.Encoding = BT2020
	session(t, card, Config{}, p)
	if d := differences(before, card.Snapshot()); len(d) > 0 {
		t.Errorf("not restored:\n%s", strings.Join(d, "\n"))
	}
}

func TestCloseGivesTheDisplayBackToItsOwner(t *testing.T) {
	for _, q := range []kmstest.Quirks{{}, {PrimaryCovers: true, NoScaling: true, NeedsPrimary: true}} {
		card := kmstest.NewCard(q)
		// The mode the owner had set is no longer in the list: its blob lives
		// only as long as the CRTC uses it.
		lightWith(t, card, kmstest.Mode(1280, 720, 60, false))
		before := card.Snapshot()
		session(t, card, Config{ForceModeset: true}, xr24(640, 480))
		if d := differences(before, card.Snapshot()); len(d) > 0 {
			t.Errorf("not restored:\n%s", strings.Join(d, "\n"))
		}
		if hdrOf(card) != nil || card.Enum(kmstest.Connector1, "Colorspace") != "Default" {
			t.Error("the HDR state was left on")
		}
	}
}

func TestCloseWithoutRestoreKeepsTheMode(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	session(t, card, Config{NoRestore: true}, xr24(640, 480))
	m, err := parseMode(card.Blob(kmstest.CRTC1, "MODE_ID"))
	if err != nil || m.Width() != 640 {
		t.Errorf("mode %v, error %v, want 640x480", &m, err)
	}
	if hdrOf(card) != nil {
		t.Error("the HDR state was left on")
	}
	if card.Value(kmstest.Primary1, "FB_ID") != 0 {
		t.Error("a plane still shows a framebuffer of ours")
	}
}

func TestCloseSwitchesOffWhenThePictureBeforeIsGone(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{NeedsPrimary: true})
	owner := lightWith(t, card, kmstest.Mode(1280, 720, 60, false))
	k := card.Open()
	d, err := New(k)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	o, err := NewOutput(d, Config{Debugf: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.CreateDumb(sys.DRM_FORMAT_XRGB8888, 1280, 720)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Configure(xr24(1280, 720)); err != nil {
		t.Fatal(err)
	}
	if err := o.Show(&b.Framebuffer); err != nil {
		t.Fatal(err)
	}
	owner.Close()
	if err := o.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if card.Value(kmstest.CRTC1, "ACTIVE") != 0 || card.Value(kmstest.Primary1, "FB_ID") != 0 {
		t.Error("the display still shows our picture")
	}
	b.Close()
}

func TestOutputThatShowedNothingChangesNothing(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	before := card.Snapshot()
	d := openFake(t, card)
	o, err := NewOutput(d, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Configure(xr24(640, 480)); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(before, card.Snapshot()) || len(card.Commits()) != 0 {
		t.Errorf("changed: %v, %d commits", differences(before, card.Snapshot()), len(card.Commits()))
	}
}

func TestPlanesOfOthersAreLeftAloneWhenAPlaneIsNamed(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	lightWith(t, card, kmstest.Mode(1280, 720, 60, false))
	theirs := card.Value(kmstest.Primary1, "FB_ID")
	d := openFake(t, card)
	o := output(t, d, Config{Plane: kmstest.Overlay1})
	play(t, d, o, xr24(640, 480))
	if got := card.Value(kmstest.Primary1, "FB_ID"); got != theirs {
		t.Errorf("primary plane shows %d, want %d as before", got, theirs)
	}
}

func TestManySessionsLeaveNothing(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{PrimaryCovers: true, NoScaling: true, NeedsPrimary: true})
	before := card.Snapshot()
	for range 200 {
		session(t, card, Config{}, xr24(400, 300))
	}
	if d := differences(before, card.Snapshot()); len(d) > 0 {
		t.Errorf("not restored:\n%s", strings.Join(d, "\n"))
	}
}
