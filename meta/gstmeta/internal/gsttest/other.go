package gsttest

// #include "gsttest.h"
import "C"

import "unsafe"

// The second copy of the metas' code in this process; see other.c. A holder is
// the address of a ShmMetaHolder.
func OtherRegister() bool { return C.other_register() != 0 }
func OtherGet(b unsafe.Pointer, kind int32) (fd int) {
	h := C.other_get((*C.GstBuffer)(b), C.ShmMetaKind(kind))
	if h == nil {
		return -1
	}
	return int(h.fd)
}

// OtherAttach attaches what the other copy finds on from.
func OtherAttach(b, from unsafe.Pointer, kind int32) bool {
	h := C.other_get((*C.GstBuffer)(from), C.ShmMetaKind(kind))
	return h != nil && C.other_attach((*C.GstBuffer)(b), C.ShmMetaKind(kind), h) != 0
}

// RegisterForeign registers the HDR meta as a copy with another ABI would.
func RegisterForeign(abi int) { C.gsttest_register_foreign(C.guint(abi)) }
