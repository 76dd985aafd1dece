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
