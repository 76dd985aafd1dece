package pipe

// #cgo pkg-config: gstreamer-video-1.0
// #include <gst/video/videooverlay.h>
// #include <gst/video/navigation.h>
// #include <stdlib.h>
//
// static GstVideoOverlay *
// as_overlay (gpointer e)
// {
//   return GST_IS_VIDEO_OVERLAY (e) ? GST_VIDEO_OVERLAY (e) : NULL;
// }
//
// static GstPadProbeReturn
// upstream (GstPad * pad, GstPadProbeInfo * info, gpointer at)
// {
//   double *d = at;
//
//   if (gst_navigation_event_get_coordinates (GST_PAD_PROBE_INFO_EVENT (info), &d[0], &d[1]))
//     d[2] = 1;
//   return GST_PAD_PROBE_OK;
// }
//
// static void
// move_pointer (gpointer e, double *at)
// {
//   GstPad *sink = gst_element_get_static_pad (e, "sink"), *peer = gst_pad_get_peer (sink);
//   gulong id = gst_pad_add_probe (peer, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, upstream, at, NULL);
//
//   gst_navigation_send_event_simple (GST_NAVIGATION (e),
//       gst_navigation_event_new_mouse_move (at[0], at[1], 0));
//   gst_pad_remove_probe (peer, id);
//   gst_object_unref (peer);
//   gst_object_unref (sink);
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

// MovePointer tells the sink, as an application does, where on the display a pointer
// is, and gives where in the picture upstream hears that it is; ok if it hears.
func (p *Pipe) MovePointer(sink string, x, y float64) (float64, float64, bool) {
	p.t.Helper()
	e := p.Element(sink)
	at := (*[3]C.double)(C.calloc(3, C.sizeof_double))
	defer C.free(unsafe.Pointer(at))
	at[0], at[1] = C.double(x), C.double(y)
	C.move_pointer(C.gpointer(gst.UnsafeElementToGlibNone(e)), &at[0])
	return float64(at[0]), float64(at[1]), at[2] != 0
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
