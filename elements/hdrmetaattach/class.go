// Package hdrmetaattach is the element hdrmetaattach: it puts HDR metadata on
// buffers that comes from beside the stream: an HDR10+ JSON file, a Dolby Vision
// RPU file, properties, or the caps.
//
//	gst-launch-1.0 filesrc location=in.mkv ! matroskademux ! h265parse ! hdrmetaattach hdr10plus-location=in.json ! avdec_h265 ! kmsmetasink
//	gst-launch-1.0 videotestsrc ! hdrmetaattach colorimetry=bt2100-pq content-light-level=1000:400 ! kmsmetasink
//
// A frame gets the entry of its own number in the file. Compressed streams are in
// decoding order and the files in that of display, so the number comes from the
// frame's stream time and the framerate there; raw video is counted (property
// frame-number). A demuxer gives frames their time. An elementary stream has
// none; attach behind its decoder, where pictures can be counted.
//
// Both files are read whole and checked at the start, and what a frame needs is
// held encoded, equal neighbours once: 170 000 frames take 16 MB at most of an
// HDR10+ file and, of an RPU file, its own size and 5 MB. A film's HDR10+ file
// takes some 2 s to read.
//
// What a buffer has already is merged section by section (property existing).
// Caps fill in what neither the element nor the buffer has. Caps are never
// changed: capssetter does that.
package hdrmetaattach

import (
	"math"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
)

// The values of the property by.
const (
	byFrame int32 = iota
	byScene
)

// The values of the property past-end.
const (
	endHold int32 = iota
	endStop
	endError
)

// The values of the property frame-number.
const (
	numberAuto int32 = iota
	numberCount
	numberTime
)

// The values of the property existing.
const (
	existingMerge int32 = iota
	existingKeep
	existingReplace
)

// Class describes the element.
var Class = gstx.Class{
	Name:     "hdrmetaattach",
	TypeName: "GstHdrMetaAttach",
	LongName: "HDR metadata attacher",
	Klass:    "Filter/Metadata/Video",
	Description: "Attaches HDR metadata to buffers, from an HDR10+ JSON file, " +
		"a Dolby Vision RPU file, properties or caps",
	Author:  "gst-shmmeta contributors",
	Parent:  gstx.Filter,
	InPlace: true,
	Pads: []gstx.Pad{
		{Name: "sink", Direction: gstx.Sink, Caps: "ANY"},
		{Name: "src", Direction: gstx.Src, Caps: "ANY"},
	},
	Props: []gstx.Prop{
		{Name: "hdr10plus-location", Nick: "HDR10+ file", Kind: gstx.String,
			Blurb: "JSON file with the HDR10+ metadata of each frame, as the HDR10+ tools exchange it; empty: none"},
		{Name: "rpu-location", Nick: "RPU file", Kind: gstx.String,
			Blurb: "File with the Dolby Vision RPU of each frame, in display order; empty: none"},
		{Name: "mastering-display-info", Nick: "Mastering display", Kind: gstx.String,
			Blurb: "Mastering display to attach, as in the caps field of that name: Rx:Ry:Gx:Gy:Bx:By:Wx:Wy:max:min; empty: that of the caps"},
		{Name: "content-light-level", Nick: "Content light level", Kind: gstx.String,
			Blurb: "Content light to attach, as in the caps field of that name: MaxCLL:MaxFALL; empty: that of the caps"},
		{Name: "colorimetry", Nick: "Colorimetry", Kind: gstx.String,
			Blurb: "Colorimetry to attach, as in the caps field of that name: bt2100-pq, 2:6:14:7…; empty: that of the caps"},
		{Name: "by", Nick: "By frame or scene", Kind: gstx.Enum, Default: byFrame,
			Blurb: "Which entry of the HDR10+ file a frame gets",
			Enum: []gstx.EnumValue{
				{Value: byFrame, Nick: "frame", Name: "its own"},
				{Value: byScene, Nick: "scene", Name: "the first of the scene that the frame is in"},
			}},
		{Name: "past-end", Nick: "Past the end", Kind: gstx.Enum, Default: endHold,
			Blurb: "What a frame gets whose number is past the end of a file",
			Enum: []gstx.EnumValue{
				{Value: endHold, Nick: "hold", Name: "the file's last entry"},
				{Value: endStop, Nick: "stop", Name: "nothing of that file"},
				{Value: endError, Nick: "error", Name: "the stream ends with an error"},
			}},
		{Name: "frame-number", Nick: "Frame number", Kind: gstx.Enum, Default: numberAuto,
			Blurb: "Where the number of a frame comes from",
			Enum: []gstx.EnumValue{
				{Value: numberAuto, Nick: "auto", Name: "count for raw video, time for a compressed stream"},
				{Value: numberCount, Nick: "count", Name: "frames are counted from 0; after a seek, as with time"},
				{Value: numberTime, Nick: "time", Name: "stream time × framerate: in any order, with frames dropped, after seeks"},
			}},
		{Name: "frame-offset", Nick: "Frame offset", Kind: gstx.Int, Default: int32(0),
			Min: int32(-math.MaxInt32), Max: int32(math.MaxInt32),
			Blurb: "Added to a frame's number: the stream begins at that entry of the files, or, when negative, that many frames before the first one"},
		{Name: "existing", Nick: "Existing metadata", Kind: gstx.Enum, Default: existingMerge,
			Blurb: "What becomes of metadata that a buffer has already",
			Enum: []gstx.EnumValue{
				{Value: existingMerge, Nick: "merge", Name: "the element's replaces that of the same kind"},
				{Value: existingKeep, Nick: "keep", Name: "it stays, and the element adds the kinds it lacks"},
				{Value: existingReplace, Nick: "replace", Name: "it is taken off"},
			}},
	},
	New: func(e *gstx.Element) any { return newAttacher(e) },
}
