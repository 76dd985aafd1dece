package v4l2

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Kernel is the part of the kernel that a Device talks to besides poll, so
// that its logic can be tried against drivers that do not exist or misbehave
// (package v4l2test).
type Kernel interface {
	// Ioctl runs one ioctl; arg points at the request's structure. Errors are
	// a bare unix.Errno.
	Ioctl(fd int, req uintptr, arg unsafe.Pointer) error
	// Mmap maps length bytes of a buffer for reading; offset is the driver's
	// cookie.
	Mmap(fd int, offset int64, length int) ([]byte, error)
}

type realKernel struct{}

func (realKernel) Ioctl(fd int, req uintptr, arg unsafe.Pointer) error {
	switch req {
	case sys.VIDIOC_QBUF, sys.VIDIOC_DQBUF: // the file does not block
		return sys.IoctlShort(fd, req, arg)
	}
	return sys.Ioctl(fd, req, arg)
}

func (realKernel) Mmap(fd int, offset int64, length int) ([]byte, error) {
	return unix.Mmap(fd, offset, length, unix.PROT_READ, unix.MAP_SHARED)
}
