package v4l2metasrc

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2element"
)

// explain makes an error for the bus of one of package v4l2's.
func (s *source) explain(err error) error {
	return v4l2element.Words{
		Device: s.set.device, Kind: "video capture device", Does: "Capturing from", Stock: "v4l2src", Here: v4l2.List,
	}.Explain(err)
}
