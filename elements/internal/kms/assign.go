package kms

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Assignment is a value that the user gives a property of the connector, of the
// CRTC or of the plane that shows the picture.
type Assignment struct {
	From string // what the user set, for messages: "plane-properties"
	Kind Kind
	Name string // as the driver spells it, or with what is no letter, digit or _ as '-'
	// Value is an integer of 32 or 64 bits, a bool, or the name of an enum's
	// value or of a bitmask's bits, joined by '+'.
	Value any
}

func (a *Assignment) String() string { return fmt.Sprintf("%s: %s=%v", a.From, a.Name, a.Value) }

// settable tells whether a property may be assigned: one the driver lets be
// changed, with a value that a person can know, and not one of those that make
// the picture appear.
func settable(p *Property) bool {
	if p.Immutable() || p.isBlob() || p.Flags&sys.DRM_MODE_PROP_EXTENDED_TYPE == sys.DRM_MODE_PROP_OBJECT {
		return false
	}
	for _, own := range []string{"CRTC_", "SRC_", "ACTIVE", "IN_FENCE_FD", "OUT_FENCE_PTR", "WRITEBACK_"} {
		if strings.HasPrefix(p.Name, own) {
			return false
		}
	}
	return true
}

// resolve finds the property and checks the value against what the driver
// describes. The error names what there is.
func (a *Assignment) resolve(o *Object) (setting, error) {
	p := o.Property(a.Name)
	var names []string
	for i := range o.props {
		q := o.props[i].Property
		if p == nil && canonical(q.Name) == canonical(a.Name) {
			p = q
		}
		if settable(q) {
			names = append(names, canonical(q.Name))
		}
	}
	if p == nil || !settable(p) {
		why := "does not exist"
		if p != nil {
			why = "cannot be set"
		}
		return setting{}, &ChoiceError{What: fmt.Sprintf("%s: property %s of %s", a.From, a.Name, o), Why: why,
			Has: names, Kind: ErrNoProperty}
	}
	v, ok := p.value(a.Value)
	if !ok {
		return setting{}, &ChoiceError{What: a.String(), Why: "is no value of " + o.String(),
			Has: p.valueNames(), Kind: ErrNoProperty}
	}
	return setting{o, p, v}, nil
}

// canonical is how a property's name is written in a GstStructure, whose field
// names have neither spaces nor dots.
func canonical(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		}
		return '-'
	}, name)
}

// value turns what a user wrote into the property's own terms.
func (p *Property) value(v any) (uint64, bool) {
	var n uint64
	negative := false
	switch x := v.(type) {
	case bool:
		if x {
			n = 1
		}
	case int32:
		n, negative = uint64(int64(x)), x < 0
	case int64:
		n, negative = uint64(x), x < 0
	case uint32:
		n = uint64(x)
	case uint64:
		n = x
	case string:
		return p.named(x)
	default:
		return 0, false
	}
	switch {
	case p.signed():
		low, high := int64(p.Range[0]), int64(p.Range[1])
		return n, (negative || n <= math.MaxInt64) && int64(n) >= low && int64(n) <= high
	case negative:
		return 0, false
	case p.Flags&sys.DRM_MODE_PROP_BITMASK != 0:
		known := uint64(0)
		for _, e := range p.Enums {
			known |= 1 << (e.Value & 63)
		}
		return n, n&^known == 0
	case len(p.Enums) > 0:
		return n, slices.ContainsFunc(p.Enums, func(e EnumName) bool { return e.Value == n })
	}
	return n, n >= p.Range[0] && n <= p.Range[1]
}

func (p *Property) named(s string) (v uint64, ok bool) {
	find := func(name string) (uint64, bool) {
		for _, e := range p.Enums {
			if e.Name == name || canonical(e.Name) == canonical(name) {
				return e.Value, true
			}
		}
		return 0, false
	}
	if p.Flags&sys.DRM_MODE_PROP_BITMASK == 0 {
		return find(s)
	}
	for name := range strings.SplitSeq(s, "+") {
		bit, known := find(name)
		if !known || bit > 63 {
			return 0, false
		}
		v |= 1 << bit
	}
	return v, true
}

func (p *Property) signed() bool {
	return p.Flags&sys.DRM_MODE_PROP_EXTENDED_TYPE == sys.DRM_MODE_PROP_SIGNED_RANGE
}

// valueNames lists what the property takes: "rotate-0 (1)", or "6…12".
func (p *Property) valueNames() []string {
	var all []string
	for _, e := range p.Enums {
		v := e.Value
		if p.Flags&sys.DRM_MODE_PROP_BITMASK != 0 {
			v = 1 << (v & 63)
		}
		all = append(all, fmt.Sprintf("%s (%d)", e.Name, v))
	}
	switch {
	case all != nil:
	case p.signed():
		all = append(all, fmt.Sprintf("%d…%d", int64(p.Range[0]), int64(p.Range[1])))
	default:
		all = append(all, fmt.Sprintf("%d…%d", p.Range[0], p.Range[1]))
	}
	return all
}
