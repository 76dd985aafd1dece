package elements

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/hdrmetadump"
	"github.com/gst-shmmeta/gst-shmmeta/elements/hdrmetatestsrc"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
)

// classes are all elements, in the order of the data's way.
var classes = []gstx.Class{
	hdrmetatestsrc.Class,
	hdrmetadump.Class,
}
