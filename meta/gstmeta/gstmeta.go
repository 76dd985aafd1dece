// Package gstmeta carries sealed blocks on GStreamer buffers.
//
// There are two metas, since one cannot be right for both contents:
//
//   - GstShmHdrMeta (kind [HDR]) is about the content. It survives decoders,
//     conversion and scaling.
//   - GstShmLayersMeta (kind [Layers]) is about the buffer's memory. It dies
//     with any new layout.
//
// Both share a reference-counted [Holder] of the sealed memfd; attaching,
// copying and freeing is C alone, so a buffer may be freed on any thread. Both
// cross unixfdsink and unixfdsrc by value: the receiver checks the bytes and
// seals a memfd of its own.
//
// Buffers, queries and plugins are plain pointers to the C structures, so that
// the package works with any binding: with go-gst, pass
// gst.UnsafeBufferToGlibNone(buffer). GStreamer must have been initialised.
package gstmeta

// #cgo pkg-config: gstreamer-1.0
// #cgo CFLAGS: -O2 -Wall -Wno-unused-parameter -fvisibility=hidden -I${SRCDIR}/..
// #cgo noescape shm_attach
// #cgo nocallback shm_attach
// #cgo noescape shm_get
// #cgo nocallback shm_get
// #include "gstmeta.h"
//
// // The two calls of every frame take the buffer as a number: it is C's memory,
// // and cgo's check that it is not Go's would cost as much as the call.
// static inline int shm_attach (guintptr buf, int kind, ShmMetaHolder * h)
// {
//   return shm_meta_attach ((GstBuffer *) buf, kind, h);
// }
// static inline ShmMetaHolder *shm_get (guintptr buf, int kind)
// {
//   return shm_meta_get ((GstBuffer *) buf, kind);
// }
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// Kind is one of the two metas.
type Kind int32

const (
	HDR    Kind = C.SHM_META_HDR
	Layers Kind = C.SHM_META_LAYERS
)

// String gives the name of the GstMeta.
func (k Kind) String() string {
	if k == HDR {
		return C.SHM_HDR_META_NAME
	}
	return C.SHM_LAYERS_META_NAME
}

var (
	// ErrABI: another copy of this package in the process, of another version,
	// has registered the metas. Use one version.
	ErrABI = errors.New("the metas are registered by another version of this package")
	// ErrNotWritable: somebody else holds the buffer too.
	ErrNotWritable = errors.New("buffer is not writable")
)

// Register makes the metas known to GStreamer. It is called by whatever needs
// them and worth calling early in a program that receives them from another
// process: GStreamer before 1.28 drops what is not registered when it arrives.
func Register() error {
	if C.shm_meta_register() == 0 {
		return ErrABI
	}
	return nil
}

// RegisterFactory also tells the plugin registry that a plugin (a *GstPlugin)
// provides the metas, so that GStreamer 1.28 and later loads it when one
// arrives from another process.
func RegisterFactory(plugin unsafe.Pointer) error {
	if err := Register(); err != nil {
		return err
	}
	if C.shm_meta_register_factory((*C.GstPlugin)(plugin)) == 0 {
		return errors.New("metas are not accepted by the plugin registry")
	}
	return nil
}

// AddToQuery adds both metas to an ALLOCATION query (a writable *GstQuery): the
// element that answers can handle them.
func AddToQuery(query unsafe.Pointer) {
	C.shm_meta_add_to_query((*C.GstQuery)(query))
}

// Attach makes h the block of a kind on a writable buffer, in place of one that
// may be there. The buffer takes a reference of its own; h stays the caller's.
func Attach(buf unsafe.Pointer, k Kind, h Holder) error {
	if h.p == nil {
		return fmt.Errorf("attach %v: no holder", k)
	}
	switch C.shm_attach(C.guintptr(uintptr(buf)), C.int(k), h.p) {
	case C.SHM_META_OK:
		return nil
	case C.SHM_META_NO_TYPE:
		return fmt.Errorf("attach %v: %w", k, ErrABI)
	}
	return fmt.Errorf("attach %v: %w", k, ErrNotWritable)
}

// Get lends the holder on a buffer, for as long as the caller holds the buffer
// and nobody attaches another. It is the zero Holder if there is none.
func Get(buf unsafe.Pointer, k Kind) Holder {
	return Holder{C.shm_get(C.guintptr(uintptr(buf)), C.int(k))}
}

// Remove takes the meta of a kind off a writable buffer and says whether there
// was one.
func Remove(buf unsafe.Pointer, k Kind) bool {
	return C.shm_meta_remove((*C.GstBuffer)(buf), C.ShmMetaKind(k)) != 0
}

// Open reads the block of a kind from a buffer into b. It is not ok, and b
// without sections, if the buffer has none.
func Open(buf unsafe.Pointer, k Kind, b *meta.Block) (ok bool, err error) {
	h := Get(buf, k)
	if h.IsNil() {
		b.Reset()
		return false, nil
	}
	if err := b.Open(h.FD()); err != nil {
		return false, fmt.Errorf("%v: %w", k, err)
	}
	return true, nil
}
