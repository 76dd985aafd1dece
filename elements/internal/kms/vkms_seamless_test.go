package kms

import (
	"testing"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// tracer records what the commits do that pass through it to the kernel.
type tracer struct {
	Kernel
	d       *Device
	values  map[[2]uint32]uint64 // by object and property
	commits []traced
}

type traced struct {
	flags   Flags
	modeset bool // the mode, the activity or the connector's CRTC changes
	dark    bool // the CRTC is off, or no plane shows anything
}

func (k *tracer) Ioctl(req uintptr, arg unsafe.Pointer) error {
	err := k.Kernel.Ioctl(req, arg)
	if a := (*sys.DRMModeAtomic)(arg); req == sys.DRM_IOCTL_MODE_ATOMIC && err == nil && Flags(a.Flags)&Test == 0 {
		k.note(a)
	}
	return err
}

func (k *tracer) note(a *sys.DRMModeAtomic) {
	c := traced{flags: Flags(a.Flags), dark: true}
	objs := unsafe.Slice((*uint32)(a.Objs.Pointer()), a.CountObjs)
	counts := unsafe.Slice((*uint32)(a.CountProps.Pointer()), a.CountObjs)
	total := uint32(0)
	for _, n := range counts {
		total += n
	}
	props := unsafe.Slice((*uint32)(a.Props.Pointer()), total)
	values := unsafe.Slice((*uint64)(a.PropValues.Pointer()), total)
	for i, o := range objs {
		for range counts[i] {
			id := [2]uint32{o, props[0]}
			switch name := k.d.properties[props[0]].Name; {
			case name == "MODE_ID", name == "ACTIVE", name == "CRTC_ID" && !k.isPlane(o):
				c.modeset = c.modeset || k.values[id] != values[0]
			}
			k.values[id] = values[0]
			props, values = props[1:], values[1:]
		}
	}
	lit := true
	for id, v := range k.values {
		switch k.d.properties[id[1]].Name {
		case "ACTIVE":
			lit = lit && v != 0
		case "FB_ID":
			c.dark = c.dark && v == 0
		}
	}
	c.dark = c.dark || !lit
	k.commits = append(k.commits, c)
}

// isPlane goes by what only planes are given.
func (k *tracer) isPlane(id uint32) bool {
	for at := range k.values {
		if at[0] == id && k.d.properties[at[1]].Name == "FB_ID" {
			return true
		}
	}
	return false
}

func TestVkmsAnotherPictureComesWithoutAModeSet(t *testing.T) {
	d := vkms(t)
	k := &tracer{Kernel: d.k, d: d, values: map[[2]uint32]uint64{}}
	d.k = k
	o := output(t, d, Config{})
	nv12 := func(w, h uint32) Picture { return picture(sys.DRM_FORMAT_NV12, w, h) }
	var shown uint32
	for _, p := range []Picture{nv12(640, 480), xr24(640, 480), xr24(320, 240), nv12(320, 240), xr24(640, 480)} {
		fb := play(t, d, o, p)
		for range 5 {
			if err := o.Show(fb); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.await(); err != nil {
			t.Fatal(err)
		}
		// The display refreshes on: its count of vertical blanks starts anew with a
		// mode set.
		if seq := o.LastFlip().Sequence; int32(seq-shown) <= 0 {
			t.Errorf("vertical blank %d after %d", seq, shown)
		} else {
			shown = seq
		}
		plane := state(t, d, KindPlane, o.Plane().ID)
		if plane.Value("FB_ID") == 0 || plane.Value("SRC_W")>>16 != uint64(p.Width) {
			t.Errorf("%s %dx%d is not shown", FourCCName(p.FourCC), p.Width, p.Height)
		}
	}
	if len(k.commits) != 30 {
		t.Errorf("%d commits for 30 frames", len(k.commits))
	}
	for i, c := range k.commits {
		if first := i == 0; c.modeset != first || c.dark || (c.flags&AllowModeset != 0) != first {
			t.Errorf("commit %d: %+v", i, c)
		}
	}
}
