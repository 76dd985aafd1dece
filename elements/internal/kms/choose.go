package kms

import (
	"fmt"
	"slices"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// choosePipe picks a connector, by id where one is given, and a CRTC for it.
func choosePipe(r *Resources, id uint32) (*Connector, *CRTC, error) {
	var c *Connector
	if id != 0 {
		if c = r.connector(id); c == nil {
			return nil, nil, fmt.Errorf("connector %d does not exist: %w", id, ErrNoConnector)
		}
		// "unknown" is what sockets without detection say; the user knows.
		if c.Connection == sys.DRM_MODE_DISCONNECTED {
			return nil, nil, fmt.Errorf("%s: %w", &c.Object, ErrNoConnector)
		}
	} else if c = bestConnector(r); c == nil {
		return nil, nil, ErrNoConnector
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
		switch {
		case p == nil:
			return fmt.Errorf("plane %d does not exist: %w", id, ErrNoPlane)
		case !free(p):
			return fmt.Errorf("%s cannot be used with %s: %w", p.String(), o.CRTC.String(), ErrNoPlane)
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

// candidates are the planes that list the picture's format.
func (o *Output) candidates(p *Picture) []*Plane {
	var c []*Plane
	for _, plane := range o.planes {
		if plane.Supports(p.FourCC, p.Modifier) {
			c = append(c, plane)
		}
	}
	return c
}

// modes are those to try for the picture, best first: a mode that was found lit
// stays, unless it cannot show the picture at all.
func (o *Output) modes() []*Mode {
	p := &o.picture
	best, exact := modeFor(o.Connector.Modes, p.Crop.W, p.Crop.H, p.fps())
	switch {
	case best == nil && o.lit == nil:
		return nil
	case best == nil:
		return []*Mode{o.lit}
	case o.lit != nil && o.lit.sameTiming(best):
		return []*Mode{o.lit}
	case o.lit != nil && !o.ownMode && !o.cfg.ForceModeset:
		return []*Mode{o.lit, best}
	case exact:
		if preferred, _ := modeFor(o.Connector.Modes, 0, 0, p.fps()); preferred != best {
			return []*Mode{best, preferred}
		}
	}
	return []*Mode{best}
}
