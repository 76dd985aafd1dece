package hdrmetatestsrc

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/testpattern"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/udmabuf"
)

// source is the element. Settings are changed by any thread under mu; the rest
// belongs to the thread that changes the state and, between Start and Stop, to
// the streaming thread.
type source struct {
	e *gstx.Element

	mu       sync.Mutex // guards settings and wake
	settings settings
	wake     *sys.Wake // nil when stopped

	period atomic.Uint64 // ns from frame to frame, 0 when unknown: for latency queries

	dev   *udmabuf.Device // nil without udmabuf
	pacer *pacer
	line  timeline
	frame uint64 // number of the next frame, since Start

	used      settings // what the stream was negotiated with
	format    *gstx.VideoFormat
	videoMeta bool                   // downstream reads GstVideoMeta
	stale     bool                   // the three above are newer than what is below
	painters  []*testpattern.Painter // of the layers
	frames    *frames
	metas     metas
}

func newSource(e *gstx.Element) *source {
	return &source{e: e, settings: settings{hdr: hdrHDR10Plus, sceneLength: 60, layers: 1}}
}

func (s *source) SetProperty(name string, v any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.settings.set(name, v); err != nil {
		return err
	}
	if name == "is-live" {
		s.e.SetLive(s.settings.live)
	}
	return nil
}

func (s *source) GetProperty(name string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings.get(name)
}

func (s *source) snapshot() settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

func (s *source) Start() error {
	wake, err := sys.NewWake()
	if err != nil {
		return err
	}
	pacer, err := newPacer()
	if err != nil {
		wake.Close()
		return err
	}
	dev, err := udmabuf.Open()
	if err != nil {
		s.e.Infof("pictures are in memfds: %v", err)
	}
	s.dev, s.pacer = dev, pacer
	s.line, s.frame = timeline{}, 0
	s.mu.Lock()
	s.wake = wake
	s.mu.Unlock()
	return nil
}

func (s *source) Stop() error {
	s.mu.Lock()
	wake := s.wake
	s.wake = nil
	s.mu.Unlock()
	err := errors.Join(s.release(), s.pacer.close(), s.dev.Close(), wake.Close())
	s.dev, s.pacer, s.format, s.stale = nil, nil, nil, false
	s.period.Store(0)
	return err
}

// release gives up what setup made.
func (s *source) release() error {
	err := s.frames.close()
	s.metas.close()
	s.frames, s.painters = nil, nil
	return err
}

func (s *source) Unlock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake != nil {
		s.wake.Set()
	}
}

func (s *source) UnlockStop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake != nil {
		s.wake.Clear()
	}
}

func (s *source) Caps() (string, error) {
	set := s.snapshot()
	// Before Start the device is not open; the template's answer is given.
	s.mu.Lock()
	started := s.wake != nil
	s.mu.Unlock()
	return set.caps(!started || s.dev != nil), nil
}

func (s *source) Prefer() (width, height, fpsN, fpsD int32) { return 640, 360, 60, 1 }

func (s *source) SetCaps(f *gstx.VideoFormat) error {
	if _, err := pixelFormat(f); err != nil {
		return err
	}
	s.used, s.format, s.stale = s.snapshot(), f, true
	s.line.setRate(f.FPSN, f.FPSD)
	var period uint64
	if f.FPSN > 0 {
		period = uint64(time.Second) * uint64(f.FPSD) / uint64(f.FPSN)
	}
	if s.period.Swap(period) != period && s.used.live {
		s.e.PostLatency()
	}
	return nil
}

// Latency is that of a camera, one frame; a frame that is late is painted late,
// so there is no limit to what those behind may add.
func (s *source) Latency() (minimum, maximum uint64, ok bool) {
	period := s.period.Load()
	return period, gstx.None, s.snapshot().live && period > 0
}

func (s *source) DecideAllocation(a gstx.Allocation) {
	if a.VideoMeta != s.videoMeta {
		s.videoMeta, s.stale = a.VideoMeta, true
	}
}

// pixelFormat finds ours in the negotiated caps.
func pixelFormat(f *gstx.VideoFormat) (testpattern.Format, error) {
	for _, p := range []testpattern.Format{testpattern.P010, testpattern.BGRx} {
		if f.FourCC == p.FourCC() && f.Modifier == 0 {
			return p, nil
		}
	}
	return 0, &gstx.Error{Code: gstx.StreamFormat, Text: "The format is not one that hdrmetatestsrc can paint.", Cause: errors.New(f.Caps)}
}

// layout is display hardware's when downstream reads it from the buffers, else
// the one that the caps imply.
func layout(f *gstx.VideoFormat, videoMeta bool) (testpattern.Layout, error) {
	p, err := pixelFormat(f)
	if err != nil {
		return testpattern.Layout{}, err
	}
	l, err := testpattern.NewLayout(p, int(f.Width), int(f.Height))
	if err != nil || f.DMADRM || videoMeta {
		return l, err
	}
	for i := range l.NPlanes {
		l.Offset[i], l.Stride[i] = int(f.Offset[i]), int(f.Stride[i])
	}
	l.Size = int(f.Size)
	return l, nil
}

// setup makes what the negotiated format needs.
func (s *source) setup() error {
	if err := s.release(); err != nil {
		return err
	}
	l, err := layout(s.format, s.videoMeta)
	if err != nil {
		return err
	}
	layouts, places, err := layersOf(l, int(s.used.layers))
	if err != nil {
		return err
	}
	var painters []*testpattern.Painter
	for _, l := range layouts {
		painters = append(painters, testpattern.New(l, s.used.lightRange(), uint64(s.used.sceneLength)))
	}
	if err := s.metas.make(&s.used, painters[0], layersBlock(layouts, places)); err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	dev := s.dev
	if s.frames, err = newFrames(dev, layouts); err != nil && dev != nil && !s.format.DMABuf {
		// The driver has a limit on sizes; memfds do as well here.
		s.e.Infof("pictures are in memfds: %v", err)
		s.frames, err = newFrames(nil, layouts)
	}
	if err != nil {
		return &gstx.Error{Code: gstx.ResourceNoSpaceLeft, Text: fmt.Sprintf("No memory for pictures of %d bytes.", l.Size), Cause: err}
	}
	s.painters, s.stale = painters, false
	return nil
}

func (s *source) Create() (gstx.Buffer, gstx.Flow) {
	if s.format == nil {
		return gstx.Buffer{}, gstx.FlowNotNegotiated
	}
	if s.stale {
		if err := s.setup(); err != nil {
			s.e.Fail(gstx.ResourceFailed, err)
			return gstx.Buffer{}, gstx.FlowError
		}
	}
	if s.format.FPSN == 0 && s.line.n > 0 {
		return gstx.Buffer{}, gstx.FlowEOS // a still picture
	}
	b, err := s.next()
	switch {
	case err == nil:
		return b, gstx.FlowOK
	case errors.Is(err, sys.ErrWoken):
		return b, gstx.FlowFlushing
	}
	s.e.Fail(gstx.ResourceFailed, err)
	return b, gstx.FlowError
}

// next makes the next frame. When a wait is cut short nothing has changed.
func (s *source) next() (gstx.Buffer, error) {
	line := s.line
	pts, duration := line.next()
	pts += uint64(s.used.offset)
	if s.used.live {
		if err := s.pacer.until(s.wake, s.e.RunningTime, pts); err != nil {
			return gstx.Buffer{}, err
		}
	}
	i, err := s.frames.take(s.wake)
	if err != nil {
		return gstx.Buffer{}, err
	}
	if err := s.frames.paint(s.painters, i, s.frame); err != nil {
		s.frames.put(i)
		return gstx.Buffer{}, err
	}
	b := s.frames.pool.Acquire(i, gstx.Stamp{PTS: pts, Duration: duration, Offset: s.frame})
	if b.IsNil() {
		return b, errors.New("a frame of the pool is in use")
	}
	if err := s.metas.attach(b, s.painters[0].Scene(s.frame)); err != nil {
		b.Unref()
		return gstx.Buffer{}, err
	}
	s.line = line
	s.frame++
	return b, nil
}
