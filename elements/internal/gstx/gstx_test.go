package gstx_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

const frameSize = 64 * 64 * 4

// source hands out the frames of a pool of memfds, as v4l2metasrc does.
type source struct {
	e     *gstx.Element
	mu    sync.Mutex // guards the settings
	color int32
	rate  [2]int32
	text  string

	wake *sys.Wake
	pool *gstx.Pool
	free []int
	n    uint64
	fail string // what goes wrong, from the property text
}

func (s *source) SetProperty(name string, v any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch name {
	case "color":
		s.color = v.(int32)
	case "rate":
		s.rate = v.([2]int32)
	case "text":
		if v == "refuse" {
			return errors.New("refused")
		}
		s.text = v.(string)
	}
	return nil
}

func (s *source) GetProperty(name string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch name {
	case "color":
		return s.color
	case "rate":
		return s.rate
	case "text":
		return s.text
	case "count":
		return s.n
	}
	return nil
}

func (s *source) Start() error {
	s.fail, s.n = s.text, 0
	if s.fail == "start" {
		return &gstx.Error{Code: gstx.ResourceNotFound, Text: "Nothing at /dev/none.", Cause: unix.ENOENT}
	}
	var err error
	if s.wake, err = sys.NewWake(); err != nil {
		return err
	}
	var frames [][]gstx.PoolMemory
	s.free = s.free[:0]
	for i := 0; i < 4; i++ {
		fd, err := unix.MemfdCreate("frame", unix.MFD_CLOEXEC)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		unix.Ftruncate(fd, frameSize)
		frames = append(frames, []gstx.PoolMemory{{FD: fd, Size: frameSize}})
		s.free = append(s.free, i)
	}
	s.pool, err = gstx.NewPool(gstx.PoolLayout{
		Format: "BGRx", Width: 64, Height: 64, NPlanes: 1, Stride: [4]int32{256},
	}, frames)
	return err
}

func (s *source) Stop() error {
	s.pool.Close()
	s.wake.Close()
	return nil
}

func (s *source) Unlock()     { s.wake.Set() }
func (s *source) UnlockStop() { s.wake.Clear() }

func (s *source) Create() (gstx.Buffer, gstx.Flow) {
	if s.fail == "panic" && s.n == 3 {
		panic("on purpose")
	}
	for {
		for {
			i, ok := s.pool.Returned()
			if !ok {
				break
			}
			s.free = append(s.free, i)
		}
		if len(s.free) > 0 {
			break
		}
		if _, err := s.wake.Wait(s.pool.WakeFD(), unix.POLLIN, -1); err != nil {
			return gstx.Buffer{}, gstx.FlowFlushing
		}
	}
	if s.fail == "hang" && s.n == 3 {
		if _, err := s.wake.Wait(-1, 0, -1); err == sys.ErrWoken {
			return gstx.Buffer{}, gstx.FlowFlushing
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

// sink remembers what it was shown.
type sink struct {
	e       *gstx.Element
	cache   *gstx.MemoryCache
	shown   atomic.Int64
	hits    atomic.Int64
	preroll atomic.Int64
	last    gstx.Frame
	format  atomic.Pointer[gstx.VideoFormat]
}

func (s *sink) Start() (err error) {
	if s.cache, err = gstx.NewMemoryCache(); err != nil {
		return err
	}
	s.e.SetCache(s.cache)
	return nil
}

func (s *sink) Stop() error {
	s.e.SetCache(nil)
	s.cache.Close()
	return nil
}

func (s *sink) SetCaps(f *gstx.VideoFormat) error {
	s.format.Store(f)
	return s.e.Post("test-caps", gstx.Field{Name: "width", Value: f.Width}, gstx.Field{Name: "text", Value: `a "quoted" \ name`})
}

func (s *sink) Frame(f *gstx.Frame) gstx.Flow {
	if f.Preroll != 0 {
		s.preroll.Add(1)
		return gstx.FlowOK
	}
	if id, ok := f.Mem[0].Cached(7); ok {
		if id != uint32(f.Mem[0].FD) {
			return gstx.FlowError
		}
		s.hits.Add(1)
	} else {
		s.cache.Put(f.Mem[0].ID, 7, uint32(f.Mem[0].FD))
	}
	s.last = *f
	s.shown.Add(1)
	return gstx.FlowOK
}

type filter struct{ frames, eos atomic.Int64 }

func (f *filter) Frame(*gstx.Frame) gstx.Flow { f.frames.Add(1); return gstx.FlowOK }
func (f *filter) EOS()                        { f.eos.Add(1) }
func (f *filter) Flush()                      {}

var made struct {
	sync.Mutex
	sink   *sink
	filter *filter
}

// extraClasses are those of the other files.
var extraClasses []gstx.Class

func TestMain(m *testing.M) {
	pipe.Init()
	const caps = "video/x-raw,format=BGRx,width=64,height=64,framerate=60/1"
	for _, c := range append(extraClasses, []gstx.Class{{
		Name: "gstxtestsrc", TypeName: "GstxTestSrc", LongName: "Test source", Klass: "Source",
		Description: "For tests", Author: "nobody", Parent: gstx.PushSrc,
		Pads: []gstx.Pad{{Name: "src", Direction: gstx.Src, Caps: caps}},
		Props: []gstx.Prop{
			{Name: "color", Nick: "c", Blurb: "colour", Kind: gstx.Enum, Default: int32(1),
				Enum: []gstx.EnumValue{{Value: 0, Nick: "red", Name: "Red"}, {Value: 1, Nick: "green", Name: "Green"}}},
			{Name: "rate", Nick: "r", Blurb: "rate", Kind: gstx.Fraction, Default: [2]int32{25, 1}},
			{Name: "text", Nick: "t", Blurb: "text", Kind: gstx.String},
			{Name: "count", Nick: "n", Blurb: "frames", Kind: gstx.Uint64, ReadOnly: true},
		},
		New: func(e *gstx.Element) any { return &source{e: e} },
	}, {
		Name: "gstxtestsink", TypeName: "GstxTestSink", LongName: "Test sink", Klass: "Sink",
		Description: "For tests", Author: "nobody", Parent: gstx.VideoSink,
		Pads: []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: "video/x-raw; video/x-raw(memory:DMABuf)"}},
		New: func(e *gstx.Element) any {
			s := &sink{e: e}
			made.Lock()
			made.sink = s
			made.Unlock()
			return s
		},
	}, {
		Name: "gstxtestfilter", TypeName: "GstxTestFilter", LongName: "Test filter", Klass: "Filter",
		Description: "For tests", Author: "nobody", Parent: gstx.Filter,
		Pads: []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: "ANY"}, {Name: "src", Direction: gstx.Src, Caps: "ANY"}},
		New: func(*gstx.Element) any {
			f := &filter{}
			made.Lock()
			made.filter = f
			made.Unlock()
			return f
		},
	}, {
		Name: "gstxtestbroken", TypeName: "GstxTestBroken", LongName: "Test of a broken element", Klass: "Filter",
		Description: "For tests", Author: "nobody", Parent: gstx.Filter,
		Pads: []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: "ANY"}, {Name: "src", Direction: gstx.Src, Caps: "ANY"}},
		New:  func(*gstx.Element) any { panic("cannot be made") },
	}}...) {
		if err := gstx.Register(nil, c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	for _, p := range fakeProviders {
		if err := gstx.RegisterProvider(nil, p); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func TestFramesGoRoundAPoolSmallerThanTheStream(t *testing.T) {
	p := pipe.Play(t, "gstxtestsrc num-buffers=100 ! gstxtestfilter ! gstxtestsink sync=false")
	p.EOS(10 * time.Second)
	made.Lock()
	s, f := made.sink, made.filter
	made.Unlock()
	if got := s.shown.Load(); got != 100 {
		t.Errorf("shown %d frames, want 100", got)
	}
	if got := s.preroll.Load(); got != 1 {
		t.Errorf("%d frames prerolled, want 1", got)
	}
	// Four frames are in the pool, so all but the first four shows hit the cache.
	if got := s.hits.Load(); got != 96 {
		t.Errorf("%d cache hits, want 96", got)
	}
	if f.frames.Load() != 100 || f.eos.Load() != 1 {
		t.Errorf("filter saw %d frames and %d ends, want 100 and 1", f.frames.Load(), f.eos.Load())
	}
	l := s.last
	if l.NMem != 1 || l.NPlanes != 1 || l.Stride[0] != 256 || l.Width != 64 || l.Mem[0].Size != frameSize || l.PTS != 99*16666667 {
		t.Errorf("last frame: %+v", l)
	}
	if v := s.format.Load(); v == nil || v.Format != "BGRx" || v.FourCC != 0x34325258 || v.Width != 64 || v.FPSN != 60 {
		t.Errorf("format: %+v", v)
	}
}

// A tee and a queue keep memories longer than their buffers; none may be
// handed out again before it is back.
func TestSharedMemoriesComeBackOnce(t *testing.T) {
	p := pipe.Play(t, "gstxtestsrc num-buffers=50 ! tee name=t ! queue ! gstxtestsink sync=false  t. ! queue ! videocrop left=8 ! fakesink sync=false")
	p.EOS(10 * time.Second)
}

func TestErrorsReachTheBusWithTheirWords(t *testing.T) {
	for fail, want := range map[string]string{
		"start": "Nothing at /dev/none.",
		"panic": "Internal error in gstxtestsrc",
	} {
		p := pipe.Play(t, "gstxtestsrc text="+fail+" ! gstxtestsink")
		m := p.Error(10 * time.Second)
		if !strings.Contains(m.Text, want) {
			t.Errorf("%s: got %q, want %q", fail, m.Text, want)
		}
		if fail == "panic" && !strings.Contains(m.Debug, "on purpose") {
			t.Errorf("the panic's words are missing in %q", m.Debug)
		}
		p.Stop()
	}
}

func TestElementThatPanicsWhenMadeRefusesToStart(t *testing.T) {
	p := pipe.Play(t, "fakesrc num-buffers=1 ! gstxtestbroken ! fakesink")
	if m := p.Error(5 * time.Second); !strings.Contains(m.Text, "cannot be made") {
		t.Errorf("error is %q", m.Text)
	}
}

func TestUnlockEndsAHangingSource(t *testing.T) {
	p := pipe.Play(t, "gstxtestsrc name=s text=hang ! gstxtestsink sync=false")
	for i := 0; p.Element("s").ObjectProperty("count").(uint64) < 3; i++ {
		if i > 500 {
			t.Fatal("the source did not get to its third frame")
		}
		time.Sleep(10 * time.Millisecond)
	}
	done := make(chan struct{})
	go func() { p.Stop(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("the pipeline did not stop while the source waits")
	}
}

func TestElementMessagesKeepTheirFields(t *testing.T) {
	p := pipe.Play(t, "gstxtestsrc num-buffers=1 ! gstxtestsink sync=false")
	m := p.Next("test-caps", 5*time.Second, func(m pipe.Message) bool { return m.Type == gst.MessageElement })
	for _, want := range []string{"test-caps", "width=(int)64", `\"quoted\"`} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("message %s lacks %s", m.Text, want)
		}
	}
}

func TestProperties(t *testing.T) {
	p := pipe.New(t, "gstxtestsrc name=s color=red rate=30000/1001 text=hello ! gstxtestsink")
	s := p.Element("s")
	if got := s.ObjectProperty("text"); got != "hello" {
		t.Errorf("text is %v", got)
	}
	if got := fmt.Sprint(s.ObjectProperty("color")); got != "0" {
		t.Errorf("color is %v, want 0 (red)", got)
	}
	s.SetObjectProperty("text", "refuse")
	m := p.Next("warning", 5*time.Second, func(m pipe.Message) bool { return m.Type == gst.MessageWarning })
	if !strings.Contains(m.Text, "text was not taken: refused") {
		t.Errorf("warning is %q", m.Text)
	}
}

func TestThousandStartsLeaveNothing(t *testing.T) {
	pipe.New(t, "gstxtestsrc ! gstxtestfilter ! gstxtestsink sync=false").Starts(1000)
}
