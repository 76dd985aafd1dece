package sys

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Ioctl runs one ioctl on a borrowed fd. arg points at the request's structure,
// or is nil. The errno comes back as unix.Errno, unwrapped: the caller knows
// what was being done and says so.
//
// A signal that interrupts the call restarts it, as libv4l2's and libdrm's
// wrappers do: Go's own preemption signals would otherwise surface as random
// EINTR. EAGAIN is an answer ("nothing to dequeue", "commit busy") and is
// returned.
func Ioctl(fd int, req uintptr, arg unsafe.Pointer) error {
	_, err := IoctlValue(fd, req, arg)
	return err
}

// IoctlValue is Ioctl for the few requests that answer with their return value
// (UDMABUF_CREATE: a file descriptor).
func IoctlValue(fd int, req uintptr, arg unsafe.Pointer) (int, error) {
	return ioctl(fd, req, arg, false)
}

// IoctlShort is Ioctl for a request of every frame that does not wait for hardware.
// Go's runtime is not told of the call, which would take longer than some of the calls
// themselves; in return, a stop of the world waits for it.
func IoctlShort(fd int, req uintptr, arg unsafe.Pointer) error {
	_, err := ioctl(fd, req, arg, true)
	return err
}

func ioctl(fd int, req uintptr, arg unsafe.Pointer, short bool) (int, error) {
	for {
		var n uintptr
		var errno unix.Errno
		// The conversion to uintptr must stand in the call expression itself,
		// so that the garbage collector keeps arg in place for its duration.
		if short {
			n, _, errno = unix.RawSyscall(unix.SYS_IOCTL, uintptr(fd), req, uintptr(arg))
		} else {
			n, _, errno = unix.Syscall(unix.SYS_IOCTL, uintptr(fd), req, uintptr(arg))
		}
		runtime.KeepAlive(arg)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
			continue
		}
		return -1, errno
	}
}

// ReadShort is read(2) of a file that does not block, in the manner of IoctlShort.
// EINTR comes back.
func ReadShort(fd int, p []byte) (int, error) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	runtime.KeepAlive(p)
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}

// The request-number macros of asm-generic/ioctl.h.
const (
	iocNone  = 0
	iocWrite = 1
	iocRead  = 2
)

func ioc(dir, typ, nr, size uintptr) uintptr { return dir<<30 | size<<16 | typ<<8 | nr }

// IO is _IO(typ, nr).
func IO(typ, nr uintptr) uintptr { return ioc(iocNone, typ, nr, 0) }

// IOR is _IOR(typ, nr, T): the kernel writes T.
func IOR[T any](typ, nr uintptr) uintptr { return ioc(iocRead, typ, nr, unsafe.Sizeof(*new(T))) }

// IOW is _IOW(typ, nr, T): the kernel reads T.
func IOW[T any](typ, nr uintptr) uintptr { return ioc(iocWrite, typ, nr, unsafe.Sizeof(*new(T))) }

// IOWR is _IOWR(typ, nr, T).
func IOWR[T any](typ, nr uintptr) uintptr {
	return ioc(iocRead|iocWrite, typ, nr, unsafe.Sizeof(*new(T)))
}
