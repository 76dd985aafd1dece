package v4l2metasrc

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

// describe makes the block about the content. It is made again only when the
// device says that something changed.
func (s *source) describe(st *stream) error {
	mastering, light, err := s.static()
	if err != nil {
		return err
	}
	return st.blocks.Describe(st.color, mastering, light)
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
			if err := s.describe(st); err != nil {
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
