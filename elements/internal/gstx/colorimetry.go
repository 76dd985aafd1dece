package gstx

// #include <stdlib.h>
// #include "gstx.h"
//
// static char *
// colorimetry (guint primaries, guint transfer, guint matrix, gboolean full)
// {
//   GstVideoColorimetry c = {
//     full ? GST_VIDEO_COLOR_RANGE_0_255 : GST_VIDEO_COLOR_RANGE_16_235,
//     gst_video_color_matrix_from_iso (matrix),
//     gst_video_transfer_function_from_iso (transfer),
//     gst_video_color_primaries_from_iso (primaries)
//   };
//   return gst_video_colorimetry_to_string (&c);
// }
import "C"

import "unsafe"

// Colorimetry is the caps field of that name for H.273 code points; a code point
// that GStreamer does not know is left unspecified in it.
func Colorimetry(primaries, transfer, matrix uint8, fullRange bool) string {
	s := C.colorimetry(C.guint(primaries), C.guint(transfer), C.guint(matrix), gboolean(fullRange))
	if s == nil {
		return ""
	}
	defer C.g_free(C.gpointer(unsafe.Pointer(s)))
	return C.GoString(s)
}

// ParseColorimetry reads the caps field of that name, in either of its forms
// (bt2100-pq, 2:6:14:7), into H.273 code points.
func ParseColorimetry(s string) (primaries, transfer, matrix uint8, fullRange, ok bool) {
	cs := C.CString(s)
	defer C.free(unsafe.Pointer(cs))
	var c C.GstVideoColorimetry
	if C.gst_video_colorimetry_from_string(&c, cs) == 0 {
		return 0, 0, 0, false, false
	}
	return uint8(C.gst_video_color_primaries_to_iso(c.primaries)),
		uint8(C.gst_video_transfer_function_to_iso(c.transfer)),
		uint8(C.gst_video_color_matrix_to_iso(c.matrix)),
		c._range == C.GST_VIDEO_COLOR_RANGE_0_255, true
}
