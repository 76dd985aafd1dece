package gstx

// #cgo noescape gstx_memcache_get
// #cgo nocallback gstx_memcache_get
// #cgo noescape gstx_memcache_drain
// #cgo nocallback gstx_memcache_drain
// #include "gstx.h"
import "C"

import (
	"errors"
	"unsafe"
)

// MemoryCache remembers one id (a framebuffer) per GstMemory and layout. Ids of
// memories that died are queued for Drain, by whatever thread dropped them,
// without calling Go. Get, Put and Drain allocate nothing in Go.
type MemoryCache struct{ c *C.GstxMemCache }

// NewMemoryCache makes an empty cache. There can be 64 at once in a process.
func NewMemoryCache() (*MemoryCache, error) {
	c := C.gstx_memcache_new()
	if c == nil {
		return nil, errors.New("64 memory caches exist already in this process")
	}
	return &MemoryCache{c}, nil
}

// Get finds the id of mem in the layout key.
func (m *MemoryCache) Get(mem unsafe.Pointer, key uint64) (id uint32, ok bool) {
	var v C.guint32
	ok = C.gstx_memcache_get(m.c, C.gpointer(mem), C.guint64(key), &v) != 0
	return uint32(v), ok
}

// Put remembers id for mem in the layout key; an id it had before is queued.
func (m *MemoryCache) Put(mem unsafe.Pointer, key uint64, id uint32) {
	C.gstx_memcache_put(m.c, C.gpointer(mem), C.guint64(key), C.guint32(id))
}

// Drain fills ids with queued ones and returns how many.
func (m *MemoryCache) Drain(ids []uint32) int {
	if len(ids) == 0 {
		return 0
	}
	return int(C.gstx_memcache_drain(m.c, (*C.guint32)(unsafe.Pointer(&ids[0])), C.guint(len(ids))))
}

// Retire queues every id for Drain and forgets the memories. Put must not be
// called any more.
func (m *MemoryCache) Retire() { C.gstx_memcache_retire(m.c) }

// Close frees the cache; what Drain had not given out is lost, so Retire and
// Drain come first. Close again does nothing.
func (m *MemoryCache) Close() {
	if m != nil && m.c != nil {
		C.gstx_memcache_close(m.c)
		m.c = nil
	}
}
