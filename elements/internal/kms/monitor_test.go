package kms

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/edid"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/test/edidtest"
)

// tv is a monitor with the given transfer functions and colorimetry.
func tv(eotfs, colorimetry byte) []byte {
	m := edidtest.TV()
	m.HDR.EOTFs, m.Colorimetry = eotfs, colorimetry
	return m.EDID()
}

func hlg() Signal {
	s := Signal{HDR: true, BT2020: true, MinBPC: 10}
	s.Metadata[4] = 3
	return s
}

func forced(s Signal) Signal { s.Force = true; return s }

func TestMonitorGetsTheSignalItTakes(t *testing.T) {
	const all = edidtest.BT2020RGB | edidtest.BT2020YCC
	gamut := Signal{BT2020: true}
	for _, c := range []struct {
		name       string
		edid       []byte
		signal     Signal
		hdr        bool
		colorspace string
		state      State
		reason     []string // words; nil for no reason at all
	}{
		{"PQ on a PQ monitor", tv(edidtest.ETSDR|edidtest.ETPQ, all), pq(1), true, "BT2020_RGB", Applied, nil},
		{"HLG on a HLG monitor", tv(edidtest.ETHLG, all), hlg(), true, "BT2020_RGB", Applied, nil},
		{"PQ on a HLG monitor", tv(edidtest.ETSDR|edidtest.ETHLG, all), pq(1), false, "BT2020_RGB", Unsupported,
			[]string{"LG Electronics Test TV", "HDMI-A-1", "PQ", "forced"}},
		{"HLG on a PQ monitor", tv(edidtest.ETSDR|edidtest.ETPQ, 0), hlg(), false, "Default", Unsupported,
			[]string{"LG Electronics Test TV", "HLG and BT.2020"}},
		{"PQ on an SDR monitor", edidtest.Desk().EDID(), pq(1), false, "Default", Unsupported,
			[]string{"Dell Inc. Test Desk", "PQ and BT.2020"}},
		{"PQ on a monitor without BT.2020", tv(edidtest.ETPQ, 0), pq(1), true, "Default", Applied,
			[]string{"Test TV", "nothing of BT.2020"}},
		{"PQ on a monitor with BT.2020 in YCbCr only", tv(edidtest.ETPQ, edidtest.BT2020YCC), pq(1), true, "BT2020_YCC", Applied, nil},
		{"PQ on a monitor with BT.2020 of constant luminance only", tv(edidtest.ETPQ, edidtest.BT2020CYCC), pq(1), true, "Default", Applied,
			[]string{"nothing of BT.2020"}},
		{"BT.2020 in SDR on an SDR monitor", edidtest.Desk().EDID(), gamut, false, "Default", Unsupported, []string{"nothing of BT.2020"}},
		{"forced", edidtest.Desk().EDID(), forced(pq(1)), true, "BT2020_RGB", Applied, nil},
		{"no EDID", nil, pq(1), true, "BT2020_RGB", Applied, nil},
		{"an EDID that is none", make([]byte, 128), pq(1), true, "BT2020_RGB", Applied, nil},
		{"SDR on a PQ monitor", edidtest.TV().EDID(), Signal{}, false, "Default", Off, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := kmstest.NewCard(kmstest.Quirks{})
			card.SetEDID(kmstest.Connector1, c.edid)
			d := openFake(t, card)
			o := output(t, d, Config{})
			o.SetSignal(c.signal)
			fb := play(t, d, o, xr24(1920, 1080))
			want := c.signal
			want.HDR = c.hdr
			wantSignal(t, card, o, want, c.colorspace, c.state)
			reason := o.Status().Reason
			if (reason != "") != (c.reason != nil) {
				t.Errorf("reason %q", reason)
			}
			for _, w := range c.reason {
				if !strings.Contains(reason, w) {
					t.Errorf("reason %q does not say %q", reason, w)
				}
			}
			bpc := uint64(8)
			if c.hdr {
				bpc = 10
			}
			if got := card.Value(kmstest.Connector1, "max bpc"); got != bpc {
				t.Errorf("max bpc: got %d, want %d", got, bpc)
			}
			card.ForgetCommits()
			if err := o.Show(fb); err != nil {
				t.Fatal(err)
			}
			if n := len(card.Commits()); n != 1 {
				t.Errorf("%d commits for a further frame, want 1", n)
			}
		})
	}
}

func TestMonitorThatTakesAnothersPlaceGetsItsOwnSignal(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	card.SetEDID(kmstest.Connector1, edidtest.TV().EDID())
	d := openFake(t, card)
	o := output(t, d, Config{})
	o.SetSignal(pq(1))
	fb := play(t, d, o, xr24(1920, 1080))
	for _, c := range []struct {
		name    string
		edid    []byte
		sent    Signal
		space   string
		state   State
		modeset bool // set up anew
	}{
		{"the same one, read again", edidtest.TV().EDID(), pq(1), "BT2020_RGB", Applied, false},
		{"one without HDR", edidtest.Desk().EDID(), Signal{}, "Default", Unsupported, true},
		{"one with HDR", edidtest.TV().EDID(), pq(1), "BT2020_RGB", Applied, true},
		{"one that nothing is known of", nil, pq(1), "BT2020_RGB", Applied, true},
		{"still that one", nil, pq(1), "BT2020_RGB", Applied, false},
		{"one whose EDID is none", make([]byte, 128), pq(1), "BT2020_RGB", Applied, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			card.SetEDID(kmstest.Connector1, c.edid)
			card.ForgetCommits()
			for range 3 {
				o.watch.next = 0
				if err := o.Show(fb); err != nil {
					t.Fatal(err)
				}
			}
			wantSignal(t, card, o, c.sent, c.space, c.state)
			modesets := 0
			for _, commit := range card.Commits() {
				if f := Flags(commit.Flags); f&AllowModeset != 0 && f&Test == 0 {
					modesets++
				}
			}
			if modesets > 1 || (modesets == 1) != c.modeset {
				t.Errorf("set up anew %d times, want that: %t", modesets, c.modeset)
			}
		})
	}
}

func TestProbingReadsTheMonitor(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	d := openFake(t, card)
	monitor := func() *edid.Monitor {
		r, err := d.Resources()
		if err != nil {
			t.Fatal(err)
		}
		return r.connector(kmstest.Connector1).Monitor
	}
	if m := monitor(); m != nil {
		t.Errorf("without an EDID: got %+v", m)
	}
	card.SetEDID(kmstest.Connector1, edidtest.Desk().EDID())
	if m := monitor(); m == nil || m.Model != "Test Desk" || m.EOTFs != edid.SDR {
		t.Errorf("with an EDID: got %+v", m)
	}
}

// failFirstBlob fails the reading of the EDID, which comes before all other blobs.
func failFirstBlob(card *kmstest.Card, err error) {
	card.Fail = func(req uintptr) error {
		if req != sys.DRM_IOCTL_MODE_GETPROPBLOB {
			return nil
		}
		defer func() { card.Fail = nil }()
		return err
	}
}

func TestEDIDThatCannotBeReadIsUnknown(t *testing.T) {
	for name, fail := range map[string]error{"replaced in the meantime": unix.ENOENT, "refused": unix.EINVAL} {
		t.Run(name, func(t *testing.T) {
			card := kmstest.NewCard(kmstest.Quirks{})
			card.SetEDID(kmstest.Connector1, edidtest.Desk().EDID())
			d := openFake(t, card)
			failFirstBlob(card, fail)
			o := output(t, d, Config{})
			if o.Connector.Monitor != nil || !errors.Is(o.Connector.unknown, fail) {
				t.Errorf("got %+v, %v", o.Connector.Monitor, o.Connector.unknown)
			}
		})
	}
}

func TestDeviceThatGoesWhileItsEDIDIsReadIsGone(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	card.SetEDID(kmstest.Connector1, edidtest.TV().EDID())
	d := openFake(t, card)
	failFirstBlob(card, unix.ENODEV)
	if _, err := NewOutput(d, Config{}); !errors.Is(err, ErrGone) {
		t.Errorf("got %v, want %v", err, ErrGone)
	}
}

// A driver that refuses HDR at all is not asked for a mode set by every detail
// of what it has refused.
func TestRefusedSignalIsNotTriedByModeSetAgain(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{RefuseHDR: true})
	d := openFake(t, card)
	o := output(t, d, Config{})
	o.SetSignal(pq(1))
	fb := play(t, d, o, xr24(1920, 1080))
	was := o.Status()
	card.ForgetCommits()
	o.SetSignal(pq(2))
	if err := o.Show(fb); err != nil {
		t.Fatal(err)
	}
	for _, c := range card.Commits() {
		if c.Flags&uint32(AllowModeset) != 0 {
			t.Errorf("a commit with flags %#x may have set a mode", c.Flags)
		}
	}
	if got := o.Status(); got != was || got.State != Dropped {
		t.Errorf("status %+v, was %+v", got, was)
	}
}
