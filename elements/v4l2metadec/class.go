// Package v4l2metadec is the element v4l2metadec: a V4L2 stateful decoder whose
// pictures are DMA-bufs and carry sealed metadata.
//
//	gst-launch-1.0 filesrc location=film.mkv ! matroskademux ! h265parse ! hdrmetaparse ! v4l2metadec ! kmsmetasink
//
// The driver's own buffers are exported and handed on without a copy, with caps of
// memory:DMABuf with a DRM format or of plain video/x-raw. GstShmHdrMeta of a
// compressed buffer goes to its picture, however the decoder reorders them; where
// there is none, the block is made of the decoder's colorimetry and HDR10 controls.
// GstShmLayersMeta has the planes.
//
// Of interlaced pictures, both fields come as the decoder gives them: interleaved, or one
// after the other (interlace-mode=fields), which is DMA_DRM with a layer for each, as
// v4l2metasrc has it.
//
// What is to be seen of a picture that does not begin at its corner is a
// GstVideoCropMeta; caps and GstShmLayersMeta are about all of it from the corner on.
//
// A change of resolution inside the stream is followed without a restart: the
// driver announces it after the last picture of the old size.
package v4l2metadec

import (
	"strings"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2element"
)

// Class describes the element.
var Class = gstx.Class{
	Name:     "v4l2metadec",
	TypeName: "GstV4l2MetaDec",
	LongName: "V4L2 decoder with sealed metadata",
	Klass:    "Codec/Decoder/Video/Hardware",
	Description: "Decodes on a V4L2 device into DMA-bufs that carry the metadata of their " +
		"compressed frames, or the decoder's, and the plane layout",
	Author: "gst-shmmeta contributors",
	Parent: gstx.Decoder,
	Pads: []gstx.Pad{
		{Name: "sink", Direction: gstx.Sink, Caps: sinkCaps()},
		{Name: "src", Direction: gstx.Src, Caps: v4l2element.PictureCaps()},
	},
	Props: []gstx.Prop{
		{Name: "device", Nick: "Device", Kind: gstx.String,
			Blurb: "Path of the decoder; empty: the first one that decodes the stream's format"},
		{Name: "device-name", Nick: "Device name", Kind: gstx.String, ReadOnly: true,
			Blurb: "Name of the device as its driver tells it, once it is open"},
		{Name: "device-fd", Nick: "File descriptor", Kind: gstx.Int, Default: int32(-1), Min: int32(-1), ReadOnly: true,
			Blurb: "File descriptor of the device while it is open, else -1"},
	},
	New: func(e *gstx.Element) any { return newDecoder(e, v4l2.OpenDecoder, v4l2.Decoders) },
}

// sinkCaps are all formats of the table.
func sinkCaps() string {
	var out []string
	for _, c := range v4l2.Codecs() {
		out = append(out, c.Media+c.Fields)
	}
	return strings.Join(out, "; ")
}
