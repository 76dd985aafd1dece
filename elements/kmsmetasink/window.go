package kmsmetasink

import (
	"errors"
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// The values of the property rotate-method beyond those of kms.Orientation:
// GstVideoOrientationMethod.
const (
	orientAuto   int32 = 8
	orientCustom int32 = 9
)

// window is what the user and the stream say of the picture's place.
type window struct {
	rect       kms.Rect // zero: the whole screen
	fullscreen bool
	stretch    bool
	rotate     int32 // rotate-method
	stream     int32 // how the stream says it is turned
}

// kms is the window as the display gets it.
func (w *window) kms() kms.Window {
	k := kms.Window{Rect: w.rect, Stretch: w.stretch, Orientation: kms.Orientation(w.rotate)}
	if w.fullscreen {
		k.Rect = kms.Rect{}
	}
	if w.rotate == orientAuto {
		k.Orientation = kms.Orientation(w.stream)
	}
	return k
}

// changeWindow stores a change, which the next frame shows; one that stands
// still is shown again.
func (s *sink) changeWindow(change func(*window)) {
	s.storeWindow(change)
	if !s.element.Playing() {
		s.Expose()
	}
}

func (s *sink) storeWindow(change func(*window)) {
	w, h := s.shownSize()
	s.mu.Lock()
	change(&s.window)
	s.mu.Unlock()
	s.moves.Add(1)
	if x, y := s.shownSize(); x != w || y != h {
		s.element.Reconfigure()
	}
}

// shownSize is that of the window, turned back, when its picture is not scaled;
// else 0 × 0.
func (s *sink) shownSize() (width, height uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settings.scale {
		return 0, 0
	}
	w := s.window.kms()
	width, height = w.Rect.W, w.Rect.H
	if w.Rect == (kms.Rect{}) {
		width, height = uint32(s.width.Load()), uint32(s.height.Load())
	}
	if w.Orientation.Transposed() {
		width, height = height, width
	}
	return width, height
}

// RenderRectangle is gstx.Overlayer's, and the property's.
func (s *sink) RenderRectangle(x, y, width, height int32) error {
	var r kms.Rect
	if width != -1 || height != -1 {
		if width <= 0 || height <= 0 {
			return fmt.Errorf("a rectangle of %d × %d pixels has no room for a picture", width, height)
		}
		r = kms.Rect{X: x, Y: y, W: uint32(width), H: uint32(height)}
		if err := (&kms.Window{Rect: r}).Check(0, 0); err != nil {
			return err
		}
	}
	s.changeWindow(func(w *window) { w.rect = r })
	return nil
}

func (s *sink) setRectangle(v []int32) error {
	switch len(v) {
	case 0:
		return s.RenderRectangle(0, 0, -1, -1)
	case 4:
		return s.RenderRectangle(v[0], v[1], v[2], v[3])
	}
	return fmt.Errorf("%d numbers, and a rectangle has four: <x, y, width, height>", len(v))
}

func (s *sink) rectangle() []int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.window.rect
	if r == (kms.Rect{}) {
		return nil
	}
	return []int32{r.X, r.Y, int32(r.W), int32(r.H)}
}

func (s *sink) setRotation(method int32) error {
	if method < 0 || method >= orientCustom {
		return errors.New("a custom orientation cannot be shown")
	}
	s.changeWindow(func(w *window) { w.rotate = method })
	return nil
}

// StreamOrientation is gstx.Orienter's.
func (s *sink) StreamOrientation(method int32) {
	if method < 0 || method >= orientAuto {
		method = int32(kms.Upright)
	}
	s.storeWindow(func(w *window) { w.stream = method })
}

// place tells the display where the frames to come go, if that has changed. A
// rectangle that is off the screen is told, and the earlier one stays.
func (s *sink) place() {
	n := s.moves.Load()
	if n == s.placedAt {
		return
	}
	s.placedAt = n
	s.mu.Lock()
	w := s.window
	s.mu.Unlock()
	err := s.out.SetWindow(w.kms())
	if err == nil {
		s.rect = w.rect
		return
	}
	s.element.Warn(gstx.ResourceSettings, &gstx.Error{Code: gstx.ResourceSettings,
		Text: fmt.Sprintf("The render rectangle was not taken, the earlier one stays: %v.", err)})
	s.mu.Lock()
	if s.window.rect == w.rect {
		s.window.rect = s.rect
	}
	w = s.window
	s.mu.Unlock()
	if err := s.out.SetWindow(w.kms()); err != nil {
		s.element.Warningf("%v", err)
	}
}

// Expose shows the last frame again, where it belongs now. The display is one
// thread's at a time: if another has it, that one does it when it is done.
func (s *sink) Expose() {
	s.stale.Store(true)
	s.catchUp()
}

// catchUp redraws if somebody asked for it and nobody else will.
func (s *sink) catchUp() {
	for s.stale.Load() && s.turn.TryLock() {
		if s.stale.Swap(false) {
			s.redraw()
		}
		s.turn.Unlock()
	}
}

// release ends a turn of the streaming thread.
func (s *sink) release() {
	s.turn.Unlock()
	s.catchUp()
}

func (s *sink) redraw() {
	if s.out == nil || !s.last.valid || s.lost {
		return // the next frame is where it belongs
	}
	s.place()
	s.drawing = &s.last.frame
	switch err := s.out.Show(s.last.fb); {
	case err == nil:
		s.tellArranged()
	case errors.Is(err, sys.ErrWoken), errors.Is(err, kms.ErrLost):
		// The next frame does it, or tells.
	default:
		s.element.Warn(gstx.ResourceWrite, s.explain(err))
	}
}

// Pointer is gstx.Overlayer's.
func (s *sink) Pointer(x, y float64) (float64, float64) {
	if v := s.view.Load(); v != nil {
		return v.Frame(x, y)
	}
	return x, y
}
