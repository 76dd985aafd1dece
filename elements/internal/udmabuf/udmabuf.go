// Package udmabuf makes picture memory without a graphics device: a memfd and,
// where the kernel's udmabuf driver is there, a DMA-buf of the same pages.
package udmabuf

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Path is the driver's device node.
const Path = "/dev/udmabuf"

var (
	// ErrUnavailable is a missing or closed device; the errno says which.
	ErrUnavailable = errors.New("udmabuf: no DMA-bufs from shared memory here")
	// ErrSize is a buffer of no bytes, or of more than a file may have.
	ErrSize = errors.New("udmabuf: impossible buffer size")
)

// Device is the open udmabuf device. A nil *Device makes buffers too: memfds
// that are not DMA-bufs.
type Device struct{ fd *sys.FD }

// Open opens the device. The error wraps ErrUnavailable and the errno.
func Open() (*Device, error) {
	fd, err := sys.OpenFD(Path, unix.O_RDWR)
	switch {
	case err == nil:
		return &Device{fd}, nil
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return nil, fmt.Errorf("%w: %w (modprobe udmabuf)", ErrUnavailable, err)
	}
	return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// Close closes the device; buffers made from it live on. It may be repeated and
// d may be nil.
func (d *Device) Close() error {
	if d == nil {
		return nil
	}
	return d.fd.Close()
}

// Buffer owns one piece of memory: its file descriptor and its mapping into
// this process. Not for concurrent use.
type Buffer struct {
	fd  *sys.FD // the DMA-buf, or the memfd when there is none
	mem []byte
	dma bool
}

// New makes a zeroed buffer of at least size bytes (rounded up to pages): a
// DMA-buf when d is not nil, else a memfd. The memfd cannot shrink, so no
// reader of it gets SIGBUS; it can be written, by every holder: pixels, unlike
// metadata, cannot be sealed, for the kernel makes no DMA-buf of a memfd with
// F_SEAL_WRITE.
//
// The driver's limit is its module parameter size_limit_mb (64; none in newer
// kernels); beyond it the error is EINVAL.
func (d *Device) New(name string, size int) (*Buffer, error) {
	page := os.Getpagesize()
	if size <= 0 || size > 1<<40 {
		return nil, fmt.Errorf("%w: %d", ErrSize, size)
	}
	size = (size + page - 1) &^ (page - 1)
	fd, err := memfd(name, size)
	if err != nil {
		return nil, fmt.Errorf("udmabuf: memfd of %d bytes: %w", size, err)
	}
	b := &Buffer{fd: fd}
	if d != nil {
		dma, err := d.create(fd, size)
		fd.Close() // the DMA-buf holds the pages
		if err != nil {
			return nil, err
		}
		b.fd, b.dma = dma, true
	}
	b.mem, err = unix.Mmap(b.fd.Int(), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		b.fd.Close()
		return nil, fmt.Errorf("udmabuf: map %d bytes: %w", size, err)
	}
	return b, nil
}

func (d *Device) create(memfd *sys.FD, size int) (*sys.FD, error) {
	arg := sys.UdmabufCreate{Memfd: uint32(memfd.Int()), Flags: sys.UDMABUF_FLAGS_CLOEXEC, Size: uint64(size)}
	n, err := sys.IoctlValue(d.fd.Int(), sys.UDMABUF_CREATE, unsafe.Pointer(&arg))
	if err != nil {
		return nil, fmt.Errorf("udmabuf: DMA-buf of %d bytes: %w", size, err)
	}
	return sys.NewFD(n), nil
}

func memfd(name string, size int) (*sys.FD, error) {
	flags := unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	n, err := unix.MemfdCreate(name, flags|unix.MFD_NOEXEC_SEAL)
	if err == unix.EINVAL { // before Linux 6.3
		n, err = unix.MemfdCreate(name, flags)
	}
	if err != nil {
		return nil, err
	}
	fd := sys.NewFD(n)
	if err := unix.Ftruncate(n, int64(size)); err != nil {
		fd.Close()
		return nil, err
	}
	if _, err := unix.FcntlInt(uintptr(n), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK); err != nil {
		fd.Close()
		return nil, err
	}
	return fd, nil
}

// FD lends the descriptor until Close.
func (b *Buffer) FD() int { return b.fd.Int() }

// DMABuf reports whether FD is a DMA-buf.
func (b *Buffer) DMABuf() bool { return b.dma }

// Bytes lends the memory until Close. Reads and writes of a DMA-buf belong
// between Begin and End.
func (b *Buffer) Bytes() []byte { return b.mem }

// Begin tells the kernel that the CPU is about to read and write the memory,
// End that it is done, so that caches are cleaned for devices that do not see
// them. Both do nothing on a memfd and do not allocate.
func (b *Buffer) Begin() error {
	return b.sync(sys.DMA_BUF_SYNC_START)
}

// End is the counterpart of Begin.
func (b *Buffer) End() error {
	return b.sync(sys.DMA_BUF_SYNC_END)
}

func (b *Buffer) sync(edge uint64) error {
	if !b.dma {
		return nil
	}
	arg := sys.DmaBufSync{Flags: edge | sys.DMA_BUF_SYNC_READ | sys.DMA_BUF_SYNC_WRITE}
	for {
		// Besides EINTR a driver that waits for a fence may answer EAGAIN, with
		// the same meaning (linux/dma-buf.h).
		err := sys.Ioctl(b.fd.Int(), sys.DMA_BUF_IOCTL_SYNC, unsafe.Pointer(&arg))
		if err == unix.EAGAIN {
			continue
		}
		if err != nil {
			return fmt.Errorf("udmabuf: synchronise DMA-buf: %w", err)
		}
		return nil
	}
}

// Close unmaps the memory and closes the descriptor. Duplicates of the
// descriptor keep the pages alive. It may be repeated and b may be nil.
func (b *Buffer) Close() error {
	if b == nil {
		return nil
	}
	var err error
	if b.mem != nil {
		err = unix.Munmap(b.mem)
		b.mem = nil
	}
	return errors.Join(err, b.fd.Close())
}
