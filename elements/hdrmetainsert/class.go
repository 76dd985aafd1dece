// Package hdrmetainsert is the element hdrmetainsert: it writes the metadata of
// each buffer into compressed video, so that a transcode keeps HDR10+ and Dolby
// Vision.
//
//	gst-launch-1.0 filesrc location=in.mkv ! matroskademux ! h265parse ! hdrmetaparse ! avdec_h265 ! videoconvert ! \
//	    x265enc ! h265parse ! hdrmetainsert ! h265parse ! matroskamux ! filesink location=out.mkv
//
// HEVC, AVC and AV1, in whole access units; see package meta/bitstream for what is
// written where. Mastering display, content light and ambient viewing go into
// random access points, HDR10+ and other T.35 messages and RPUs into every
// access unit. Slices are never touched: the pictures stay as they are, bit by bit.
//
// What cannot be inserted (an access unit that cannot be read, a block that cannot
// be trusted, a kind that the codec has no place for) is counted in the property
// broken and is a warning when it follows good ones; the access unit goes on
// without it.
package hdrmetainsert

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/codec"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
)

// The values of the property existing.
const (
	existingReplace int32 = iota
	existingKeep
)

// Class describes the element.
var Class = gstx.Class{
	Name:     "hdrmetainsert",
	TypeName: "GstHdrMetaInsert",
	LongName: "HDR metadata inserter",
	Klass:    "Codec/Parser/Video",
	Description: "Writes the HDR10, HDR10+ and Dolby Vision metadata of each buffer into H.265, H.264 and AV1, " +
		"after an encoder or before a muxer",
	Author:  "gst-shmmeta contributors",
	Parent:  gstx.Filter,
	InPlace: true,
	Bytes:   true,
	Pads: []gstx.Pad{
		{Name: "sink", Direction: gstx.Sink, Caps: codec.Caps},
		{Name: "src", Direction: gstx.Src, Caps: codec.Caps},
	},
	Props: []gstx.Prop{
		{Name: "existing", Nick: "Existing metadata", Kind: gstx.Enum, Default: existingReplace, WhilePlaying: true,
			Blurb: "What to do with metadata of the same kind that the stream has already",
			Enum: []gstx.EnumValue{
				{Value: existingReplace, Nick: "replace", Name: "the buffer's takes its place"},
				{Value: existingKeep, Nick: "keep", Name: "it stays, and only what is missing is added"},
			}},
		{Name: "buffers", Nick: "Buffers", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Access units since the start"},
		{Name: "inserted", Nick: "Inserted", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Access units that metadata was written into since the start"},
		{Name: "broken", Nick: "Broken", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Access units whose metadata could not all be written since the start"},
	},
	New: func(e *gstx.Element) any { return newInsert(e) },
}
