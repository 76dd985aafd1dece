package kmstest

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// maxCommits bounds the list, so that keeping it allocates nothing.
const maxCommits = 1024

type flip struct {
	f        *File
	userData uint64
}

func (f *File) atomicCommit(a *sys.DRMModeAtomic) (err error) {
	c := f.c
	dark := false
	c.modeset = false
	defer func() {
		if len(c.commits) < maxCommits {
			c.commits = append(c.commits, Commit{a.Flags, f.properties(a), err, c.modeset, dark})
		}
	}()
	test := a.Flags&sys.DRM_MODE_ATOMIC_TEST_ONLY != 0
	event := a.Flags&sys.DRM_MODE_PAGE_FLIP_EVENT != 0
	switch {
	case !f.atomic || a.Reserved != 0 || test && event:
		return unix.EINVAL
	case !f.isMaster():
		return unix.EACCES
	}
	copy(c.next, c.state)
	if err := f.apply(a); err != nil {
		return err
	}
	if err := c.check(a.Flags&sys.DRM_MODE_ATOMIC_ALLOW_MODESET != 0); err != nil {
		return err
	}
	dark = !c.visible()
	if event && !c.lit() {
		return unix.EINVAL
	}
	switch nonBlock := a.Flags&sys.DRM_MODE_ATOMIC_NONBLOCK != 0; {
	case test:
		return nil
	case c.NoNonBlock && nonBlock:
		return unix.EBUSY
	case c.refuse > 0:
		c.refuse--
		return c.refusal
	}
	if len(c.flips) > 0 {
		if a.Flags&sys.DRM_MODE_ATOMIC_NONBLOCK != 0 {
			return unix.EBUSY
		}
		c.sendFlips() // a blocking commit waits for the flip before it
	}
	c.state, c.next = c.next, c.state
	c.sweep()
	if c.done++; c.done == c.LoseMasterAfter {
		c.master = &File{}
	}
	if c.done == c.DisconnectAfter {
		c.disconnect(Connector1)
	}
	if event {
		c.flips = append(c.flips, flip{f, a.UserData})
		// A commit that may block returns when its flip is done.
		if !c.HoldFlips || a.Flags&sys.DRM_MODE_ATOMIC_NONBLOCK == 0 {
			c.sendFlips()
		}
	}
	return nil
}

// lit tells whether there is a vertical blank to wait for.
func (c *Card) lit() bool {
	for _, o := range c.objects {
		if o.kind == sys.DRM_MODE_OBJECT_CRTC && c.now(o, "ACTIVE")|c.was(o, "ACTIVE") != 0 {
			return true
		}
	}
	return false
}

// visible tells whether a plane is going to show something on a CRTC that is active.
func (c *Card) visible() bool {
	for _, o := range c.objects {
		if o.plane == nil || c.now(o, "FB_ID") == 0 {
			continue
		}
		if crtc := c.object(uint32(c.now(o, "CRTC_ID"))); crtc != nil && c.now(crtc, "ACTIVE") != 0 {
			return true
		}
	}
	return false
}

// apply writes the request into the next state.
func (f *File) properties(a *sys.DRMModeAtomic) (n uint32) {
	for _, k := range unsafe.Slice((*uint32)(a.CountProps.Pointer()), a.CountObjs) {
		n += k
	}
	return n
}

func (f *File) apply(a *sys.DRMModeAtomic) error {
	n := a.CountObjs
	objs := unsafe.Slice((*uint32)(a.Objs.Pointer()), n)
	counts := unsafe.Slice((*uint32)(a.CountProps.Pointer()), n)
	total := f.properties(a)
	ids := unsafe.Slice((*uint32)(a.Props.Pointer()), total)
	values := unsafe.Slice((*uint64)(a.PropValues.Pointer()), total)
	at := 0
	for i, id := range objs {
		o := f.object(id)
		if o == nil {
			return unix.ENOENT
		}
		for range counts[i] {
			if err := f.c.applyOne(o, ids[at], values[at]); err != nil {
				return err
			}
			at++
		}
	}
	return nil
}

func (c *Card) applyOne(o *object, id uint32, value uint64) error {
	for i := range o.props {
		p := &o.props[i]
		if p.id != id {
			continue
		}
		switch {
		case p.flags&sys.DRM_MODE_PROP_IMMUTABLE != 0:
			return unix.EINVAL
		case p.flags&sys.DRM_MODE_PROP_BLOB != 0 && value != 0:
			b := c.blobs[value]
			if b == nil || p.name == "HDR_OUTPUT_METADATA" && len(b.data) != 32 ||
				p.name == "MODE_ID" && len(b.data) != int(unsafe.Sizeof(sys.DRMModeModeInfo{})) {
				return unix.EINVAL
			}
		case p.flags&sys.DRM_MODE_PROP_RANGE != 0 && (value < p.values[0] || value > p.values[1]):
			return unix.EINVAL
		case p.flags&sys.DRM_MODE_PROP_ENUM != 0 && !contains(p.values, value):
			return unix.EINVAL
		case p.name == "FB_ID" && value != 0 && c.fbs[value] == nil:
			return unix.ENOENT
		}
		c.next[p.slot] = value
		return nil
	}
	return unix.ENOENT
}

func contains(s []uint64, v uint64) bool {
	for _, x := range s {
		if x == v {
			return true
		}
	}
	return false
}

func (c *Card) now(o *object, name string) uint64   { return c.next[o.find(name).slot] }
func (c *Card) was(o *object, name string) uint64   { return c.state[o.find(name).slot] }
func (c *Card) differs(o *object, name string) bool { return c.now(o, name) != c.was(o, name) }

// check is what the atomic helpers and drivers check.
func (c *Card) check(allowModeset bool) error {
	modeset := false
	for _, o := range c.objects {
		switch o.kind {
		case sys.DRM_MODE_OBJECT_CRTC:
			if err := c.checkCRTC(o); err != nil {
				return err
			}
			modeset = modeset || c.differs(o, "ACTIVE") || c.differs(o, "MODE_ID")
		case sys.DRM_MODE_OBJECT_CONNECTOR:
			modeset = modeset || c.differs(o, "CRTC_ID")
			if c.RefuseBPC && c.now(o, "max bpc") > 8 {
				return unix.EINVAL
			}
			if !c.NoHDR {
				if c.RefuseHDR && c.now(o, "HDR_OUTPUT_METADATA") != 0 {
					return unix.EINVAL
				}
				modeset = modeset || c.HDRModeset && c.differs(o, "HDR_OUTPUT_METADATA")
			}
		case sys.DRM_MODE_OBJECT_PLANE:
			if err := c.checkPlane(o, allowModeset); err != nil {
				return err
			}
		}
	}
	c.modeset = modeset
	if modeset && !allowModeset {
		return unix.EINVAL
	}
	return nil
}

func (c *Card) checkCRTC(o *object) error {
	enabled := c.now(o, "MODE_ID") != 0
	connected := false
	for _, x := range c.objects {
		if x.connector != nil && c.now(x, "CRTC_ID") == uint64(o.id) {
			connected = true
		}
	}
	if enabled != connected || c.now(o, "ACTIVE") != 0 && !enabled {
		return unix.EINVAL
	}
	if c.NeedsPrimary && c.now(o, "ACTIVE") != 0 {
		for _, x := range c.objects {
			if x.plane != nil && c.now(x, "type") == sys.DRM_PLANE_TYPE_PRIMARY && c.now(x, "CRTC_ID") == uint64(o.id) {
				return nil
			}
		}
		return unix.EINVAL
	}
	return nil
}

func (c *Card) checkPlane(o *object, allowModeset bool) error {
	id, crtcID := c.now(o, "FB_ID"), c.now(o, "CRTC_ID")
	if (id == 0) != (crtcID == 0) {
		return unix.EINVAL
	}
	if id == 0 {
		return nil
	}
	fb, crtc := c.fbs[id], c.object(uint32(crtcID))
	if fb == nil || crtc == nil || c.now(crtc, "MODE_ID") == 0 {
		return unix.EINVAL
	}
	if !o.plane.has(fb.fourcc) || c.WrongFormats && fb.fourcc != sys.DRM_FORMAT_XRGB8888 {
		return unix.EINVAL
	}
	sx, sy, sw, sh := c.now(o, "SRC_X"), c.now(o, "SRC_Y"), c.now(o, "SRC_W"), c.now(o, "SRC_H")
	if (sx+sw)>>16 > uint64(fb.width) || (sy+sh)>>16 > uint64(fb.height) {
		return unix.ENOSPC
	}
	for i, deny := range []func(Shown) error{c.Deny, c.DenyFlips} {
		if deny == nil || i == 1 && allowModeset {
			continue
		}
		if err := deny(Shown{o.id, fb.fourcc, fb.modifier, uint32(sw >> 16), uint32(sh >> 16)}); err != nil {
			return err
		}
	}
	dx, dy, dw, dh := c.now(o, "CRTC_X"), c.now(o, "CRTC_Y"), c.now(o, "CRTC_W"), c.now(o, "CRTC_H")
	rotation := c.now(o, "rotation")
	if c.NoRotation && rotation != 1 {
		return unix.EINVAL
	}
	if rotation&(1<<1|1<<3) != 0 { // a quarter turn, either way
		sw, sh = sh, sw
	}
	if c.NoScaling && (sw>>16 != dw || sh>>16 != dh) {
		return unix.ERANGE
	}
	mode := (*sys.DRMModeModeInfo)(unsafe.Pointer(&c.blobs[c.now(crtc, "MODE_ID")].data[0]))
	if c.PrimaryCovers && c.now(o, "type") == sys.DRM_PLANE_TYPE_PRIMARY &&
		(dx != 0 || dy != 0 || dw != uint64(mode.HDisplay) || dh != uint64(mode.VDisplay)) {
		return unix.EINVAL
	}
	return nil
}

// sendFlips reports all flips, one vertical blank after the last.
func (c *Card) sendFlips() {
	c.sequence++
	var b [32]byte
	ne := binary.NativeEndian
	var now unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	for _, fl := range c.flips {
		ne.PutUint32(b[0:], sys.DRM_EVENT_FLIP_COMPLETE)
		ne.PutUint32(b[4:], uint32(len(b)))
		ne.PutUint64(b[8:], fl.userData)
		ne.PutUint32(b[16:], uint32(now.Sec))
		ne.PutUint32(b[20:], uint32(now.Nsec/1000))
		ne.PutUint32(b[24:], c.sequence)
		ne.PutUint32(b[28:], CRTC1)
		unix.Write(fl.f.events[1], b[:])
	}
	c.flips = c.flips[:0]
}
