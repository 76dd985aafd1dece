package kms

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// handles counts the uses of each GEM handle. Importing the same DMA-buf twice
// gives the same handle twice, but the kernel forgets it at the first close.
type handles map[uint32]int

func (d *Device) importHandle(fd int) (uint32, error) {
	arg := sys.DRMPrimeHandle{FD: int32(fd)}
	if err := d.k.Ioctl(sys.DRM_IOCTL_PRIME_FD_TO_HANDLE, unsafe.Pointer(&arg)); err != nil {
		return 0, failed(err, "import DMA-buf %d into %s", fd, d)
	}
	d.handles[arg.Handle]++
	return arg.Handle, nil
}

func (d *Device) releaseHandle(h uint32) {
	if d.handles[h]--; d.handles[h] > 0 {
		return
	}
	delete(d.handles, h)
	d.closeHandle(h)
}

func (d *Device) closeHandle(h uint32) {
	arg := sys.DRMGEMClose{Handle: h}
	d.k.Ioctl(sys.DRM_IOCTL_GEM_CLOSE, unsafe.Pointer(&arg)) // can fail only when the device is gone
}

// Layout says where the planes of a picture lie in DMA-bufs.
type Layout struct {
	FourCC        uint32
	Modifier      uint64 // DRM_FORMAT_MOD_INVALID: what the driver implies
	Width, Height uint32
	Planes        int    // 1..4
	FD            [4]int // borrowed; the same one may hold several planes
	Offset        [4]uint64
	Stride        [4]uint32
}

// Framebuffer is something a plane can show.
type Framebuffer struct {
	ID            uint32
	FourCC        uint32
	Modifier      uint64
	Width, Height uint32

	d *Device
}

func (f *Framebuffer) String() string {
	return fmt.Sprintf("framebuffer %d (%s %dx%d)", f.ID, FourCCName(f.FourCC), f.Width, f.Height)
}

// Close removes the framebuffer. One that is on the screen makes the kernel
// turn the plane off.
func (f *Framebuffer) Close() {
	if f.ID == 0 {
		return
	}
	f.d.k.Ioctl(sys.DRM_IOCTL_MODE_RMFB, unsafe.Pointer(&f.ID)) // can fail only when the device is gone
	f.ID = 0
}

// Import makes a framebuffer of DMA-bufs, which it keeps alive by itself. The
// driver decides whether it can scan them out; that it cannot is an error
// here, or at the first test of a commit.
func (d *Device) Import(l *Layout) (*Framebuffer, error) {
	if !d.canImport {
		return nil, fmt.Errorf("%s: %w", d, ErrNoImport)
	}
	if l.Planes < 1 || l.Planes > 4 {
		return nil, fmt.Errorf("a framebuffer of %d planes, of 1 to 4 possible: %w", l.Planes, ErrNoPlane)
	}
	cmd := sys.DRMModeFBCmd2{Width: l.Width, Height: l.Height, PixelFormat: l.FourCC}
	for i := range l.Planes {
		if l.Offset[i] > math.MaxUint32 {
			return nil, fmt.Errorf("plane %d begins at %d, further than a framebuffer can say: %w", i, l.Offset[i], ErrNoPlane)
		}
		h, err := d.importHandle(l.FD[i])
		if err != nil {
			return nil, err
		}
		// The framebuffer references the memory, so the handle is needed no
		// longer than this call.
		defer d.releaseHandle(h)
		cmd.Handles[i], cmd.Pitches[i], cmd.Offsets[i] = h, l.Stride[i], uint32(l.Offset[i])
	}
	return d.addFB(&cmd, l.Modifier, l.Planes)
}

func (d *Device) addFB(cmd *sys.DRMModeFBCmd2, modifier uint64, planes int) (*Framebuffer, error) {
	// A driver without modifiers lays out linearly what says nothing else.
	explicit := modifier != sys.DRM_FORMAT_MOD_INVALID && d.modifiers
	if !explicit && modifier != sys.DRM_FORMAT_MOD_INVALID && modifier != sys.DRM_FORMAT_MOD_LINEAR {
		return nil, fmt.Errorf("%s takes no modifiers, and the picture has %#x: %w", d, modifier, ErrNoPlane)
	}
	if explicit {
		cmd.Flags |= sys.DRM_MODE_FB_MODIFIERS
		for i := range planes {
			cmd.Modifier[i] = modifier
		}
	}
	if err := d.k.Ioctl(sys.DRM_IOCTL_MODE_ADDFB2, unsafe.Pointer(cmd)); err != nil {
		return nil, failed(err, "make a framebuffer of %s %dx%d, modifier %#x, strides %d, offsets %d",
			FourCCName(cmd.PixelFormat), cmd.Width, cmd.Height, modifier, cmd.Pitches[:planes], cmd.Offsets[:planes])
	}
	return &Framebuffer{
		ID: cmd.FBID, FourCC: cmd.PixelFormat, Modifier: modifier,
		Width: cmd.Width, Height: cmd.Height, d: d,
	}, nil
}
