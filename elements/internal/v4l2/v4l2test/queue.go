package v4l2test

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// serveBuffers answers the requests of videobuf2.
func (d *Driver) serveBuffers(req uintptr, arg unsafe.Pointer) unix.Errno {
	switch req {
	case sys.VIDIOC_REQBUFS:
		r := (*sys.V4L2RequestBuffers)(arg)
		if d.streaming {
			return unix.EBUSY
		}
		d.free()
		if r.Count != 0 {
			if d.cfg.Buffers != 0 {
				r.Count = uint32(d.cfg.Buffers)
			}
			d.allocate(int(r.Count))
		}
	case sys.VIDIOC_QUERYBUF:
		b := (*sys.V4L2Buffer)(arg)
		if int(b.Index) >= len(d.buffers) {
			return unix.EINVAL
		}
		d.describe(b)
	case sys.VIDIOC_EXPBUF:
		e := (*sys.V4L2ExportBuffer)(arg)
		if d.cfg.NoExport {
			return unix.ENOTTY
		}
		if int(e.Index) >= len(d.buffers) || int(e.Plane) >= len(d.buffers[e.Index].memfd) {
			return unix.EINVAL
		}
		fd, err := unix.FcntlInt(uintptr(d.buffers[e.Index].memfd[e.Plane]), unix.F_DUPFD_CLOEXEC, 0)
		must(err)
		e.FD = int32(fd)
	case sys.VIDIOC_QBUF:
		b := (*sys.V4L2Buffer)(arg)
		if d.stopped {
			return unix.EIO
		}
		if int(b.Index) >= len(d.buffers) || d.buffers[b.Index].queued {
			return unix.EINVAL
		}
		d.buffers[b.Index].queued = true
		d.queued.push(b.Index)
		if d.cfg.FreeRunning && d.streaming {
			d.complete(0, 0)
		}
	case sys.VIDIOC_DQBUF:
		if d.stopped {
			return unix.EIO
		}
		if !d.streaming {
			return unix.EINVAL
		}
		i, ok := d.done.pop()
		if !ok {
			return unix.EAGAIN
		}
		d.signal()
		d.buffers[i].queued = false
		b := (*sys.V4L2Buffer)(arg)
		b.Index = i
		d.describe(b)
	case sys.VIDIOC_STREAMON:
		d.streaming, d.sequence = true, 0
		for d.cfg.FreeRunning && d.complete(0, 0) {
		}
	case sys.VIDIOC_STREAMOFF:
		d.streaming, d.queued, d.done = false, ring{}, ring{}
		d.signal()
		for i := range d.buffers {
			d.buffers[i].queued = false
		}
	default:
		return unix.ENOTTY
	}
	return 0
}

// planeSizes is the sizeimage of each memory.
func (d *Driver) planeSizes() (n int, out [sys.VIDEO_MAX_PLANES]uint32) {
	if !d.cfg.Multiplanar {
		out[0] = d.format.Pix().SizeImage
		return 1, out
	}
	p := d.format.PixMP()
	for i := range p.NumPlanes {
		out[i] = p.PlaneFmt[i].SizeImage
	}
	return int(p.NumPlanes), out
}

func (d *Driver) allocate(count int) {
	n, size := d.planeSizes()
	for range count {
		var b fakeBuffer
		for p := range n {
			fd, err := unix.MemfdCreate("v4l2test", unix.MFD_CLOEXEC)
			must(err)
			must(unix.Ftruncate(fd, int64(size[p])))
			b.memfd = append(b.memfd, fd)
		}
		d.buffers = append(d.buffers, b)
	}
}

func (d *Driver) free() {
	for _, b := range d.buffers {
		for _, fd := range b.memfd {
			unix.Close(fd)
		}
	}
	d.buffers, d.queued, d.done = nil, ring{}, ring{}
	d.signal()
}

// describe fills what QUERYBUF and DQBUF tell of buffer b.Index: a frame that
// fills its memories.
func (d *Driver) describe(b *sys.V4L2Buffer) {
	f := &d.buffers[b.Index]
	n, size := d.planeSizes()
	b.Flags = f.flags | sys.V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC
	b.Field = f.field
	b.Sequence = f.sequence
	b.Timestamp = unix.NsecToTimeval(f.time)
	cookie := func(plane int) uint32 { return (b.Index*sys.VIDEO_MAX_PLANES + uint32(plane)) << 12 }
	if !d.cfg.Multiplanar {
		b.Length, b.BytesUsed = size[0], size[0]
		b.SetOffset(cookie(0))
		return
	}
	planes := *(**[sys.VIDEO_MAX_PLANES]sys.V4L2Plane)(unsafe.Pointer(&b.M))
	for i := range n {
		planes[i].Length, planes[i].BytesUsed = size[i], size[i]
		planes[i].DataOffset = d.cfg.DataOffset
		planes[i].SetMemOffset(cookie(i))
	}
	b.Length = uint32(n)
}

// stamp is the time of a frame, in ns: 30 a second from the 100th second on.
func stamp(sequence uint32) int64 { return 100e9 + int64(sequence)*1e9/30 }
