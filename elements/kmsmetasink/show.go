package kmsmetasink

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// flipWait, in ms, is longer than from one flip to the next on any display;
// package kms has its own limit and the error for it.
const flipWait = 1000

// Frame shows one frame. It returns when the display has taken it, which is
// right after the frame before has come onto the screen.
func (s *sink) Frame(f *gstx.Frame) gstx.Flow {
	s.turn.Lock()
	defer s.release()
	if s.out == nil || s.format == nil {
		return gstx.FlowNotNegotiated
	}
	// A frame of PAUSED comes again when it is due.
	if f.Preroll == 0 && f.Buffer == s.preroll && !f.Buffer.IsNil() {
		s.forgetPreroll()
		return gstx.FlowOK
	}
	s.forgetPreroll()
	s.images.sweep()
	if s.lost { // no work for a frame that cannot be shown
		if err := s.out.Present(); err != nil {
			return s.fail(err)
		}
	}
	s.stale.Store(false) // this frame is what is asked for
	s.place()
	s.out.SetSignal(s.signal(f))
	defer s.waitForFlip()
	s.serial++

	switch err := s.show(f); {
	case err == nil:
		s.found()
		s.account(f)
		s.tellArranged()
	case err == errNothing:
		s.dropped.Add(1)
		return gstx.FlowOK
	case errors.Is(err, sys.ErrWoken): // a state change while the display stands still
		s.dropped.Add(1)
		return gstx.FlowOK
	default:
		return s.fail(err)
	}
	if f.Preroll != 0 {
		s.preroll = f.Buffer.Ref()
	}
	s.shown.Add(1)
	s.reportStatus()
	return gstx.FlowOK
}

// waitForFlip has the streaming thread wait for the flip under way before it
// comes with the next frame.
func (s *sink) waitForFlip() {
	if s.lost {
		return // see lose
	}
	if device, unlock, ok := s.out.Pending(); ok {
		s.element.WaitFor(flipWait, gstx.WaitFD{FD: unlock, Events: unix.POLLIN}, gstx.WaitFD{FD: device, Events: unix.POLLIN})
		return
	}
	s.element.WaitFor(0)
}

// show shows all of a frame's layers.
func (s *sink) show(f *gstx.Frame) error {
	p := s.layout(f)
	s.drawing = f
	if p.plain {
		return s.showPlain(f, p)
	}
	return s.showLayers(f, p)
}

// showPlain shows a frame whose main picture is what caps and GstVideoMeta say.
func (s *sink) showPlain(f *gstx.Frame, p *plan) error {
	if err := s.configure(f); err != nil {
		return err
	}
	s.mainSource = nil
	if err := s.out.SetLayers(s.gather(f, p)); err != nil {
		return err
	}
	return s.showPicture(f)
}

// configure follows the crop of the buffers.
func (s *sink) configure(f *gstx.Frame) error {
	p := s.picture
	if f.HasCrop != 0 {
		c := &f.Crop
		if c.X > 1<<16 || c.Y > 1<<16 {
			return &gstx.Error{Code: gstx.StreamFormat, Text: "A buffer's crop rectangle lies outside its picture."}
		}
		p.Crop = kms.Rect{X: int32(c.X), Y: int32(c.Y), W: c.W, H: c.H}
	}
	return s.out.Configure(p)
}

// showPicture shows the frame's own memory, or a copy where that is refused.
func (s *sink) showPicture(f *gstx.Frame) error {
	refused := s.images.refused
	if refused == nil {
		fb, err := s.images.framebuffer(f)
		if err == nil {
			if err = s.out.Show(fb); err == nil {
				s.imported.Add(1)
				s.shownIs(f, fb, true)
				return nil
			}
		}
		if !s.images.mayCopy(err) {
			return err
		}
		refused = err
	}
	image, err := s.images.copy(s.element, f)
	if err != nil {
		return errors.Join(err, refused)
	}
	if err := s.out.Show(&image.Framebuffer); err != nil {
		return err
	}
	s.images.copied()
	s.copied.Add(1)
	s.shownIs(f, &image.Framebuffer, len(s.layers) > 0)
	s.warnCopy(refused)
	return nil
}

// shownIs follows a frame onto the screen. Its buffer is kept while the display
// reads it, or while it may have to be drawn again.
func (s *sink) shownIs(f *gstx.Frame, fb *kms.Framebuffer, keep bool) {
	s.images.taken()
	s.last = shownFrame{true, fb, *f}
	// Held are the buffer that the display was given last and the one it may still
	// be reading; the one before is free.
	f.Drop(s.held[0])
	s.held = [2]gstx.Buffer{s.held[1]}
	if keep {
		s.held[1] = f.Take()
	}
}

// tellArranged says what is new about how the frames are shown, each thing once.
func (s *sink) tellArranged() {
	if s.undrawn {
		s.undrawn = false
		s.tellOnce("A part of the frames cannot be read to be drawn, and is left out.")
	}
	n := s.out.Arrangements()
	if n == s.arranged {
		return
	}
	s.arranged = n
	if v, ok := s.out.View(); ok {
		s.view.Store(&v)
	}
	s.publishSize()
	for _, w := range s.out.Warnings() {
		if s.first(w) {
			s.element.Warningf("%s", w)
		}
	}
	for _, text := range s.out.Ignored() {
		s.tellOnce("The display is not set as wanted: " + text + ".")
	}
	if text := s.out.Drawn(); text != "" {
		s.tellOnce("Layers are composited in software, which costs time: " + text + ".")
	}
}

// first tells whether something is to be said for the first time.
func (s *sink) first(text string) bool {
	was := s.told[text]
	s.told[text] = true
	return !was
}

func (s *sink) tellOnce(text string) {
	if s.first(text) {
		s.element.Warn(gstx.ResourceSettings, &gstx.Error{Code: gstx.ResourceSettings, Text: text})
	}
}

// warnCopy says once per format that frames are copied, and why.
func (s *sink) warnCopy(why error) {
	if s.images.warned {
		return
	}
	s.images.warned = true
	if why == errNotDMABuf { // the source's choice, and no fault
		s.element.Infof("frames are copied: %v", why)
		return
	}
	s.element.Warn(gstx.ResourceSettings, &gstx.Error{Code: gstx.ResourceSettings,
		Text:  "The display cannot take the frames' memory as it is: they are copied.",
		Cause: why})
}

func (s *sink) forgetPreroll() {
	s.preroll.Unref()
	s.preroll = gstx.Buffer{}
}

// fail ends the stream, but for a display that may come back.
func (s *sink) fail(err error) gstx.Flow {
	if errors.Is(err, kms.ErrLost) {
		s.lose(err)
		return gstx.FlowOK
	}
	s.element.Fail(gstx.ResourceWrite, s.explain(err))
	return gstx.FlowError
}
