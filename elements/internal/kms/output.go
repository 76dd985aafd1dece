package kms

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Config says how an Output is to be driven.
type Config struct {
	Connector     uint32 // id; 0: the first that is lit, else the first connected
	ConnectorName string // "HDMI-A-1", or the id in digits; before Connector
	Plane         uint32 // id; 0: chosen. Other planes are left alone then

	Mode         ModeWish
	ForceModeset bool // set a mode of the picture's size
	Extras
	NoScale   bool // never ask the plane to scale
	NoRestore bool // keep the mode at Close

	// Compose, if set, draws layers that find no plane of their own into dst, the
	// lowest first, over what was there before; it must clear it. What of the
	// signal its pixels are shown with comes as kind: 0 for SDR or 1 + the EOTF of
	// CTA-861.3 (2 PQ, 3 HLG), and 1 for BT.2020. It runs within Show.
	Compose func(dst *Dumb, parts []Part, kind [2]uint8)

	// Debugf, if set, is told of every refused test and every choice.
	Debugf func(format string, args ...any)
}

// Output shows frames on one display. It needs the device's mastership.
//
// The frame shown last is read by the display until a later one has replaced
// it: when Show returns nil, the memory of the frame before the previous one
// is free, and when Close returns, all is.
type Output struct {
	Connector *Connector
	CRTC      *CRTC

	d      *Device
	cfg    Config
	planes []*Plane // that this CRTC may use, best first
	lights []*Plane // lit on this CRTC, by us or by a program before us
	req    *Request
	wake   *sys.Wake

	lit      *Mode  // the mode that is set; nil while the CRTC is off
	ownMode  bool   // it was set by this output, not found
	ours     bool   // the pipe is as the last commit of this output left it
	found    *Mode  // that was set before
	was      *Mode  // that was lit when the display was lost
	wished   []Mode // what the user's wish leaves to choose from; nil: everything
	picture  Picture
	window   Window
	layout   *layout // nil until the first frame of a picture is shown
	stack    stack   // wanted beside the picture
	placed   stack   // that the layout is for
	blacks   []*Dumb // beneath a plane that does not cover the screen, by size
	canvases canvases
	before   snapshot
	refused  map[uint32]bool // formats that linear memory cannot have here, see Probe

	signal  Signal       // wanted
	applied appliedState // what the display has been told
	status  Status

	arrangements uint64

	extra    []setting // the user's, that go with the layout
	warnings []string
	ignored  []string

	lost     error // why frames cannot be shown for now; nil when they can
	watch    watch
	steady   int // flips since one was refused
	refusals int // flips that were, without a steady time between

	faultSince time.Time // when the hardware began to fail; zero while it does not

	blocking        bool // the driver takes no nonblocking commits
	refusedNonBlock int  // in a row
	closing         bool

	now     time.Duration // by clock, when a frame was to be shown last
	staged  time.Duration // when a frame was, see stageNext
	pending bool          // a flip was committed and has not been reported
	cookie  uint64        // of that flip
	flips   []Flip
	last    Flip
}

const (
	// flipTimeout is a safety net: at 1 Hz, the slowest display, a flip takes 1 s.
	flipTimeout = 3 * time.Second
	// unlockGrace lets a flip that is under way arrive after Unlock, at 24 Hz in
	// 42 ms, so that a pause costs no frame.
	unlockGrace = 60 * time.Millisecond
)

// NewOutput takes the device's mastership and chooses connector and CRTC.
// Nothing changes on the display before the first Show. The Output borrows d.
func NewOutput(d *Device, cfg Config) (*Output, error) {
	if err := d.waitForMaster(); err != nil {
		return nil, err
	}
	r, err := d.Resources()
	if err != nil {
		return nil, err
	}
	o := &Output{d: d, cfg: cfg, req: d.NewRequest(), flips: make([]Flip, 0, 32)}
	if o.Connector, o.CRTC, err = choosePipe(r, cfg.ConnectorName, cfg.Connector); err != nil {
		return nil, fmt.Errorf("%s: %w", d, err)
	}
	if err := o.choosePlanes(r); err != nil {
		return nil, fmt.Errorf("%s: %w", d, err)
	}
	if o.lit, err = o.currentMode(); err != nil {
		return nil, err
	}
	o.found = o.lit
	if o.wished, err = o.wishedModes(); err != nil {
		return nil, fmt.Errorf("%s: %w", d, err)
	}
	if o.wake, err = sys.NewWake(); err != nil {
		return nil, err
	}
	o.debugMonitor()
	return o, nil
}

func (o *Output) debugf(format string, args ...any) {
	if o.cfg.Debugf != nil {
		o.cfg.Debugf(format, args...)
	}
}

// currentMode is what the CRTC runs, or nil.
func (o *Output) currentMode() (*Mode, error) {
	blob := uint32(o.CRTC.Value("MODE_ID"))
	if !o.CRTC.Active() || blob == 0 {
		return nil, nil
	}
	b, err := o.d.readBlob(blob)
	if err != nil {
		return nil, err
	}
	m, err := parseMode(b)
	return &m, err
}

// Formats are those of all planes the output may use, without repetition, and
// without those that Probe found to be refused.
func (o *Output) Formats() []PlaneFormat { return o.withoutRefused(o.listed()) }

// listed are the formats as the planes list them.
func (o *Output) listed() []PlaneFormat {
	var all []PlaneFormat
	at := map[uint32]int{}
	for _, p := range o.planes {
		for _, f := range p.Formats {
			i, known := at[f.FourCC]
			if !known {
				at[f.FourCC] = len(all)
				all = append(all, PlaneFormat{f.FourCC, append([]uint64(nil), f.Modifiers...)})
				continue
			}
			all[i].Modifiers = union(all[i].Modifiers, f.Modifiers)
		}
	}
	return all
}

// Size is the display's in pixels: of the mode that the user wants, or else that
// is set, or else that the display prefers.
func (o *Output) Size() (width, height uint32) {
	if w := &o.cfg.Mode; w.Width != 0 {
		return w.Width, w.Height
	}
	m := o.lit
	if m == nil {
		m, _ = modeFor(o.Connector.Modes, 0, 0, 0)
	}
	if m == nil {
		return 0, 0
	}
	return m.Width(), m.Height()
}

// Configure announces the pictures to come. It changes nothing on the display
// but checks that some plane takes the format; ErrNoPlane otherwise.
func (o *Output) Configure(p Picture) error {
	p.normalize()
	if o.layout != nil && p == o.picture {
		return nil
	}
	if err := p.check(); err != nil {
		return err
	}
	if len(o.candidates(&p)) == 0 {
		return fmt.Errorf("%s, modifier %#x: %w of %s", FourCCName(p.FourCC), p.Modifier, ErrNoPlane, o.CRTC.String())
	}
	o.picture, o.layout = p, nil
	return nil
}

// Show puts a framebuffer (nil for a Drawn picture) on the screen at the next
// vertical blank, and with it the layers, and the signal, when that changed. It waits
// for the previous frame to get there first; Unlock ends the wait, unless the flip
// comes at once, with sys.ErrWoken. The first frame of a picture may set a mode,
// which blocks for some frames. No allocation otherwise.
//
// While the display is unplugged or another program's, and for some seconds while its
// hardware fails, the error is ErrLost: the frame is not shown, and a later one will
// be when the display is back.
func (o *Output) Show(fb *Framebuffer) error {
	if err := o.Present(); err != nil {
		return err
	}
	if err := o.await(); err != nil {
		return err
	}
	o.canvases.flipped()
	flips := o.layout != nil
	err := o.show(fb)
	if err != nil {
		var retry bool
		if retry, err = o.again(err, flips); !retry {
			return err
		}
		if err = o.show(fb); o.endures(err, true) {
			return o.lose(err)
		}
		if err != nil {
			return err
		}
		flips = false
	}
	if flips {
		o.steady++
	}
	o.faultSince = time.Time{}
	return nil
}

// show commits a frame; none is under way.
func (o *Output) show(fb *Framebuffer) error {
	if o.layout == nil {
		return o.begin(fb)
	}
	if o.window != o.layout.window || !o.stack.sameShape(&o.placed) {
		return o.move(fb)
	}
	if o.signal != o.applied.wanted {
		o.req.Reset()
		return o.changeSignal(fb)
	}
	o.draw(o.layout, o.applied.sent.kind())
	o.stageNext(o.layout, fb)
	err := o.flip()
	if o.req.short && err != nil && err != sys.ErrWoken {
		o.req.group() // the display may not be as it was left
		err = o.flip()
	}
	if err != nil {
		o.req.of = nil
	}
	return err
}

// await waits until the previous frame is on the screen.
func (o *Output) await() error {
	if o.pending { // as a rule the caller has waited, see Pending
		if err := o.readFlips(); err != nil {
			return err
		}
	}
	woken := false
	for o.pending {
		var events int16
		var err error
		if woken {
			events, err = poll(o.d.k.FD(), unlockGrace)
		} else {
			events, err = o.wake.Wait(o.d.k.FD(), unix.POLLIN, int(flipTimeout/time.Millisecond))
		}
		switch {
		case err == sys.ErrWoken:
			woken = true
			continue
		case err == unix.ETIMEDOUT && woken:
			return sys.ErrWoken
		case err == unix.ETIMEDOUT:
			o.pending = false
			if gone := o.d.checkMaster(); errors.Is(gone, ErrGone) {
				return gone
			}
			return fmt.Errorf("%s: %w within %v", o.CRTC.String(), ErrNoFlip, flipTimeout)
		case err != nil:
			return err
		case events&unix.POLLIN == 0: // POLLERR, POLLHUP, POLLNVAL
			return &opError{op: o.d.String(), kind: ErrGone, err: unix.ENODEV}
		}
		if err := o.readFlips(); err != nil {
			return err
		}
	}
	return nil
}

// poll is a wait that nothing ends early, so it is a short one.
func poll(fd int, timeout time.Duration) (int16, error) {
	p := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	err := sys.Poll(p[:], int(timeout/time.Millisecond))
	return p[0].Revents, err
}

// readFlips reads what there is and skips flips that others committed on a
// shared file.
func (o *Output) readFlips() error {
	flips, err := o.d.readFlips(o.flips[:0])
	for _, f := range flips {
		if o.pending && f.UserData == o.cookie {
			o.pending, o.last = false, f
		}
	}
	return err
}

// Pending lends what becomes readable when the next Show need not wait any more:
// the device's file, or the eventfd of Unlock. Not ok when no flip is under way.
func (o *Output) Pending() (device, unlock int, ok bool) {
	return o.d.k.FD(), o.wake.FD(), o.pending
}

// Wake lends the eventfd that Unlock sets.
func (o *Output) Wake() int { return o.wake.FD() }

// LastFlip tells when the latest frame known to be on the screen came there.
func (o *Output) LastFlip() Flip { return o.last }

// Plane is the plane that shows the picture, nil before the first frame.
func (o *Output) Plane() *Plane {
	if o.layout == nil {
		return nil
	}
	return o.layout.plane
}

// Arrangements counts how often planes were found for a frame that is unlike the
// one before: what Warnings, Ignored and Drawn tell has not changed while it stays.
func (o *Output) Arrangements() uint64 { return o.arrangements }

// Refresh is the refresh rate of the mode that is set, in mHz; 0 without one.
func (o *Output) Refresh() uint32 {
	if o.lit == nil {
		return 0
	}
	return o.lit.Refresh()
}

// Warnings tells what the driver cannot do for the current picture, for a person.
func (o *Output) Warnings() []string { return o.warnings }

// Ignored tells what of the user's settings the current picture is shown
// without, and why, for a person.
func (o *Output) Ignored() []string { return o.ignored }

// Unlock ends a wait in Show, and all later ones, until UnlockStop. Both may be
// called from any goroutine.
func (o *Output) Unlock()     { o.wake.Set() }
func (o *Output) UnlockStop() { o.wake.Clear() }

// Close puts the display back to what it was: CRTC, mode and planes as before,
// the HDR state off (see restore). The first error is returned; everything is
// freed in any case.
func (o *Output) Close() error {
	o.closing = true
	o.drain()
	err := o.restore()
	o.applied.free(o.d)
	for _, b := range o.blacks {
		b.Close()
	}
	o.canvases.close()
	return errors.Join(err, o.wake.Close())
}

// drain takes the last flip's event off the file, which may be shared.
func (o *Output) drain() {
	for o.pending {
		events, err := poll(o.d.k.FD(), flipTimeout)
		if err != nil || events&unix.POLLIN == 0 || o.readFlips() != nil {
			return
		}
	}
}

func union(a, b []uint64) []uint64 {
	for _, m := range b {
		found := false
		for _, n := range a {
			found = found || m == n
		}
		if !found {
			a = append(a, m)
		}
	}
	return a
}
