package pipe

// #cgo pkg-config: gstreamer-1.0
// #include <gst/gst.h>
// #include <linux/videodev2.h>
// #include <sys/ioctl.h>
//
// typedef struct {
//   gint calls, fd, width, height;
//   gchar *caps;
// } Prepared;
//
// static void
// prepare_format (GstElement * e, gint fd, GstCaps * caps, Prepared * p)
// {
//   struct v4l2_format f = { V4L2_BUF_TYPE_VIDEO_CAPTURE };
//
//   p->calls++;
//   p->fd = fd;
//   if (ioctl (fd, VIDIOC_G_FMT, &f) == 0) {
//     p->width = f.fmt.pix.width;
//     p->height = f.fmt.pix.height;
//   }
//   g_free (p->caps);
//   p->caps = gst_caps_to_string (caps);
// }
//
// static gulong
// watch_prepare (gpointer e, Prepared * p)
// {
//   return g_signal_connect (e, "prepare-format", G_CALLBACK (prepare_format), p);
// }
import "C"

import "github.com/go-gst/go-gst/pkg/gst"

// Prepared is what a handler of the signal prepare-format, which the bindings cannot
// connect, was told last, and which size the device had then.
type Prepared struct {
	Calls, FD     int
	Width, Height int
	Caps          string
}

// WatchPrepare connects to the signal of an element until the test's end. What it
// returns is to be called when the element does not negotiate.
func (p *Pipe) WatchPrepare(name string) func() Prepared {
	p.t.Helper()
	e := gst.UnsafeElementToGlibNone(p.Element(name))
	told := (*C.Prepared)(C.g_malloc0(C.sizeof_Prepared))
	id := C.watch_prepare(C.gpointer(e), told)
	p.t.Cleanup(func() {
		p.Stop()
		C.g_signal_handler_disconnect(C.gpointer(e), id)
		C.g_free(C.gpointer(told.caps))
		C.g_free(C.gpointer(told))
	})
	return func() Prepared {
		return Prepared{int(told.calls), int(told.fd), int(told.width), int(told.height), C.GoString(told.caps)}
	}
}
