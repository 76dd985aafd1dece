package gstx

// #cgo noescape gstx_frame_copy
// #cgo nocallback gstx_frame_copy
// #include "gstx.h"
import "C"

import "unsafe"

// CopyPixels copies the planes of a frame in the negotiated format to offsets of
// dst, whatever memory they lie in. It is false when that cannot be: a layout
// that the CPU cannot read, a buffer too small, no room in dst.
func (e *Element) CopyPixels(f *Frame, dst []byte, offset, stride *[4]uint32) bool {
	if len(dst) == 0 {
		return false
	}
	return C.gstx_frame_copy(C.gstx_instance(C.gpointer(e.p)), (*C.GstBuffer)(f.Buffer.p),
		C.gpointer(&dst[0]), C.guint64(len(dst)),
		(*C.guint32)(unsafe.Pointer(offset)), (*C.guint32)(unsafe.Pointer(stride))) != 0
}
