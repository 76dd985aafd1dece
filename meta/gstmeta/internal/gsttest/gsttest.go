// Package gsttest is what the tests of gstmeta need of GStreamer.
package gsttest

// #cgo pkg-config: gstreamer-1.0 gstreamer-app-1.0 gstreamer-allocators-1.0 gstreamer-video-1.0
// #cgo CFLAGS: -O2 -Wall -Wno-unused-parameter -I${SRCDIR}/../.. -I${SRCDIR}/../../..
// #include <stdlib.h>
// #include "gsttest.h"
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unsafe"
)

// Init starts GStreamer; a critical warning ends the process from then on.
func Init() { C.gsttest_init() }

// Version gives GStreamer's version at run time.
func Version() (major, minor int) {
	var a, b, c, d C.guint
	C.gst_version(&a, &b, &c, &d)
	return int(a), int(b)
}

// NewBuffer makes a grey buffer of one memory.
func NewBuffer(size int, pts time.Duration) unsafe.Pointer {
	return unsafe.Pointer(C.gsttest_buffer(C.gsize(size), C.guint64(pts), 0))
}

// NewFDBuffer is NewBuffer in shared memory, which other processes can get.
func NewFDBuffer(size int, pts time.Duration) unsafe.Pointer {
	return unsafe.Pointer(C.gsttest_buffer(C.gsize(size), C.guint64(pts), 1))
}

func Ref(b unsafe.Pointer) unsafe.Pointer {
	return unsafe.Pointer(C.gst_buffer_ref((*C.GstBuffer)(b)))
}
func Unref(b unsafe.Pointer)         { C.gst_buffer_unref((*C.GstBuffer)(b)) }
func UnrefOnThread(b unsafe.Pointer) { C.gsttest_unref_on_thread((*C.GstBuffer)(b)) }
func PTS(b unsafe.Pointer) time.Duration {
	return time.Duration((*C.GstBuffer)(b).pts)
}

// Copy shares the memory, DeepCopy does not.
func Copy(b unsafe.Pointer) unsafe.Pointer {
	return unsafe.Pointer(C.gst_buffer_copy((*C.GstBuffer)(b)))
}
func DeepCopy(b unsafe.Pointer) unsafe.Pointer {
	return unsafe.Pointer(C.gst_buffer_copy_deep((*C.GstBuffer)(b)))
}
func CopyRegion(b unsafe.Pointer, offset, size int) unsafe.Pointer {
	return unsafe.Pointer(C.gst_buffer_copy_region((*C.GstBuffer)(b), C.GST_BUFFER_COPY_ALL, C.gsize(offset), C.gsize(size)))
}

// Transformed applies a named transform to every meta of b.
func Transformed(b unsafe.Pointer, name string) unsafe.Pointer {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return unsafe.Pointer(C.gsttest_scaled((*C.GstBuffer)(b), s))
}

// Serialize gives the bytes in which GStreamer sends a meta, nil if it cannot.
func Serialize(b unsafe.Pointer, api string) []byte {
	s := C.CString(api)
	defer C.free(unsafe.Pointer(s))
	out := make([]byte, 1<<17)
	n := C.gsttest_serialize((*C.GstBuffer)(b), s, (*C.guint8)(&out[0]), C.gsize(len(out)))
	if n == 0 {
		return nil
	}
	return out[:n]
}

// Deserialize adds what Serialize gave to b.
func Deserialize(b unsafe.Pointer, data []byte) bool {
	return C.gsttest_deserialize((*C.GstBuffer)(b), (*C.guint8)(unsafe.SliceData(data)), C.gsize(len(data))) != 0
}

func HasMemoryTag(api string) bool {
	s := C.CString(api)
	defer C.free(unsafe.Pointer(s))
	return C.gsttest_has_memory_tag(s) != 0
}

// MasteringDisplay and ContentLight give what GStreamer itself reads from the
// value of a caps field, written again; empty if it refuses it.
func MasteringDisplay(value string) string {
	s := C.CString(value)
	defer C.free(unsafe.Pointer(s))
	return take(C.gsttest_mastering_display(s))
}
func ContentLight(value string) string {
	s := C.CString(value)
	defer C.free(unsafe.Pointer(s))
	return take(C.gsttest_content_light(s))
}

func take(s *C.char) string {
	defer C.g_free(C.gpointer(s))
	return C.GoString(s)
}

// NewQuery makes an ALLOCATION query.
func NewQuery() unsafe.Pointer    { return unsafe.Pointer(C.gst_query_new_allocation(nil, 1)) }
func UnrefQuery(q unsafe.Pointer) { C.gst_query_unref((*C.GstQuery)(q)) }
func QueryMetas(q unsafe.Pointer) (names []string) {
	query := (*C.GstQuery)(q)
	for i := range C.gst_query_get_n_allocation_metas(query) {
		t := C.gst_query_parse_nth_allocation_meta(query, i, nil)
		names = append(names, C.GoString(C.g_type_name(t)))
	}
	return names
}

// A Pipeline has an appsrc "in" and any number of appsinks.
type Pipeline struct{ p *C.GstElement }

// Launch makes a pipeline and sets it playing.
func Launch(description string) (*Pipeline, error) {
	s := C.CString(description)
	defer C.free(unsafe.Pointer(s))
	var text *C.char
	p := C.gsttest_launch(s, &text)
	if p == nil {
		defer C.g_free(C.gpointer(text))
		return nil, errors.New(C.GoString(text))
	}
	return &Pipeline{p}, nil
}

// Push gives a buffer to "in", which takes it.
func (p *Pipeline) Push(b unsafe.Pointer) error {
	if C.gsttest_push(p.p, (*C.GstBuffer)(b)) == 0 {
		return fmt.Errorf("push: %w", p.Err())
	}
	return nil
}

// EOS ends "in".
func (p *Pipeline) EOS() { C.gsttest_eos(p.p) }

// Pull gives the next buffer of a sink, which the caller unrefs; nil at EOS.
func (p *Pipeline) Pull(sink string) (unsafe.Pointer, error) {
	s := C.CString(sink)
	defer C.free(unsafe.Pointer(s))
	b := C.gsttest_pull(p.p, s, C.guint64(20*time.Second))
	if b == nil {
		return nil, p.Err()
	}
	return unsafe.Pointer(b), nil
}

// Err gives the error on the bus.
func (p *Pipeline) Err() error {
	s := C.gsttest_bus_error(p.p)
	if s == nil {
		return nil
	}
	defer C.g_free(C.gpointer(s))
	return errors.New(C.GoString(s))
}

// Stop stops and frees it.
func (p *Pipeline) Stop() { C.gsttest_stop(p.p) }
