package kms

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// player shows frames on a fake card.
type player struct {
	t    *testing.T
	card *kmstest.Card
	k    *kmstest.File
	d    *Device
	o    *Output
	fb   *Framebuffer
}

func newPlayer(t *testing.T, q kmstest.Quirks) *player {
	t.Helper()
	card := kmstest.NewCard(q)
	return playOn(t, card, card.Open(), false)
}

func playOn(t *testing.T, card *kmstest.Card, k *kmstest.File, borrowed bool) *player {
	t.Helper()
	p := &player{t: t, card: card, k: k}
	d, err := New(p.k)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	d.borrowed = borrowed
	p.d = d
	if p.o, err = NewOutput(d, Config{Debugf: t.Logf}); err != nil {
		t.Fatal(err)
	}
	p.o.SetSignal(pq(1))
	p.fb = frame(t, d, sys.DRM_FORMAT_XRGB8888, 1920, 1080)
	if err := p.o.Configure(xr24(1920, 1080)); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *player) show() error { return p.o.Show(p.fb) }

func (p *player) shows(n int) {
	p.t.Helper()
	for i := range n {
		if err := p.show(); err != nil {
			p.t.Fatalf("frame %d: %v", i, err)
		}
	}
}

// later lets the time pass after which the display is looked for.
func (p *player) later() { p.o.watch.next = 0 }

// loses shows frames until the display is lost, which is within one look.
func (p *player) loses(why error) {
	p.t.Helper()
	p.later()
	for range 2 {
		if err := p.show(); err != nil {
			if !errors.Is(err, ErrLost) || !errors.Is(err, why) {
				p.t.Fatalf("got %v, want ErrLost for %v", err, why)
			}
			return
		}
	}
	p.t.Fatal("the display was not found lost")
}

// whole checks that the display has all that frames need.
func (p *player) whole() {
	p.t.Helper()
	c := p.card
	if c.Value(kmstest.CRTC1, "ACTIVE") != 1 || c.Value(kmstest.Primary1, "FB_ID") != uint64(p.fb.ID) {
		p.t.Error("the picture is not on the screen")
	}
	if hdrOf(c) == nil {
		p.t.Error("the HDR state is not the picture's")
	}
}

// close ends the player; want is the error that it has to end with.
func (p *player) close(want error) {
	p.t.Helper()
	if err := p.o.Close(); !errors.Is(err, want) {
		p.t.Errorf("close: got %v, want %v", err, want)
	}
}

func TestDisplayThatIsLostComesBack(t *testing.T) {
	for _, c := range []struct {
		name   string
		quirks kmstest.Quirks
		lose   func(*player)
		why    error
		back   func(*player)
	}{
		{name: "another program takes and leaves it", why: ErrNotMaster,
			lose: func(p *player) { p.card.TakeMaster() },
			back: func(p *player) { p.card.GiveMaster(nil) }},
		{name: "it sets another mode, planes and HDR state meanwhile", why: ErrNotMaster,
			lose: func(p *player) { p.card.TakeMaster() },
			back: func(p *player) {
				p.card.Set(kmstest.Primary1, "FB_ID", 0)
				p.card.Set(kmstest.Primary1, "CRTC_ID", 0)
				p.card.Set(kmstest.Primary1, "alpha", 7)
				p.card.Set(kmstest.CRTC1, "ACTIVE", 0)
				p.card.Set(kmstest.CRTC1, "MODE_ID", 0)
				p.card.Set(kmstest.Connector1, "CRTC_ID", 0)
				p.card.Set(kmstest.Connector1, "HDR_OUTPUT_METADATA", 0)
				p.card.GiveMaster(nil)
			}},
		{name: "a session manager takes a lent file's mastership and gives it back", why: ErrNotMaster,
			lose: func(p *player) { p.d.borrowed = true; p.card.TakeMaster() },
			back: func(p *player) { p.card.GiveMaster(p.k) }},
		{name: "mastership goes after five commits", why: ErrNotMaster, quirks: kmstest.Quirks{LoseMasterAfter: 5},
			lose: func(p *player) { p.o.show(p.fb) },
			back: func(p *player) { p.card.GiveMaster(nil) }},
		{name: "the plug is pulled and put back", why: ErrNoConnector,
			lose: func(p *player) { p.card.Disconnect(kmstest.Connector1) },
			back: func(p *player) { p.card.Plug(kmstest.Connector1, kmstest.Mode(1920, 1080, 60, true)) }},
		{name: "the plug is pulled after five commits", why: ErrNoConnector, quirks: kmstest.Quirks{DisconnectAfter: 5},
			lose: func(p *player) { p.o.show(p.fb) },
			back: func(p *player) { p.card.Plug(kmstest.Connector1, kmstest.Mode(1920, 1080, 60, true)) }},
		{name: "a hub takes its connector along and brings it back as another", why: ErrNoConnector,
			lose: func(p *player) { p.card.Remove(kmstest.Connector1) },
			back: func(p *player) { p.card.Rename(kmstest.Connector1|1<<31, kmstest.Connector1) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlayer(t, c.quirks)
			p.shows(4)
			c.lose(p)
			p.loses(c.why)
			if err := p.show(); err != p.o.Lost() || err == nil {
				t.Errorf("between two looks: got %v, want what the last one saw", err)
			}
			p.later()
			p.loses(c.why)

			c.back(p)
			p.later()
			p.card.ForgetCommits()
			p.shows(1)
			if got := p.card.Commits(); len(got) == 0 || got[len(got)-1].Flags&uint32(AllowModeset) == 0 {
				t.Errorf("commits %+v, want everything set up anew", got)
			}
			if p.o.Lost() != nil {
				t.Errorf("still lost: %v", p.o.Lost())
			}
			p.whole()
			p.shows(10)
			p.close(nil)
		})
	}
}

func TestAnotherDisplayIsSetUpWithItsOwnMode(t *testing.T) {
	for _, fast := range []bool{false, true} {
		p := newPlayer(t, kmstest.Quirks{})
		p.shows(3)
		if !fast { // as seen between two looks
			p.card.Disconnect(kmstest.Connector1)
			p.loses(ErrNoConnector)
		}
		p.card.Plug(kmstest.Connector1, kmstest.Mode(1280, 720, 50, true))
		p.later()
		p.shows(3)
		m, err := parseMode(p.card.Blob(kmstest.CRTC1, "MODE_ID"))
		if err != nil || m.Width() != 1280 {
			t.Errorf("mode %v, error %v, want 1280x720", &m, err)
		}
		if w, h := p.o.Size(); w != 1280 || h != 720 {
			t.Errorf("size %dx%d", w, h)
		}
		p.close(nil)
	}
}

func TestLinkThatFailedIsTrainedAnew(t *testing.T) {
	p := newPlayer(t, kmstest.Quirks{})
	p.shows(3)
	p.card.Set(kmstest.Connector1, "link-status", 1)
	p.later()
	p.shows(2)
	if got := p.card.Enum(kmstest.Connector1, "link-status"); got != "Good" {
		t.Errorf("link-status %s", got)
	}
	p.close(nil)
}

func TestLostDisplayCanBeClosed(t *testing.T) {
	p := newPlayer(t, kmstest.Quirks{})
	p.shows(3)
	p.card.TakeMaster()
	p.loses(ErrNotMaster)
	p.close(ErrNotMaster)

	p = newPlayer(t, kmstest.Quirks{})
	p.shows(3)
	p.card.Disconnect(kmstest.Connector1)
	p.loses(ErrNoConnector)
	p.close(nil)
	if p.card.Value(kmstest.CRTC1, "ACTIVE") != 0 {
		t.Error("the pipe was left on")
	}
}

func TestDriverThatIsBusyIsAskedAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		quirks kmstest.Quirks
		errno  error
		times  int
		first  bool // before the first frame
		want   error
	}{
		{name: "for a moment", errno: unix.EBUSY, times: 5},
		{name: "at the first frame", errno: unix.EBUSY, times: 5, first: true},
		{name: "and says to try again", errno: unix.EAGAIN, times: 5},
		{name: "and is interrupted", errno: unix.EINTR, times: 5},
		{name: "and takes no nonblocking commits", errno: unix.EBUSY, times: 5, quirks: kmstest.Quirks{NoNonBlock: true}},
		{name: "for ever", errno: unix.EBUSY, times: 1 << 30, want: ErrBusy},
		{name: "for ever from the first frame on", errno: unix.EBUSY, times: 1 << 30, first: true, want: ErrBusy},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlayer(t, c.quirks)
			if !c.first {
				p.shows(2)
			}
			p.card.Refuse(c.times, c.errno)
			start := time.Now()
			err := p.show()
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if took := time.Since(start); took > 3*busyTimeout {
				t.Errorf("took %v", took)
			}
			p.card.Refuse(0, nil)
			if c.want == nil {
				p.shows(3)
			}
			p.close(nil)
		})
	}
}

func TestUnlockEndsTheWaitForABusyDriver(t *testing.T) {
	p := newPlayer(t, kmstest.Quirks{})
	p.shows(2)
	p.card.Refuse(1<<30, unix.EBUSY)
	go func() { time.Sleep(20 * time.Millisecond); p.o.Unlock() }()
	start := time.Now()
	if err := p.show(); !errors.Is(err, sys.ErrWoken) {
		t.Errorf("got %v, want ErrWoken", err)
	}
	if took := time.Since(start); took > busyTimeout/2 {
		t.Errorf("took %v", took)
	}
	p.card.Refuse(4, unix.EBUSY) // the restore is tried again all the same
	p.close(nil)
}

func TestDriverWithoutNonblockingCommitsIsAskedOnce(t *testing.T) {
	p := newPlayer(t, kmstest.Quirks{NoNonBlock: true})
	p.shows(1 + neverNonBlocking)
	p.card.ForgetCommits()
	p.shows(5)
	if got := p.card.Commits(); len(got) != 5 {
		t.Errorf("%d commits for 5 frames: %+v", len(got), got)
	}
	p.close(nil)
}

// A flip that is refused, whatever for, gets a second chance with everything set
// up anew; a driver that refuses all the time gets no third.
func TestRefusedFlipIsSetUpAnew(t *testing.T) {
	p := newPlayer(t, kmstest.Quirks{})
	p.shows(2)
	p.card.Set(kmstest.CRTC1, "ACTIVE", 0) // another program did, unseen
	p.shows(1)
	p.whole()
	p.shows(steadyFlips + 1)
	for range maxRefusals {
		p.card.Refuse(2, unix.EINVAL) // asked to block, and with all that belongs to the plane, too
		p.card.NoNonBlock = true
		p.shows(1)
		p.card.NoNonBlock = false
		p.shows(1)
	}
	p.card.NoNonBlock = true
	p.card.Refuse(2, unix.EINVAL)
	if err := p.show(); !errors.Is(err, unix.EINVAL) {
		t.Errorf("got %v, want EINVAL", err)
	}
	p.close(nil)
}

// Frame after frame only the framebuffer is new; after a while without one all is said
// again, and what another program did in between is put right.
func TestFrameSaysOnlyWhatIsNew(t *testing.T) {
	p := newPlayer(t, kmstest.Quirks{})
	p.shows(2)
	p.card.ForgetCommits()
	p.shows(3)
	for i, c := range p.card.Commits() {
		if c.Properties != 1 {
			t.Errorf("frame %d sets %d properties", i, c.Properties)
		}
	}
	p.whole()
	p.card.Set(p.o.Plane().ID, "CRTC_W", 100) // another program did, unseen
	p.o.staged = clock() - unwatched
	p.card.ForgetCommits()
	p.shows(2)
	if c := p.card.Commits(); len(c) != 2 || c[0].Properties < 10 || c[1].Properties != 1 {
		t.Errorf("after a while: %+v", c)
	}
	if w := p.card.Value(p.o.Plane().ID, "CRTC_W"); w != 1920 {
		t.Errorf("the picture is %d wide on the screen", w)
	}
	p.whole()
	p.close(nil)
}

func TestDriverThatHangsIsAnErrorThatNamesIt(t *testing.T) {
	for _, c := range []struct {
		errno unix.Errno
		want  error
	}{{unix.EIO, ErrFault}, {unix.ENODEV, ErrGone}, {unix.ENOMEM, unix.ENOMEM}, {unix.ENOSPC, unix.ENOSPC}} {
		p := newPlayer(t, kmstest.Quirks{})
		p.shows(2)
		p.card.Refuse(1<<30, c.errno)
		if c.errno == unix.EIO || c.errno == unix.ENOMEM { // waited for at first
			p.loses(c.want)
			p.o.faultSince = time.Now().Add(-faultTimeout)
			p.later()
		}
		if err := p.show(); !errors.Is(err, c.want) || errors.Is(err, ErrLost) {
			t.Errorf("%v: got %v, want %v", c.errno, err, c.want)
		}
		p.card.Refuse(0, nil)
		p.close(nil)
	}
}

func TestFormatsThatTheDriverListsAndRefuses(t *testing.T) {
	d := openFake(t, kmstest.NewCard(kmstest.Quirks{WrongFormats: true}))
	o := output(t, d, Config{})
	fb := frame(t, d, sys.DRM_FORMAT_NV12, 640, 480)
	if err := o.Configure(picture(sys.DRM_FORMAT_NV12, 640, 480)); err != nil {
		t.Logf("refused early: %v", err)
	} else if err := o.Show(fb); !errors.Is(err, ErrNoPlane) || !errors.Is(err, unix.EINVAL) {
		t.Errorf("got %v, want ErrNoPlane", err)
	}
	play(t, d, o, xr24(640, 480))
}
