package v4l2

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// ErrNotDecoder means that the node is no memory-to-memory device with streaming
// I/O.
var ErrNotDecoder = errors.New("not a memory-to-memory device")

// Decoder is an open stateful decoder: two queues of one device, In for compressed
// frames (V4L2's OUTPUT) and Out for pictures (V4L2's CAPTURE). What a Device can
// do, either can; events are taken from Out.
type Decoder struct {
	In, Out *Device
	maps    [][]byte // the memory of each buffer of In, for writing
}

// OpenDecoder opens a memory-to-memory device; errors are those of Open with
// ErrNotDecoder in the place of ErrNotCapture.
func OpenDecoder(path string) (*Decoder, error) {
	fd, err := sys.OpenFD(path, unix.O_RDWR|unix.O_NONBLOCK)
	if err != nil {
		return nil, fail(path, "open", errnoOf(err))
	}
	return NewDecoder(realKernel{}, fd, path)
}

// NewDecoder makes a Decoder of an open, non-blocking descriptor, which it takes
// over (and closes when it fails).
func NewDecoder(k Kernel, fd *sys.FD, name string) (*Decoder, error) {
	d := &Decoder{In: &Device{k: k, fd: fd, name: name}, Out: &Device{k: k, fd: fd, name: name}}
	caps, err := queryCapability(k, fd.Int())
	if errors.Is(err, unix.ENOTTY) || errors.Is(err, unix.EINVAL) {
		err = ErrNotDecoder // some other kind of file
	}
	if err == nil {
		d.In.caps, d.Out.caps = caps, caps
		switch both := uint32(sys.V4L2_CAP_VIDEO_CAPTURE | sys.V4L2_CAP_VIDEO_OUTPUT); {
		case caps.Flags&sys.V4L2_CAP_STREAMING == 0:
			err = ErrNotDecoder
		case caps.Flags&sys.V4L2_CAP_VIDEO_M2M != 0, caps.Flags&both == both:
			d.In.typ, d.Out.typ = sys.V4L2_BUF_TYPE_VIDEO_OUTPUT, sys.V4L2_BUF_TYPE_VIDEO_CAPTURE
		case caps.Flags&sys.V4L2_CAP_VIDEO_M2M_MPLANE != 0:
			d.In.typ, d.Out.typ = sys.V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE, sys.V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
		default:
			err = ErrNotDecoder
		}
	}
	if err != nil {
		err = d.Out.fail("open", err)
		fd.Close()
		return nil, err
	}
	return d, nil
}

// Name is the path.
func (d *Decoder) Name() string { return d.Out.name }

// Capability is what the driver said of itself.
func (d *Decoder) Capability() Capability { return d.Out.caps }

// FD lends the descriptor, valid until Close; -1 after it.
func (d *Decoder) FD() int { return d.Out.fd.Int() }

// Close closes the device. Exported descriptors stay valid. Later calls do nothing.
func (d *Decoder) Close() error {
	if d == nil {
		return nil
	}
	d.unmap()
	return d.Out.Close()
}

// Takes lists the compressed formats that the device decodes and this package
// knows; none of a device that is no decoder.
func (d *Decoder) Takes() ([]*Codec, error) {
	formats, err := d.In.Formats()
	if err != nil {
		return nil, err
	}
	var out []*Codec
	for _, f := range formats {
		for i := range codecs {
			if codecs[i].FourCC == f.FourCC {
				out = append(out, &codecs[i])
			}
		}
	}
	return out, nil
}

// RequestIn has the driver allocate about count buffers for compressed frames and
// maps them for writing; 0 frees them. It returns how many there are.
func (d *Decoder) RequestIn(count int) (int, error) {
	d.unmap()
	n, err := d.In.Request(count)
	if err != nil || n == 0 {
		return n, err
	}
	if d.In.Memories() != 1 {
		d.In.Request(0)
		return 0, d.In.nonsense("request buffers", "compressed frames in %d memories", d.In.Memories())
	}
	for i := range n {
		m := d.In.queue.buffers[i].planes[0]
		b, err := mapForWriting(d.In.k, d.In.fd.Int(), int64(m.cookie), int(m.length))
		if err != nil {
			err = d.In.fail(fmt.Sprintf("map buffer %d", i), err)
			d.unmap()
			d.In.Request(0)
			return 0, err
		}
		d.maps = append(d.maps, b)
	}
	return n, nil
}

func (d *Decoder) unmap() {
	for _, m := range d.maps {
		unix.Munmap(m)
	}
	d.maps = nil
}

// Writable is a Kernel that maps buffers for writing too.
type Writable interface {
	MmapWrite(fd int, offset int64, length int) ([]byte, error)
}

func (realKernel) MmapWrite(fd int, offset int64, length int) ([]byte, error) {
	return unix.Mmap(fd, offset, length, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

func mapForWriting(k Kernel, fd int, offset int64, length int) ([]byte, error) {
	w, ok := k.(Writable)
	if !ok {
		return nil, unix.ENOSYS
	}
	return w.MmapWrite(fd, offset, length)
}

// ErrTooLarge means that a compressed frame does not fit into the driver's buffers.
var ErrTooLarge = errors.New("compressed frame larger than the driver's buffer")

// Room is how many bytes a buffer of In holds.
func (d *Decoder) Room() int {
	if len(d.maps) == 0 {
		return 0
	}
	return len(d.maps[0])
}

// Feed copies a compressed frame into buffer i of In and gives it to the driver.
// Pictures made of it have the same number, which is less than 1<<50.
func (d *Decoder) Feed(i int, frame []byte, number uint64) error {
	in := d.In
	q := &in.queue
	if err := in.check(i, 0); err != nil {
		return in.fail("queue a compressed frame", err)
	}
	if q.buffers[i].queued {
		return in.fail("queue a compressed frame", fmt.Errorf("buffer %d is queued: %w", i, unix.EINVAL))
	}
	if len(frame) > len(d.maps[i]) {
		return in.fail("queue a compressed frame", fmt.Errorf("%w: %d bytes, there is room for %d", ErrTooLarge, len(frame), len(d.maps[i])))
	}
	copy(d.maps[i], frame)
	q.req = sys.V4L2Buffer{
		Index: uint32(i), Type: in.typ, Memory: sys.V4L2_MEMORY_MMAP, Field: sys.V4L2_FIELD_NONE,
		Flags: sys.V4L2_BUF_FLAG_TIMESTAMP_COPY, BytesUsed: uint32(len(frame)),
		Timestamp: unix.NsecToTimeval(int64(number) * 1000), // its unit is 1 µs
	}
	err := error(nil)
	if !in.Multiplanar() {
		err = in.ioctl(sys.VIDIOC_QBUF, unsafe.Pointer(&q.req))
	} else {
		clear(q.planes[:])
		q.planes[0].BytesUsed = uint32(len(frame))
		var pin runtime.Pinner // the union hides the pointer from the collector
		pin.Pin(&q.planes)
		q.req.SetPlanes(&q.planes)
		q.req.Length = 1
		err = in.ioctl(sys.VIDIOC_QBUF, unsafe.Pointer(&q.req))
		pin.Unpin()
	}
	if err != nil {
		if err == unix.EIO {
			err = ErrStopped
		}
		return in.fail(fmt.Sprintf("queue compressed buffer %d", i), err)
	}
	q.buffers[i].queued = true
	q.queued++
	return nil
}

// Number is Feed's, of a picture.
func (f *Frame) Number() uint64 { return uint64(f.Timestamp / 1000) }

// Fed takes back a buffer of In that the driver has read; ErrAgain, bare, means
// that there is none. It does not allocate.
func (d *Decoder) Fed(f *Frame) error { return d.In.Dequeue(f) }

// Stop asks the driver to finish what it has been fed: the last picture, maybe an
// empty one, is marked Last.
func (d *Decoder) Stop() error { return d.command("stop decoding", sys.V4L2_DEC_CMD_STOP) }

// Start goes on after the last picture of Stop.
func (d *Decoder) Start() error { return d.command("go on decoding", sys.V4L2_DEC_CMD_START) }

func (d *Decoder) command(op string, cmd uint32) error {
	c := sys.V4L2DecoderCmd{Cmd: cmd}
	if err := d.Out.ioctl(sys.VIDIOC_DECODER_CMD, unsafe.Pointer(&c)); err != nil {
		return d.Out.fail(op, err)
	}
	return nil
}

// Visible is the part of the pictures that is to be seen; all of f, the format of
// Out, when the driver does not say.
func (d *Decoder) Visible(f *Format) (left, top, width, height uint32) {
	r, err := d.Out.Composed(f)
	if err != nil {
		return 0, 0, f.Width, f.Height
	}
	return uint32(r.Left), uint32(r.Top), r.Width, r.Height
}

// Keeps is how many buffers of Out the driver needs for itself; 0 when it does not
// say.
func (d *Decoder) Keeps() int {
	n, err := d.Out.Control(sys.V4L2_CID_MIN_BUFFERS_FOR_CAPTURE)
	if err != nil || n < 0 {
		return 0
	}
	return min(int(n), MaxBuffers)
}

// Look tells, without waiting, what can be dequeued.
func (d *Decoder) Look() (picture, fed, event bool, err error) {
	if d.In.queue.queued == 0 && d.Out.queue.queued == 0 {
		// poll has nothing to look at but events, and says POLLERR.
		return false, false, true, nil
	}
	p := [1]unix.PollFd{{Fd: int32(d.FD()), Events: unix.POLLIN | unix.POLLOUT | unix.POLLPRI}}
	switch err := sys.Poll(p[:], 0); {
	case err == unix.ETIMEDOUT:
		return false, false, false, nil
	case err != nil:
		return false, false, false, d.Out.fail("wait", err)
	}
	e := p[0].Revents
	// Of an error, dequeuing tells more.
	broken := e&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0
	return broken || e&unix.POLLIN != 0, broken || e&unix.POLLOUT != 0, broken || e&unix.POLLPRI != 0, nil
}

// FoundDecoder is a decoder of this machine.
type FoundDecoder struct {
	Path string
	Capability
	Takes []*Codec
}

// maxNodes is VIDEO_NUM_DEVICES of the kernel's v4l2-dev.c.
const maxNodes = 256

// Decoders opens every /dev/videoN in turn and tells which are decoders.
func Decoders() []FoundDecoder {
	var out []FoundDecoder
	for n := range maxNodes {
		path := fmt.Sprintf("/dev/video%d", n)
		d, err := OpenDecoder(path)
		if err != nil {
			continue
		}
		if takes, err := d.Takes(); err == nil && len(takes) > 0 {
			out = append(out, FoundDecoder{path, d.Capability(), takes})
		}
		d.Close()
	}
	return out
}

// Has tells whether the driver has buffer i.
func (d *Device) Has(i int) bool { return i >= 0 && i < d.queue.n && d.queue.buffers[i].queued }
