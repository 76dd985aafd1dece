package gstx

// #cgo noescape gstx_buffer_replace
// #cgo nocallback gstx_buffer_replace
// #include <stdlib.h>
// #include "gstx.h"
import "C"

import "unsafe"

// SetStaticCaps adds the fields mastering-display-info and content-light-level,
// "" for none, to the caps of a Filter with Class.StaticCaps, where upstream's
// have no such field. Downstream hears of it before the buffer in work. New caps
// from upstream forget what was set. It is false when downstream refuses.
func (e *Element) SetStaticCaps(mastering, light string) bool {
	var m, l *C.char
	if mastering != "" {
		m = C.CString(mastering)
		defer C.free(unsafe.Pointer(m))
	}
	if light != "" {
		l = C.CString(light)
		defer C.free(unsafe.Pointer(l))
	}
	return C.gstx_set_static_caps(C.gstx_instance(C.gpointer(e.p)), m, l) != 0
}

// Replace gives a writable buffer a copy of data as its content; times and metas
// stay. It is false when there is no memory for it, or no data.
func (b Buffer) Replace(data []byte) bool {
	if len(data) == 0 {
		return false
	}
	return C.gstx_buffer_replace((*C.GstBuffer)(b.p), C.gconstpointer(&data[0]), C.gsize(len(data))) != 0
}
