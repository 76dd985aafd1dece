package gstx

// #cgo noescape gstx_memcache_drain
// #cgo nocallback gstx_memcache_drain
// #include "gstx.h"
import "C"

import (
	"errors"
	"sync/atomic"
	"unsafe"
)

// MemoryCache remembers one id (a framebuffer, not 0) per GstMemory and layout. Ids of
// memories that died are queued for Drain, by whatever thread dropped them,
// without calling Go. Put and Drain allocate nothing in Go.
type MemoryCache struct {
	c    *C.GstxMemCache
	dead *uint32 // how many are queued
}

// NewMemoryCache makes an empty cache. There can be 64 at once in a process.
func NewMemoryCache() (*MemoryCache, error) {
	c := C.gstx_memcache_new()
	if c == nil {
		return nil, errors.New("64 memory caches exist already in this process")
	}
	return &MemoryCache{c, (*uint32)(unsafe.Pointer(C.gstx_memcache_dead(c)))}, nil
}

// SetCache has the frames of a sink say what the cache remembers of their memories,
// see Memory.Cached; nil: nothing. To be called on the streaming thread, and in Start
// and Stop.
func (e *Element) SetCache(m *MemoryCache) {
	e.x.cache = nil
	if m != nil {
		e.x.cache = m.c
	}
}

// Cached is the id of this memory in the layout key, of the sink's cache.
func (m *Memory) Cached(key uint64) (id uint32, ok bool) {
	return m.cached, m.cached != 0 && m.key == key
}

// Put remembers id for mem in the layout key; another that it had before is queued.
func (m *MemoryCache) Put(mem unsafe.Pointer, key uint64, id uint32) {
	C.gstx_memcache_put(m.c, C.gpointer(mem), C.guint64(key), C.guint32(id))
}

// Drain fills ids with queued ones and returns how many.
func (m *MemoryCache) Drain(ids []uint32) int {
	if len(ids) == 0 || atomic.LoadUint32(m.dead) == 0 {
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
