package kmsmetasink

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// sink is the Go half of one element.
type sink struct {
	store
	element *gstx.Element
	open    func(*settings) (*kms.Device, error) // openDevice but in tests

	sharedMu sync.Mutex  // guards shared: unlock and caps queries come from other threads
	shared   *kms.Output // nil while stopped
	caps     string      // of the open display
	// codes are DRM's for the names of plain formats; written with shared only.
	codes map[string]uint32

	// The running state, made by Start and torn down by Stop. It is the streaming
	// thread's, but for a redraw of the last frame on an application's; they take
	// turns.
	turn    sync.Mutex
	view    atomic.Pointer[kms.View] // of what is shown, for Pointer
	stale   atomic.Bool              // a redraw was asked for, see Expose
	set     settings
	dev     *kms.Device
	out     *kms.Output
	format  *gstx.VideoFormat
	picture kms.Picture // without a buffer's crop
	images  *images
	hdrPart *hdrPart
	lost    bool // the display, for now
	timing  timing

	layersPart *layersPart
	graphics   graphics
	layers     []kms.Layer // of the frame, beside its main picture
	sources    []*planned  // of those that are not graphics
	compositor *gstx.Compositor
	// What compose draws, and its scratch.
	drawing    *gstx.Frame
	mainSource *planned // nil for a plain frame
	undrawn    bool     // something could not be read
	canvas     gstx.Canvas
	source     gstx.Source

	last     shownFrame // of the format that is set
	serial   uint64     // of the frame
	placedAt uint64     // the value of moves that the display knows
	arranged uint64     // of the output's arrangements, what has been told
	rect     kms.Rect   // of the window that it has
	told     map[string]bool

	// Buffers that the display reads: the frame before the last, and the last.
	// Both are none for frames that were copied, whole.
	held    [2]gstx.Buffer
	preroll gstx.Buffer // referenced: shown already when it comes again
}

func newSink(e *gstx.Element, open func(*settings) (*kms.Device, error)) *sink {
	s := &sink{element: e, open: open}
	s.settings = settings{fd: -1, connector: -1, plane: -1, restore: true, scale: true, zpos: -1}
	s.lateness.Store(unknownLateness)
	s.hdrPart = &hdrPart{reader: gstmeta.NewReader(gstmeta.HDR)}
	s.layersPart = &layersPart{reader: gstmeta.NewReader(gstmeta.Layers), stale: true}
	return s
}

// shownFrame is one that can be shown again. The frame is a copy, good for as long
// as its buffer is held.
type shownFrame struct {
	valid bool
	fb    *kms.Framebuffer // nil: drawn
	frame gstx.Frame
}

// Start opens the card and takes the display.
func (s *sink) Start() (err error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.set = s.snapshot()
	s.reset()
	s.setHDRText("")
	defer func() {
		if err != nil {
			err = s.explain(err)
			s.stop()
		}
	}()
	mode, err := kms.ParseModeWish(s.set.mode)
	if err != nil {
		return err
	}
	if s.set.fd >= 0 && s.set.named() {
		s.set.fd = -1
		s.element.Warn(gstx.ResourceSettings, &gstx.Error{Code: gstx.ResourceSettings,
			Text: "Property fd is left out: device, driver-name and bus-id go before it."})
	}
	if s.dev, err = s.open(&s.set); err != nil {
		return err
	}
	if s.out, err = kms.NewOutput(s.dev, kms.Config{
		Connector:     uint32(max(s.set.connector, 0)),
		ConnectorName: s.set.connectorName,
		Plane:         uint32(max(s.set.plane, 0)),
		Mode:          mode,
		ForceModeset:  s.set.forceModeset,
		Extras:        s.set.extras(),
		NoScale:       !s.set.scale,
		NoRestore:     !s.set.restore,
		Compose:       s.compose,
		Debugf:        s.element.Debugf,
	}); err != nil {
		return err
	}
	s.out.Probe()
	if s.images, err = newImages(s.dev); err != nil {
		return err
	}
	s.element.SetCache(s.images.cache)
	s.compositor = gstx.NewCompositor()
	s.hdrPart.reset()
	s.lost, s.arranged = false, 0
	s.told, s.rect = map[string]bool{}, kms.Rect{}
	s.placedAt = s.moves.Load() - 1
	s.place()
	s.timing = timing{period: -1, due: gstx.None}
	s.publishSize()
	s.sharedMu.Lock()
	formats := s.out.Formats()
	s.shared, s.caps, s.codes = s.out, capsOf(formats), plainCodes(formats)
	s.sharedMu.Unlock()
	s.element.Infof("%s, %s, %s", s.dev, s.out.Connector.String(), s.out.CRTC.String())
	return nil
}

// Stop gives the display back and frees everything. A display that cannot be
// put back is a warning: the stream itself is over.
func (s *sink) Stop() error {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.stop()
	return nil
}

func (s *sink) stop() {
	s.stale.Store(false)
	s.last, s.drawing = shownFrame{}, nil
	s.view.Store(nil)
	s.sharedMu.Lock()
	s.shared, s.caps = nil, ""
	s.sharedMu.Unlock()
	if s.out != nil {
		if err := s.out.Close(); err != nil {
			s.element.Warn(gstx.ResourceSettings, s.explainRestore(err))
		}
		s.out = nil
	}
	for i := range s.held {
		s.held[i].Unref()
		s.held[i] = gstx.Buffer{}
	}
	s.forgetPreroll()
	s.element.SetCache(nil)
	s.images.close()
	s.images = nil
	s.hdrPart.close()
	s.layersPart.close()
	s.graphics = graphics{}
	s.compositor.Close()
	s.compositor = nil
	if s.dev != nil {
		s.dev.Close()
		s.dev = nil
	}
	s.format, s.picture = nil, kms.Picture{}
	s.width.Store(0)
	s.height.Store(0)
}

// Unlock ends the streaming thread's wait for the display.
func (s *sink) Unlock() {
	s.sharedMu.Lock()
	defer s.sharedMu.Unlock()
	if s.shared != nil {
		s.shared.Unlock()
	}
}

// UnlockStop allows waiting again.
func (s *sink) UnlockStop() {
	s.sharedMu.Lock()
	defer s.sharedMu.Unlock()
	if s.shared != nil {
		s.shared.UnlockStop()
	}
}

// Caps are those of the display's planes. A picture that the user does not let be
// scaled here is best of the size that it is shown at; upstream may scale it.
func (s *sink) Caps() (string, error) {
	s.sharedMu.Lock()
	caps := s.caps
	s.sharedMu.Unlock()
	if w, h := s.shownSize(); caps != "" && w > 0 && h > 0 {
		return preferring(caps, w, h), nil
	}
	return caps, nil
}

// SetCaps announces the format to the display.
func (s *sink) SetCaps(f *gstx.VideoFormat) error {
	s.turn.Lock()
	defer s.release()
	if s.out == nil {
		return fmt.Errorf("format %s for a display that is closed", f.Caps)
	}
	if !f.DMADRM {
		f.FourCC = s.codes[f.Format]
	}
	p := pictureOf(f)
	if err := s.out.Configure(p); err != nil {
		return s.explain(err)
	}
	s.format, s.picture = f, p
	s.last = shownFrame{} // it cannot be shown as one of this format
	s.layersPart.stale = true
	s.forgetPreroll()
	s.images.setFormat(f)
	if err := s.hdrPart.setFormat(f); err != nil {
		s.element.Warn(gstx.StreamFormat, &gstx.Error{Code: gstx.StreamFormat,
			Text: "The HDR metadata in the caps cannot be read and is left out.", Cause: err})
	}
	return nil
}

// EOS tells the totals.
func (s *sink) EOS() {
	if err := s.element.Post("kms-totals",
		gstx.Field{Name: "frames-shown", Value: s.shown.Load()},
		gstx.Field{Name: "frames-dropped", Value: s.dropped.Load()},
		gstx.Field{Name: "frames-imported", Value: s.imported.Load()},
		gstx.Field{Name: "frames-copied", Value: s.copied.Load()},
		gstx.Field{Name: "layers-skipped", Value: s.skipped.Load()},
		gstx.Field{Name: "frames-late", Value: s.late.Load()},
	); err != nil {
		s.element.Warningf("%v", err)
	}
}

// Flush forgets what was shown ahead of its time.
func (s *sink) Flush() { s.forgetPreroll() }

func (s *sink) publishSize() {
	s.publishPeriod()
	w, h := s.out.Size()
	s.element.SetWindowSize(int32(w), int32(h))
	wide, high := s.width.Swap(int32(w)), s.height.Swap(int32(h))
	if wide != int32(w) || high != int32(h) {
		s.element.NotifyProperty("display-width")
		s.element.NotifyProperty("display-height")
	}
}
