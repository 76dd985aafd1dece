package pipe

// #cgo pkg-config: gstreamer-video-1.0
// #include <gst/video/videooverlay.h>
// #include <stdlib.h>
//
// static GstVideoOverlay *
// as_overlay (gpointer e)
// {
//   return GST_IS_VIDEO_OVERLAY (e) ? GST_VIDEO_OVERLAY (e) : NULL;
// }
import "C"

import (
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"
)

// Overlay is an element's GstVideoOverlay, which the bindings have no type for
// unless GStreamer's own libraries define the element.
type Overlay struct {
	e gst.Element // keeps o alive
	o *C.GstVideoOverlay
}

// Overlay finds the interface of an element.
func (p *Pipe) Overlay(name string) Overlay {
	p.t.Helper()
	e := p.Element(name)
	o := C.as_overlay(C.gpointer(gst.UnsafeElementToGlibNone(e)))
	if o == nil {
		p.t.Fatalf("%s is no GstVideoOverlay", name)
	}
	return Overlay{e, o}
}

// SetRenderRectangle is gst_video_overlay_set_render_rectangle.
func (o Overlay) SetRenderRectangle(x, y, width, height int32) bool {
	return C.gst_video_overlay_set_render_rectangle(o.o, C.gint(x), C.gint(y), C.gint(width), C.gint(height)) != 0
}

// Expose is gst_video_overlay_expose.
func (o Overlay) Expose() { C.gst_video_overlay_expose(o.o) }

// SetWindowHandle is gst_video_overlay_set_window_handle.
func (o Overlay) SetWindowHandle(handle uintptr) {
	C.gst_video_overlay_set_window_handle(o.o, C.guintptr(handle))
}

// HandleEvents is gst_video_overlay_handle_events.
func (o Overlay) HandleEvents(handle bool) {
	var b C.gboolean
	if handle {
		b = 1
	}
	C.gst_video_overlay_handle_events(o.o, b)
}

// PropertyText is a property's value as gst-launch-1.0 would write it.
func PropertyText(e gst.Element, name string) string {
	n := C.CString(name)
	defer C.free(unsafe.Pointer(n))
	var v C.GValue
	C.g_object_get_property((*C.GObject)(gst.UnsafeElementToGlibNone(e)), n, &v)
	defer C.g_value_unset(&v)
	s := C.gst_value_serialize(&v)
	defer C.g_free(C.gpointer(s))
	return C.GoString(s)
}
