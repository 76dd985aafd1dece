package v4l2metasrc

import (
	"errors"
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

// signalPart follows what comes in at the device's connector.
type signalPart struct {
	timings v4l2.Timings // that the device is set to, when it has any
	lost    bool         // no picture comes in, and that was told
}

// follow sets the device to the signal that it has, before its modes are asked for:
// they depend on it. There are no buffers then. Without a signal it stays as it is.
func (s *source) follow() error {
	in, err := s.dev.Input()
	if errors.Is(err, v4l2.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	s.tellSignal(&in)
	if in.Standards != 0 {
		s.setNorm()
	}
	if !in.HasTimings() {
		return nil
	}
	switch t, err := s.dev.QueryTimings(); {
	case err == nil:
		if err := s.dev.SetTimings(t); err != nil {
			return err
		}
		s.element.Infof("%s has a signal of %v on %s", s.set.device, t, in.Name)
	case !errors.Is(err, v4l2.ErrNoSignal) && !errors.Is(err, v4l2.ErrUnsupported):
		return err
	}
	s.signal.timings, err = s.dev.Timings()
	return err
}

// signalInterval is that of the frames of the signal that a device is set to; zero when
// the device itself makes the pictures.
func signalInterval(d *v4l2.Device) (f v4l2.Fraction, err error) {
	in, err := d.Input()
	switch {
	case errors.Is(err, v4l2.ErrUnsupported):
		return f, nil
	case err != nil:
		return f, err
	case in.HasTimings():
		t, err := d.Timings()
		if rate, ok := t.Rate(); ok {
			f = v4l2.Fraction{Num: rate.Den, Den: rate.Num}
		}
		return f, err
	case in.Standards != 0:
		f, _ = d.FrameInterval()
	}
	return f, nil
}

// setNorm sets the analog standard that the user wants.
func (s *source) setNorm() {
	if s.set.norm == 0 {
		return
	}
	if err := s.dev.SetStandard(uint64(s.set.norm)); err != nil {
		s.refused("norm", err)
	}
}

// refused tells, by a warning, that the device does not do what a property asks for;
// the rest goes on.
func (s *source) refused(property string, err error) {
	s.element.Warn(gstx.ResourceSettings, &gstx.Error{
		Code: gstx.ResourceSettings, Cause: err,
		Text: fmt.Sprintf("Device %s does not take the property %s; it stays as it is.", s.set.device, property),
	})
}

// crop has the device capture the part of its view that the user wants, or the part
// that it is made to show.
func (s *source) crop() {
	c := &s.set
	wanted := c.cropTop != 0 || c.cropLeft != 0 || c.cropRight != 0 || c.cropBottom != 0
	bounds, err := s.dev.CropBounds()
	if err != nil {
		if wanted {
			s.refused("crop-…", err)
		}
		return
	}
	s.setCropBounds(bounds)
	part, err := s.dev.CropDefault()
	if wanted {
		w := int64(bounds.Width) - int64(c.cropLeft) - int64(c.cropRight)
		h := int64(bounds.Height) - int64(c.cropTop) - int64(c.cropBottom)
		if w <= 0 || h <= 0 {
			s.refused("crop-…", fmt.Errorf("nothing is left of %dx%d", bounds.Width, bounds.Height))
			return
		}
		part, err = v4l2.Rect{Left: bounds.Left + int32(c.cropLeft), Top: bounds.Top + int32(c.cropTop), Width: uint32(w), Height: uint32(h)}, nil
	}
	if err != nil {
		return
	}
	if got, err := s.dev.SetCrop(part); wanted && err != nil {
		s.refused("crop-…", err)
	} else if wanted && got != part {
		s.element.Infof("%s captures %v instead of %v", s.set.device, got, part)
	}
}

// tellSignal posts what v4l2src does when the picture goes and when it comes back.
func (s *source) tellSignal(in *v4l2.Input) {
	why := in.Lost()
	switch lost := why != ""; {
	case lost == s.signal.lost:
		return
	case lost:
		s.element.Warn(gstx.ResourceRead, &gstx.Error{
			Code: gstx.ResourceRead, Text: "Signal lost",
			Cause: fmt.Errorf("input %s of %s has %s: what its frames show does not come from there", in.Name, s.set.device, why),
		})
	default:
		s.element.Inform(&gstx.Error{
			Code: gstx.ResourceRead, Text: "Signal recovered",
			Cause: fmt.Errorf("input %s of %s", in.Name, s.set.device),
		})
	}
	s.signal.lost = why != ""
}

// errChanged means that the device captures something else than was negotiated.
var errChanged = errors.New("another format")

// sourceChanged looks at what the device has now. The error is errChanged when that
// is for another negotiation. While nothing comes in, the driver's frames go on.
func (s *source) sourceChanged(st *stream) error {
	in, err := s.dev.Input()
	switch {
	case err == nil:
		s.tellSignal(&in)
	case !errors.Is(err, v4l2.ErrUnsupported):
		return err
	}
	if in.HasTimings() {
		switch t, err := s.dev.QueryTimings(); {
		case err == nil && !t.Same(&s.signal.timings):
			return errChanged
		case err != nil && !errors.Is(err, v4l2.ErrNoSignal) && !errors.Is(err, v4l2.ErrUnsupported):
			return err
		}
	}
	now, err := s.dev.Format()
	if err != nil {
		return err
	}
	if now.FourCC != st.format.FourCC || now.Width != st.format.Width || now.Height != st.format.Height {
		return errChanged
	}
	// The same picture, maybe in other colours.
	return s.changed(st, now.Color(), st.event.Time)
}

// leave ends the stream and remembers where it was: another one is to follow.
func (s *source) leave() {
	s.again, s.goesOn = s.stream.caps, s.stream.position
	s.goesOn.offset++
	s.stream.close()
	s.stream = nil
}

// ask follows the signal and asks for the device's modes.
func (s *source) ask() (err error) {
	if err := s.follow(); err != nil {
		return err
	}
	s.crop()
	interval, err := signalInterval(s.dev)
	if err != nil {
		return err
	}
	s.modes, err = probe(s.dev, interval)
	return err
}
