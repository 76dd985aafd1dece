package kms

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// A display may be lost while frames are shown on it, and come back: its plug is
// pulled, the television goes to standby, the user switches to another virtual
// terminal. Show fails with ErrLost for that time, however long it is, and looks
// for the display every now and then; what it finds is read and set up anew.
//
// Looking means asking the kernel for what it knows. No hot-plug message is
// waited for: those need a socket that containers with a user namespace of their
// own do not hear, and a thread to listen.

const (
	// A look costs as much as half a frame.
	watchInterval = time.Second            // while frames are shown
	lookInterval  = 250 * time.Millisecond // while the display is lost
	// A connector that went is looked for by reading all there are, which asks
	// the displays.
	searchInterval = 2 * time.Second
	// A refused flip is tried once more with everything read and set up anew,
	// which may make the display go dark for a moment. A driver that wants that
	// again before steadyFlips, more than maxRefusals times, is at fault.
	steadyFlips = 60
	maxRefusals = 3
)

// watch remembers what a look saw.
type watch struct {
	next   time.Duration // when to look again, by clock
	modes  uint32        // how many the display has; 0 before the first look
	bad    bool          // the link
	arg    sys.DRMModeGetConnector
	room   [1]sys.DRMModeModeInfo
	props  []uint32
	values []uint64
}

// Lost tells whether, and why, frames cannot be shown for now; nil when they
// can, as far as is known.
func (o *Output) Lost() error { return o.lost }

// Present makes sure that the display is there, by a look if it is time; if not,
// the error is ErrLost. Show asks by itself; a caller with work to save asks first.
func (o *Output) Present() error {
	o.now = clock()
	if o.now < o.watch.next {
		return o.lost
	}
	o.watch.next = o.now + watchInterval // unless it is lost
	connected, changed, err := o.look()
	switch {
	case errors.Is(err, unix.ENOENT):
		// DisplayPort hubs take their connectors with them, and bring others.
		changed = true
	case o.endures(err, false):
		return o.lose(err)
	case err != nil:
		return err
	case !connected:
		return o.lose(ErrNoConnector)
	}
	if o.lost == nil && !changed {
		return nil
	}
	return o.regain()
}

// look asks for the connector's state as the kernel knows it. It does not make
// it ask the display, which takes long: that is what room for a mode is for.
func (o *Output) look() (connected, changed bool, err error) {
	w := &o.watch
	if n := len(o.Connector.props); len(w.props) != n {
		w.props, w.values = make([]uint32, n), make([]uint64, n)
	}
	w.arg = sys.DRMModeGetConnector{
		ConnectorID: o.Connector.ID,
		Modes:       sys.PtrTo(w.room[:]), CountModes: uint32(len(w.room)),
		Props: sys.PtrTo(w.props), PropValues: sys.PtrTo(w.values), CountProps: uint32(len(w.props)),
	}
	if err := o.d.k.Ioctl(sys.DRM_IOCTL_MODE_GETCONNECTOR, unsafe.Pointer(&w.arg)); err != nil {
		return false, false, failed(err, "%s: look at %s", o.d, &o.Connector.Object)
	}
	if w.arg.Connection == sys.DRM_MODE_DISCONNECTED {
		return false, false, nil
	}
	// Another number of modes is another display, that came between two looks.
	changed = w.modes != 0 && w.arg.CountModes != w.modes
	w.modes = w.arg.CountModes
	if blob, known := o.seen("EDID"); known && uint32(blob) != o.Connector.edidBlob {
		replaced, err := o.monitorReplaced(uint32(blob))
		if err != nil {
			return true, false, err
		}
		changed = changed || replaced
	}
	was := w.bad
	w.bad = o.linkBad()
	return true, changed || w.bad && !was, nil
}

// seen is the value of a property of the connector at the last look.
func (o *Output) seen(name string) (value uint64, known bool) {
	p := o.Connector.Property(name)
	if p == nil || int(o.watch.arg.CountProps) != len(o.watch.props) {
		return 0, false
	}
	i := slices.Index(o.watch.props, p.ID)
	if i < 0 {
		return 0, false
	}
	return o.watch.values[i], true
}

// linkBad tells whether the driver gave up on the link to the display, which a
// mode set trains anew.
func (o *Output) linkBad() bool {
	value, known := o.seen(linkStatus)
	if !known {
		return false
	}
	bad, has := o.Connector.Property(linkStatus).Enum("Bad")
	return has && value == bad
}

const linkStatus = "link-status"

// lose notes that the display cannot be had for now.
func (o *Output) lose(why error) error {
	if kind := kindOfLoss(why); o.lost == nil || !errors.Is(o.lost, kind) {
		o.lost = fmt.Errorf("%s, %s: %w: %w", o.d, &o.Connector.Object, ErrLost, why)
		o.debugf("%v", o.lost)
	}
	o.watch.next = clock() + lookInterval
	return o.lost
}

// regain takes the display, as it is now; the next frame sets everything up.
func (o *Output) regain() error {
	if err := o.d.AcquireMaster(); errors.Is(err, ErrNotMaster) {
		return o.lose(err)
	} else if err != nil {
		return err
	}
	r, err := o.d.Resources()
	switch {
	case errors.Is(err, unix.ENOENT): // it went while it was read
		return o.lose(ErrNoConnector)
	case err != nil:
		return err
	}
	c := r.connector(o.Connector.ID)
	if c == nil {
		c = pick(r.Connectors, func(c *Connector) bool { return c.Label == o.Connector.Label })
	}
	crtc := r.crtc(uint64(o.CRTC.ID))
	switch {
	case crtc == nil: // a card keeps its CRTCs for life
		return fmt.Errorf("%s, %s: %w", o.d, o.CRTC.String(), ErrRevoked)
	case c == nil:
		o.lose(ErrNoConnector)
		o.watch.next = clock() + searchInterval
		return o.lost
	case c.Connection == sys.DRM_MODE_DISCONNECTED:
		return o.lose(ErrNoConnector)
	}
	if err := o.adoptState(r, c, crtc); err != nil {
		return err
	}
	if o.lost != nil {
		o.debugf("%s, %s: back", o.d, &o.Connector.Object)
	}
	o.lost, o.watch.modes, o.watch.bad = nil, 0, false
	return nil
}

// adoptState replaces what is known of the pipe by what was read.
func (o *Output) adoptState(r *Resources, c *Connector, crtc *CRTC) error {
	*o.Connector, *o.CRTC = *c, *crtc
	if o.lit != nil {
		o.was = o.lit
	}
	known := append(slices.Clone(o.planes), o.lights...)
	o.lights = nil
	for _, now := range r.Planes {
		p := pick(known, func(p *Plane) bool { return p.ID == now.ID })
		if p == nil {
			p = now
		} else {
			*p = *now
		}
		mine := o.cfg.Plane == 0 || slices.Contains(o.planes, p)
		if mine && p.Value("CRTC_ID") == uint64(crtc.ID) {
			o.lights = append(o.lights, p)
		}
	}
	o.debugMonitor()
	lit, err := o.currentMode()
	o.lit, o.layout, o.ours = lit, nil, false
	return err
}

// again follows the failure of a commit: whether the display is lost, or the
// frame should be shown once more after everything was read anew.
func (o *Output) again(err error, flipped bool) (bool, error) {
	var commit *CommitError
	switch {
	case !errors.As(err, &commit) || errors.Is(err, ErrGone) || busy(err):
		return false, err
	case errors.Is(err, ErrNotMaster):
		return false, o.lose(err)
	}
	if connected, _, lerr := o.look(); lerr == nil && !connected {
		return false, o.lose(ErrNoConnector)
	}
	if o.endures(err, flipped) {
		return false, o.lose(err)
	}
	if !flipped {
		return false, err
	}
	if o.steady >= steadyFlips {
		o.refusals = 0
	}
	o.steady = 0
	if o.refusals++; o.refusals > maxRefusals {
		return false, err
	}
	o.debugf("set up anew: %v", err)
	if err := o.regain(); err != nil {
		return false, err
	}
	return true, nil
}
