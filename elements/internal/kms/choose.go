package kms

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// choosePipe picks a connector, by name or id where one is given, and a CRTC for
// it.
func choosePipe(r *Resources, name string, id uint32) (*Connector, *CRTC, error) {
	c, err := chooseConnector(r, name, id)
	if err != nil {
		return nil, nil, err
	}
	if current := r.crtc(c.Value("CRTC_ID")); current != nil {
		return c, current, nil
	}
	for _, crtc := range r.CRTCs {
		if c.possibleCRTCs&crtc.bit != 0 && !r.inUse(crtc) {
			return c, crtc, nil
		}
	}
	return nil, nil, fmt.Errorf("%s: %w", &c.Object, ErrNoCRTC)
}

// chooseConnector goes by the name that the kernel gives it in /sys/class/drm,
// or its id written as a name, or its id.
func chooseConnector(r *Resources, name string, id uint32) (*Connector, error) {
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		name, id = "", uint32(n)
	}
	if name == "" && id == 0 {
		if c := bestConnector(r); c != nil {
			return c, nil
		}
		return nil, ErrNoConnector
	}
	missing := &ChoiceError{What: "connector " + name, Why: "does not exist", Has: r.connectorNames(), Kind: ErrNoConnector}
	c := pick(r.Connectors, func(c *Connector) bool { return c.Label == name })
	if name == "" {
		missing.What = fmt.Sprintf("connector %d", id)
		c = r.connector(id)
	}
	switch {
	case c == nil:
		return nil, missing
	// "unknown" is what sockets without detection say; the user knows.
	case c.Connection == sys.DRM_MODE_DISCONNECTED:
		missing.What, missing.Why = c.Object.String(), "has no display connected"
		return nil, missing
	}
	return c, nil
}

// bestConnector prefers a display that is lit, which is where the user looks,
// then one that is there for certain, then one on a socket without detection.
func bestConnector(r *Resources) *Connector {
	var connected, maybe *Connector
	for _, c := range r.Connectors {
		switch {
		case c.Connected() && c.Value("CRTC_ID") != 0:
			return c
		case c.Connected() && connected == nil:
			connected = c
		case c.Connection == sys.DRM_MODE_UNKNOWNCONNECTION && len(c.Modes) > 0 && maybe == nil:
			maybe = c
		}
	}
	if connected != nil {
		return connected
	}
	return maybe
}

func (r *Resources) inUse(crtc *CRTC) bool {
	return slices.ContainsFunc(r.Connectors, func(c *Connector) bool {
		return c.Value("CRTC_ID") == uint64(crtc.ID)
	})
}

// choosePlanes finds the planes that are free for this CRTC: primary first, then
// overlays in the driver's order.
func (o *Output) choosePlanes(r *Resources) error {
	crtc := uint64(o.CRTC.ID)
	free := func(p *Plane) bool {
		on := p.Value("CRTC_ID")
		return p.possibleCRTCs&o.CRTC.bit != 0 && (on == 0 || on == crtc)
	}
	if id := o.cfg.Plane; id != 0 {
		p := r.plane(id)
		if p == nil || !free(p) {
			e := &ChoiceError{What: fmt.Sprintf("plane %d", id), Why: "does not exist", Kind: ErrNoPlane}
			if p != nil {
				e.Why = fmt.Sprintf("cannot be used with %s, which shows %s", o.CRTC.String(), o.Connector.String())
			}
			for _, p := range r.Planes {
				if free(p) {
					e.Has = append(e.Has, planeName(p))
				}
			}
			return e
		}
		o.planes = []*Plane{p}
		return nil
	}
	for _, p := range r.Planes {
		if free(p) && !p.Cursor() {
			o.planes = append(o.planes, p)
		}
		if p.Value("CRTC_ID") == crtc {
			o.lights = append(o.lights, p)
		}
	}
	slices.SortStableFunc(o.planes, func(a, b *Plane) int { return rank(a, crtc) - rank(b, crtc) })
	if len(o.planes) == 0 {
		return fmt.Errorf("%s has no free plane: %w", o.CRTC.String(), ErrNoPlane)
	}
	return nil
}

// rank puts the CRTC's own primary plane before one that others could use too.
func rank(p *Plane, crtc uint64) int {
	switch {
	case p.Primary() && p.Value("CRTC_ID") == crtc:
		return 0
	case p.Primary():
		return 1
	}
	return 2
}

// primary is the plane to put black on, or nil.
func (o *Output) primary() *Plane {
	if p := o.planes[0]; p.Primary() {
		return p
	}
	return nil
}

// candidates are the planes that list the picture's format, or that of what it is
// drawn into.
func (o *Output) candidates(p *Picture) []*Plane {
	var c []*Plane
	for _, plane := range o.planes {
		if !p.Drawn && plane.Supports(p.FourCC, p.Modifier) || p.Drawn && o.cfg.Compose != nil && plane.canvas() {
			c = append(c, plane)
		}
	}
	return c
}

// modes are those to try for the picture, best first. The user's wish decides;
// else a mode that is lit stays, unless it cannot show the picture at all, or not
// for another monitor than it was chosen for.
func (o *Output) modes() []*Mode {
	p := &o.picture
	if o.wished != nil {
		best, _ := modeFor(o.wished, o.cfg.Mode.Width, o.cfg.Mode.Height, p.fps())
		return []*Mode{o.asLit(best)}
	}
	f := o.found
	if o.ours {
		f = o.lit
	}
	if f != nil && o.cfg.Mode.FollowRate && !o.cfg.ForceModeset {
		if best, exact := modeFor(o.Connector.Modes, f.Width(), f.Height(), p.fps()); exact {
			return []*Mode{o.asLit(best), f}
		}
	}
	best, exact := modeFor(o.Connector.Modes, p.Crop.W, p.Crop.H, p.fps())
	if o.lit == nil && o.was != nil && !o.cfg.ForceModeset {
		// It went dark without our doing: what was lit is lit again, if the display
		// is the one that it was.
		if i := slices.IndexFunc(o.Connector.Modes, o.was.sameTimingAs); i >= 0 {
			return []*Mode{&o.Connector.Modes[i], best}
		}
	}
	switch {
	case best == nil && o.lit == nil:
		return nil
	case best == nil:
		return []*Mode{o.lit}
	case o.asLit(best) == o.lit:
		return []*Mode{o.lit}
	case o.lit != nil && (!o.ownMode || o.ours) && !o.cfg.ForceModeset:
		return []*Mode{o.lit, best}
	case exact:
		if preferred, _ := modeFor(o.Connector.Modes, 0, 0, p.fps()); preferred != best {
			return []*Mode{best, preferred}
		}
	}
	return []*Mode{best}
}

// asLit is the mode that is set, if m has its timing: it need not be set again.
func (o *Output) asLit(m *Mode) *Mode {
	if o.lit != nil && o.lit.sameTiming(m) {
		return o.lit
	}
	return m
}
