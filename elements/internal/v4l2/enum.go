package v4l2

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// maxEntries ends an enumeration that a driver never ends.
const maxEntries = 1024

// FormatDesc is one format a device lists.
type FormatDesc struct {
	FourCC      FourCC
	Description string
	Compressed  bool
	Emulated    bool // made by libv4l or the driver from another one
}

// Formats lists the formats of the current input.
func (d *Device) Formats() ([]FormatDesc, error) {
	var out []FormatDesc
	err := d.each("list formats", func(i uint32) error {
		e := sys.V4L2FmtDesc{Index: i, Type: d.typ}
		if err := d.ioctl(sys.VIDIOC_ENUM_FMT, unsafe.Pointer(&e)); err != nil {
			return err
		}
		out = append(out, FormatDesc{FourCC(e.PixelFormat), text(e.Description[:]),
			e.Flags&sys.V4L2_FMT_FLAG_COMPRESSED != 0, e.Flags&sys.V4L2_FMT_FLAG_EMULATED != 0})
		return nil
	})
	return out, err
}

// Range is a set of numbers: Min, Min+Step, … up to Max. A single number has
// Min = Max.
type Range struct{ Min, Max, Step uint32 }

// SizeRange is a set of picture sizes, in pixels. A discrete size has Min = Max
// in both, a continuous range a Step of 1.
type SizeRange struct{ Width, Height Range }

// Sizes lists the picture sizes of a format; none when the driver does not say
// (ask TryFormat then).
func (d *Device) Sizes(f FourCC) ([]SizeRange, error) {
	op := fmt.Sprintf("list sizes of %v", f)
	var out []SizeRange
	err := d.each(op, func(i uint32) error {
		e := sys.V4L2FrmSizeEnum{Index: i, PixelFormat: uint32(f)}
		if err := d.ioctl(sys.VIDIOC_ENUM_FRAMESIZES, unsafe.Pointer(&e)); err != nil {
			return err
		}
		s := e.Stepwise()
		r := SizeRange{Range{s.MinWidth, s.MaxWidth, s.StepWidth}, Range{s.MinHeight, s.MaxHeight, s.StepHeight}}
		switch e.Type {
		case sys.V4L2_FRMSIZE_TYPE_DISCRETE:
			w, h := e.Discrete()
			r = SizeRange{Range{w, w, 1}, Range{h, h, 1}}
		case sys.V4L2_FRMSIZE_TYPE_CONTINUOUS:
			r.Width.Step, r.Height.Step = 1, 1
		case sys.V4L2_FRMSIZE_TYPE_STEPWISE:
		default:
			return d.nonsense(op, "type %d", e.Type)
		}
		if !r.Width.valid() || !r.Height.valid() {
			return d.nonsense(op, "sizes %+v", r)
		}
		out = append(out, r)
		if e.Type != sys.V4L2_FRMSIZE_TYPE_DISCRETE {
			return errLast // a range is the only entry
		}
		return nil
	})
	return out, err
}

func (r Range) valid() bool {
	return r.Min >= 1 && r.Min <= r.Max && r.Max <= maxSide && r.Step >= 1
}

// Fraction is a frame interval in seconds. It is always positive.
type Fraction struct{ Num, Den uint32 }

// IntervalRange is a set of frame intervals: Min = Max for a single one.
type IntervalRange struct{ Min, Max, Step Fraction }

// Intervals lists the frame intervals of a format and size; none when the
// driver does not say.
func (d *Device) Intervals(f FourCC, width, height uint32) ([]IntervalRange, error) {
	op := fmt.Sprintf("list frame intervals of %v %dx%d", f, width, height)
	var out []IntervalRange
	err := d.each(op, func(i uint32) error {
		e := sys.V4L2FrmIvalEnum{Index: i, PixelFormat: uint32(f), Width: width, Height: height}
		if err := d.ioctl(sys.VIDIOC_ENUM_FRAMEINTERVALS, unsafe.Pointer(&e)); err != nil {
			return err
		}
		s := e.Stepwise()
		r := IntervalRange{fraction(s.Min), fraction(s.Max), fraction(s.Step)}
		switch e.Type {
		case sys.V4L2_FRMIVAL_TYPE_DISCRETE:
			r.Max, r.Step = r.Min, Fraction{1, 1}
		case sys.V4L2_FRMIVAL_TYPE_CONTINUOUS:
			r.Step = Fraction{1, 1}
		case sys.V4L2_FRMIVAL_TYPE_STEPWISE:
		default:
			return d.nonsense(op, "type %d", e.Type)
		}
		if !r.Min.valid() || !r.Max.valid() || !r.Step.valid() {
			return d.nonsense(op, "intervals %+v", r)
		}
		out = append(out, r)
		if e.Type != sys.V4L2_FRMIVAL_TYPE_DISCRETE {
			return errLast
		}
		return nil
	})
	return out, err
}

func fraction(f sys.V4L2Fract) Fraction { return Fraction{f.Numerator, f.Denominator} }

func (f Fraction) valid() bool { return f.Num != 0 && f.Den != 0 }

// FrameInterval returns the current frame interval. ErrUnsupported when the
// driver has no notion of one.
func (d *Device) FrameInterval() (Fraction, error) {
	p := sys.V4L2StreamParm{Type: d.typ}
	if err := d.ioctl(sys.VIDIOC_G_PARM, unsafe.Pointer(&p)); err != nil {
		return Fraction{}, d.fail("get frame interval", err)
	}
	return d.interval("get frame interval", &p)
}

// SetFrameInterval asks for a frame interval and returns what the driver made
// of it. ErrUnsupported when the driver does not let it be set.
func (d *Device) SetFrameInterval(want Fraction) (Fraction, error) {
	op := fmt.Sprintf("set frame interval %d/%d", want.Num, want.Den)
	p := sys.V4L2StreamParm{Type: d.typ}
	p.Capture().TimePerFrame = sys.V4L2Fract{Numerator: want.Num, Denominator: want.Den}
	if err := d.ioctl(sys.VIDIOC_S_PARM, unsafe.Pointer(&p)); err != nil {
		return Fraction{}, d.fail(op, err)
	}
	if p.Capture().Capability&sys.V4L2_CAP_TIMEPERFRAME == 0 {
		return Fraction{}, d.fail(op, ErrUnsupported)
	}
	return d.interval(op, &p)
}

func (d *Device) interval(op string, p *sys.V4L2StreamParm) (Fraction, error) {
	f := fraction(p.Capture().TimePerFrame)
	if f == (Fraction{}) {
		return f, d.fail(op, ErrUnsupported) // how drivers without intervals answer
	}
	if !f.valid() {
		return Fraction{}, d.nonsense(op, "interval %d/%d", f.Num, f.Den)
	}
	return f, nil
}

var errLast = errors.New("last entry")

// each calls get with 0, 1, 2… until the driver says EINVAL, the way V4L2 ends
// a list. A list that does not exist is empty.
func (d *Device) each(op string, get func(i uint32) error) error {
	for i := range uint32(maxEntries) {
		switch err := get(i); {
		case err == nil:
		case err == errLast, err == unix.EINVAL, err == unix.ENOTTY, err == unix.ENODATA:
			return nil
		case errors.Is(err, ErrReply):
			return err
		default:
			return d.fail(op, err)
		}
	}
	return d.nonsense(op, "more than %d entries", maxEntries)
}
