// Package gstx makes GStreamer elements out of Go types.
//
// It has its own small C half for what a class needs (GType, properties,
// virtual functions) instead of the generated bindings: those take a reference
// on every buffer and query, keep virtual functions in an unlocked map and have
// no create function for sources. Elements see Go types only; a Go program that
// embeds them is free to use go-gst for everything around them.
//
// Data of one buffer is filled in by C and lent to Go for the length of a call;
// a streaming thread allocates nothing here. Every exported function is guarded:
// a Go panic becomes an element error and GST_FLOW_ERROR, never a crash of the
// host application.
package gstx

// #cgo pkg-config: gstreamer-1.0 gstreamer-base-1.0 gstreamer-video-1.0 gstreamer-allocators-1.0
// #cgo CFLAGS: -O2 -Wall -Wno-unused-parameter -DGST_USE_UNSTABLE_API -fvisibility=hidden
// #include <stdlib.h>
// #include "gstx.h"
import "C"

import "unsafe"

// Version is the project's, which the plugin file (plugin.c) also says.
const Version = "0.1.0"

// Flow is a GstFlowReturn.
type Flow int32

// The flow returns that elements give.
const (
	FlowOK            Flow = 0
	FlowFlushing      Flow = -2
	FlowEOS           Flow = -3
	FlowNotNegotiated Flow = -4
	FlowError         Flow = -5
	// FlowAgain is a source's answer when it has nothing yet: it is asked again
	// when something that it named to WaitFor has happened.
	FlowAgain Flow = C.GSTX_FLOW_AGAIN
	// FlowRenegotiate is a source's answer when it has another format now: Caps,
	// Prefer and SetCaps are called, then Create again.
	FlowRenegotiate Flow = C.GSTX_FLOW_RENEGOTIATE
)

// None is GST_CLOCK_TIME_NONE and GST_BUFFER_OFFSET_NONE.
const None = ^uint64(0)

// Buffer is a GstBuffer. The zero value is none. A Buffer in a Frame is
// borrowed for the call; Ref makes it one's own until Unref.
type Buffer struct{ p unsafe.Pointer }

// Pointer lends the GstBuffer, for meta/gstmeta and go-gst.
func (b Buffer) Pointer() unsafe.Pointer { return b.p }

// IsNil tells whether there is no buffer.
func (b Buffer) IsNil() bool { return b.p == nil }

// Ref takes a reference on the buffer.
func (b Buffer) Ref() Buffer {
	C.gst_mini_object_ref((*C.GstMiniObject)(b.p))
	return b
}

// Unref drops a reference; of no buffer it does nothing.
func (b Buffer) Unref() {
	if b.p != nil {
		C.gst_mini_object_unref((*C.GstMiniObject)(b.p))
	}
}
