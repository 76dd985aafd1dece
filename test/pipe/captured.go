package pipe

// #cgo pkg-config: gstreamer-1.0
// #include <gst/gst.h>
//
// static guint64 captured (gpointer buf)
// {
//   GstReferenceTimestampMeta *m = gst_buffer_get_reference_timestamp_meta (buf, NULL);
//
//   return m ? m->timestamp : 0;
// }
import "C"

import "unsafe"

// Captured is the time of the first GstReferenceTimestampMeta of a buffer, 0 for none;
// the bindings do not give it.
func Captured(buffer unsafe.Pointer) uint64 { return uint64(C.captured(C.gpointer(buffer))) }
