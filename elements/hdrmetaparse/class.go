// Package hdrmetaparse is the element hdrmetaparse: it finds the HDR metadata in
// compressed video and attaches it to each access unit as a sealed block.
// Decoders copy the block to the picture, so that it arrives at the sink in
// presentation order.
//
//	gst-launch-1.0 filesrc location=film.mkv ! matroskademux ! h265parse ! hdrmetaparse ! avdec_h265 ! kmsmetasink
//	gst-launch-1.0 -q filesrc location=film.hevc ! h265parse ! hdrmetaparse ! hdrmetadump ! fakesink
//
// HEVC, AVC and AV1, in whole access units (AV1: temporal units), which the
// parsers h265parse, h264parse and av1parse make of anything. What is read is
// mastering display, content light, ambient viewing, alternative transfer, HDR10+,
// Dolby Vision RPUs and other T.35 messages, film grain SEI and the colour of the
// parameter sets; see package meta/bitstream. Static metadata and the last HDR10+
// message hold until replaced, a random access point without any included; a
// flush (a seek) forgets them. RPUs are of their own access unit.
//
// Where a buffer has a block already, the stream's own metadata replaces the
// same sections and the others stay. Where the caps have colour and static
// metadata (from a container) it fills what the stream does not say. Static
// metadata of the stream is added to caps that have none.
//
// A broken message is counted in the property broken, and a warning when it
// follows good ones; what is right in the access unit is taken, and the stream
// goes on.
package hdrmetaparse

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/codec"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
)

// Class describes the element.
var Class = gstx.Class{
	Name:     "hdrmetaparse",
	TypeName: "GstHdrMetaParse",
	LongName: "HDR metadata parser",
	Klass:    "Codec/Parser/Video",
	Description: "Finds HDR10, HDR10+ and Dolby Vision metadata in H.265, H.264 and AV1 and attaches it " +
		"to each access unit, from where decoders copy it to the picture",
	Author:     "gst-shmmeta contributors",
	Parent:     gstx.Filter,
	InPlace:    true,
	Bytes:      true,
	StaticCaps: true,
	Pads: []gstx.Pad{
		{Name: "sink", Direction: gstx.Sink, Caps: codec.Caps},
		{Name: "src", Direction: gstx.Src, Caps: codec.Caps},
	},
	Props: []gstx.Prop{
		{Name: "buffers", Nick: "Buffers", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Access units since the start"},
		{Name: "broken", Nick: "Broken messages", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Messages and units that could not be read since the start"},
	},
	New: func(e *gstx.Element) any { return newParse(e) },
}
