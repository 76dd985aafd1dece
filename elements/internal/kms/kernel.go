package kms

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Kernel is an open DRM file. Errors are bare errnos.
type Kernel interface {
	// Ioctl runs one request of package sys.
	Ioctl(req uintptr, arg unsafe.Pointer) error
	// Read reads whole events without blocking; EAGAIN when there are none.
	Read(p []byte) (int, error)
	// Mmap maps length bytes at a dumb buffer's offset, shared, for writing.
	Mmap(offset int64, length int) ([]byte, error)
	Munmap(b []byte) error
	// FD is polled for events; it stays the Kernel's.
	FD() int
	Close() error
}

// file is the real Kernel.
type file struct {
	fd *sys.FD
	// It is somebody else's, and may be in blocking mode, which is not this
	// package's to change.
	borrowed bool
}

func (f file) Ioctl(req uintptr, arg unsafe.Pointer) error {
	if req == sys.DRM_IOCTL_MODE_ATOMIC && (*sys.DRMModeAtomic)(arg).Flags&sys.DRM_MODE_ATOMIC_NONBLOCK != 0 {
		return sys.IoctlShort(f.fd.Int(), req, arg)
	}
	return sys.Ioctl(f.fd.Int(), req, arg)
}

// Read polls a borrowed file first.
func (f file) Read(p []byte) (n int, err error) {
	for {
		n, err = 1, nil
		if f.borrowed {
			poll := [1]unix.PollFd{{Fd: int32(f.fd.Int()), Events: unix.POLLIN}}
			n, err = unix.Poll(poll[:], 0)
		}
		if err == nil && n == 0 {
			return 0, unix.EAGAIN
		}
		if err == nil {
			n, err = sys.ReadShort(f.fd.Int(), p)
		}
		if err != unix.EINTR {
			return n, err
		}
	}
}

func (f file) Mmap(offset int64, length int) ([]byte, error) {
	return unix.Mmap(f.fd.Int(), offset, length, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

func (f file) Munmap(b []byte) error { return unix.Munmap(b) }
func (f file) FD() int               { return f.fd.Int() }
func (f file) Close() error          { return f.fd.Close() }
