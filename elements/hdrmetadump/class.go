// Package hdrmetadump is the element hdrmetadump: it looks at the metadata of
// every buffer, writes one line of JSON for each, and lets the buffer pass.
//
//	gst-launch-1.0 -q hdrmetatestsrc num-buffers=3 ! hdrmetadump ! fakesink | jq .formats
//	gst-launch-1.0 v4l2metasrc ! hdrmetadump location=meta.jsonl ! kmsmetasink
//
// The keys of a line are those of package elements/internal/jsonl. A block that
// repeats is marked "unchanged":true. One that cannot be trusted (not sealed, cut
// off, corrupt) is an "error" in its line, counted in the property broken, and a
// warning when it follows good ones; the stream goes on. An output that cannot
// be written is an error of the element, as with filesink.
//
// Standard output is shared with gst-launch-1.0's own messages: use its -q.
package hdrmetadump

import "github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"

// The values of the property format.
const formatJSONL int32 = 0

// Class describes the element.
var Class = gstx.Class{
	Name:     "hdrmetadump",
	TypeName: "GstHdrMetaDump",
	LongName: "HDR metadata dump",
	Klass:    "Filter/Debug/Video",
	Description: "Writes the HDR and plane metadata of each buffer as a line of JSON, " +
		"and tells the bus when it changes",
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
			Enum:  []gstx.EnumValue{{Value: formatJSONL, Nick: "jsonl", Name: "JSON, one line for each buffer"}}},
		{Name: "messages", Nick: "Messages", Kind: gstx.Bool, Default: true, WhilePlaying: true,
			Blurb: "Whether to post the element message hdr-metadata when the metadata changes"},
		{Name: "buffers", Nick: "Buffers", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Buffers seen since the start"},
		{Name: "broken", Nick: "Broken blocks", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Blocks that could not be trusted since the start"},
		{Name: "dropped", Nick: "Dropped lines", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Lines that the reader of a pipe did not take in time"},
	},
	New: func(e *gstx.Element) any { return newDump(e) },
}
