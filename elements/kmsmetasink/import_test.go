package kmsmetasink

import (
	"fmt"
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
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// dmaSource hands out NV12 frames in two DMA-bufs each, which are memfds: the
// card of these tests does not tell. It changes to new memory half-way.
type dmaSource struct {
	wake *sys.Wake
	pool *gstx.Pool
	free []int
	n    uint64
}

const (
	dmaFrames = 4 // in its pool
	dmaWidth  = 640
	dmaHeight = 480
	dmaStride = 704 // not what the caps imply
)

// dmaRenew is the frame at which the memory changes, 0 for never.
var dmaRenew atomic.Uint64

// theSource is the one that was started last.
var theSource atomic.Pointer[dmaSource]

func (s *dmaSource) Start() (err error) {
	theSource.Store(s)
	s.n = 0
	if s.wake, err = sys.NewWake(); err != nil {
		return err
	}
	return s.fill()
}

func (s *dmaSource) fill() error {
	var frames [][]gstx.PoolMemory
	s.free = s.free[:0]
	for i := range dmaFrames {
		var mems []gstx.PoolMemory
		for _, size := range []int{dmaStride * dmaHeight, dmaStride * dmaHeight / 2} {
			fd, err := unix.MemfdCreate("frame", unix.MFD_CLOEXEC)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			unix.Ftruncate(fd, int64(size))
			mems = append(mems, gstx.PoolMemory{FD: fd, DMABuf: true, Size: uint64(size)})
		}
		frames = append(frames, mems)
		s.free = append(s.free, i)
	}
	s.pool.Close()
	var err error
	s.pool, err = gstx.NewPool(gstx.PoolLayout{
		Format: "NV12", Width: dmaWidth, Height: dmaHeight, NPlanes: 2,
		Offset: [4]uint64{0, dmaStride * dmaHeight}, Stride: [4]int32{dmaStride, dmaStride},
	}, frames)
	return err
}

func (s *dmaSource) Stop() error { s.pool.Close(); return s.wake.Close() }
func (s *dmaSource) Unlock()     { s.wake.Set() }
func (s *dmaSource) UnlockStop() { s.wake.Clear() }

func (s *dmaSource) Create() (gstx.Buffer, gstx.Flow) {
	if r := dmaRenew.Load(); r != 0 && s.n == r {
		if s.fill() != nil {
			return gstx.Buffer{}, gstx.FlowError
		}
	}
	for len(s.free) == 0 {
		for i, ok := s.pool.Returned(); ok; i, ok = s.pool.Returned() {
			s.free = append(s.free, i)
		}
		if len(s.free) == 0 {
			if _, err := s.wake.Wait(s.pool.WakeFD(), unix.POLLIN, -1); err != nil {
				return gstx.Buffer{}, gstx.FlowFlushing
			}
		}
	}
	i := s.free[0]
	s.free = s.free[1:]
	b := s.pool.Acquire(i, gstx.Stamp{PTS: s.n * 16666667, Duration: 16666667, Offset: s.n})
	s.n++
	if b.IsNil() {
		return b, gstx.FlowError
	}
	return b, gstx.FlowOK
}

var dmaSourceClass = gstx.Class{
	Name: "dmasource", TypeName: "KmsTestDmaSource", LongName: "source", Klass: "Source", Description: "For tests",
	Author: "nobody", Parent: gstx.PushSrc,
	Pads: []gstx.Pad{{Name: "src", Direction: gstx.Src, Caps: fmt.Sprintf(
		"video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=NV12,width=%d,height=%d,framerate=60/1; "+
			"video/x-raw,format=NV12,width=%d,height=%d,framerate=60/1", dmaWidth, dmaHeight, dmaWidth, dmaHeight)}},
	New: func(*gstx.Element) any { return new(dmaSource) },
}

// countRequests counts one kind of request to the card.
func countRequests(card *kmstest.Card, req uintptr) *atomic.Int64 {
	n := new(atomic.Int64)
	card.Fail = func(r uintptr) error {
		if r == req {
			n.Add(1)
		}
		return nil
	}
	return n
}

// probedFormats is how many framebuffers a start makes and removes.
func probedFormats(t *testing.T) (n int64) {
	t.Helper()
	card := kmstest.NewCard(kmstest.Quirks{})
	made := countRequests(card, sys.DRM_IOCTL_MODE_ADDFB2)
	d, err := kms.New(card.Open())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	o, err := kms.NewOutput(d, kms.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	o.Probe()
	return made.Load()
}

func TestDMABufsAreShownWithoutACopy(t *testing.T) {
	for _, c := range []struct {
		name, caps string
		renew      uint64
		imports    int64
	}{
		{"as DMA_DRM", "video/x-raw(memory:DMABuf)", 0, dmaFrames},
		{"as plain video", "video/x-raw", 0, dmaFrames},
		{"whose memory changes", "video/x-raw(memory:DMABuf)", 50, 2 * dmaFrames},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := newCard(t, kmstest.Quirks{})
			dmaRenew.Store(c.renew)
			imports := countRequests(card, sys.DRM_IOCTL_MODE_ADDFB2)
			removed := countRequestsToo(card, sys.DRM_IOCTL_MODE_RMFB)
			p := pipe.Play(t, "dmasource num-buffers=100 ! "+c.caps+" ! fakekmssink name=sink sync=false")
			p.EOS(20 * time.Second)
			if got := property[uint64](t, p, "frames-imported"); got != 100 {
				t.Errorf("frames-imported: got %d, want 100", got)
			}
			probed := probedFormats(t)
			if got := imports.Load() - probed; got != c.imports {
				t.Errorf("%d framebuffers were made, want %d", got, c.imports)
			}
			// Those of memory that is gone go too, at the latest a frame later.
			if got, want := removed.Load()-probed, c.imports-dmaFrames; got < want {
				t.Errorf("%d framebuffers were removed while playing, want %d", got, want)
			}
			p.Stop()
			if left := theFile.Load().Left(); len(left) > 0 {
				t.Errorf("left on the card: %v", left)
			}
		})
	}
}

// countRequestsToo adds a second count.
func countRequestsToo(card *kmstest.Card, req uintptr) *atomic.Int64 {
	n, first := new(atomic.Int64), card.Fail
	card.Fail = func(r uintptr) error {
		if r == req {
			n.Add(1)
		}
		return first(r)
	}
	return n
}

func TestRefusedDMABufsAreCopiedAndTheUserIsToldOnce(t *testing.T) {
	newCard(t, kmstest.Quirks{NoImport: true})
	dmaRenew.Store(0)
	p := pipe.Play(t, "dmasource num-buffers=30 ! fakekmssink name=sink sync=false")
	var warnings []string
	p.Next("end of stream", 20*time.Second, func(m pipe.Message) bool {
		switch m.Type {
		case gst.MessageWarning:
			warnings = append(warnings, m.Text)
		case gst.MessageError:
			t.Fatal(m.Text, m.Debug)
		}
		return m.Type == gst.MessageEOS
	})
	if len(warnings) != 1 || !strings.Contains(warnings[0], "copied") {
		t.Errorf("warnings %q, want one that says copied", warnings)
	}
	if got := property[uint64](t, p, "frames-copied"); got != 30 {
		t.Errorf("frames-copied: got %d, want 30", got)
	}
}

// Upstream that is about to free its memory gets it back, and the display shows the
// last frame on.
func TestDrainGivesBuffersBack(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	dmaRenew.Store(0)
	p := pipe.Play(t, "dmasource num-buffers=10 ! fakekmssink name=sink sync=false")
	p.EOS(20 * time.Second)
	s := theSource.Load()
	back := func() int {
		for i, ok := s.pool.Returned(); ok; i, ok = s.pool.Returned() {
			s.free = append(s.free, i)
		}
		return len(s.free)
	}
	// The base class keeps the last one too, as enable-last-sample says.
	p.Element("sink").SetObjectProperty("enable-last-sample", false)
	if n := back(); n != dmaFrames-2 {
		t.Fatalf("%d of %d frames are upstream's before, want all but two", n, dmaFrames)
	}
	shown := card.Value(kmstest.Primary1, "FB_ID")
	p.Element("sink").GetStaticPad("sink").Query(gst.NewQueryDrain())
	if n := back(); n != dmaFrames {
		t.Errorf("%d of %d frames are upstream's after, want all", n, dmaFrames)
	}
	s.pool.Close() // its memory goes
	s.pool = nil
	if got := card.Value(kmstest.Primary1, "FB_ID"); got == 0 || got != shown {
		t.Errorf("framebuffer %d is shown, %d before", got, shown)
	}
	p.Overlay("sink").Expose()
	if got := card.Value(kmstest.Primary1, "FB_ID"); got != shown {
		t.Errorf("framebuffer %d is shown again, want %d", got, shown)
	}
	file := theFile.Load()
	p.Stop()
	if left := file.Left(); len(left) > 0 {
		t.Errorf("left on the card: %v", left)
	}
}

func TestSizeChangesWhilePlaying(t *testing.T) {
	card := newCard(t, kmstest.Quirks{PrimaryCovers: true, NoScaling: true, NeedsPrimary: true})
	p := pipe.Play(t, "concat name=c ! fakekmssink name=sink sync=false "+
		"videotestsrc num-buffers=5 ! video/x-raw,format=BGRx,width=640,height=480 ! c. "+
		"videotestsrc num-buffers=5 ! video/x-raw,format=BGRx,width=400,height=300 ! c. "+
		"videotestsrc num-buffers=5 ! video/x-raw,format=NV12,width=1280,height=720 ! c.")
	p.EOS(20 * time.Second)
	if got := property[uint64](t, p, "frames-shown"); got != 15 {
		t.Errorf("frames-shown: got %d, want 15", got)
	}
	if w := property[int32](t, p, "display-width"); w != 1280 {
		t.Errorf("display-width: got %d, want 1280", w)
	}
	if card.Value(kmstest.Overlay1, "FB_ID") != 0 || card.Value(kmstest.Primary1, "SRC_W")>>16 != 1280 {
		t.Error("the last picture is not alone on the primary plane")
	}
	p.Stop()
	if left := theFile.Load().Left(); len(left) > 0 {
		t.Errorf("left on the card: %v", left)
	}
}
