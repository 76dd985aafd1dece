package gstx_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"
	"github.com/go-gst/go-gst/pkg/gstallocators"
	"github.com/go-gst/go-gst/pkg/gstapp"
	"github.com/go-gst/go-gst/pkg/gstvideo"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// sharer is a sink that shares memfds with rows of a multiple of 64 bytes, as a
// display's driver does, of at most so many pictures.
type sharer struct {
	stopped  atomic.Bool
	shared   atomic.Int64
	most     atomic.Int64
	readOnly atomic.Bool
	last     atomic.Pointer[gstx.Frame]
}

var theSharer atomic.Pointer[sharer]

func (s *sharer) Start() error { s.stopped.Store(false); return nil }
func (s *sharer) Stop() error  { s.stopped.Store(true); return nil }
func (s *sharer) Holds() int   { return 2 }

func (s *sharer) Frame(f *gstx.Frame) gstx.Flow {
	frame := *f
	s.last.Store(&frame)
	return gstx.FlowOK
}

func (s *sharer) Share(format string, width, height uint32) (m gstx.Shared, err error) {
	if s.stopped.Load() || s.shared.Load() == s.most.Load() {
		return m, errors.New("no memory")
	}
	switch format {
	case "BGRx":
		stride := (uint64(width)*4 + 63) &^ 63
		m = gstx.Shared{NPlanes: 1, Size: stride * uint64(height), Stride: [4]int32{int32(stride)}}
	case "NV12":
		stride := (uint64(width) + 64) &^ 63 // never just the width
		m = gstx.Shared{NPlanes: 2, Size: stride * uint64(height) * 2, Stride: [4]int32{int32(stride), int32(stride)},
			Offset: [4]uint64{0, stride * uint64(height)}}
	default:
		return m, fmt.Errorf("format %s", format)
	}
	if m.FD, err = unix.MemfdCreate("shared", unix.MFD_CLOEXEC); err != nil {
		return m, err
	}
	unix.Ftruncate(m.FD, int64(m.Size))
	if s.readOnly.Load() {
		fd, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", m.FD), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		unix.Close(m.FD)
		if m.FD = fd; err != nil {
			return m, err
		}
	}
	s.shared.Add(1)
	return m, nil
}

func init() {
	extraClasses = append(extraClasses, gstx.Class{
		Name: "gstxsharesink", TypeName: "GstxShareSink", LongName: "Sharing sink", Klass: "Sink",
		Description: "For tests", Author: "nobody", Parent: gstx.VideoSink,
		Pads: []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: "video/x-raw; video/x-raw(memory:DMABuf)"}},
		New: func(*gstx.Element) any {
			s := new(sharer)
			s.most.Store(1 << 30)
			theSharer.Store(s)
			return s
		},
	})
}

// offer asks the sink of the pipeline for a pool; nil when it offers none.
func offer(t *testing.T, p *pipe.Pipe, caps string) (pool gst.BufferPool, size, least, most uint) {
	t.Helper()
	q := gst.NewQueryAllocation(gst.CapsFromString(caps), true)
	if !p.Element("sink").GetStaticPad("sink").Query(q) {
		t.Fatal("the ALLOCATION query is not answered")
	}
	if q.GetNAllocationPools() == 0 {
		return nil, 0, 0, 0
	}
	return q.ParseNthAllocationPool(0)
}

const shareCaps = "video/x-raw,format=NV12,width=98,height=50,framerate=30/1"

func TestUpstreamGetsTheSinksMemory(t *testing.T) {
	const other = "video/x-raw,format=BGRx,width=32,height=8,framerate=30/1"
	for _, c := range []struct {
		name, caps string
		size       uint // that the caps imply
		meta       bool
		align      *[8]uint32 // GstVideoAlignment: top, bottom, left, right, stride_align
		dmabuf     bool
		offset     [2]uint64
		stride     [2]int32
	}{
		{"in the driver's layout", shareCaps, 7500, true, nil, true, [2]uint64{0, 128 * 50}, [2]int32{128, 128}},
		{"but not without GstVideoMeta", shareCaps, 7500, false, nil, false, [2]uint64{0, 100 * 50}, [2]int32{100, 100}},
		{"without GstVideoMeta where the layout is plain", other, 1024, false, nil, true, [2]uint64{0, 0}, [2]int32{128, 0}},
		{"in other caps than the sink has", other, 1024, true, nil, true, [2]uint64{0, 0}, [2]int32{128, 0}},
		{"but not with padding, for a decoder that would read it again", shareCaps, 7500, true, &[8]uint32{4: 255, 5: 255}, false,
			[2]uint64{0, 256 * 50}, [2]int32{256, 256}},
		{"but not in a format it does not have", "video/x-raw,format=Y444,width=64,height=8,framerate=30/1", 1536, true, nil, false,
			[2]uint64{0, 64 * 8}, [2]int32{64, 64}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pipe.New(t, "appsrc name=src format=time ! gstxsharesink name=sink sync=false async=false")
			p.SetState(gst.StatePlaying)
			pool, _, least, most := offer(t, p, shareCaps)
			if pool == nil || least != 3 || most != 0 {
				t.Fatalf("pool %v of %d to %d, want 3 to any", pool, least, most)
			}
			config := pool.GetConfig()
			caps := gst.CapsFromString(c.caps)
			gst.BufferPoolConfigSetParams(config, caps, c.size, 2, 0)
			for _, o := range []struct {
				name string
				want bool
			}{{"GstBufferPoolOptionVideoMeta", c.meta}, {"GstBufferPoolOptionVideoAlignment", c.align != nil}} {
				if o.want {
					gst.BufferPoolConfigAddOption(config, o.name)
				}
			}
			if !c.meta { // what the sink's offer was tried with
				config.RemoveField("options")
			}
			if c.align != nil {
				gstvideo.BufferPoolConfigSetVideoAlignment(config, gstvideo.UnsafeVideoAlignmentFromGlibBorrow(unsafe.Pointer(c.align)))
			}
			if !pool.SetConfig(config) || !pool.SetActive(true) {
				t.Fatal("the pool cannot be used")
			}
			src := p.Element("src").(gstapp.AppSrc)
			src.SetCaps(caps)
			for i := range 3 {
				b, flow := pool.AcquireBuffer(nil)
				if flow != gst.FlowOK {
					t.Fatalf("buffer %d: %v", i, flow)
				}
				if got := gstallocators.IsDmabufMemory(b.PeekMemory(0)); got != c.dmabuf {
					t.Errorf("buffer %d: a DMA-buf: %v, want %v", i, got, c.dmabuf)
				}
				if flow := src.PushBuffer(b); flow != gst.FlowOK {
					t.Fatalf("buffer %d: %v", i, flow)
				}
			}
			src.EndOfStream()
			p.EOS(10 * time.Second)
			f := theSharer.Load().last.Load()
			for i := range min(f.NPlanes, 2) {
				if f.PlaneOffset[i] != c.offset[i] || f.Stride[i] != c.stride[i] {
					t.Errorf("plane %d at %d with stride %d, want %d and %d", i, f.PlaneOffset[i], f.Stride[i], c.offset[i], c.stride[i])
				}
			}
			pool.SetActive(false)
		})
	}
}

func TestNoPoolIsOfferedWithoutMemory(t *testing.T) {
	for _, c := range []struct {
		name, caps string
		setup      func(*sharer)
	}{
		{"none is given", shareCaps, func(s *sharer) { s.most.Store(0) }},
		{"it cannot be mapped for writing", shareCaps, func(s *sharer) { s.readOnly.Store(true) }},
		{"the sink is stopped", shareCaps, func(s *sharer) { s.stopped.Store(true) }},
		{"the format is no layout", "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=NV12,width=64,height=64", func(*sharer) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pipe.New(t, "appsrc ! gstxsharesink name=sink")
			c.setup(theSharer.Load())
			if pool, _, _, _ := offer(t, p, c.caps); pool != nil {
				t.Error("a pool is offered")
			}
			if n := sharedFiles(); n != 0 {
				t.Errorf("%d memories are left", n)
			}
		})
	}
}

// Memory that runs out, and a sink that has stopped, mean plain memory.
func TestPoolWithoutMoreMemoryGoesOnWithPlainMemory(t *testing.T) {
	p := pipe.New(t, "appsrc ! gstxsharesink name=sink async=false")
	p.SetState(gst.StatePaused)
	pool, _, _, _ := offer(t, p, shareCaps)
	s := theSharer.Load()
	s.most.Store(4)
	if !pool.SetActive(true) {
		t.Fatal("the pool cannot be used")
	}
	var got []bool
	for i := range 7 {
		if i == 5 {
			p.Stop()
			s.most.Store(1 << 30)
		}
		b, flow := pool.AcquireBuffer(nil)
		if flow != gst.FlowOK {
			t.Fatalf("buffer %d: %v", i, flow)
		}
		got = append(got, gstallocators.IsDmabufMemory(b.PeekMemory(0)))
		defer gst.UnsafeBufferUnref(b)
	}
	if fmt.Sprint(got) != fmt.Sprint([]bool{true, true, true, true, false, false, false}) {
		t.Errorf("DMA-bufs: %v, want four", got)
	}
	pool.SetActive(false)
}

// keeper is a filter that keeps a buffer for longer than everything else lives.
type keeper struct {
	kept gstx.Buffer
	fd   int32
}

var theKeeper atomic.Pointer[keeper]

func (k *keeper) Frame(f *gstx.Frame) gstx.Flow {
	if k.kept.IsNil() && f.Mem[0].DMABuf != 0 {
		k.kept, k.fd = f.Buffer.Ref(), f.Mem[0].FD
	}
	return gstx.FlowOK
}

func init() {
	extraClasses = append(extraClasses, gstx.Class{
		Name: "gstxtestkeeper", TypeName: "GstxTestKeeper", LongName: "Keeper", Klass: "Filter",
		Description: "For tests", Author: "nobody", Parent: gstx.Filter,
		Pads: []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: "ANY"}, {Name: "src", Direction: gstx.Src, Caps: "ANY"}},
		New: func(*gstx.Element) any {
			k := new(keeper)
			theKeeper.Store(k)
			return k
		},
	})
}

func TestBufferOutlivesPoolAndSink(t *testing.T) {
	p := pipe.Play(t, "videotestsrc pattern=white num-buffers=10 ! video/x-raw,format=BGRx,width=32,height=8 ! "+
		"gstxtestkeeper ! gstxsharesink name=sink sync=false")
	p.EOS(10 * time.Second)
	p.Stop()
	k := theKeeper.Load()
	if k.kept.IsNil() {
		t.Fatal("no DMA-buf came by")
	}
	pixel := make([]byte, 3)
	if n, err := unix.Pread(int(k.fd), pixel, 128*7); n != 3 || err != nil || pixel[0] != 255 || pixel[2] != 255 {
		t.Errorf("the kept buffer reads %v (%v), want white", pixel, err)
	}
	if n := sharedFiles(); n == 0 {
		t.Error("no memory is left while a buffer is kept") // GStreamer stops a pool when all are back
	}
	done := make(chan struct{})
	go func() { k.kept.Unref(); close(done) }()
	<-done
	if n := sharedFiles(); n != 0 {
		t.Errorf("%d buffers are left, want none", n)
	}
}

// sharedFiles counts the memories of all sharers that are open, when the garbage
// collector has dropped the bindings' references.
func sharedFiles() (n int) {
	for range 3 {
		runtime.GC()
		time.Sleep(20 * time.Millisecond) // for finalizers
	}
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if target, _ := os.Readlink("/proc/self/fd/" + e.Name()); strings.HasPrefix(target, "/memfd:shared") {
			n++
		}
	}
	return n
}

func TestThousandStartsWithSharedMemoryLeaveNothing(t *testing.T) {
	pipe.New(t, "videotestsrc ! video/x-raw,format=NV12,width=98,height=50 ! queue ! gstxsharesink sync=false").Starts(1000)
}
