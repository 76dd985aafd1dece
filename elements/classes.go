package elements

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/hdrmetaattach"
	"github.com/gst-shmmeta/gst-shmmeta/elements/hdrmetadump"
	"github.com/gst-shmmeta/gst-shmmeta/elements/hdrmetainsert"
	"github.com/gst-shmmeta/gst-shmmeta/elements/hdrmetaparse"
	"github.com/gst-shmmeta/gst-shmmeta/elements/hdrmetatestsrc"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/kmsmetasink"
	"github.com/gst-shmmeta/gst-shmmeta/elements/v4l2metadec"
	"github.com/gst-shmmeta/gst-shmmeta/elements/v4l2metasrc"
)

// classes are all elements, in the order of the data's way.
var classes = []gstx.Class{
	v4l2metasrc.Class,
	hdrmetatestsrc.Class,
	hdrmetaparse.Class,
	hdrmetaattach.Class,
	v4l2metadec.Class,
	hdrmetainsert.Class,
	hdrmetadump.Class,
	kmsmetasink.Class,
}

// providers list the devices of elements.
var providers = []gstx.Provider{
	v4l2metasrc.Provider,
}
