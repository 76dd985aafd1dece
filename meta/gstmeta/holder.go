package gstmeta

// #cgo noescape shm_meta_holder_new
// #cgo nocallback shm_meta_holder_new
// #cgo noescape shm_meta_holder_ref
// #cgo nocallback shm_meta_holder_ref
// #cgo noescape shm_meta_holder_unref
// #cgo nocallback shm_meta_holder_unref
// #include "gstmeta.h"
import "C"

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// Holder is a counted reference to one sealed memfd, which any number of
// buffers can share. It lives in C memory; the memfd is closed with the last
// reference. The zero Holder is none. Two Holders are equal if they are of the
// same memfd.
type Holder struct{ p *C.ShmMetaHolder }

// NewHolder takes a descriptor of a sealed block and gives the first reference
// to it. It is refused, and stays the caller's, if it is not sealed or not of a
// block's size; what is in it, readers check.
func NewHolder(fd int) (Holder, error) {
	seals, err := meta.ReadSeals(fd)
	if err != nil {
		return Holder{}, err
	}
	if !seals.Sealed() {
		return Holder{}, fmt.Errorf("fd %d has seals %v: %w", fd, seals, meta.ErrNotSealed)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return Holder{}, fmt.Errorf("size of fd %d: %w", fd, err)
	}
	switch {
	case st.Size < meta.MinSize:
		return Holder{}, fmt.Errorf("fd %d has %d bytes: %w", fd, st.Size, meta.ErrTruncated)
	case st.Size > meta.MaxSize:
		return Holder{}, fmt.Errorf("fd %d has %d bytes: %w", fd, st.Size, meta.ErrTooLarge)
	}
	return hold(fd, int(st.Size))
}

// hold is NewHolder for a block that was sealed in this process just now. It
// never fails; the signature is meta.NewWriter's.
func hold(fd, size int) (Holder, error) {
	return Holder{C.shm_meta_holder_new(C.gint(fd), C.guint32(size))}, nil
}

// IsNil says whether h is no holder.
func (h Holder) IsNil() bool { return h.p == nil }

// FD lends the descriptor, -1 if h is none. It is open for as long as the
// reference that h stands for.
func (h Holder) FD() int {
	if h.p == nil {
		return -1
	}
	return int(h.p.fd)
}

// Size is the block's size in bytes, 0 if h is none.
func (h Holder) Size() int {
	if h.p == nil {
		return 0
	}
	return int(h.p.size)
}

// Pointer lends the ShmMetaHolder, for C code that knows gstmeta.h; nil if h is none.
func (h Holder) Pointer() unsafe.Pointer { return unsafe.Pointer(h.p) }

// Ref takes another reference.
func (h Holder) Ref() Holder {
	if h.p != nil {
		C.shm_meta_holder_ref(h.p)
	}
	return h
}

// Unref gives one reference back; the Holder it was taken for must not be used
// any more.
func (h Holder) Unref() {
	if h.p != nil {
		C.shm_meta_holder_unref(h.p)
	}
}
