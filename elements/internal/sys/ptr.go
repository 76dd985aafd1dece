package sys

import (
	"structs"
	"unsafe"
)

// Ptr is a pointer in an ABI structure that the kernel declares as a pointer
// or as __u64. It is a real Go pointer, not a number, so what it points at
// stays alive and in place as long as the structure does.
type Ptr struct {
	_ structs.HostLayout
	p unsafe.Pointer
}

// The kernel's __u64 is as wide as a pointer on every platform this project
// supports; a 32-bit build stops here.
const _ = uint(unsafe.Sizeof(Ptr{}) - 8)

// PtrOf points at *v.
func PtrOf[T any](v *T) Ptr { return Ptr{p: unsafe.Pointer(v)} }

// PtrTo points at the first element of s, or nowhere when s is empty.
func PtrTo[T any](s []T) Ptr { return Ptr{p: unsafe.Pointer(unsafe.SliceData(s))} }

// Pointer is for the side that plays the kernel in tests.
func (p Ptr) Pointer() unsafe.Pointer { return p.p }
