package v4l2

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Frame is one dequeued buffer. It is meant to be reused.
type Frame struct {
	Index     int    // the buffer, with the caller until Queue(Index)
	Sequence  uint32 // counts frames since StreamOn, lost ones included
	Field     uint32 // V4L2_FIELD_*
	Timestamp int64  // ns
	Monotonic bool   // Timestamp is of CLOCK_MONOTONIC, else of a clock unknown
	Start     bool   // Timestamp is the exposure's start, else the frame's end
	Damaged   bool   // the driver marked the picture as broken, or it is empty
	Last      bool   // no frame follows
	NPlanes   int    // memories
	Planes    [MaxPlanes]FramePlane
}

// FramePlane is where the picture lies in one memory: from Offset up to Used.
type FramePlane struct {
	Offset uint32 // first byte of the picture
	Used   uint32 // bytes in use, Offset included
}

// StreamOn starts capture. Frames are counted from zero again.
func (d *Device) StreamOn() error {
	typ := int32(d.typ)
	if err := d.ioctl(sys.VIDIOC_STREAMON, unsafe.Pointer(&typ)); err != nil {
		return d.fail("start streaming", err)
	}
	return nil
}

// StreamOff stops capture and takes all buffers back from the driver; it does
// not wait. Stopping what is stopped does nothing.
func (d *Device) StreamOff() error {
	typ := int32(d.typ)
	err := d.ioctl(sys.VIDIOC_STREAMOFF, unsafe.Pointer(&typ))
	for i := range d.queue.buffers {
		d.queue.buffers[i].queued = false
	}
	d.queue.queued = 0
	if err != nil {
		return d.fail("stop streaming", err)
	}
	return nil
}

// Queue gives buffer i to the driver. ErrStopped means that the driver met an
// error it cannot continue from.
func (d *Device) Queue(i int) error {
	q := &d.queue
	if err := d.check(i, 0); err != nil {
		return d.fail("queue a buffer", err)
	}
	if q.buffers[i].queued {
		return d.fail("queue a buffer", fmt.Errorf("buffer %d is queued: %w", i, unix.EINVAL))
	}
	if err := d.bufferIoctl(sys.VIDIOC_QBUF, i); err != nil {
		if err == unix.EIO {
			err = ErrStopped
		}
		return d.fail(fmt.Sprintf("queue buffer %d", i), err)
	}
	q.buffers[i].queued = true
	q.queued++
	return nil
}

// Imported is one memory for QueueImport: a borrowed DMA-buf and its size.
type Imported struct {
	FD     int
	Length uint32
}

// QueueImport gives the driver memory of others for buffer i, after RequestImport. The
// memory is the driver's until Dequeue gives the buffer back, or StreamOff all of them.
func (d *Device) QueueImport(i int, memories []Imported) error {
	q := &d.queue
	if err := d.check(i, 0); err != nil {
		return d.fail("queue a buffer", err)
	}
	if len(memories) != q.nplanes || q.memory != sys.V4L2_MEMORY_DMABUF {
		return d.fail("queue a buffer", fmt.Errorf("%d memories for a buffer of %d: %w", len(memories), q.nplanes, unix.EINVAL))
	}
	if q.buffers[i].queued {
		return d.fail("queue a buffer", fmt.Errorf("buffer %d is queued: %w", i, unix.EINVAL))
	}
	for p, m := range memories {
		q.buffers[i].planes[p] = memory{m.Length, uint32(m.FD)}
	}
	return d.Queue(i)
}

// Queued is how many buffers the driver has.
func (d *Device) Queued() int { return d.queue.queued }

// Dequeue takes the next frame from the driver. It does not wait and does not
// allocate; ErrAgain, bare, means that no frame is ready. ErrEnd means that
// none will come, ErrStopped that the driver met an error it cannot continue
// from, ErrGone that the device is gone, ErrReply that its answer cannot be
// used (the stream is then to be stopped).
func (d *Device) Dequeue(f *Frame) error {
	switch err := d.bufferIoctl(sys.VIDIOC_DQBUF, 0); err {
	case nil:
		return d.frame(f)
	case unix.EAGAIN:
		return ErrAgain
	case unix.EIO:
		return d.fail("dequeue", ErrStopped)
	case unix.EPIPE:
		return d.fail("dequeue", ErrEnd)
	default:
		return d.fail("dequeue", err)
	}
}

// frame checks what DQBUF answered and copies it out.
func (d *Device) frame(f *Frame) error {
	const op = "dequeue"
	q := &d.queue
	r := &q.req
	if r.Index >= uint32(q.n) {
		return d.nonsense(op, "buffer %d of %d", r.Index, q.n)
	}
	b := &q.buffers[r.Index]
	if !b.queued {
		return d.nonsense(op, "buffer %d, which it did not have", r.Index)
	}
	b.queued = false
	q.queued--

	*f = Frame{
		Index: int(r.Index), Sequence: r.Sequence, Field: r.Field,
		Timestamp: r.Timestamp.Nano(),
		Monotonic: r.Flags&sys.V4L2_BUF_FLAG_TIMESTAMP_MASK == sys.V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
		Start:     r.Flags&sys.V4L2_BUF_FLAG_TSTAMP_SRC_MASK == sys.V4L2_BUF_FLAG_TSTAMP_SRC_SOE,
		Damaged:   r.Flags&sys.V4L2_BUF_FLAG_ERROR != 0,
		Last:      r.Flags&sys.V4L2_BUF_FLAG_LAST != 0,
		NPlanes:   q.nplanes,
	}
	if !d.Multiplanar() {
		f.Planes[0] = FramePlane{0, r.BytesUsed}
	} else {
		if r.Length != uint32(q.nplanes) {
			return d.nonsense(op, "%d planes, the format has %d", r.Length, q.nplanes)
		}
		for i := range q.nplanes {
			f.Planes[i] = FramePlane{q.planes[i].DataOffset, q.planes[i].BytesUsed}
		}
	}
	for i, p := range f.Planes[:q.nplanes] {
		if p.Used > b.planes[i].length {
			return d.nonsense(op, "%d bytes used of plane %d with %d", p.Used, i, b.planes[i].length)
		}
		if p.Offset > p.Used {
			return d.nonsense(op, "plane %d starts at %d, behind its end at %d", i, p.Offset, p.Used)
		}
		if p.Offset == p.Used {
			f.Damaged = true
		}
	}
	return nil
}
