package kms

import (
	"fmt"
	"math"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Dumb is a framebuffer in linear memory that the CPU can write.
type Dumb struct {
	Framebuffer
	Format Format
	Map    []byte // all planes; zeroed by the kernel
	Stride [4]uint32
	Offset [4]uint32

	handle uint32
}

// CreateDumb makes a framebuffer in plain memory and maps it.
func (d *Device) CreateDumb(fourcc, width, height uint32) (_ *Dumb, err error) {
	b, size, err := d.newDumb(fourcc, width, height)
	if err != nil {
		return nil, err
	}
	d.handles[b.handle]++
	defer func() {
		if err != nil {
			b.Close()
		}
	}()

	m := sys.DRMModeMapDumb{Handle: b.handle}
	if err := d.k.Ioctl(sys.DRM_IOCTL_MODE_MAP_DUMB, unsafe.Pointer(&m)); err != nil {
		return nil, failed(err, "%s: map a dumb buffer", d)
	}
	if b.Map, err = d.k.Mmap(int64(m.Offset), int(size)); err != nil {
		return nil, failed(err, "%s: map a dumb buffer", d)
	}
	cmd := sys.DRMModeFBCmd2{Width: width, Height: height, PixelFormat: fourcc}
	for i := range b.Format.Planes {
		cmd.Handles[i], cmd.Pitches[i], cmd.Offsets[i] = b.handle, b.Stride[i], b.Offset[i]
	}
	fb, err := d.addFB(&cmd, sys.DRM_FORMAT_MOD_INVALID, b.Format.Planes)
	if err != nil {
		return nil, err
	}
	b.Framebuffer = *fb
	return b, nil
}

// newDumb allocates size bytes and lays the planes out in them. The handle is
// the caller's, and in no list yet.
func (d *Device) newDumb(fourcc, width, height uint32) (_ *Dumb, size uint64, err error) {
	f, ok := FormatOf(fourcc)
	if !ok {
		return nil, 0, fmt.Errorf("plain memory in format %s: %w", FourCCName(fourcc), ErrNoPlane)
	}
	b := &Dumb{Format: f}
	if f.RowBytes(0, width) == 0 || height == 0 || width > math.MaxUint16 || height > math.MaxUint16 {
		return nil, 0, fmt.Errorf("plain memory of %dx%d: %w", width, height, ErrNoPlane)
	}
	arg := f.dumb(width, height)
	if err := d.k.Ioctl(sys.DRM_IOCTL_MODE_CREATE_DUMB, unsafe.Pointer(&arg)); err != nil {
		return nil, 0, failed(err, "%s: allocate %s %dx%d", d, FourCCName(fourcc), width, height)
	}
	b.handle, b.d = arg.Handle, d
	if err := b.lay(width, height, arg.Pitch, arg.Size); err != nil {
		d.closeHandle(arg.Handle)
		return nil, 0, err
	}
	return b, arg.Size, nil
}

// dumb is the memory to ask a driver for. All planes stand in one buffer, one below
// the other, in rows as long as those of the first: with sub-sampled planes that is
// at most their size.
func (f *Format) dumb(width, height uint32) sys.DRMModeCreateDumb {
	var lines uint64
	for i := range f.Planes {
		lines += rowsOf(uint64(f.RowBytes(i, width))*uint64(f.Rows(i, height)), uint64(f.RowBytes(0, width)))
	}
	arg := sys.DRMModeCreateDumb{
		Width: f.samples(0, width), Height: uint32(lines), BPP: uint32(f.CPP[0]) * 8,
	}
	if f.Group > 1 { // a number of bits that drivers need not know
		arg.Width, arg.BPP = f.RowBytes(0, width), 8
	}
	return arg
}

// lay places the planes by the pitch the driver chose, and checks that they fit
// in what it gave.
func (b *Dumb) lay(width, height, pitch uint32, size uint64) error {
	f := &b.Format
	row0 := f.RowBytes(0, width)
	var at uint64
	for i := range f.Planes {
		// Chroma rows keep their proportion to luma's, so that the alignment the
		// driver gave the pitch holds for them as far as it can.
		stride := uint64(pitch)
		if i > 0 {
			stride = stride * uint64(f.CPP[i]) / (uint64(f.CPP[0]) * uint64(f.HSub))
		}
		stride = max(stride, uint64(f.RowBytes(i, width)))
		b.Offset[i], b.Stride[i] = uint32(at), uint32(stride)
		at += stride * uint64(f.Rows(i, height))
	}
	if pitch < row0 || at > size || size > math.MaxInt32 {
		return malformed("a dumb buffer of %d bytes with pitch %d for %s %dx%d", size, pitch, FourCCName(f.FourCC), width, height)
	}
	return nil
}

func rowsOf(bytes, row uint64) uint64 { return (bytes + row - 1) / row }

// Export gives the memory out as a DMA-buf.
func (b *Dumb) Export() (*sys.FD, error) {
	arg := sys.DRMPrimeHandle{Handle: b.handle, Flags: unix.O_CLOEXEC | unix.O_RDWR, FD: -1}
	if err := b.d.k.Ioctl(sys.DRM_IOCTL_PRIME_HANDLE_TO_FD, unsafe.Pointer(&arg)); err != nil {
		return nil, failed(err, "%s: export a dumb buffer", b.d)
	}
	return sys.NewFD(int(arg.FD)), nil
}

// Write copies a plane of a picture from src, rows stride bytes apart, to
// column x, row y of the buffer (in pixels, multiples of the subsampling). What
// does not fit, on either side, is left out.
func (b *Dumb) Write(plane int, src []byte, stride, width, height, x, y uint32) {
	f := &b.Format
	if plane < 0 || plane >= f.Planes || x > b.Width || y > b.Height {
		return
	}
	row := int(f.RowBytes(plane, min(width, b.Width-x)))
	rows := int(f.Rows(plane, min(height, b.Height-y)))
	left, top := int(f.RowBytes(plane, x)), int(f.Rows(plane, y))
	to := b.Map[b.Offset[plane]:]
	pitch := int(b.Stride[plane])
	if left+row > pitch {
		row = pitch - left
	}
	for i := range rows {
		at, from := (top+i)*pitch+left, i*int(stride)
		if at+row > len(to) || from+row > len(src) {
			return
		}
		copy(to[at:at+row], src[from:])
	}
}

// Close unmaps and frees the buffer; it may be called twice.
func (b *Dumb) Close() {
	b.Framebuffer.Close()
	if b.Map != nil {
		b.d.k.Munmap(b.Map)
		b.Map = nil
	}
	if b.handle != 0 {
		// Dumb buffers are GEM objects, and closing the last handle frees them.
		b.d.releaseHandle(b.handle)
		b.handle = 0
	}
}
