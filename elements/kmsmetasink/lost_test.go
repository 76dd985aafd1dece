package kmsmetasink

import (
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// The stream outlives its display: frames are dropped and counted meanwhile, and
// the bus hears of both ends, once each.
func TestStreamOutlivesItsDisplay(t *testing.T) {
	for _, c := range []struct {
		name       string
		lose, back func(*kmstest.Card)
		words      string
	}{
		{"another program takes and leaves it",
			func(c *kmstest.Card) { c.TakeMaster() },
			func(c *kmstest.Card) { c.GiveMaster(nil) }, "Another program has the display of fake now"},
		{"it is unplugged and plugged in",
			func(c *kmstest.Card) { c.Disconnect(kmstest.Connector1) },
			func(c *kmstest.Card) { c.Plug(kmstest.Connector1, kmstest.Mode(1280, 720, 60, true)) }, "HDMI-A-1 of fake"},
		{"its hardware hangs, and is reset",
			func(c *kmstest.Card) { c.Refuse(1<<30, unix.EIO) },
			func(c *kmstest.Card) { c.ForgetState(); c.Refuse(0, nil) }, "is being reset"},
		{"it is short of memory",
			func(c *kmstest.Card) { c.Refuse(1<<30, unix.ENOMEM) },
			func(c *kmstest.Card) { c.Refuse(0, nil) }, "No memory left on fake"},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := newCard(t, kmstest.Quirks{})
			p := pipe.Play(t, "videotestsrc is-live=true ! video/x-raw,format=BGRx,width=640,height=480,framerate=60/1 ! fakekmssink name=sink sync=false")
			shown := func() uint64 { return property[uint64](t, p, "frames-shown") }
			dropped := func() uint64 { return property[uint64](t, p, "frames-dropped") }
			until(t, "ten frames are shown", func() bool { return shown() >= 10 })
			if n := dropped(); n != 0 {
				t.Errorf("%d frames dropped before", n)
			}

			c.lose(card)
			w := p.Next("warning", 10*time.Second, func(m pipe.Message) bool { return m.Type == gst.MessageWarning })
			if !strings.Contains(w.Text, c.words) {
				t.Errorf("warning %q does not say %q", w.Text, c.words)
			}
			display(t, p, "lost")
			was := shown()
			until(t, "frames are dropped", func() bool { return dropped() >= 10 })
			if shown() != was {
				t.Errorf("%d frames shown on a display that is lost", shown()-was)
			}

			c.back(card)
			p.Next("message that it is back", 10*time.Second, func(m pipe.Message) bool {
				if m.Type == gst.MessageWarning || m.Type == gst.MessageError {
					t.Errorf("%s (%s)", m.Text, m.Debug)
				}
				return m.Type == gst.MessageElement && strings.Contains(m.Text, "state=(string)back")
			})
			until(t, "frames are shown again", func() bool { return shown() >= was+10 })
			if card.Value(kmstest.CRTC1, "ACTIVE") != 1 || card.Value(kmstest.Primary1, "FB_ID") == 0 {
				t.Error("the picture is not on the screen")
			}
			p.Stop()
			if left := theFile.Load().Left(); len(left) > 0 {
				t.Errorf("left on the card: %v", left)
			}
		})
	}
}

func display(t *testing.T, p *pipe.Pipe, state string) {
	t.Helper()
	p.Next("kms-display "+state, 10*time.Second, func(m pipe.Message) bool {
		return m.Type == gst.MessageElement && strings.HasPrefix(m.Text, "kms-display") &&
			strings.Contains(m.Text, "state=(string)"+state) && strings.Contains(m.Text, "HDMI-A-1")
	})
}

// A driver that comes back from a suspend without its state is given it anew by the
// next frame, and the bus hears nothing of it.
func TestForgottenStateIsSetUpAnew(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	p := pipe.Play(t, strings.Replace(nv12PQ, "num-buffers=20", "is-live=true", 1)+"fakekmssink name=sink sync=false")
	shown := func() uint64 { return property[uint64](t, p, "frames-shown") }
	for range 3 {
		was := shown()
		until(t, "frames are shown", func() bool { return shown() >= was+5 })
		card.ForgetState()
		was = shown()
		until(t, "frames are shown again", func() bool { return shown() >= was+5 })
		if card.Value(kmstest.CRTC1, "ACTIVE") != 1 || card.Value(kmstest.Primary1, "FB_ID") == 0 ||
			card.Blob(kmstest.Connector1, "HDR_OUTPUT_METADATA") == nil {
			t.Error("the picture or its HDR state is not on the screen")
		}
	}
	if n := property[uint64](t, p, "frames-dropped"); n != 0 {
		t.Errorf("%d frames dropped", n)
	}
	p.Stop()
	if left := theFile.Load().Left(); len(left) > 0 {
		t.Errorf("left on the card: %v", left)
	}
}

// Without a clock, too, the stream waits for nothing while its display is lost,
// but does not rush through; and it stops at once.
func TestLostDisplayNeitherSpinsNorHangs(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	p := pipe.Play(t, strings.Replace(bgrx, "num-buffers=20", "", 1)+"fakekmssink name=sink sync=false")
	until(t, "frames are shown", func() bool { return property[uint64](t, p, "frames-shown") >= 5 })
	card.TakeMaster()
	display(t, p, "lost")
	was := property[uint64](t, p, "frames-dropped")
	time.Sleep(500 * time.Millisecond)
	if n := property[uint64](t, p, "frames-dropped") - was; n == 0 || n > 55 {
		t.Errorf("%d frames dropped in 500 ms, want one in 10 ms", n)
	}
	start := time.Now()
	p.Stop()
	if took := time.Since(start); took > time.Second {
		t.Errorf("stop took %v", took)
	}
}

func TestEndOfADisplayIsAClearError(t *testing.T) {
	for _, c := range []struct {
		name  string
		end   func(*kmstest.Card)
		words []string
	}{
		{"the card is removed", func(c *kmstest.Card) { c.Unplug() }, []string{"is gone", "fake"}},
		{"the driver is busy for ever", func(c *kmstest.Card) { c.Refuse(1<<30, unix.EBUSY) }, []string{"stays busy", "fake"}},
		{"the hardware hangs", func(c *kmstest.Card) { c.Refuse(1<<30, unix.EIO) }, []string{"reset", "fake"}},
		{"no memory is left", func(c *kmstest.Card) { c.Refuse(1<<30, unix.ENOMEM) }, []string{"No memory left", "fake"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := newCard(t, kmstest.Quirks{})
			p := pipe.Play(t, strings.Replace(bgrx, "num-buffers=20", "", 1)+"fakekmssink name=sink sync=false")
			until(t, "frames are shown", func() bool { return property[uint64](t, p, "frames-shown") >= 5 })
			c.end(card) // some are waited out for five seconds
			m := p.Error(10 * time.Second)
			for _, w := range c.words {
				if !strings.Contains(m.Text, w) {
					t.Errorf("%q does not say %q", m.Text, w)
				}
			}
			card.Refuse(0, nil)
			start := time.Now()
			p.Stop()
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("stop took %v", took)
			}
		})
	}
}

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after 20 s still not: %s", what)
		}
	}
}
