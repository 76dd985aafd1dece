package v4l2metasrc

import (
	"sync"
	"sync/atomic"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2element"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// source is the Go half of one element.
type source struct {
	store
	element *gstx.Element
	open    func(path string) (*v4l2.Device, error) // v4l2.Open but in tests

	wakeMu sync.Mutex // guards wake: unlock may come while stop runs
	wake   *sys.Wake
	// interrupted is set by Unlock and taken by the streaming thread: time has
	// passed between two calls of Create.
	interrupted atomic.Bool

	// The running state, made by Start and torn down by Stop. The streaming
	// thread has it to itself but for what is said to be shared.
	set    settings
	dev    *v4l2.Device
	modes  []mode
	stream *stream // nil until a format is set
	signal signalPart
	// After a change of the source: the format that still counts when the negotiation
	// finds the same, and where the stream was.
	again     *gstx.VideoFormat
	goesOn    position
	delivered uint64 // frames since the start
	stops     int    // of the driver, see restart

	latencyMu sync.Mutex // guards latency, which any thread asks for
	latency   [2]uint64  // minimum, maximum in ns; 0, 0 before it is known

	videoMeta bool           // downstream reads GstVideoMeta
	count     int            // of buffers to ask the driver for
	borrowed  *gstx.Borrowed // downstream's memory for the next stream, or nil
}

func newSource(e *gstx.Element, open func(string) (*v4l2.Device, error)) *source {
	e.SetLive(true)
	s := &source{element: e, open: open}
	s.settings.device, s.settings.forceAspect = defaultDevice, true
	return s
}

// Start opens the device and asks what it can do.
func (s *source) Start() (err error) {
	s.set = s.snapshot()
	s.element.WantPool(s.set.ioMode == ioImport)
	s.count = buffers
	s.lost.Store(0)
	s.signal, s.again, s.goesOn, s.delivered, s.stops = signalPart{}, nil, position{}, 0, 0
	s.setLatency(0, 0)
	defer func() {
		if err != nil {
			s.Stop()
		}
	}()
	if s.dev, err = s.open(s.set.device); err != nil {
		return s.explain(err)
	}
	s.opened(s.dev)
	s.element.SetFD(s.dev.FD())
	if err := s.applyControls(s.dev); err != nil {
		s.refused("extra-controls, or one that is a control's", err)
	}
	if err = s.ask(); err != nil {
		return s.explain(err)
	}
	if len(s.modes) == 0 {
		return &gstx.Error{
			Code: gstx.StreamFormat,
			Text: "Device " + s.set.device + " offers no format that GStreamer has a name for; v4l2-ctl --list-formats shows what it has.",
		}
	}
	// A change of these is told while frames are waited for. Not every device
	// has them, and none is needed. That of the source is the input's.
	input, _ := s.dev.Input()
	for _, e := range [...]struct {
		kind v4l2.EventKind
		id   uint32
	}{
		{v4l2.EventSourceChange, input.Index}, {v4l2.EventEOS, 0},
		{v4l2.EventControl, v4l2.ControlMasteringDisplay}, {v4l2.EventControl, v4l2.ControlContentLight},
	} {
		if err := s.dev.Subscribe(e.kind, e.id); err != nil {
			s.element.Debugf("%v", err)
		}
	}
	w, err := sys.NewWake()
	if err != nil {
		return err
	}
	s.wakeMu.Lock()
	s.wake = w
	s.wakeMu.Unlock()
	s.element.Infof("%s is %+v, %d modes", s.set.device, s.dev.Capability(), len(s.modes))
	return nil
}

// Stop closes the device. Frames that are still held downstream stay valid.
func (s *source) Stop() error {
	s.opened(nil)
	if lost := s.lost.Load(); lost > 0 {
		s.element.Warningf("%s: frames lost: %d", s.set.device, lost)
	}
	s.stream.close()
	s.stream = nil
	s.borrowed.Close()
	s.borrowed = nil
	s.dev.Close()
	s.dev, s.modes = nil, nil
	s.wakeMu.Lock()
	defer s.wakeMu.Unlock()
	if s.wake != nil {
		s.wake.Close()
		s.wake = nil
	}
	return nil
}

// Unlock ends the streaming thread's wait.
func (s *source) Unlock() {
	s.interrupted.Store(true)
	s.wakeMu.Lock()
	defer s.wakeMu.Unlock()
	if s.wake != nil {
		s.wake.Set()
	}
}

// UnlockStop allows waiting again.
func (s *source) UnlockStop() {
	s.wakeMu.Lock()
	defer s.wakeMu.Unlock()
	if s.wake != nil {
		s.wake.Clear()
	}
}

// Caps are those of the open device.
func (s *source) Caps() (string, error) {
	if s.dev == nil {
		return "", nil
	}
	now, err := s.dev.Format()
	if err != nil {
		return "", s.explain(err)
	}
	mastering, light, err := s.static()
	if err != nil {
		return "", err
	}
	var extra string
	if mastering != nil {
		extra += ", mastering-display-info = (string) " + mastering.String()
	}
	if light != nil {
		extra += ", content-light-level = (string) " + light.String()
	}
	return capsOf(s.modes, now, s.aspect(), s.set.ioMode != ioMMap && s.set.ioMode != ioImport, extra), nil
}

// aspect is the shape of the pixels.
func (s *source) aspect() v4l2.Fraction {
	switch {
	case !s.set.forceAspect:
		return v4l2.Fraction{Num: 1, Den: 1}
	case s.set.aspect.Num != 0:
		return s.set.aspect
	}
	return s.dev.PixelAspect()
}

// Prefer is the size that the device is set to, as fast as it goes up to 60
// frames a second; 30 where it does not tell.
func (s *source) Prefer() (width, height, fpsN, fpsD int32) {
	if s.dev == nil {
		return 0, 0, 0, 0
	}
	if f, err := s.dev.Format(); err == nil {
		width, height = int32(f.Width), int32(f.FrameHeight())
	}
	if _, err := s.dev.FrameInterval(); err != nil {
		return width, height, 30, 1
	}
	return width, height, 60, 1
}

// SetCaps sets the format and gets everything ready to stream.
func (s *source) SetCaps(f *gstx.VideoFormat) error {
	s.stream.close()
	s.stream, s.again = nil, nil
	st, err := s.newStream(f)
	if err != nil {
		return s.explain(err)
	}
	s.stream = st
	s.tellLatency(st, max(s.count, buffers))
	return nil
}

// tellLatency says how late frames are: one is told of when it is complete; when
// downstream holds on to frames, as many wait as there are.
func (s *source) tellLatency(st *stream, buffers int) {
	if s.setLatency(st.duration, st.duration*uint64(buffers)) {
		s.element.PostLatency()
	}
}

// DecideAllocation remembers whether downstream understands the driver's strides, how
// many buffers it keeps, and its memory.
func (s *source) DecideAllocation(a gstx.Allocation) {
	s.videoMeta = a.VideoMeta
	s.borrowed.Close()
	s.borrowed = a.Pool
	s.count = min(max(buffers, a.Buffers+spare), v4l2.MaxBuffers)
}

// Latency answers the pipeline's query.
func (s *source) Latency() (lo, hi uint64, ok bool) {
	s.latencyMu.Lock()
	defer s.latencyMu.Unlock()
	return s.latency[0], s.latency[1], s.latency[0] != 0
}

func (s *source) setLatency(lo, hi uint64) (changed bool) {
	s.latencyMu.Lock()
	defer s.latencyMu.Unlock()
	was := s.latency
	s.latency = [2]uint64{lo, hi}
	return s.latency != was
}

// static is the HDR10 metadata: of the device's controls, else of the settings;
// nil where neither knows.
func (s *source) static() (*meta.MasteringDisplay, *meta.ContentLight, error) {
	mastering, light, err := v4l2element.Static(s.dev)
	if err != nil {
		return nil, nil, s.explain(err)
	}
	if mastering == nil {
		mastering = s.set.mastering
	}
	if light == nil {
		light = s.set.light
	}
	return mastering, light, nil
}
