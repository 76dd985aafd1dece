package kms

import (
	"fmt"
	"slices"
)

// Extras are what the user wants of the display beyond the picture. What the
// driver does not have or refuses is left out, and Output.Ignored says so.
type Extras struct {
	Assign []Assignment // later ones win
	VRR    bool         // let the display wait for the frame
}

// extras are the user's settings with the picture on a plane, and what of them
// cannot be.
func (o *Output) extras(plane *Plane) (sets []setting, ignored []string) {
	if o.cfg.VRR {
		if why := o.noVRR(); why != "" {
			ignored = append(ignored, why)
		} else {
			sets = append(sets, setting{&o.CRTC.Object, o.CRTC.Property(vrrEnabled), 1})
		}
	}
	for i := range o.cfg.Assign {
		a := &o.cfg.Assign[i]
		on := &plane.Object
		switch a.Kind {
		case KindConnector:
			on = &o.Connector.Object
		case KindCRTC:
			on = &o.CRTC.Object
		}
		s, err := a.resolve(on)
		if err != nil {
			ignored = append(ignored, err.Error())
			continue
		}
		sets = append(sets, s)
	}
	return sets, ignored
}

const vrrEnabled = "VRR_ENABLED"

// noVRR says why the refresh rate cannot vary; empty when it can.
func (o *Output) noVRR() string {
	if o.CRTC.Property(vrrEnabled) == nil {
		return fmt.Sprintf("vrr: the driver has no variable refresh rate: %s has no %s", o.CRTC.String(), vrrEnabled)
	}
	if o.Connector.Value("vrr_capable") == 0 {
		return fmt.Sprintf("vrr: the display at %s has no variable refresh rate: its vrr_capable is not set", o.Connector.String())
	}
	return ""
}

// putAll stages settings, over what the request says of the same properties.
func (r *Request) putAll(sets []setting) {
	for _, s := range sets {
		r.put(s.obj, s.prop, s.value)
	}
}

// sift stages those settings that pass a test on top of the request, which
// passes without them, and reports the others. The tests may do what allow says.
func (r *Request) sift(sets []setting, allow Flags) (kept []setting, refused []string) {
	for _, s := range sets {
		before := slices.Clone(r.sets)
		r.put(s.obj, s.prop, s.value)
		if err := r.Commit(Test|allow, 0); err != nil {
			r.sets = append(r.sets[:0], before...)
			refused = append(refused, fmt.Sprintf("the driver refused %s=%d of %s: %v", s.prop.Name, int64(s.value), s.obj, unwrapCommit(err)))
			continue
		}
		kept = append(kept, s)
	}
	return kept, refused
}

// unwrapCommit leaves the errno of a refused commit.
func unwrapCommit(err error) error {
	if c, ok := err.(*CommitError); ok {
		return c.Err
	}
	return err
}
