package v4l2

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// MaxBuffers is the most buffers a queue has.
const MaxBuffers = sys.VIDEO_MAX_FRAME

// queue is the driver's buffer queue as this side knows it.
type queue struct {
	n       int    // buffers allocated
	memory  uint32 // V4L2_MEMORY_*: whose
	nplanes int    // memories of each
	buffers [MaxBuffers]buffer
	queued  int // of them, with the driver

	// The argument of QBUF and DQBUF. It lives here because the pointer
	// inside it must point at memory that stays: one call at a time uses it.
	req    sys.V4L2Buffer
	planes [MaxPlanes]sys.V4L2Plane
}

type buffer struct {
	queued bool
	planes [MaxPlanes]memory
}

// cookie is the driver's for mmap, or the descriptor of memory that is imported.
type memory struct{ length, cookie uint32 }

// Request has the driver allocate count buffers for the current format,
// replacing those of an earlier call, and returns how many there are: a driver
// may give fewer or more. Request(0) frees them. ErrBusy means that another
// program has the stream, or exported buffers are still mapped (kernels
// before 5.1).
func (d *Device) Request(count int) (int, error) { return d.request(count, sys.V4L2_MEMORY_MMAP) }

// RequestImport is Request for buffers whose memory is another's, see QueueImport.
// ErrUnsupported when the driver cannot import.
func (d *Device) RequestImport(count int) (int, error) {
	n, err := d.request(count, sys.V4L2_MEMORY_DMABUF)
	if errors.Is(err, unix.EINVAL) {
		err = d.fail("import buffers", ErrUnsupported)
	}
	return n, err
}

func (d *Device) request(count int, memory uint32) (int, error) {
	op := fmt.Sprintf("request %d buffers", count)
	if count < 0 || count > MaxBuffers {
		return 0, d.fail(op, fmt.Errorf("at most %d are possible: %w", MaxBuffers, unix.EINVAL))
	}
	nplanes := 1
	if d.Multiplanar() && count > 0 {
		f, err := d.Format()
		if err != nil {
			return 0, err
		}
		nplanes = f.NPlanes
	}
	q := &d.queue
	if count == 0 { // frees those of the kind that there are
		memory = q.memory
	}
	q.n, q.queued, q.nplanes, q.memory = 0, 0, nplanes, max(memory, sys.V4L2_MEMORY_MMAP)
	r := sys.V4L2RequestBuffers{Count: uint32(count), Type: d.typ, Memory: q.memory}
	if err := d.ioctl(sys.VIDIOC_REQBUFS, unsafe.Pointer(&r)); err != nil {
		return 0, d.fail(op, err)
	}
	if count == 0 {
		return 0, nil
	}
	err := error(nil)
	switch {
	case r.Count == 0:
		err = d.fail(op, unix.ENOMEM)
	case r.Count > MaxBuffers:
		err = d.nonsense(op, "%d buffers, %d is the limit", r.Count, MaxBuffers)
	default:
		q.n = int(r.Count)
		for i := 0; i < q.n && err == nil && q.memory == sys.V4L2_MEMORY_MMAP; i++ {
			err = d.query(i)
		}
	}
	if err != nil {
		d.Request(0)
		return 0, err
	}
	return q.n, nil
}

// query reads where buffer i lies.
func (d *Device) query(i int) error {
	op := fmt.Sprintf("query buffer %d", i)
	q := &d.queue
	if err := d.bufferIoctl(sys.VIDIOC_QUERYBUF, i); err != nil {
		return d.fail(op, err)
	}
	if int(q.req.Index) != i {
		return d.nonsense(op, "buffer %d", q.req.Index)
	}
	b := &q.buffers[i]
	*b = buffer{}
	if !d.Multiplanar() {
		b.planes[0] = memory{q.req.Length, q.req.Offset()}
	} else {
		if int(q.req.Length) != q.nplanes {
			return d.nonsense(op, "%d planes, the format has %d", q.req.Length, q.nplanes)
		}
		for p := range q.nplanes {
			b.planes[p] = memory{q.planes[p].Length, q.planes[p].MemOffset()}
		}
	}
	for p := range q.nplanes {
		if b.planes[p].length == 0 {
			return d.nonsense(op, "plane %d has no length", p)
		}
	}
	return nil
}

// bufferIoctl runs a request on the scratch v4l2_buffer for index i.
func (d *Device) bufferIoctl(req uintptr, i int) error {
	q := &d.queue
	q.req = sys.V4L2Buffer{Index: uint32(i), Type: d.typ, Memory: q.memory}
	imported := q.memory == sys.V4L2_MEMORY_DMABUF && req == sys.VIDIOC_QBUF
	if !d.Multiplanar() {
		if imported {
			m := q.buffers[i].planes[0]
			q.req.SetFD(int(m.cookie))
			q.req.Length = m.length
		}
		return d.ioctl(req, unsafe.Pointer(&q.req))
	}
	clear(q.planes[:])
	if imported {
		for p, m := range q.buffers[i].planes[:q.nplanes] {
			q.planes[p].SetFD(int(m.cookie))
			q.planes[p].Length = m.length
		}
	}
	var pin runtime.Pinner // the union hides the pointer from the collector
	pin.Pin(&q.planes)
	defer pin.Unpin()
	q.req.SetPlanes(&q.planes)
	return d.ioctl(req, unsafe.Pointer(&q.req))
}

// Buffers is how many buffers there are, Memories how many memories each has.
func (d *Device) Buffers() int  { return d.queue.n }
func (d *Device) Memories() int { return d.queue.nplanes }

// Length is the size in bytes of memory plane of buffer i.
func (d *Device) Length(i, plane int) uint32 {
	if d.check(i, plane) != nil {
		return 0
	}
	return d.queue.buffers[i].planes[plane].length
}

// Export makes a DMA-buf of one memory of buffer i. The caller owns the
// descriptor; the memory lives as long as it does, even past Request(0) and
// Close. ErrUnsupported when the driver cannot export.
func (d *Device) Export(i, plane int) (*sys.FD, error) {
	op := fmt.Sprintf("export buffer %d plane %d", i, plane)
	if err := d.check(i, plane); err != nil {
		return nil, d.fail(op, err)
	}
	e := sys.V4L2ExportBuffer{
		Type: d.typ, Index: uint32(i), Plane: uint32(plane), FD: -1,
		// Read and write, for those that map it to draw into a frame.
		Flags: unix.O_CLOEXEC | unix.O_RDWR,
	}
	if err := d.ioctl(sys.VIDIOC_EXPBUF, unsafe.Pointer(&e)); err != nil {
		return nil, d.fail(op, err)
	}
	if e.FD < 0 {
		return nil, d.nonsense(op, "descriptor %d", e.FD)
	}
	return sys.NewFD(int(e.FD)), nil
}

// Mapping is a read-only view of one memory of a buffer. Its contents are the
// driver's to change while the buffer is queued.
type Mapping struct{ Bytes []byte }

// Map maps one memory of buffer i for reading. Every mapping must be closed
// before Request can replace the buffers.
func (d *Device) Map(i, plane int) (*Mapping, error) {
	op := fmt.Sprintf("map buffer %d plane %d", i, plane)
	if err := d.check(i, plane); err != nil {
		return nil, d.fail(op, err)
	}
	m := d.queue.buffers[i].planes[plane]
	b, err := d.k.Mmap(d.fd.Int(), int64(m.cookie), int(m.length))
	if err != nil {
		return nil, d.fail(op, err)
	}
	return &Mapping{b}, nil
}

// Close ends the mapping; nobody may look at Bytes any more. Later calls do
// nothing.
func (m *Mapping) Close() error {
	b := m.Bytes
	m.Bytes = nil
	if b == nil {
		return nil
	}
	return unix.Munmap(b)
}

func (d *Device) check(i, plane int) error {
	if i < 0 || i >= d.queue.n || plane < 0 || plane >= d.queue.nplanes {
		return fmt.Errorf("no such buffer among %d with %d planes: %w", d.queue.n, d.queue.nplanes, unix.EINVAL)
	}
	return nil
}
