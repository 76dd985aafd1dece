package sys

import (
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// FD owns one file descriptor. The zero value is a closed FD. Close may be
// called any number of times and from any goroutine; Int of a closed FD is -1,
// which every system call answers with EBADF.
type FD struct {
	n atomic.Int64 // fd + 1, so that the zero value is closed
}

// NewFD takes ownership of fd.
func NewFD(fd int) *FD {
	f := new(FD)
	f.n.Store(int64(fd) + 1)
	return f
}

// OpenFD opens path with O_CLOEXEC added to flags. The error names the path.
func OpenFD(path string, flags int) (*FD, error) {
	for {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
		switch err {
		case nil:
			return NewFD(fd), nil
		case unix.EINTR:
			continue
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
}

// DupFD duplicates a borrowed descriptor; the caller keeps its own.
func DupFD(fd int) (*FD, error) {
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicate fd %d: %w", fd, err)
	}
	return NewFD(n), nil
}

// Int lends the descriptor; it stays valid until Close.
func (f *FD) Int() int {
	if f == nil {
		return -1
	}
	return int(f.n.Load()) - 1
}

// Release gives the descriptor up to the caller, who closes it from now on; -1 of
// a closed FD.
func (f *FD) Release() int { return int(f.n.Swap(0)) - 1 }

// Close closes the descriptor once; later calls do nothing.
func (f *FD) Close() error {
	if f == nil {
		return nil
	}
	if n := f.n.Swap(0); n != 0 {
		return unix.Close(int(n - 1))
	}
	return nil
}
