package kmstest

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// File is an open card; it is a kms.Kernel.
type File struct {
	c            *Card
	atomic       bool
	events       [2]int // a pipe: read end, write end
	handles      map[uint32]*memory
	maps         int
	closed, hung bool

	lessor *File // of a lease
	leased map[uint32]bool
}

// memory is a buffer object. Dumb buffers are memfds; what comes back is
// recognised by its inode.
type memory struct {
	inode uint64
	fd    *sys.FD
	size  uint64
}

// Open opens the card. The first to do so is its master.
func (c *Card) Open() *File {
	f := &File{c: c, handles: map[uint32]*memory{}}
	if err := unix.Pipe2(f.events[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		panic(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.master == nil {
		c.master = f
	}
	c.files[f] = true
	return f
}

func (f *File) FD() int { return f.events[0] }

// Read reads events.
func (f *File) Read(p []byte) (int, error) { return unix.Read(f.events[0], p) }

// Send puts bytes where events are read from.
func (f *File) Send(b []byte) { unix.Write(f.events[1], b) }

func (f *File) hangUp() {
	if !f.hung {
		f.hung = true
		unix.Close(f.events[1])
	}
}

// Mmap maps a dumb buffer; the offset is its handle times the page size.
func (f *File) Mmap(offset int64, length int) ([]byte, error) {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	m := f.handles[uint32(offset/pageSize)]
	if m == nil || length <= 0 || uint64(length) > m.size {
		return nil, unix.EINVAL
	}
	f.maps++
	return unix.Mmap(m.fd.Int(), 0, length, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

const pageSize = 4096

func (f *File) Munmap(b []byte) error { f.maps--; return unix.Munmap(b) }

// Close is what the kernel does at the last close: framebuffers go, and planes
// that showed them go dark; property values stay.
func (f *File) Close() error {
	c := f.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	for id, fb := range c.fbs {
		if fb.owner == f {
			c.removeFB(id)
		}
	}
	for _, b := range c.blobs {
		if b.owner == f {
			b.owner = nil
		}
	}
	c.sweep()
	for h, m := range f.handles {
		m.fd.Close()
		delete(f.handles, h)
	}
	if c.master == f {
		c.master = nil
	}
	delete(c.files, f)
	f.hangUp()
	return unix.Close(f.events[0])
}

// Left lists what has been made through the file and not freed.
func (f *File) Left() []string {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	var left []string
	for id, fb := range f.c.fbs {
		if fb.owner == f {
			left = append(left, fmt.Sprint("framebuffer ", id))
		}
	}
	for id, b := range f.c.blobs {
		if b.owner == f {
			left = append(left, fmt.Sprint("blob ", id))
		}
	}
	for h := range f.handles {
		left = append(left, fmt.Sprint("handle ", h))
	}
	if f.maps != 0 {
		left = append(left, fmt.Sprint(f.maps, " mappings"))
	}
	return left
}

func (c *Card) removeFB(id uint64) {
	for _, o := range c.objects {
		if o.plane != nil && c.state[o.find("FB_ID").slot] == id {
			c.torn++
			c.state[o.find("FB_ID").slot] = 0
			c.state[o.find("CRTC_ID").slot] = 0
		}
	}
	c.fbs[id].fd.Close()
	delete(c.fbs, id)
}

// Ioctl runs a request, as the ioctls of drm_ioctl.c do.
func (f *File) Ioctl(req uintptr, arg unsafe.Pointer) error {
	c := f.c
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case f.closed:
		return unix.EBADF
	case c.unplug:
		return unix.ENODEV
	case c.Fail != nil:
		if err := c.Fail(req); err != nil {
			return err
		}
	}
	return f.run(req, arg)
}

// isMaster tells whether the file may commit. A lease's may as long as the
// lessor's may.
func (f *File) isMaster() bool {
	return f.c.master == f || f.lessor != nil && f.c.master == f.lessor
}

// sees tells whether an object is there for the file.
func (f *File) sees(id uint32) bool { return f.lessor == nil || f.leased[id] }

func (f *File) object(id uint32) *object {
	if !f.sees(id) {
		return nil
	}
	return f.c.object(id)
}

// Lease opens the card for a lessee that sees the given objects only, among them
// the first CRTC.
func (f *File) Lease(ids ...uint32) *File {
	l := f.c.Open()
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	l.lessor, l.leased = f, map[uint32]bool{}
	for _, id := range ids {
		l.leased[id] = true
	}
	return l
}

// Revoke takes the objects of a lease back.
func (f *File) Revoke() {
	f.c.mu.Lock()
	defer f.c.mu.Unlock()
	clear(f.leased)
}

func (f *File) lie(req uintptr, arg any) error {
	if f.c.Lie != nil {
		f.c.Lie(req, arg)
	}
	return nil
}

func fill[T any](p sys.Ptr, room uint32, from []T) uint32 {
	if int(room) >= len(from) && len(from) > 0 {
		copy(unsafe.Slice((*T)(p.Pointer()), room), from)
	}
	return uint32(len(from))
}
