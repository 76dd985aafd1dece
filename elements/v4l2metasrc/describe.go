package v4l2metasrc

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// content is what the block about the content tells; nil for what is not known.
type content struct {
	color     v4l2.Color
	mastering *meta.MasteringDisplay
	light     *meta.ContentLight
}

// change is another content of the frames from one on.
type change struct {
	content
	from int64 // time of the event that told of it, as frames have it
	// within is how many frames can still be from before it: no more than the driver
	// had buffers then, whatever its clocks say.
	within int
}

// contents asks the device.
func (s *source) contents(color v4l2.Color) (c content, err error) {
	c.color = color
	c.mastering, c.light, err = s.static()
	return c, err
}

// changed notes what the device has now, since an event at a time.
func (s *source) changed(st *stream, color v4l2.Color, from int64) error {
	c, err := s.contents(color)
	if err != nil {
		return err
	}
	st.color = color
	if len(st.changes) == v4l2.MaxBuffers { // between two frames: nobody saw the first
		st.changes = append(st.changes[:0], st.changes[1:]...)
	}
	st.changes = append(st.changes, change{c, from, s.dev.Buffers()})
	return nil
}

// settle has what counts from the frame that was dequeued on told in caps and block.
func (s *source) settle(st *stream) error {
	now, ok := st.due()
	if !ok {
		return nil
	}
	s.element.UpdateCaps(now.caps())
	return st.blocks.Describe(now.color, now.mastering, now.light)
}

// due takes the last of the changes that count for the frame that was dequeued.
func (st *stream) due() (now content, ok bool) {
	due := 0
	for i := range st.changes {
		c := &st.changes[i]
		if c.within--; !st.frame.Monotonic || st.frame.Timestamp >= c.from || c.within < 0 {
			due = i + 1
		}
	}
	if due == 0 {
		return now, false
	}
	now = st.changes[due-1].content
	st.changes = append(st.changes[:0], st.changes[due:]...)
	return now, true
}

// caps are the content as fields of caps; "" is for what is not known.
func (c *content) caps() gstx.ContentCaps {
	f := gstx.ContentCaps{Colorimetry: gstx.Colorimetry(c.color.Primaries, c.color.Transfer, c.color.Matrix, c.color.FullRange)}
	if c.mastering != nil {
		f.MasteringDisplay = c.mastering.String()
	}
	if c.light != nil {
		f.ContentLight = c.light.String()
	}
	return f
}

// heed takes the events that wait: the metadata may have changed, or the source
// may have become another.
func (s *source) heed(st *stream) error {
	for {
		switch err := s.dev.DequeueEvent(&st.event); {
		case err == v4l2.ErrAgain:
			return nil
		case err != nil:
			return err
		}
		switch st.event.Kind {
		case v4l2.EventEOS:
			return v4l2.ErrEnd
		case v4l2.EventControl:
			if err := s.changed(st, st.color, st.event.Time); err != nil {
				return err
			}
		case v4l2.EventSourceChange:
			if st.event.Changes&sys.V4L2_EVENT_SRC_CH_RESOLUTION == 0 {
				continue
			}
			if err := s.sourceChanged(st); err != nil {
				return err
			}
		}
	}
}
