package kms

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
)

// A driver that resets its hardware refuses commits for some time, and may have
// forgotten what it showed.
func TestHardwareThatIsResetIsWaitedFor(t *testing.T) {
	for _, c := range []struct {
		name   string
		errno  unix.Errno
		why    error
		forget bool
	}{
		{"and goes on", unix.EIO, ErrFault, false},
		{"and forgets its state", unix.EIO, ErrFault, true},
		{"or is short of memory", unix.ENOMEM, unix.ENOMEM, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlayer(t, kmstest.Quirks{})
			p.shows(3)
			p.card.Refuse(1<<30, c.errno)
			for range 3 { // looks
				p.loses(c.why)
				p.later()
			}
			p.card.Refuse(0, nil)
			if c.forget {
				p.card.ForgetState()
			}
			p.later()
			p.shows(1)
			p.whole()
			if p.o.Lost() != nil || !p.o.faultSince.IsZero() {
				t.Errorf("still at fault since %v: %v", p.o.faultSince, p.o.Lost())
			}
			// The next fault has the whole time again.
			p.shows(3)
			p.card.Refuse(1<<30, c.errno)
			p.loses(c.why)
			p.card.Refuse(0, nil)
			p.close(nil)
		})
	}
}

func TestHardwareThatFailsAtTheFirstFrameIsAnError(t *testing.T) {
	for _, errno := range []unix.Errno{unix.EIO, unix.ENOMEM} {
		p := newPlayer(t, kmstest.Quirks{})
		p.card.Refuse(1<<30, errno)
		if err := p.show(); !errors.Is(err, errno) || errors.Is(err, ErrLost) {
			t.Errorf("got %v, want %v", err, errno)
		}
		p.card.Refuse(0, nil)
		p.close(nil)
	}
}

// After a suspend without its state a driver refuses flips until a mode is set: the
// next frame sets everything up anew, in the mode that was.
func TestStateThatIsForgottenIsSetUpAnew(t *testing.T) {
	for _, c := range []struct {
		name  string
		setup func(*testing.T, *kmstest.Card)
		cfg   Config
		pic   Picture
		mode  [2]uint32
	}{
		{"the picture's", nil, Config{}, xr24(1280, 720), [2]uint32{1280, 720}},
		{"that was found lit", light(kmstest.Mode(1920, 1080, 60, true)), Config{}, xr24(1280, 720), [2]uint32{1920, 1080}},
		{"the user's", nil, Config{Mode: ModeWish{Width: 640, Height: 480}}, xr24(1280, 720), [2]uint32{640, 480}},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := kmstest.NewCard(kmstest.Quirks{})
			if c.setup != nil {
				c.setup(t, card)
			}
			d := openFake(t, card)
			o := output(t, d, c.cfg)
			o.SetSignal(pq(1))
			fb := play(t, d, o, c.pic)
			for round := range 3 {
				for range 3 {
					if err := o.Show(fb); err != nil {
						t.Fatalf("round %d: %v", round, err)
					}
				}
				m, err := parseMode(card.Blob(kmstest.CRTC1, "MODE_ID"))
				if err != nil || [2]uint32{m.Width(), m.Height()} != c.mode {
					t.Errorf("round %d: mode %v, error %v, want %v", round, &m, err, c.mode)
				}
				if card.Value(kmstest.CRTC1, "ACTIVE") != 1 || card.Value(kmstest.Primary1, "FB_ID") != uint64(fb.ID) || hdrOf(card) == nil {
					t.Errorf("round %d: the picture or its HDR state is not on the screen", round)
				}
				card.ForgetState()
			}
			if err := o.Show(fb); err != nil {
				t.Fatal(err)
			}
		})
	}
}
