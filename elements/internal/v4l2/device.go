package v4l2

import (
	"bytes"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Device is an open capture device.
type Device struct {
	k     Kernel
	fd    *sys.FD
	name  string
	caps  Capability
	typ   uint32 // V4L2_BUF_TYPE_VIDEO_CAPTURE or …_MPLANE
	queue queue
}

// Open opens a capture device for streaming. The error is ErrGone when the node
// has no driver any more, wraps unix.ENOENT when there is no such node, and is
// ErrNotCapture when it is something else.
func Open(path string) (*Device, error) {
	fd, err := sys.OpenFD(path, unix.O_RDWR|unix.O_NONBLOCK)
	if err != nil {
		return nil, fail(path, "open", errnoOf(err))
	}
	return New(realKernel{}, fd, path)
}

// FromFD opens a capture device on a borrowed descriptor, which it duplicates.
// The open file is shared with the lender: it is made non-blocking, and its
// format, buffers and stream are the lender's too.
func FromFD(fd int) (*Device, error) {
	name := fmt.Sprintf("fd %d", fd)
	own, err := sys.DupFD(fd)
	if err != nil {
		return nil, fail(name, "duplicate", errnoOf(err))
	}
	if err := unix.SetNonblock(own.Int(), true); err != nil {
		own.Close()
		return nil, fail(name, "make non-blocking", err)
	}
	return New(realKernel{}, own, name)
}

// New makes a Device of an open, non-blocking descriptor, which it takes over
// (and closes when it fails), and the kernel to be asked about it. name is for
// messages.
func New(k Kernel, fd *sys.FD, name string) (*Device, error) {
	d := &Device{k: k, fd: fd, name: name}
	if err := d.identify(); err != nil {
		fd.Close()
		return nil, err
	}
	return d, nil
}

// identify reads the capabilities and decides between the two APIs. Devices
// that offer both are used single-planar, which every format they list then
// supports.
func (d *Device) identify() error {
	caps, err := queryCapability(d.k, d.fd.Int())
	if errors.Is(err, unix.ENOTTY) || errors.Is(err, unix.EINVAL) {
		err = ErrNotCapture // some other kind of file
	}
	if err != nil {
		return d.fail("query capabilities", err)
	}
	d.caps = caps
	switch {
	case caps.Flags&sys.V4L2_CAP_VIDEO_CAPTURE != 0:
		d.typ = sys.V4L2_BUF_TYPE_VIDEO_CAPTURE
	case caps.Flags&sys.V4L2_CAP_VIDEO_CAPTURE_MPLANE != 0:
		d.typ = sys.V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
	default:
		return d.fail("open", ErrNotCapture)
	}
	if caps.Flags&sys.V4L2_CAP_STREAMING == 0 {
		return d.fail("open", fmt.Errorf("%w with streaming I/O", ErrNotCapture))
	}
	return nil
}

// Name is the path, or "fd N".
func (d *Device) Name() string { return d.name }

// FD lends the descriptor, valid until Close; -1 after it.
func (d *Device) FD() int { return d.fd.Int() }

// Capability is what the driver said of itself.
func (d *Device) Capability() Capability { return d.caps }

// Multiplanar tells which of the two APIs is in use.
func (d *Device) Multiplanar() bool {
	return d.typ == sys.V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE || d.typ == sys.V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE
}

// Close closes the device; the kernel stops the stream and frees the buffers
// that nobody imported. Exported descriptors stay valid. Later calls do
// nothing.
func (d *Device) Close() error {
	if d == nil {
		return nil
	}
	return d.fd.Close()
}

func (d *Device) ioctl(req uintptr, arg unsafe.Pointer) error {
	return d.k.Ioctl(d.fd.Int(), req, arg)
}

// Capability describes driver and device.
type Capability struct {
	Driver  string // module, "vivid"
	Card    string // product, "vivid"
	Bus     string // place, "platform:vivid-000"
	Version uint32 // kernel, KERNEL_VERSION()
	Flags   uint32 // V4L2_CAP_* of this node
	All     uint32 // V4L2_CAP_* of all nodes of the device together
}

func queryCapability(k Kernel, fd int) (Capability, error) {
	var c sys.V4L2Capability
	if err := k.Ioctl(fd, sys.VIDIOC_QUERYCAP, unsafe.Pointer(&c)); err != nil {
		return Capability{}, err
	}
	flags := c.Capabilities
	if flags&sys.V4L2_CAP_DEVICE_CAPS != 0 {
		flags = c.DeviceCaps // of this node, not of all nodes together
	}
	return Capability{text(c.Driver[:]), text(c.Card[:]), text(c.BusInfo[:]), c.Version, flags, c.Capabilities}, nil
}

// text reads a C string that may lack its terminator or be no UTF-8.
func text(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return string(bytes.ToValidUTF8(b, []byte("?")))
}

// errnoOf digs out the errno below an error that has texts of its own.
func errnoOf(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}
