package gstx_test

import (
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// newPool makes frames of two memories, with lines of 256 bytes.
func newPool(t *testing.T, frames int) *gstx.Pool {
	pipe.Init()
	var all [][]gstx.PoolMemory
	for range frames {
		var mems []gstx.PoolMemory
		for _, size := range []uint64{256 * 64, 256 * 32} {
			fd, err := unix.MemfdCreate("frame", unix.MFD_CLOEXEC)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			unix.Ftruncate(fd, int64(size))
			mems = append(mems, gstx.PoolMemory{FD: fd, Size: size})
		}
		all = append(all, mems)
	}
	pool, err := gstx.NewPool(gstx.PoolLayout{
		Format: "NV12", Width: 64, Height: 64, NPlanes: 2, Offset: [4]uint64{1: 256 * 64}, Stride: [4]int32{256, 256},
	}, all)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// taken is a pool's next free frame; -1 for none.
func taken(p *gstx.Pool) int {
	if i, ok := p.Returned(); ok {
		return i
	}
	return -1
}

// Whatever downstream does with a buffer, the next one of the frame is as the first.
func TestPoolGivesBuffersAsNew(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(b *gst.Buffer, p unsafe.Pointer) (release func())
		same bool // it is the very same buffer
	}{
		{"nothing", func(*gst.Buffer, unsafe.Pointer) func() { return nil }, true},
		{"puts a meta on it", func(_ *gst.Buffer, p unsafe.Pointer) func() { pipe.Hold(p, gstBuffer(t)); return nil }, true},
		{"takes its metas off", func(_ *gst.Buffer, p unsafe.Pointer) func() { pipe.DropMetas(p); return nil }, true},
		{"cuts it", func(b *gst.Buffer, _ unsafe.Pointer) func() { b.Resize(8, 100); return nil }, true},
		{"marks it", func(b *gst.Buffer, _ unsafe.Pointer) func() { b.SetFlags(gst.BufferFlagCorrupted); return nil }, true},
		{"takes its memory off", func(b *gst.Buffer, _ unsafe.Pointer) func() { b.RemoveMemory(1); return nil }, false},
		{"shares its memory", func(b *gst.Buffer, _ unsafe.Pointer) func() {
			m := b.GetMemory(1)
			return func() { gst.UnsafeMemoryUnref(m) }
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			pool := newPool(t, 1)
			b := pool.Acquire(0, gstx.Stamp{PTS: 1, Captured: 5, Flags: gstx.VideoInterlaced})
			first := b.Pointer()
			release := c.do(gst.UnsafeBufferFromGlibBorrow(first), first)
			if !pool.Acquire(0, gstx.Stamp{}).IsNil() {
				t.Fatal("a frame that is out is given")
			}
			b.Unref()
			if release != nil {
				if taken(pool) != -1 {
					t.Fatal("the frame is free while its memory is held")
				}
				release()
			}
			if i := taken(pool); i != 0 {
				t.Fatalf("frame %d came back, want 0", i)
			}
			b = pool.Acquire(0, gstx.Stamp{PTS: 2, Captured: 7})
			defer b.Unref()
			if c.same && b.Pointer() != first {
				t.Error("another buffer than before")
			}
			if n, at := pipe.Metas(b.Pointer()), pipe.Captured(b.Pointer()); n != 2 || at != 7 {
				t.Errorf("%d metas, captured at %d; want 2 and 7", n, at)
			}
			g := gst.UnsafeBufferFromGlibBorrow(b.Pointer())
			if g.GetSize() != 256*96 || g.NMemory() != 2 || g.GetFlags()&(gst.BufferFlagCorrupted|gst.BufferFlags(gstx.VideoInterlaced)) != 0 || g.PTS() != 2 {
				t.Errorf("%d bytes in %d memories, flags %v, pts %v", g.GetSize(), g.NMemory(), g.GetFlags(), g.PTS())
			}
		})
	}
}

// The crop of a buffer is that of its frame, whatever it was of the frame before and
// downstream made of it.
func TestPoolCrop(t *testing.T) {
	pool := newPool(t, 1)
	var first unsafe.Pointer
	for i, c := range []struct{ crop, downstream [4]uint32 }{
		{},
		{crop: [4]uint32{8, 4, 32, 16}},
		{crop: [4]uint32{8, 4, 32, 16}, downstream: [4]uint32{10, 6, 28, 12}},
		{crop: [4]uint32{0, 2, 64, 62}},
		{},
		{downstream: [4]uint32{1, 1, 2, 2}},
		{},
		{downstream: [4]uint32{1, 1, 2, 2}},
		{crop: [4]uint32{8, 4, 32, 16}},
	} {
		b := pool.Acquire(0, gstx.Stamp{Crop: gstx.Rect{X: c.crop[0], Y: c.crop[1], W: c.crop[2], H: c.crop[3]}})
		want := 1 // GstVideoMeta
		if c.crop != ([4]uint32{}) {
			want++
		}
		if got, n := pipe.Crop(b.Pointer()), pipe.Metas(b.Pointer()); got != c.crop || n != want {
			t.Errorf("frame %d: crop %v of %d metas, want %v of %d", i, got, n, c.crop, want)
		}
		if first == nil {
			first = b.Pointer()
		} else if b.Pointer() != first {
			t.Errorf("frame %d: another buffer than before", i)
		}
		if c.downstream != ([4]uint32{}) {
			pipe.SetCrop(b.Pointer(), c.downstream)
		}
		b.Unref()
		if taken(pool) != 0 {
			t.Fatalf("frame %d has not come back", i)
		}
	}
}

// gstBuffer lends a buffer of nothing until the test ends.
func gstBuffer(t *testing.T) unsafe.Pointer {
	b := gst.NewBuffer()
	t.Cleanup(func() { runtime.KeepAlive(b) })
	return gst.UnsafeBufferToGlibNone(b)
}

// A buffer that holds another one of the pool gives it back with itself.
func TestPoolBufferThatHoldsAnother(t *testing.T) {
	pool := newPool(t, 2)
	a, b := pool.Acquire(0, gstx.Stamp{}), pool.Acquire(1, gstx.Stamp{})
	pipe.Hold(a.Pointer(), b.Pointer())
	b.Unref()
	if taken(pool) != -1 {
		t.Fatal("a frame is free while another buffer holds it")
	}
	done := make(chan struct{})
	go func() { a.Unref(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not come back")
	}
	if x, y := taken(pool), taken(pool); x+y != 1 || x < 0 || y < 0 {
		t.Errorf("frames %d and %d came back, want both", x, y)
	}
}
