package gstx

// #include "gstx.h"
import "C"

import (
	"structs"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// Memory is one GstMemory of a buffer. Its FD is borrowed from it.
type Memory struct {
	_      structs.HostLayout
	ID     unsafe.Pointer // the GstMemory, as an identity and for MemoryCache
	Offset uint64         // of the valid bytes from the fd's start
	Size   uint64         // valid bytes
	FD     int32          // -1 when the memory is not fd-backed
	DMABuf int32          // 1 when FD is a DMA-buf
	key    uint64         // see Cached
	cached uint32
	_      uint32
}

// Rect is a rectangle in pixels.
type Rect struct {
	_          structs.HostLayout
	X, Y, W, H uint32
}

// GstVideoBufferFlags, in Frame.Flags and Stamp.Flags.
const (
	VideoInterlaced uint32 = C.GST_VIDEO_BUFFER_FLAG_INTERLACED
	VideoTFF        uint32 = C.GST_VIDEO_BUFFER_FLAG_TFF // the top field is first in time
	// VideoOneField: the buffer has one field, the top one with VideoTFF, else the bottom one.
	VideoOneField uint32 = C.GST_VIDEO_BUFFER_FLAG_ONEFIELD
)

// Blocks are those of a buffer's metas, lent.
type Blocks struct {
	_           structs.HostLayout
	HDR, Layers gstmeta.Holder
}

// Frame is what a buffer looks like to an element: GstxFrame of gstx.h, owned by
// C and lent for one call. Planes come from GstVideoMeta where the buffer has
// it, else from the caps.
type Frame struct {
	_                          structs.HostLayout
	Buffer                     Buffer
	Blocks                     Blocks // of its metas
	PTS, DTS, Duration, Offset uint64 // ns; None when unknown
	Flags                      uint32 // GstBufferFlags
	NMem                       uint32 // at most 8
	Mem                        [8]Memory
	NPlanes                    uint32 // at most 4; 0 when the layout is unknown
	Width, Height              uint32
	HasCrop                    uint32
	PlaneMem                   [4]uint32 // index into Mem
	PlaneOffset                [4]uint64 // from that memory's fd's start
	Stride                     [4]int32  // bytes
	Crop                       Rect
	// Preroll is 1 when a sink gets the frame ahead of its time, in PAUSED; it
	// comes again when it is due.
	Preroll uint32
	spare   uint32
	drop    Buffer
	// StreamTime is, in a filter, the position in the stream, which unlike PTS
	// knows of seeks; None when unknown.
	StreamTime uint64
	// Due is, in a sink, when the frame is to be seen, in ns of CLOCK_MONOTONIC,
	// whatever the pipeline's clock is; None when unknown, as of a frame of PAUSED
	// and without sync.
	Due  uint64
	data unsafe.Pointer
	size uint64
	// Graphics is, in a sink of a Class with Graphics, 0 for none, else a number for
	// the content of the buffer's GstVideoOverlayCompositions; GraphicsBox is around
	// them, in the frame's pixels.
	Graphics    uint64
	GraphicsBox DstRect
}

// Take is Buffer.Ref, for a sink at less cost: C has taken the reference before it
// called.
func (f *Frame) Take() Buffer {
	if f.spare == 0 {
		return f.Buffer.Ref()
	}
	f.spare = 0
	return f.Buffer
}

// Drop is b.Unref at the end of the call, by C.
func (f *Frame) Drop(b Buffer) {
	f.drop.Unref()
	f.drop = b
}

// Bytes lends the content of a filter's buffer, for the call; it must not be
// written. It is nil without Class.Bytes or when the memory cannot be mapped.
func (f *Frame) Bytes() []byte { return unsafe.Slice((*byte)(f.data), f.size) }

// Compile-time proof that both halves agree on the size.
var (
	_ [unsafe.Sizeof(Frame{}) - C.sizeof_GstxFrame]struct{}
	_ [C.sizeof_GstxFrame - unsafe.Sizeof(Frame{})]struct{}
	_ [unsafe.Sizeof(Memory{}) - C.sizeof_GstxMem]struct{}
)
