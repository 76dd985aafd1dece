package v4l2

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Input is what a device captures from: a camera, a tuner, a connector.
type Input struct {
	Index        uint32
	Name         string
	Status       uint32 // V4L2_IN_ST_*
	Capabilities uint32 // V4L2_IN_CAP_*
	Standards    uint64 // V4L2_STD_* that it knows
}

// Input tells of the current input and its signal. ErrUnsupported for a device that
// has no notion of inputs.
func (d *Device) Input() (Input, error) {
	const op = "get input"
	var index int32
	if err := d.ioctl(sys.VIDIOC_G_INPUT, unsafe.Pointer(&index)); err != nil {
		return Input{}, d.fail(op, err)
	}
	in := sys.V4L2Input{Index: uint32(index)}
	if err := d.ioctl(sys.VIDIOC_ENUMINPUT, unsafe.Pointer(&in)); err != nil {
		return Input{}, d.fail(op, err)
	}
	return Input{in.Index, text(in.Name[:]), in.Status, in.Capabilities, in.Std}, nil
}

// Lost says what the input lacks for a picture; "" when it has all.
func (in *Input) Lost() string {
	switch {
	case in.Status&sys.V4L2_IN_ST_NO_POWER != 0:
		return "no power"
	case in.Status&sys.V4L2_IN_ST_NO_SIGNAL != 0:
		return "no signal"
	case in.Status&(sys.V4L2_IN_ST_NO_H_LOCK|sys.V4L2_IN_ST_NO_V_LOCK|sys.V4L2_IN_ST_NO_SYNC) != 0:
		return "no stable signal"
	}
	return ""
}

// HasTimings tells that the input is of the kind of HDMI, whose signal says how large
// and how fast it is.
func (in *Input) HasTimings() bool { return in.Capabilities&sys.V4L2_IN_CAP_DV_TIMINGS != 0 }

// Timings are those of a digital signal, a blanking interval and all.
type Timings struct{ t sys.V4L2DVTimings }

// ErrNoSignal means that nothing is plugged in, or that the device cannot follow it.
var ErrNoSignal = errors.New("no signal that the device can follow")

// QueryTimings measures the signal. ErrNoSignal without one.
func (d *Device) QueryTimings() (Timings, error) {
	const op = "query the signal's timings"
	var t sys.V4L2DVTimings
	switch err := d.ioctl(sys.VIDIOC_QUERY_DV_TIMINGS, unsafe.Pointer(&t)); err {
	case nil:
		return d.timings(op, &t)
	case unix.ENOLINK, unix.ENOLCK, unix.ERANGE:
		return Timings{}, d.fail(op, fmt.Errorf("%w (%w)", ErrNoSignal, err))
	default:
		return Timings{}, d.fail(op, err)
	}
}

// Timings are those that the device is set to.
func (d *Device) Timings() (Timings, error) {
	const op = "get timings"
	var t sys.V4L2DVTimings
	if err := d.ioctl(sys.VIDIOC_G_DV_TIMINGS, unsafe.Pointer(&t)); err != nil {
		return Timings{}, d.fail(op, err)
	}
	return d.timings(op, &t)
}

// SetTimings has the device expect a signal; its formats become those of that. ErrBusy
// while there are buffers.
func (d *Device) SetTimings(t Timings) error {
	if err := d.ioctl(sys.VIDIOC_S_DV_TIMINGS, unsafe.Pointer(&t.t)); err != nil {
		return d.fail(fmt.Sprintf("set timings %v", t), err)
	}
	return nil
}

func (d *Device) timings(op string, t *sys.V4L2DVTimings) (Timings, error) {
	bt := &t.BT
	if t.Type != sys.V4L2_DV_BT_656_1120 || bt.Width == 0 || bt.Height == 0 || bt.Width > maxSide || bt.Height > maxSide {
		return Timings{}, d.nonsense(op, "timings of type %d for %dx%d", t.Type, bt.Width, bt.Height)
	}
	return Timings{*t}, nil
}

// Rate is how many frames there are in a second; not ok when the timings do not tell.
func (t *Timings) Rate() (f Fraction, ok bool) {
	bt := &t.t.BT
	w := uint64(bt.Width) + uint64(bt.HFrontPorch) + uint64(bt.HSync) + uint64(bt.HBackPorch)
	h := uint64(bt.Height) + uint64(bt.VFrontPorch) + uint64(bt.VSync) + uint64(bt.VBackPorch) +
		uint64(bt.ILVFrontPorch) + uint64(bt.ILVSync) + uint64(bt.ILVBackPorch)
	clock := bt.PixelClock()
	if clock == 0 || w > 1<<20 || h > 1<<20 || clock > 1<<40 {
		return f, false
	}
	// Without a factor in common both numbers fit in 31 bits, as a rule; else to a
	// thousandth.
	num, den := clock, w*h
	for a, b := num, den; ; a, b = b, a%b {
		if b == 0 {
			num, den = num/a, den/a
			break
		}
	}
	if num > 1<<31-1 || den > 1<<31-1 {
		num, den = clock*1000/(w*h), 1000
	}
	if num == 0 || num > 1<<31-1 {
		return f, false
	}
	return Fraction{Num: uint32(num), Den: uint32(den)}, true
}

// Same tells whether two signals are the same, measured twice: the clock may be off by
// half a thousandth; 60 and 59.94 Hz differ by a whole one.
func (t *Timings) Same(o *Timings) bool {
	a, b := &t.t.BT, &o.t.BT
	if a.Width != b.Width || a.Height != b.Height || a.Interlaced != b.Interlaced ||
		a.HFrontPorch+a.HSync+a.HBackPorch != b.HFrontPorch+b.HSync+b.HBackPorch ||
		a.VFrontPorch+a.VSync+a.VBackPorch != b.VFrontPorch+b.VSync+b.VBackPorch {
		return false
	}
	x, y := a.PixelClock(), b.PixelClock()
	return max(x, y)-min(x, y) <= max(x, y)/2000
}

func (t Timings) String() string {
	s := fmt.Sprintf("%dx%d", t.t.BT.Width, t.t.BT.Height)
	if t.t.BT.Interlaced != 0 {
		s += "i"
	}
	if f, ok := t.Rate(); ok {
		s += fmt.Sprintf("@%.2f", float64(f.Num)/float64(f.Den))
	}
	return s
}

// Standard is the analog standard that is set (V4L2_STD_*), ErrUnsupported without.
func (d *Device) Standard() (uint64, error) {
	var std uint64
	if err := d.ioctl(sys.VIDIOC_G_STD, unsafe.Pointer(&std)); err != nil {
		return 0, d.fail("get standard", err)
	}
	return std, nil
}

// SetStandard sets the analog standard; the driver refuses with EINVAL what the input
// does not know.
func (d *Device) SetStandard(std uint64) error {
	if err := d.ioctl(sys.VIDIOC_S_STD, unsafe.Pointer(&std)); err != nil {
		return d.fail(fmt.Sprintf("set standard %#x", std), err)
	}
	return nil
}

// Rect is a part of what an input sees, or of a picture, in pixels.
type Rect struct {
	Left, Top     int32
	Width, Height uint32
}

// CropBounds is all that the input sees. ErrUnsupported when the device cannot crop.
func (d *Device) CropBounds() (Rect, error) { return d.selection(sys.V4L2_SEL_TGT_CROP_BOUNDS) }

// CropDefault is what of it is meant to be seen.
func (d *Device) CropDefault() (Rect, error) { return d.selection(sys.V4L2_SEL_TGT_CROP_DEFAULT) }

// SetCrop has a part captured and returns what the driver made of it.
func (d *Device) SetCrop(r Rect) (Rect, error) {
	s := sys.V4L2Selection{Type: sys.V4L2_BUF_TYPE_VIDEO_CAPTURE, Target: sys.V4L2_SEL_TGT_CROP}
	s.R.Left, s.R.Top, s.R.Width, s.R.Height = r.Left, r.Top, r.Width, r.Height
	if err := d.ioctl(sys.VIDIOC_S_SELECTION, unsafe.Pointer(&s)); err != nil {
		return Rect{}, d.fail(fmt.Sprintf("crop to %v", r), err)
	}
	return Rect{s.R.Left, s.R.Top, s.R.Width, s.R.Height}, nil
}

// Composed is the part of the buffer's picture, which is of format f, that the driver
// writes to. ErrUnsupported when it has no choice but the whole.
func (d *Device) Composed(f *Format) (Rect, error) {
	r, err := d.selection(sys.V4L2_SEL_TGT_COMPOSE)
	if err == nil && (r.Left < 0 || r.Top < 0 || r.Width == 0 || r.Height == 0 ||
		uint64(r.Left)+uint64(r.Width) > uint64(f.Width) || uint64(r.Top)+uint64(r.Height) > uint64(f.Height)) {
		return Rect{}, d.nonsense("get selection", "part %v of a picture of %dx%d", r, f.Width, f.Height)
	}
	return r, err
}

// SetCompose has the driver write to a part of the buffer's picture.
func (d *Device) SetCompose(r Rect) error {
	s := sys.V4L2Selection{Type: sys.V4L2_BUF_TYPE_VIDEO_CAPTURE, Target: sys.V4L2_SEL_TGT_COMPOSE}
	s.R.Left, s.R.Top, s.R.Width, s.R.Height = r.Left, r.Top, r.Width, r.Height
	if err := d.ioctl(sys.VIDIOC_S_SELECTION, unsafe.Pointer(&s)); err != nil {
		return d.fail(fmt.Sprintf("compose to %v", r), err)
	}
	return nil
}

// selection asks with the type of the single-planar API, as is right with both.
func (d *Device) selection(target uint32) (Rect, error) {
	s := sys.V4L2Selection{Type: sys.V4L2_BUF_TYPE_VIDEO_CAPTURE, Target: target}
	switch err := d.ioctl(sys.VIDIOC_G_SELECTION, unsafe.Pointer(&s)); err {
	case nil:
		return Rect{s.R.Left, s.R.Top, s.R.Width, s.R.Height}, nil
	case unix.EINVAL, unix.ENODATA: // not for this input
		return Rect{}, d.fail("get selection", ErrUnsupported)
	default:
		return Rect{}, d.fail("get selection", err)
	}
}

// PixelAspect is the shape of the input's pixels as pixel-aspect-ratio, 1/1 where
// the device does not tell.
func (d *Device) PixelAspect() Fraction {
	c := sys.V4L2CropCap{Type: sys.V4L2_BUF_TYPE_VIDEO_CAPTURE}
	if err := d.ioctl(sys.VIDIOC_CROPCAP, unsafe.Pointer(&c)); err != nil {
		return Fraction{1, 1}
	}
	// V4L2 has y/x.
	if f := fraction(c.PixelAspect); f.valid() && f.Num < 1<<16 && f.Den < 1<<16 {
		return Fraction{f.Den, f.Num}
	}
	return Fraction{1, 1}
}
