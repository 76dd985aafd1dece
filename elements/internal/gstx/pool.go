package gstx

// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"
)

// Pool is a source's fixed set of frames, each made of fd-backed memories. A
// frame that was acquired comes back when nobody holds any of its memories any
// more; nothing on the thread that drops the last one calls Go.
type Pool struct {
	p     *C.GstxPool
	ring  *C.GstxRing // of those that have come back
	head  uint32      // how many of it have been taken
	armed bool        // the wake fd may be or become readable
	out   uint64      // bit i for frame i: acquired and not returned
}

// PoolMemory is one memory of a frame; FD is borrowed and duplicated.
type PoolMemory struct {
	FD     int
	DMABuf bool
	Size   uint64
}

// PoolLayout goes on each buffer as GstVideoMeta; with no planes, or a format
// that GStreamer has no name for, there is none.
type PoolLayout struct {
	Format        string // GStreamer's name, or "DMA_DRM"
	Width, Height uint32
	NPlanes       int
	Offset        [4]uint64 // from the start of the buffer, its memories laid end to end
	Stride        [4]int32
}

// NewPool makes the set; frames holds the memories of each frame, nil for one
// that Set makes later. At most 64 frames of 8 memories.
func NewPool(layout PoolLayout, frames [][]PoolMemory) (*Pool, error) {
	var l C.GstxPoolLayout
	if layout.Format != "" {
		l.format = C.CString(layout.Format)
		defer C.free(unsafe.Pointer(l.format))
	}
	l.width, l.height, l.n_planes = C.guint32(layout.Width), C.guint32(layout.Height), C.guint32(layout.NPlanes)
	for i := range layout.Offset {
		l.offset[i], l.stride[i] = C.guint64(layout.Offset[i]), C.gint32(layout.Stride[i])
	}
	p := &Pool{p: C.gstx_pool_new(C.guint(len(frames)), &l)}
	if p.p == nil {
		return nil, fmt.Errorf("pool of %d frames with %d planes: not possible", len(frames), layout.NPlanes)
	}
	p.ring = C.gstx_pool_ring(p.p)
	for i, mems := range frames {
		if mems == nil {
			continue
		}
		if err := p.Set(i, mems); err != nil {
			p.Close()
			return nil, err
		}
	}
	return p, nil
}

// Set makes frame i, which has no memories yet.
func (p *Pool) Set(i int, mems []PoolMemory) error {
	var m [C.GSTX_MAX_MEM]C.GstxPoolMem
	if len(mems) == 0 || len(mems) > len(m) {
		return fmt.Errorf("pool: frame %d has %d memories, not 1 to %d", i, len(mems), len(m))
	}
	for k, x := range mems {
		m[k] = C.GstxPoolMem{fd: C.gint32(x.FD), size: C.guint64(x.Size)}
		if x.DMABuf {
			m[k].dmabuf = 1
		}
	}
	if C.gstx_pool_set(p.p, C.guint(i), &m[0], C.guint(len(mems))) == 0 {
		return errors.New("pool: GStreamer refused a frame's file descriptor")
	}
	return nil
}

// Stamp is what a source says of a frame. Times are in ns, None when unknown.
type Stamp struct {
	PTS, Duration, Offset uint64
	// Captured is when, by CLOCK_MONOTONIC; the buffer has it as a
	// GstReferenceTimestampMeta of timestamp/x-clock-monotonic. 0: unknown.
	Captured uint64
	Flags    uint32 // GstVideoBufferFlags to set
	// Crop is the part of the buffer that has the picture, as a GstVideoCropMeta; zero: all
	// of it.
	Crop   Rect
	Blocks // of which those that are not nil go on the buffer as metas
}

func (s *Stamp) c() C.GstxStamp {
	return C.GstxStamp{
		pts: C.guint64(s.PTS), duration: C.guint64(s.Duration), offset: C.guint64(s.Offset),
		captured: C.guint64(s.Captured), flags: C.guint32(s.Flags),
		crop_x: C.guint32(s.Crop.X), crop_y: C.guint32(s.Crop.Y), crop_w: C.guint32(s.Crop.W), crop_h: C.guint32(s.Crop.H),
		hdr: (*C.ShmMetaHolder)(s.HDR.Pointer()), layers: (*C.ShmMetaHolder)(s.Layers.Pointer()),
	}
}

// Acquire gives the buffer of frame i; none when the frame is out.
func (p *Pool) Acquire(i int, s Stamp) Buffer {
	b := Buffer{unsafe.Pointer(C.gstx_pool_acquire(p.p, C.guint(i), s.c()))}
	if !b.IsNil() {
		p.out |= 1 << i
	}
	return b
}

// Lend is Acquire for what a source's Create gives, at less cost: C acquires the buffer
// after the call. Until then s.Blocks are lent.
func (p *Pool) Lend(e *Element, i int, s Stamp) Buffer {
	if p.out>>i&1 != 0 {
		return Buffer{}
	}
	p.out |= 1 << i
	e.x.lent.pool, e.x.lent.index, e.x.lent.stamp = p.p, C.guint32(i), s.c()
	return Buffer{unsafe.Pointer(&e.x.lent)}
}

// Returned takes the next frame that has come back, without waiting.
func (p *Pool) Returned() (int, bool) {
	if p.head == atomic.LoadUint32((*uint32)(unsafe.Pointer(&p.ring.tail))) {
		return 0, false
	}
	i := int(p.ring.frame[p.head%C.GSTX_MAX_FRAMES])
	p.head++
	p.out &^= 1 << i
	if p.armed {
		p.armed = C.gstx_pool_calm(p.p, C.guint32(p.head)) != 0
	}
	return i, true
}

// WakeFD lends an eventfd that becomes readable when Returned has something to
// give. It does so once for each call: who wants to wait asks for it each time.
func (p *Pool) WakeFD() int {
	p.armed = true
	return int(C.gstx_pool_wake_fd(p.p, C.guint32(p.head)))
}

// Close gives the frames up. Buffers that are still out stay valid until they
// are dropped. The Pool must not be used any more; Close again does nothing.
func (p *Pool) Close() {
	if p != nil && p.p != nil {
		C.gstx_pool_close(p.p)
		p.p = nil
	}
}
