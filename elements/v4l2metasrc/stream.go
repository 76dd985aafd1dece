package v4l2metasrc

import (
	"errors"
	"fmt"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2element"
)

// buffers is how many frames the driver is asked for at least: it wants two or three
// to work with, a display holds two, and the rest are for a queue in between. Of what
// downstream says that it keeps, it has spare more.
const (
	buffers = 8
	spare   = 4
)

// stream is one negotiated format and its buffers.
type stream struct {
	dev      *v4l2.Device // borrowed
	caps     *gstx.VideoFormat
	format   v4l2.Format
	geometry v4l2element.Geometry
	color    v4l2.Color // of the last frame, or of one to come
	// bottomFirst is the order of fields where the driver leaves it to the standard.
	bottomFirst bool
	crop        gstx.Rect // the part of the frame that the driver writes to; zero: all
	duration    uint64    // ns of a buffer: of one frame or, with alternate, field; 0 when unknown

	fds  [][]*sys.FD // each buffer's memories
	into *borrowed   // instead of those: downstream's
	on   bool
	pool *gstx.Pool // nil until the first frame tells where pictures start

	kept   []int // buffers that the driver has refused
	warned bool  // of that

	frame    v4l2.Frame
	event    v4l2.Event
	counting bool   // sequence is known
	order    order  // with alternate
	sequence uint32 // of the last frame
	position
	resumed int64 // monotonic time of the last start after an interruption
	stale   int   // how many frames can still be from before it

	blocks  v4l2element.Blocks
	changes []change // that wait for their frame, in the order of their events
}

// position is where a stream is.
type position struct {
	offset uint64 // of the last frame: frames since the start, missing ones included
	pts    uint64 // of the last frame
}

// newStream sets the format. The buffers come with the first frame, when downstream has
// said what it wants of them.
func (s *source) newStream(f *gstx.VideoFormat) (st *stream, err error) {
	st = &stream{dev: s.dev, caps: f, position: s.goesOn}
	defer func() {
		if err != nil {
			st.close()
			st = nil
		}
	}()
	if err := st.setFormat(candidates(s.modes, f)); err != nil {
		return st, err
	}
	if err := st.setInterval(s.element); err != nil {
		return st, err
	}
	s.element.Infof("%v for %s", &st.format, f.Caps)
	return st, nil
}

// allocate gets the buffers and gives them to the driver.
func (s *source) allocate(st *stream) error {
	if s.borrowed != nil || s.set.ioMode == ioImport {
		err := s.borrow(st)
		if err == nil {
			return nil
		}
		s.element.Warn(gstx.ResourceSettings, &gstx.Error{
			Code: gstx.ResourceSettings, Cause: err,
			Text: fmt.Sprintf("Device %s cannot fill memory of the next element; its own buffers are used, as with io-mode=dmabuf.", st.dev.Name()),
		})
	}
	n, err := s.dev.Request(s.count)
	if err != nil {
		return err
	}
	s.tellLatency(st, n)
	if st.fds, err = v4l2element.Export(s.dev); err != nil {
		return err
	}
	for i := range n {
		if err := s.dev.Queue(i); err != nil {
			return err
		}
	}
	s.element.Infof("%d buffers of %d memories", n, s.dev.Memories())
	return nil
}

// setFormat sets the first of the device's formats that gives what the caps say.
func (st *stream) setFormat(formats []candidate) error {
	width, height := uint32(st.caps.Width), uint32(st.caps.Height)
	before, err := st.dev.Format()
	if err != nil {
		return err
	}
	part, _ := st.dev.Composed(&before)
	for _, p := range formats {
		lines := v4l2.BufferHeight(p.field, height)
		f, err := st.dev.SetFormat(v4l2.Format{
			FourCC: p.FourCC, Width: width, Height: lines, NPlanes: p.Memories, Field: p.field,
		})
		if err != nil {
			return err
		}
		if f.FourCC != p.FourCC || f.Width != width || f.Height != lines || v4l2element.ScanOf(f.Field) != v4l2element.ScanOf(p.field) {
			continue
		}
		layout, err := f.Layout()
		if err != nil {
			return err
		}
		if _, _, ok := layout.Fields(); v4l2.Sequential(f.Field) && !ok {
			return &gstx.Error{
				Code: gstx.StreamFormat,
				Text: fmt.Sprintf("The two fields of %v from %s have no whole number of lines each; choose a height that is a multiple of 4.", &f, st.dev.Name()),
			}
		}
		st.compose(&f, &before, part)
		st.format, st.color = f, f.Color()
		st.bottomFirst = bottomFirst(st.dev)
		st.geometry = v4l2element.Geometry{Layout: layout, Memories: f.NPlanes, Width: width, Height: height, Field: f.Field}
		return nil
	}
	return &gstx.Error{
		Code: gstx.StreamFormat,
		Text: fmt.Sprintf("Device %s cannot capture %s; v4l2-ctl --list-formats-ext shows what it can.", st.dev.Name(), st.caps.Caps),
	}
}

// compose has the driver write to all of the picture of format f, unless another program
// has chosen a part for the very format, which was set before. What was chosen for another
// size or other fields is a leftover, and some drivers forget the part with each format.
// What cannot be set stays as it is, see composed.
func (st *stream) compose(f, before *v4l2.Format, part v4l2.Rect) {
	if part == (v4l2.Rect{}) || f.Width != before.Width || f.Height != before.Height || f.Field != before.Field {
		part = whole(f)
	}
	if now, _ := st.dev.Composed(f); now != part {
		st.dev.SetCompose(part)
	}
}

func whole(f *v4l2.Format) v4l2.Rect { return v4l2.Rect{Width: f.Width, Height: f.Height} }

// composed is the part of the frame that the driver writes to; zero for all of it.
func (s *source) composed(st *stream) (crop gstx.Rect) {
	f := &st.format
	part, err := s.dev.Composed(f)
	if err != nil {
		if !errors.Is(err, v4l2.ErrUnsupported) {
			s.element.Warningf("%v; the whole picture is told", err)
		}
		return crop
	}
	if part == whole(f) {
		return crop
	}
	s.element.Infof("%s writes to the part %v of %v", st.dev.Name(), part, f)
	// Of single fields the part is in their lines, GstVideoCropMeta as GstVideoMeta in
	// those of frames.
	lines := f.FrameHeight() / f.Height
	crop = gstx.Rect{X: uint32(part.Left), Y: lines * uint32(part.Top), W: part.Width}
	crop.H = min(lines*part.Height, st.geometry.Height-crop.Y)
	return crop
}

// setInterval sets the frame rate of the caps, where the device lets it be set.
func (st *stream) setInterval(e *gstx.Element) error {
	got, err := st.dev.FrameInterval()
	if want := (v4l2.Fraction{Num: uint32(st.caps.FPSD), Den: uint32(st.caps.FPSN)}); st.caps.FPSN > 0 && want != got {
		got, err = st.dev.SetFrameInterval(want)
		if err == nil && uint64(got.Num)*uint64(want.Den) != uint64(want.Num)*uint64(got.Den) {
			e.Warningf("%s: frame interval %d/%d s instead of %d/%d s", st.dev.Name(), got.Num, got.Den, want.Num, want.Den)
		}
	}
	switch {
	case err == nil:
		st.duration = uint64(got.Num) * uint64(time.Second) / uint64(got.Den)
	case !errors.Is(err, v4l2.ErrUnsupported):
		return err
	case st.caps.FPSN > 0:
		st.duration = uint64(st.caps.FPSD) * uint64(time.Second) / uint64(st.caps.FPSN)
	}
	if st.format.Field == sys.V4L2_FIELD_ALTERNATE { // rates are those of frames
		st.duration /= 2
	}
	return nil
}

// close stops the stream and gives its buffers up; those downstream stay valid.
// st may be nil.
func (st *stream) close() {
	if st == nil {
		return
	}
	// The device may be gone: there is nothing left to stop then.
	st.dev.StreamOff()
	st.pool.Close()
	for _, memories := range st.fds {
		for _, fd := range memories {
			fd.Close()
		}
	}
	st.fds = nil
	st.dev.Request(0)
	st.into.close()
	st.blocks.Close()
}
