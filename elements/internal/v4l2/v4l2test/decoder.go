package v4l2test

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

// Decoder is a fake stateful decoder. Its pictures' queue is a Driver's; frames are
// what Coded makes.
type Decoder struct {
	*Driver
	codecs  []string
	reorder int // pictures are given in display order once so many wait

	in          [][]byte // memory of the compressed frames' buffers
	inFD        []int
	inTime      []unix.Timeval
	inUsed      []uint32
	inQueued    ring
	inDone      ring
	inStreaming bool
	inFormat    sys.V4L2Format

	width, height   uint32 // of the stream; 0 before the first frame
	change          bool   // they have changed since the pictures' queue was started
	waiting         []picture
	draining, ended bool
	times           map[uint32]unix.Timeval // of the pictures in buffers
	empty           map[uint32]bool
	used            [sys.VIDEO_MAX_PLANES]uint32 // bytes of the pictures in buffers
}

type picture struct {
	order uint16
	time  unix.Timeval
}

// RoomIn is how many bytes a buffer for compressed frames holds.
const RoomIn = 4096

// Coded is a compressed frame: size and place in display order of its picture.
func Coded(width, height, order uint16) []byte {
	b := binary.BigEndian.AppendUint16(nil, width)
	b = binary.BigEndian.AppendUint16(b, height)
	return binary.BigEndian.AppendUint16(b, order)
}

// NewDecoder makes a decoder of V4L2's codecs; cfg is of its pictures. The test
// closes it.
func NewDecoder(cfg Config, codecs []string, reorder int) *Decoder {
	return &Decoder{Driver: New(cfg), codecs: codecs, reorder: reorder,
		times: map[uint32]unix.Timeval{}, empty: map[uint32]bool{}}
}

// Open opens the device; any number of times. The caller closes it.
func (d *Decoder) Open() (*v4l2.Decoder, error) {
	fd, err := sys.DupFD(d.near)
	if err != nil {
		return nil, err
	}
	return v4l2.NewDecoder(d, fd, d.cfg.Path)
}

// Close ends the decoder.
func (d *Decoder) Close() {
	d.mu.Lock()
	d.freeIn()
	d.mu.Unlock()
	d.Driver.Close()
}

// Ioctl is the driver's side of [v4l2.Kernel].
func (d *Decoder) Ioctl(_ int, req uintptr, arg unsafe.Pointer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone {
		return unix.ENODEV
	}
	errno := d.serve(req, arg)
	d.decode()
	if errno != 0 {
		return errno
	}
	if d.cfg.Alter != nil {
		return d.cfg.Alter(req, arg)
	}
	return nil
}

// MmapWrite is the driver's side of [v4l2.Writable].
func (d *Decoder) MmapWrite(_ int, offset int64, length int) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return unix.Mmap(d.inFD[offset>>12], 0, length, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

func (d *Decoder) inType() uint32 {
	if d.cfg.Multiplanar {
		return sys.V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE
	}
	return sys.V4L2_BUF_TYPE_VIDEO_OUTPUT
}

func (d *Decoder) serve(req uintptr, arg unsafe.Pointer) unix.Errno {
	typ := uint32(0)
	switch req {
	case sys.VIDIOC_QUERYCAP:
		d.Driver.serve(req, arg)
		c := (*sys.V4L2Capability)(arg)
		c.DeviceCaps = sys.V4L2_CAP_VIDEO_M2M | sys.V4L2_CAP_STREAMING
		if d.cfg.Multiplanar {
			c.DeviceCaps = sys.V4L2_CAP_VIDEO_M2M_MPLANE | sys.V4L2_CAP_STREAMING
		}
		return 0
	case sys.VIDIOC_G_CTRL:
		if c := (*sys.V4L2Control)(arg); c.ID == sys.V4L2_CID_MIN_BUFFERS_FOR_CAPTURE {
			c.Value = int32(d.reorder) + 1
			return 0
		}
	case sys.VIDIOC_G_SELECTION:
		s := (*sys.V4L2Selection)(arg)
		if s.Target != sys.V4L2_SEL_TGT_COMPOSE || d.cfg.Visible == (sys.V4L2Rect{}) {
			return unix.EINVAL
		}
		s.R = d.cfg.Visible
		return 0
	case sys.VIDIOC_DECODER_CMD:
		return d.command((*sys.V4L2DecoderCmd)(arg).Cmd)
	case sys.VIDIOC_ENUM_FMT:
		typ = (*sys.V4L2FmtDesc)(arg).Type
	case sys.VIDIOC_G_FMT, sys.VIDIOC_S_FMT, sys.VIDIOC_TRY_FMT:
		typ = (*sys.V4L2Format)(arg).Type
	case sys.VIDIOC_REQBUFS:
		typ = (*sys.V4L2RequestBuffers)(arg).Type
	case sys.VIDIOC_QUERYBUF, sys.VIDIOC_QBUF, sys.VIDIOC_DQBUF:
		typ = (*sys.V4L2Buffer)(arg).Type
	case sys.VIDIOC_STREAMON, sys.VIDIOC_STREAMOFF:
		typ = uint32(*(*int32)(arg))
	}
	if typ == d.inType() {
		return d.serveIn(req, arg)
	}
	switch req {
	case sys.VIDIOC_STREAMON:
		d.change = false
	case sys.VIDIOC_STREAMOFF:
		if d.streaming {
			d.ended, d.draining, d.waiting = false, false, nil
		}
	case sys.VIDIOC_DQBUF:
		if d.done.n == 0 && d.ended {
			return unix.EPIPE
		}
	}
	errno := d.Driver.serve(req, arg)
	if req == sys.VIDIOC_DQBUF && errno == 0 {
		b := (*sys.V4L2Buffer)(arg)
		b.Timestamp = d.times[b.Index]
		used := d.used // the format may be the next one's
		if d.empty[b.Index] {
			used = [sys.VIDEO_MAX_PLANES]uint32{}
		}
		if !d.cfg.Multiplanar {
			b.BytesUsed = used[0]
			return 0
		}
		planes := *(**[sys.VIDEO_MAX_PLANES]sys.V4L2Plane)(unsafe.Pointer(&b.M))
		for i := range planes {
			planes[i].BytesUsed = used[i]
			planes[i].DataOffset = min(planes[i].DataOffset, used[i])
		}
	}
	if req == sys.VIDIOC_REQBUFS {
		_, d.used = d.planeSizes()
	}
	return errno
}

func (d *Decoder) command(cmd uint32) unix.Errno {
	switch {
	case cmd == sys.V4L2_DEC_CMD_STOP && d.inStreaming:
		d.draining = true
	case cmd == sys.V4L2_DEC_CMD_START:
		d.ended = false
	}
	return 0
}

// serveIn answers for the queue of compressed frames.
func (d *Decoder) serveIn(req uintptr, arg unsafe.Pointer) unix.Errno {
	switch req {
	case sys.VIDIOC_ENUM_FMT:
		e := (*sys.V4L2FmtDesc)(arg)
		if int(e.Index) >= len(d.codecs) {
			return unix.EINVAL
		}
		e.PixelFormat, e.Flags = uint32(v4l2.MakeFourCC(d.codecs[e.Index])), sys.V4L2_FMT_FLAG_COMPRESSED
	case sys.VIDIOC_S_FMT, sys.VIDIOC_TRY_FMT:
		f := (*sys.V4L2Format)(arg)
		if d.cfg.Multiplanar {
			p := f.PixMP()
			p.Width, p.Height, p.NumPlanes = max(p.Width, 16), max(p.Height, 16), 1
			p.PlaneFmt[0].SizeImage = RoomIn
		} else {
			p := f.Pix()
			p.Width, p.Height, p.SizeImage = max(p.Width, 16), max(p.Height, 16), RoomIn
		}
		d.inFormat = *f
	case sys.VIDIOC_G_FMT:
		*(*sys.V4L2Format)(arg) = d.inFormat
	case sys.VIDIOC_REQBUFS:
		d.freeIn()
		for range (*sys.V4L2RequestBuffers)(arg).Count {
			fd, err := unix.MemfdCreate("v4l2test", unix.MFD_CLOEXEC)
			must(err)
			must(unix.Ftruncate(fd, RoomIn))
			m, err := unix.Mmap(fd, 0, RoomIn, unix.PROT_READ, unix.MAP_SHARED)
			must(err)
			d.in, d.inFD = append(d.in, m), append(d.inFD, fd)
			d.inTime, d.inUsed = append(d.inTime, unix.Timeval{}), append(d.inUsed, 0)
		}
	case sys.VIDIOC_QUERYBUF:
		b := (*sys.V4L2Buffer)(arg)
		d.describeIn(b)
	case sys.VIDIOC_QBUF:
		b := (*sys.V4L2Buffer)(arg)
		d.inTime[b.Index], d.inUsed[b.Index] = b.Timestamp, b.BytesUsed
		if d.cfg.Multiplanar {
			d.inUsed[b.Index] = (*(**[sys.VIDEO_MAX_PLANES]sys.V4L2Plane)(unsafe.Pointer(&b.M)))[0].BytesUsed
		}
		d.inQueued.push(b.Index)
	case sys.VIDIOC_DQBUF:
		i, ok := d.inDone.pop()
		if !ok {
			return unix.EAGAIN
		}
		b := (*sys.V4L2Buffer)(arg)
		b.Index = i
		d.describeIn(b)
	case sys.VIDIOC_STREAMON:
		d.inStreaming = true
	case sys.VIDIOC_STREAMOFF:
		d.inStreaming, d.inQueued, d.inDone, d.waiting, d.draining = false, ring{}, ring{}, nil, false
	default:
		return unix.ENOTTY
	}
	return 0
}

func (d *Decoder) describeIn(b *sys.V4L2Buffer) {
	if !d.cfg.Multiplanar {
		b.Length, b.BytesUsed = RoomIn, d.inUsed[b.Index]
		b.SetOffset(b.Index << 12)
		return
	}
	planes := *(**[sys.VIDEO_MAX_PLANES]sys.V4L2Plane)(unsafe.Pointer(&b.M))
	planes[0].Length, planes[0].BytesUsed = RoomIn, d.inUsed[b.Index]
	planes[0].SetMemOffset(b.Index << 12)
	b.Length = 1
}

func (d *Decoder) freeIn() {
	for i, fd := range d.inFD {
		unix.Munmap(d.in[i])
		unix.Close(fd)
	}
	d.in, d.inFD, d.inTime, d.inUsed = nil, nil, nil, nil
	d.inQueued, d.inDone = ring{}, ring{}
	// What else a real driver forgets with the open file.
	d.width, d.height, d.events = 0, 0, nil
	d.change, d.ended, d.draining, d.waiting = false, false, false, nil
	d.signalEvents()
}

// decode does all that can be done.
func (d *Decoder) decode() {
	for d.inStreaming && !d.ended && !d.change && d.inQueued.n > 0 {
		i := d.inQueued.at[d.inQueued.head]
		f := d.in[i][:d.inUsed[i]]
		if w, h := uint32(binary.BigEndian.Uint16(f)), uint32(binary.BigEndian.Uint16(f[2:])); w != d.width || h != d.height {
			if len(d.waiting) > 0 && !d.emit(0) {
				return
			}
			if d.streaming && d.width != 0 && !d.last() {
				return
			}
			d.width, d.height, d.change = w, h, true
			d.announce()
			return
		}
		if !d.streaming || !d.emit(d.reorder) {
			return
		}
		d.inQueued.pop()
		d.inDone.push(i)
		d.waiting = append(d.waiting, picture{binary.BigEndian.Uint16(f[4:]), d.inTime[i]})
		d.emit(d.reorder)
	}
	if d.draining && d.streaming && !d.ended && !d.change && d.inQueued.n == 0 && d.emit(0) && d.last() {
		d.draining = false
	}
}

// emit gives pictures in display order until no more than n wait; false when there
// is no buffer for one.
func (d *Decoder) emit(n int) bool {
	for len(d.waiting) > n {
		if d.queued.n == 0 {
			return false
		}
		k := 0
		for i, p := range d.waiting {
			if p.order < d.waiting[k].order {
				k = i
			}
		}
		i := d.queued.at[d.queued.head]
		d.times[i], d.empty[i] = d.waiting[k].time, false
		d.complete(0, 0)
		d.waiting = slices.Delete(d.waiting, k, k+1)
	}
	return true
}

// last gives the empty last picture; false when there is no buffer for it.
func (d *Decoder) last() bool {
	if d.queued.n == 0 {
		return false
	}
	i := d.queued.at[d.queued.head]
	d.times[i], d.empty[i] = unix.Timeval{}, true
	d.complete(0, sys.V4L2_BUF_FLAG_LAST)
	d.ended = true
	return true
}

// announce sends the event of a change of the source and sets the pictures' format.
func (d *Decoder) announce() {
	if !d.cfg.Multiplanar {
		p := d.format.Pix()
		p.Width, p.Height = d.width, d.height
	} else {
		p := d.format.PixMP()
		p.Width, p.Height = d.width, d.height
	}
	d.adjust(&d.format)
	if d.subs[sys.V4L2_EVENT_SOURCE_CHANGE] {
		e := sys.V4L2Event{Type: sys.V4L2_EVENT_SOURCE_CHANGE}
		*(*uint32)(unsafe.Pointer(&e.U)) = sys.V4L2_EVENT_SRC_CH_RESOLUTION
		d.events = append(d.events, e)
		d.signalEvents()
	}
}
