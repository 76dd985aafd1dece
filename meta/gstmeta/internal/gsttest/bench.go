package gsttest

// #cgo noescape gsttest_custom_attach
// #cgo nocallback gsttest_custom_attach
// #cgo noescape gsttest_custom_get
// #cgo nocallback gsttest_custom_get
// #include "gsttest.h"
import "C"

import "unsafe"

// Batch is a number of buffers to attach to.
type Batch []unsafe.Pointer

func NewBatch(n int) Batch {
	b := make(Batch, n)
	for i := range b {
		b[i] = NewBuffer(16, 0)
	}
	return b
}

func (b Batch) bufs() (**C.GstBuffer, C.gsize) {
	return (**C.GstBuffer)(unsafe.Pointer(unsafe.SliceData(b))), C.gsize(len(b))
}

// Drop takes all metas off.
func (b Batch) Drop() { p, n := b.bufs(); C.gsttest_drop_metas(p, n) }

func (b Batch) Unref() {
	for _, p := range b {
		Unref(p)
	}
}

// Floor attaches the HDR meta that is on from and reads it back, in C alone.
func (b Batch) Floor(from unsafe.Pointer) {
	h := C.shm_meta_peek((*C.GstBuffer)(from), C.shm_meta_lookup(C.SHM_META_HDR))
	p, n := b.bufs()
	C.gsttest_bench_holder(p, n, h)
}

// Bytes is a GBytes.
type Bytes struct{ p *C.GBytes }

func NewBytes(data []byte) Bytes {
	return Bytes{C.gsttest_bench_bytes(unsafe.Pointer(unsafe.SliceData(data)), C.gsize(len(data)))}
}
func (b Bytes) Unref() { C.g_bytes_unref(b.p) }

// CustomAttach puts bytes on a buffer in a GstCustomMeta, CustomGet reads them
// back: one call from Go each, as gstmeta's are.
func CustomAttach(b unsafe.Pointer, bytes Bytes) {
	C.gsttest_custom_attach((*C.GstBuffer)(b), bytes.p)
}
func CustomGet(b unsafe.Pointer) unsafe.Pointer {
	return unsafe.Pointer(C.gsttest_custom_get((*C.GstBuffer)(b)))
}
