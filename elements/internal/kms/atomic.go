package kms

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Request collects property changes that take effect together. The first
// failure of a Set sticks and is what Commit returns. A Request is reused with
// Reset and then allocates nothing.
type Request struct {
	d    *Device
	sets []setting
	err  error
	// of is the layout whose frame the request is, and nothing else: its arrays are
	// filled, and another frame takes new framebuffers only. When it is short, these
	// are all that is in the arrays.
	of    *layout
	short bool

	arg                 sys.DRMModeAtomic
	objs, counts, props []uint32
	values              []uint64
}

type setting struct {
	obj   *Object
	prop  *Property
	value uint64
}

// NewRequest makes an empty request.
func (d *Device) NewRequest() *Request { return &Request{d: d} }

// Reset empties the request and forgets its failure.
func (r *Request) Reset() { r.sets, r.err, r.of = r.sets[:0], nil, nil }

// Err is the failure that sticks.
func (r *Request) Err() error { return r.err }

// Set changes a property; the last value set counts.
func (r *Request) Set(o *Object, name string, value uint64) {
	p := o.Property(name)
	switch {
	case p == nil:
		r.fail(fmt.Errorf("%s: %w: %s", o, ErrNoProperty, name))
	case p.Immutable():
		r.fail(fmt.Errorf("%s: %w: %s can only be read", o, ErrNoProperty, name))
	default:
		r.put(o, p, value)
	}
}

// Try changes a property where the object has it, and tells whether.
func (r *Request) Try(o *Object, name string, value uint64) bool {
	p := o.Property(name)
	if p == nil || p.Immutable() {
		return false
	}
	r.put(o, p, value)
	return true
}

// TryEnum changes a property to the first of the named values that it has.
func (r *Request) TryEnum(o *Object, name string, values ...string) bool {
	p := o.Property(name)
	if p == nil || p.Immutable() {
		return false
	}
	for _, v := range values {
		if n, ok := p.Enum(v); ok {
			r.put(o, p, n)
			return true
		}
	}
	return false
}

func (r *Request) put(o *Object, p *Property, value uint64) {
	r.of = nil
	for i := range r.sets {
		if s := &r.sets[i]; s.obj == o && s.prop == p {
			s.value = value
			return
		}
	}
	r.sets = append(r.sets, setting{o, p, value})
}

func (r *Request) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Flags of a commit.
type Flags uint32

const (
	Test         Flags = sys.DRM_MODE_ATOMIC_TEST_ONLY
	NonBlock     Flags = sys.DRM_MODE_ATOMIC_NONBLOCK
	AllowModeset Flags = sys.DRM_MODE_ATOMIC_ALLOW_MODESET
	FlipEvent    Flags = sys.DRM_MODE_PAGE_FLIP_EVENT
)

func (f Flags) String() string {
	s := "commit"
	if f&Test != 0 {
		s = "test"
	}
	if f&AllowModeset != 0 {
		return "modeset " + s
	}
	return "flip " + s
}

// Commit sends the request. A failure is a *CommitError, which names the kind
// of commit and every object and property in it.
func (r *Request) Commit(flags Flags, userData uint64) error {
	if r.err != nil {
		return r.err
	}
	if r.of == nil {
		r.group()
	}
	r.arg = sys.DRMModeAtomic{
		Flags: uint32(flags), CountObjs: uint32(len(r.objs)),
		Objs: sys.PtrTo(r.objs), CountProps: sys.PtrTo(r.counts),
		Props: sys.PtrTo(r.props), PropValues: sys.PtrTo(r.values),
		UserData: userData,
	}
	if err := r.d.k.Ioctl(sys.DRM_IOCTL_MODE_ATOMIC, unsafe.Pointer(&r.arg)); err != nil {
		return &CommitError{Flags: flags, Settings: r.String(), Err: err}
	}
	return nil
}

// group fills the kernel's arrays: objects once each, with all of their properties
// next to each other.
func (r *Request) group() {
	r.short = false
	r.objs, r.counts, r.props, r.values = r.objs[:0], r.counts[:0], r.props[:0], r.values[:0]
	for i := range r.sets {
		o := r.sets[i].obj
		if r.seen(o, i) {
			continue
		}
		n := uint32(0)
		for j := i; j < len(r.sets); j++ {
			if s := &r.sets[j]; s.obj == o {
				r.props = append(r.props, s.prop.ID)
				r.values = append(r.values, s.value)
				n++
			}
		}
		r.objs = append(r.objs, o.ID)
		r.counts = append(r.counts, n)
	}
}

// shorten, which group undoes, leaves, in the arrays of a request for n planes with equally many properties,
// the first of each.
func (r *Request) shorten(n int) {
	each := len(r.sets) / n
	for i := range n {
		r.counts[i] = 1
		r.props[i], r.values[i] = r.props[i*each], r.values[i*each]
	}
	r.props, r.values, r.short = r.props[:n], r.values[:n], true
}

func (r *Request) seen(o *Object, before int) bool {
	for i := range before {
		if r.sets[i].obj == o {
			return true
		}
	}
	return false
}

// String lists the settings by object: "HDMI-A-1 (connector 35) CRTC_ID=33,
// plane 31 FB_ID=40 CRTC_X=0".
func (r *Request) String() string {
	var b strings.Builder
	for i := range r.sets {
		o := r.sets[i].obj
		if r.seen(o, i) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(o.String())
		for _, s := range r.sets[i:] {
			if s.obj == o {
				fmt.Fprintf(&b, " %s=%d", s.prop.Name, int64(s.value))
			}
		}
	}
	return b.String()
}

// CommitError is a commit that the kernel refused.
type CommitError struct {
	Flags    Flags
	Settings string
	Err      error // the errno
}

func (e *CommitError) Error() string {
	if k := kindOf(e.Err); k != nil {
		return fmt.Sprintf("%s: %v (%v; %s)", e.Flags, k, e.Err, e.Settings)
	}
	return fmt.Sprintf("%s: %v (%s)", e.Flags, e.Err, e.Settings)
}

func (e *CommitError) Unwrap() []error {
	if k := kindOf(e.Err); k != nil {
		return []error{k, e.Err}
	}
	return []error{e.Err}
}
