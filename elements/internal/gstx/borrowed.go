package gstx

// #cgo noescape gstx_content
// #cgo nocallback gstx_content
// #include "gstx.h"
import "C"

import "unsafe"

// Borrowed is a buffer pool of downstream's, whose memory a source fills.
type Borrowed struct {
	p *C.GstBufferPool
	x *C.GstxInstance
}

// WantPool says whether a source gives its device downstream's memory, from the next
// ALLOCATION query on.
func (e *Element) WantPool(want bool) { e.x.wants_pool = gboolean(want) }

// Acquire takes a buffer and tells what it is made of; none when there is none without
// a wait.
func (b *Borrowed) Acquire(f *Frame) Buffer {
	buf := Buffer{unsafe.Pointer(C.gstx_borrow(b.p, b.x))}
	*f = *(*Frame)(unsafe.Pointer(&b.x.frame))
	return buf
}

// SetContent says where in each memory of a buffer of a Borrowed a device has put the
// content: size bytes from start on.
func (b Buffer) SetContent(start, size []uint32) {
	n := min(len(start), len(size))
	C.gstx_content((*C.GstBuffer)(b.p), (*C.guint32)(unsafe.SliceData(start)), (*C.guint32)(unsafe.SliceData(size)), C.guint(n))
}

// Stamp makes a buffer that was filled a frame of the stream.
func (b Buffer) Stamp(s Stamp) {
	var none C.GstxStamped
	stamp := s.c()
	C.gstx_stamp((*C.GstBuffer)(b.p), &none, &stamp)
}

// Close gives the pool up; buffers that are out stay valid. Of nil, and again, it does
// nothing.
func (b *Borrowed) Close() {
	if b != nil && b.p != nil {
		C.gst_buffer_pool_set_active(b.p, 0)
		C.gst_object_unref(C.gpointer(b.p))
		b.p = nil
	}
}
