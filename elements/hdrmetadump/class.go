// Package hdrmetadump is the element hdrmetadump: it looks at the metadata of
// every buffer, writes one line of JSON for each, or one file for the stream, and
// lets the buffer pass.
//
//	gst-launch-1.0 -q hdrmetatestsrc num-buffers=3 ! hdrmetadump ! fakesink | jq .formats
//	gst-launch-1.0 v4l2metasrc ! hdrmetadump location=meta.jsonl ! kmsmetasink
//	gst-launch-1.0 filesrc location=film.mkv ! matroskademux ! h265parse ! hdrmetaparse ! hdrmetadump format=hdr10plus-json location=film.json ! fakesink
//	gst-launch-1.0 filesrc location=film.hevc ! h265parse ! hdrmetaparse ! avdec_h265 ! hdrmetadump format=rpu location=film.bin ! fakesink
//
// The keys of a line are those of package elements/internal/jsonl. A block that
// repeats is marked "unchanged":true. One that cannot be trusted (not sealed, cut
// off, corrupt) is an "error" in its line, counted in the property broken, and a
// warning when it follows good ones; the stream goes on. An output that cannot
// be written is an error of the element, as with filesink.
//
// With format=hdr10plus-json the output is the JSON that hdr10plus_tool extracts,
// with format=rpu the RPU file that dovi_tool extracts: frames in presentation
// order, complete at the end of the stream or when the element is stopped before
// it, whatever the reason. Compressed video is put in order by the buffers'
// times, up to 64 frames; without times, as in a bare byte stream, it stays in
// decoding order: then decode it first, as in the last line above.
//
// As with those tools a frame without HDR10+ has that of the frame before, and
// one without an RPU is not in the file. The property missing counts such
// frames; they, and whatever else of the metadata the file could not take, are
// told in a warning at the end. What comes after the end of the stream, by a
// seek, is not written. A pipe whose reader does not keep up is an error with
// these formats, since nothing may be missing.
//
// Standard output is shared with gst-launch-1.0's own messages: use its -q.
package hdrmetadump

import "github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"

// The values of the property format.
const (
	formatJSONL int32 = iota
	formatHDR10Plus
	formatRPU
)

// Class describes the element.
var Class = gstx.Class{
	Name:     "hdrmetadump",
	TypeName: "GstHdrMetaDump",
	LongName: "HDR metadata dump",
	Klass:    "Filter/Debug/Video",
	Description: "Writes the HDR and plane metadata of each buffer as a line of JSON, or a stream's HDR10+ or " +
		"Dolby Vision metadata as a file of the usual tools, and tells the bus when it changes",
	Author: "gst-shmmeta contributors",
	Parent: gstx.Filter,
	Pads: []gstx.Pad{
		{Name: "sink", Direction: gstx.Sink, Caps: "ANY"},
		{Name: "src", Direction: gstx.Src, Caps: "ANY"},
	},
	Props: []gstx.Prop{
		{Name: "location", Nick: "File location", Kind: gstx.String, Default: "-",
			Blurb: "File to write to; \"-\": standard output, empty: nowhere"},
		{Name: "format", Nick: "Format", Kind: gstx.Enum, Default: formatJSONL,
			Blurb: "Form of the output",
			Enum: []gstx.EnumValue{
				{Value: formatJSONL, Nick: "jsonl", Name: "JSON, one line for each buffer"},
				{Value: formatHDR10Plus, Nick: "hdr10plus-json", Name: "The HDR10+ metadata as one JSON file of the HDR10+ tools"},
				{Value: formatRPU, Nick: "rpu", Name: "The Dolby Vision RPUs as one RPU file"},
			}},
		{Name: "messages", Nick: "Messages", Kind: gstx.Bool, Default: true, WhilePlaying: true,
			Blurb: "Whether to post the element message hdr-metadata when the metadata changes"},
		{Name: "buffers", Nick: "Buffers", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Buffers seen since the start"},
		{Name: "broken", Nick: "Broken blocks", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Blocks that could not be trusted since the start"},
		{Name: "dropped", Nick: "Dropped lines", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Lines that the reader of a pipe did not take in time"},
		{Name: "missing", Nick: "Missing metadata", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Buffers since the start without the metadata that format is of"},
	},
	New: func(e *gstx.Element) any { return newDump(e) },
}
