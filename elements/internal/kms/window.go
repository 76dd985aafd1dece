package kms

import (
	"errors"
	"fmt"
)

// ErrOffScreen is a window that has no pixel on the screen, or none at all.
var ErrOffScreen = errors.New("nothing of it is on the screen")

// Window is where on the screen the picture goes, and how. The zero value is
// the whole screen, the picture upright and with its aspect kept.
type Window struct {
	Rect        Rect // zero: the whole screen; what lies outside is cut off
	Stretch     bool // fill it, without regard to the picture's aspect
	Orientation Orientation
}

// maxWindow is more than any screen has, and keeps products within 64 bits.
const maxWindow = 1<<16 - 1

// Check finds what is wrong with a window on a screen; of 0 × 0, on any.
func (w *Window) Check(width, height uint32) error {
	r := w.Rect
	switch {
	case int(w.Orientation) >= len(orientations):
		return fmt.Errorf("orientation %d does not exist: %w", w.Orientation, ErrOffScreen)
	case r == Rect{}:
		return nil
	case r.W == 0 || r.H == 0:
		return fmt.Errorf("a rectangle of %dx%d pixels: %w", r.W, r.H, ErrOffScreen)
	case r.W > maxWindow || r.H > maxWindow:
		return fmt.Errorf("a rectangle of %dx%d pixels, of at most %d possible: %w", r.W, r.H, maxWindow, ErrOffScreen)
	case width != 0 && clip(span{r.X, r.W}, width) == span{} || height != 0 && clip(span{r.Y, r.H}, height) == span{}:
		return fmt.Errorf("rectangle %v of a screen of %dx%d: %w", r, width, height, ErrOffScreen)
	}
	return nil
}

// SetWindow says where the frames to come go. A window that cannot be is an
// error, and the one before stays; one that the first frame's mode leaves off the
// screen gives way to the whole screen, and Ignored says so. Show makes the change without a mode set
// where the driver lets it.
func (o *Output) SetWindow(w Window) error {
	var width, height uint32 // not known for certain before a mode is set
	if o.layout != nil {
		width, height = o.Size()
	}
	if err := w.Check(width, height); err != nil {
		return err
	}
	o.window = w
	return nil
}

// fit is the largest size within a box that keeps the picture's aspect.
func fit(pw, ph, parn, pard, width, height uint32) (uint32, uint32) {
	if parn > 1<<16 || pard > 1<<16 { // nonsense; take pixels as square
		parn, pard = 1, 1
	}
	// Cross-multiplied: sides below 2^32, the products below 2^48.
	x, y := uint64(pw)*uint64(parn), uint64(ph)*uint64(pard)
	w, h := uint64(width), uint64(height)
	if x*h > y*w {
		h = max((y*w+x/2)/x, 1)
	} else {
		w = max((x*h+y/2)/y, 1)
	}
	return uint32(w), uint32(h)
}

func middle(w, h uint32, in Rect) Rect {
	return Rect{in.X + int32(in.W-w)/2, in.Y + int32(in.H-h)/2, w, h}
}

// span is one side of a rectangle.
type span struct {
	at int32
	n  uint32
}

// clip is the part of s within 0…n.
func clip(s span, n uint32) span { return common(s, span{0, n}) }

// part is what of src is shown in seen when all of it is shown in dst.
func part(src, dst, seen span) span {
	if seen == dst {
		return src
	}
	before := (int64(seen.at) - int64(dst.at)) * int64(src.n) / int64(dst.n)
	n := max(int64(seen.n)*int64(src.n)/int64(dst.n), 1)
	before = min(before, int64(src.n)-n)
	return span{src.at + int32(before), uint32(n)}
}
