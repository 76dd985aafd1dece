package kmsmetasink

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// layerSource hands out frames with a GstShmLayersMeta, in memories of 64 kB that
// say they are DMA-bufs.
type layerSource struct {
	e    *gstx.Element
	wake *sys.Wake
	pool *gstx.Pool
	w    *gstmeta.Writer
	n    uint64
	last *meta.Layers
	h    gstmeta.Holder // of last
}

// stream is what the next layersource makes.
type stream struct {
	memories int
	noDMABuf bool
	// block of frame n.
	block func(n uint64) *meta.Layers
	// planes of GstVideoMeta's NV12 of 160×90; without it there is none.
	videoMeta bool
	tiled     bool // in the caps, from which no layout follows then
}

const memorySize = 1 << 16

var theStream atomic.Pointer[stream]

func (s *layerSource) Start() (err error) {
	s.n, s.last, s.h = 0, nil, gstmeta.Holder{}
	if s.wake, err = sys.NewWake(); err != nil {
		return err
	}
	st := theStream.Load()
	var mems []gstx.PoolMemory
	for i := range st.memories {
		fd, err := unix.MemfdCreate("layer", unix.MFD_CLOEXEC)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		fill := make([]byte, memorySize)
		for j := range fill {
			fill[j] = byte(0x10 * (i + 1))
		}
		unix.Write(fd, fill)
		mems = append(mems, gstx.PoolMemory{FD: fd, DMABuf: !st.noDMABuf, Size: memorySize})
	}
	l := gstx.PoolLayout{Width: 160, Height: 90}
	if st.videoMeta {
		l = gstx.PoolLayout{Format: "NV12", Width: 160, Height: 90, NPlanes: 2, Offset: [4]uint64{0, 160 * 90}, Stride: [4]int32{160, 160}}
	}
	s.w = gstmeta.NewWriter()
	s.pool, err = gstx.NewPool(l, [][]gstx.PoolMemory{mems, mems, mems, mems})
	return err
}

func (s *layerSource) Stop() error {
	s.h.Unref()
	s.w.Close()
	s.pool.Close()
	return s.wake.Close()
}
func (s *layerSource) Unlock()     { s.wake.Set() }
func (s *layerSource) UnlockStop() { s.wake.Clear() }

func (s *layerSource) Create() (gstx.Buffer, gstx.Flow) {
	st := theStream.Load()
	b := gstx.Buffer{}
	for i := 0; b.IsNil(); i = (i + 1) % 4 {
		for _, ok := s.pool.Returned(); ok; _, ok = s.pool.Returned() {
		}
		if b = s.pool.Acquire(i, gstx.Stamp{PTS: s.n * 16666667, Duration: 16666667, Offset: s.n}); b.IsNil() && i == 3 {
			if _, err := s.wake.Wait(s.pool.WakeFD(), unix.POLLIN, -1); err != nil {
				return gstx.Buffer{}, gstx.FlowFlushing
			}
		}
	}
	if l := st.block(s.n); l != nil {
		if err := s.attach(b, l); err != nil {
			s.e.Fail(gstx.StreamFailed, err)
			b.Unref()
			return gstx.Buffer{}, gstx.FlowError
		}
	}
	s.n++
	return b, gstx.FlowOK
}

func (s *layerSource) attach(b gstx.Buffer, l *meta.Layers) error {
	if l != s.last {
		h, err := s.w.Write(&meta.Block{Layers: l})
		if err != nil {
			return err
		}
		s.h.Unref()
		s.last, s.h = l, h.Ref()
	}
	return gstmeta.Attach(b.Pointer(), gstmeta.Layers, s.h)
}

var layerSourceClass = gstx.Class{
	Name: "layersource", TypeName: "KmsTestLayerSource", LongName: "source", Klass: "Source", Description: "For tests",
	Author: "nobody", Parent: gstx.PushSrc,
	Pads: []gstx.Pad{{Name: "src", Direction: gstx.Src, Caps: "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format={NV12,NV12:0x0100000000000001},width=160,height=90,framerate=60/1"}},
	New:  func(e *gstx.Element) any { return &layerSource{e: e} },
}

// aLayer is NV12 of 160×90 in one memory.
func aLayer(role meta.Role, memory uint32, dst meta.Place) (meta.Layer, []meta.Plane) {
	return meta.Layer{FourCC: sys.DRM_FORMAT_NV12, Role: role, Width: 160, Height: 90, Crop: meta.Rect{W: 160, H: 90}, Dst: dst,
			Alpha: 0xffff, NPlanes: 2},
		[]meta.Plane{{Memory: memory, Stride: 160, Size: 160 * 90}, {Memory: memory, Stride: 160, Offset: 160 * 90, Size: 160 * 45}}
}

// frameOf puts layers, each with its planes, into one block.
func frameOf(layers ...func() (meta.Layer, []meta.Plane)) *meta.Layers {
	b := &meta.Layers{}
	for _, f := range layers {
		l, p := f()
		l.FirstPlane = uint32(len(b.Planes))
		b.Layers, b.Planes = append(b.Layers, l), append(b.Planes, p...)
	}
	return b
}

func layer(role meta.Role, memory uint32, dst meta.Place, change ...func(*meta.Layer, []meta.Plane)) func() (meta.Layer, []meta.Plane) {
	return func() (meta.Layer, []meta.Plane) {
		l, p := aLayer(role, memory, dst)
		for _, c := range change {
			c(&l, p)
		}
		return l, p
	}
}

func playLayers(t *testing.T, card *kmstest.Card, st stream, frames string, warn func(pipe.Message)) *pipe.Pipe {
	t.Helper()
	theStream.Store(&st)
	caps := "NV12"
	if st.tiled {
		caps = "NV12:0x0100000000000001"
	}
	p := pipe.Play(t, "layersource num-buffers="+frames+" ! video/x-raw(memory:DMABuf),drm-format="+caps+" ! fakekmssink name=sink sync=false")
	p.Next("end of stream", 20*time.Second, func(m pipe.Message) bool {
		switch m.Type {
		case gst.MessageWarning:
			if warn == nil {
				t.Errorf("warning: %s (%s)", m.Text, m.Debug)
			} else {
				warn(m)
			}
		case gst.MessageError:
			t.Fatalf("error: %s (%s)", m.Text, m.Debug)
		}
		return m.Type == gst.MessageEOS
	})
	return p
}

var whole = meta.Place{W: 160, H: 90}

// Eight planes of memory, the V4L2 limit, in four layers: four framebuffers on four
// planes in each commit.
func TestEightPlanesAreFourFramebuffers(t *testing.T) {
	card := newCard(t, kmstest.Quirks{MoreOverlays: 2})
	imports := countRequests(card, sys.DRM_IOCTL_MODE_ADDFB2)
	a, b, c := meta.Place{X: 8, Y: 9, W: 80, H: 45}, meta.Place{X: 40, Y: 20, W: 80, H: 45}, meta.Place{X: 120, Y: 60, W: 40, H: 30}
	p := playLayers(t, card, stream{memories: 4, block: func(uint64) *meta.Layers {
		return frameOf(
			layer(meta.RoleOverlay, 3, c, func(l *meta.Layer, _ []meta.Plane) { l.ZPos = 9 }),
			layer(meta.RoleVideo, 0, whole),
			layer(meta.RoleOverlay, 1, a, func(l *meta.Layer, _ []meta.Plane) { l.ZPos, l.Alpha = 1, 0x8000 }),
			layer(meta.RoleVideo, 2, b, func(l *meta.Layer, _ []meta.Plane) { l.ZPos = 4 }))
	}}, "30", nil)
	// The frame of 160×90 fills the screen of 1920×1080: 12 times.
	want := map[uint32]kms.Rect{
		kmstest.Primary1: {W: 1920, H: 1080}, kmstest.Overlay1: {X: 96, Y: 108, W: 960, H: 540},
		kmstest.MoreOverlay1: {X: 480, Y: 240, W: 960, H: 540}, kmstest.MoreOverlay1 + 1: {X: 1440, Y: 720, W: 480, H: 360}}
	if got := card.Stack(kmstest.CRTC1); !slices.Equal(got, []uint32{kmstest.Primary1, kmstest.Overlay1, kmstest.MoreOverlay1, kmstest.MoreOverlay1 + 1}) {
		t.Fatalf("planes %v", got)
	}
	for i, plane := range card.Stack(kmstest.CRTC1) {
		v := func(name string) uint32 { return uint32(card.Value(plane, name)) }
		if got := (kms.Rect{X: int32(v("CRTC_X")), Y: int32(v("CRTC_Y")), W: v("CRTC_W"), H: v("CRTC_H")}); got != want[plane] {
			t.Errorf("plane %d: %v, want %v", plane, got, want[plane])
		}
		if got := card.Pixels(plane); len(got) == 0 || got[0] != byte(0x10*(i+1)) {
			t.Errorf("plane %d shows another memory", plane)
		}
	}
	// Four frames of the source's pool, each with four layers, and the probe's.
	if got := imports.Load(); got > 4*4+8 {
		t.Errorf("%d framebuffers were made, want one for each memory of the pool", got)
	}
	if got := card.Value(kmstest.Overlay1, "alpha"); got != 0x8000 {
		t.Errorf("alpha %#x, want 0x8000", got)
	}
	for name, want := range map[string]uint64{"frames-shown": 30, "frames-imported": 30, "frames-copied": 0, "layers-skipped": 0} {
		if got := property[uint64](t, p, name); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
	file := theFile.Load()
	p.Stop()
	if left := file.Left(); len(left) > 0 {
		t.Errorf("left on the card: %v", left)
	}
}

// What does not fit its buffer is left out, counted and told once; the video and
// the other layers are shown.
func TestBadLayersAreSkipped(t *testing.T) {
	good := meta.Place{X: 10, Y: 10, W: 80, H: 45}
	for name, spoil := range map[string]func(*meta.Layer, []meta.Plane){
		"a memory that does not exist":    func(_ *meta.Layer, p []meta.Plane) { p[1].Memory = 7 },
		"a memory far away":               func(_ *meta.Layer, p []meta.Plane) { p[0].Memory = 1 << 31 },
		"past the memory":                 func(_ *meta.Layer, p []meta.Plane) { p[1].Offset = memorySize - 10 },
		"an offset that overflows":        func(_ *meta.Layer, p []meta.Plane) { p[0].Offset, p[0].Size = 1<<64-1<<10, 1<<10-1 },
		"a size that is too small":        func(_ *meta.Layer, p []meta.Plane) { p[0].Size = 160*90 - 1 },
		"a stride of a row's part":        func(_ *meta.Layer, p []meta.Plane) { p[0].Stride = 159 },
		"a stride that overflows":         func(_ *meta.Layer, p []meta.Plane) { p[0].Stride = 1<<32 - 1 },
		"no stride":                       func(_ *meta.Layer, p []meta.Plane) { p[0].Stride = 0 },
		"a plane too few":                 func(l *meta.Layer, _ []meta.Plane) { l.NPlanes = 1 },
		"a format that does not exist":    func(l *meta.Layer, p []meta.Plane) { l.FourCC, p[0].Modifier = 0x20202020, 5 },
		"a size far beyond any":           func(l *meta.Layer, _ []meta.Plane) { l.Width, l.Height = 1<<31, 1<<31 },
		"a destination far from anything": func(l *meta.Layer, _ []meta.Plane) { l.Dst.X = -1 << 31 },
	} {
		t.Run(name, func(t *testing.T) {
			card := newCard(t, kmstest.Quirks{MoreOverlays: 2})
			warnings := 0
			p := playLayers(t, card, stream{memories: 3, block: func(uint64) *meta.Layers {
				return frameOf(layer(meta.RoleVideo, 0, whole),
					layer(meta.RoleOverlay, 1, good, spoil),
					layer(meta.RoleOverlay, 2, good))
			}}, "10", func(m pipe.Message) { warnings++; t.Log(m.Text, m.Debug) })
			if n, skipped := property[uint64](t, p, "frames-shown"), property[uint64](t, p, "layers-skipped"); n != 10 || skipped != 10 {
				t.Errorf("%d frames shown, %d layers skipped, want 10 and 10", n, skipped)
			}
			if warnings != 1 {
				t.Errorf("%d warnings, want 1", warnings)
			}
			if got := card.Stack(kmstest.CRTC1); len(got) != 2 {
				t.Errorf("planes %v are lit, want that of the video and one more", got)
			}
		})
	}
}

// A video layer that cannot be falls back on what caps and GstVideoMeta say, or, if
// they say nothing, the frame is dropped; the stream goes on either way.
func TestABadVideoLayerDoesNotEndTheStream(t *testing.T) {
	for _, c := range []struct {
		name           string
		videoMeta      bool
		tiled          bool
		shown, dropped uint64
	}{{"with GstVideoMeta", true, false, 20, 0}, {"a linear format", false, false, 20, 0}, {"neither", false, true, 10, 10}} {
		t.Run(c.name, func(t *testing.T) {
			card := newCard(t, kmstest.Quirks{})
			p := playLayers(t, card, stream{memories: 2, videoMeta: c.videoMeta, tiled: c.tiled, block: func(n uint64) *meta.Layers {
				return frameOf(layer(meta.RoleVideo, 0, whole, func(l *meta.Layer, p []meta.Plane) {
					if n%2 == 1 {
						p[0].Memory = 5
					}
				}), layer(meta.RoleOverlay, 1, whole))
			}}, "20", func(m pipe.Message) { t.Log(m.Text, m.Debug) })
			if n, dropped := property[uint64](t, p, "frames-shown"), property[uint64](t, p, "frames-dropped"); n != c.shown || dropped != c.dropped {
				t.Errorf("%d frames shown, %d dropped, want %d and %d", n, dropped, c.shown, c.dropped)
			}
		})
	}
}

func TestRolesThatAreNotForTheScreen(t *testing.T) {
	left, right := meta.Place{W: 80, H: 90}, meta.Place{X: 80, W: 80, H: 90}
	for _, c := range []struct {
		name  string
		frame *meta.Layers
		lit   int
	}{
		{"auxiliary and alpha are left out", frameOf(layer(meta.RoleVideo, 0, whole), layer(meta.RoleAuxiliary, 1, whole), layer(meta.RoleAlpha, 2, whole)), 1},
		{"of two eyes in one place the left is shown", frameOf(layer(meta.RoleRightEye, 1, whole), layer(meta.RoleLeftEye, 0, whole)), 1},
		{"of two eyes side by side both are", frameOf(layer(meta.RoleLeftEye, 0, left), layer(meta.RoleRightEye, 1, right)), 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := newCard(t, kmstest.Quirks{MoreOverlays: 2})
			playLayers(t, card, stream{memories: 3, block: func(uint64) *meta.Layers { return c.frame }}, "5", nil)
			got := card.Stack(kmstest.CRTC1)
			if len(got) != c.lit || card.Pixels(got[0])[0] != 0x10 {
				t.Errorf("planes %v, want %d, the first with the first memory", got, c.lit)
			}
		})
	}
}

// Fields come onto the screen one after the other, in the order of time, each with
// a commit of its own and without a mode set.
func TestFieldsAreShownOneAfterTheOther(t *testing.T) {
	for _, c := range []struct {
		name    string
		rate    uint64 // of the display
		commits int
	}{{"a display fast enough", 60, 20}, {"a display with no time for the second", 24, 10}} {
		t.Run(c.name, func(t *testing.T) {
			card := newCard(t, kmstest.Quirks{})
			card.Plug(kmstest.Connector1, kmstest.Mode(1920, 1080, uint32(c.rate), true))
			theStream.Store(&stream{memories: 2, block: func(uint64) *meta.Layers {
				return frameOf(layer(meta.RoleTopField, 0, whole), layer(meta.RoleBottomField, 1, whole))
			}})
			p := pipe.Play(t, "layersource num-buffers=10 ! capssetter caps=video/x-raw(memory:DMABuf),framerate=25/1 ! fakekmssink name=sink sync=false")
			p.EOS(20 * time.Second)
			var commits int
			for _, k := range card.Commits() {
				if k.Flags&sys.DRM_MODE_ATOMIC_TEST_ONLY == 0 {
					commits++
				}
			}
			if commits != c.commits {
				t.Errorf("%d commits for 10 frames, want %d", commits, c.commits)
			}
			want := byte(0x20)
			if c.commits == 10 {
				want = 0x10
			}
			if got := card.Pixels(kmstest.Primary1)[0]; got != want {
				t.Errorf("shows %#x, want %#x", got, want)
			}
			if n := property[uint64](t, p, "frames-shown"); n != 10 {
				t.Errorf("frames-shown: got %d, want 10", n)
			}
		})
	}
}

// A stream whose layers come and go, and whose block changes with each frame, stays
// without a leak of framebuffers.
func TestLayersComeAndGo(t *testing.T) {
	card := newCard(t, kmstest.Quirks{MoreOverlays: 1})
	p := playLayers(t, card, stream{memories: 4, videoMeta: true, block: func(n uint64) *meta.Layers {
		switch n % 5 {
		case 0:
			return nil
		case 1:
			return frameOf(layer(meta.RoleVideo, 0, whole))
		}
		return frameOf(layer(meta.RoleVideo, 0, whole), layer(meta.RoleOverlay, 1, meta.Place{X: int32(n % 50), W: 40, H: 20}),
			layer(meta.RoleOverlay, uint32(n%4), meta.Place{Y: int32(n % 40), W: 40, H: 20}))
	}}, "200", nil)
	if n := property[uint64](t, p, "frames-shown"); n != 200 {
		t.Errorf("frames-shown: got %d, want 200", n)
	}
	file := theFile.Load()
	p.Stop()
	if left := file.Left(); len(left) > 0 {
		t.Errorf("left on the card: %v", left)
	}
}

// What is no DMA-buf no plane can show: it is drawn, from where it is.
func TestLayersInPlainMemoryAreDrawn(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	p := playLayers(t, card, stream{memories: 8, noDMABuf: true, block: func(uint64) *meta.Layers {
		return frameOf(layer(meta.RoleVideo, 0, whole), layer(meta.RoleOverlay, 7, meta.Place{X: 80, Y: 45, W: 80, H: 45}))
	}}, "10", func(pipe.Message) {})
	if n, copied := property[uint64](t, p, "frames-shown"), property[uint64](t, p, "frames-copied"); n != 10 || copied != 10 {
		t.Errorf("%d frames shown, %d copied, want 10 and 10", n, copied)
	}
	// The memories are of one value each, in Y, Cb and Cr: 0x10 is a green, 0x80 a grey.
	at := func(plane uint32, x, y int) [3]byte {
		width := int(card.Value(plane, "SRC_W") >> 16)
		return [3]byte(card.Pixels(plane)[y*((width*4+63)&^63)+4*x:])
	}
	stack := card.Stack(kmstest.CRTC1)
	top := stack[len(stack)-1]
	main := at(stack[0], 100, 100)
	over := at(top, int(card.Value(top, "SRC_W")>>16)-10, int(card.Value(top, "SRC_H")>>16)-10)
	if main[0] != 0 || main[2] != 0 || main[1] < 130 || over[0] < 126 || over[1] < 126 || over[2] < 126 || max(over[0], over[1], over[2]) > 134 {
		t.Errorf("the video is %v, the layer %v (B, G, R); want a green and a grey", main, over)
	}
}

func TestSoftwareCompositionIsToldOnce(t *testing.T) {
	card := newCard(t, kmstest.Quirks{NoOverlay: true})
	var told []string
	p := playLayers(t, card, stream{memories: 2, block: func(n uint64) *meta.Layers {
		return frameOf(layer(meta.RoleVideo, 0, whole), layer(meta.RoleOverlay, 1, meta.Place{X: int32(n), W: 40, H: 20}))
	}}, "20", func(m pipe.Message) { told = append(told, m.Text) })
	if len(told) != 1 || !strings.Contains(told[0], "software") || !strings.Contains(told[0], "2 of 2 layers") {
		t.Errorf("told %q", told)
	}
	if n := property[uint64](t, p, "frames-shown"); n != 20 {
		t.Errorf("frames-shown: got %d, want 20", n)
	}
	if got := card.Value(kmstest.Primary1, "SRC_W") >> 16; got != 1920 {
		t.Errorf("the screen shows %d columns, want its own 1920", got)
	}
}
