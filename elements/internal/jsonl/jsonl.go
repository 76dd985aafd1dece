// Package jsonl writes what a buffer's metadata says as one line of JSON.
//
// Keys of a line, in this order; a key is absent when the buffer has nothing
// for it:
//
//	pts                nanoseconds, or null
//	formats            "SDR", "HLG", "PQ" or "HDR10" (PQ with static metadata), then
//	                   "HDR10+", "DolbyVision"; empty when the block does not say
//	color              {primaries, transfer, matrix: text; full_range; chroma_site}
//	mastering_display  {red, green, blue, white: CIE 1931 [x, y];
//	                   max_luminance, min_luminance: cd/m²}
//	content_light      {max_cll, max_fall: cd/m²}
//	ambient_viewing    {illuminance: lx; light: [x, y]}
//	hdr10plus          {version, profile, target_max_luminance: cd/m², windows: [{
//	                   maxscl: [r, g, b], average_maxrgb, percentiles: [[percent, cd/m²]…]:
//	                   cd/m²; below_100: percent of pixels under 100 cd/m²;
//	                   fraction_bright; tone_curve {knee: [x, y], anchors: […]}: 0..1;
//	                   saturation_weight; region {corners, center, rotation, axes,
//	                   layering}}], target_peak, mastering_peak: rows of 0..15,
//	                   invalid: what the specification does not allow}
//	                   or {size, error} when it cannot be read
//	dolby_vision       {size, rpu_type, rpu_format, vdr_rpu_profile, vdr_rpu_level;
//	                   profile of the stream, 4, 5, 7 or 8; full_range; bit_depths: [base,
//	                   enhancement, signal]; residual: the enhancement layer is of use}
//	                   or {size, error} when it is not intact
//	t35                [{country, provider: hex; size, data: hex}…]
//	film_grain         {kind: "h274" or "av1"; size, data}
//	user               [{type: hex, uuid, size, data}…]
//	unknown            [{type, size, data}…]
//	critical           [names of the sections without which the others mislead]
//	seals              of the HDR block's file: "seal|shrink|grow|write"
//	content_id         16 hex digits: equal content, equal id
//	unchanged          true: the HDR block is the one of the line before
//	error              why the HDR block was refused
//	layers             {layers: [{role, format, size: [w, h], crop, dst: [x, y, w, h],
//	                   zpos, alpha: 0..1, planes: [{memory, stride, offset, size,
//	                   modifier: hex}…]}…], seals, content_id, unchanged} or {error}
package jsonl

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// None is the unknown time, GST_CLOCK_TIME_NONE.
const None = math.MaxUint64

// Part is one of the two blocks a buffer may carry.
type Part struct {
	Block *meta.Block // decoded; nil when the buffer has none
	Seals meta.Seals
	Err   error // why the block was refused; Block is not looked at then
}

// Formatter remembers the last block of each kind, so that a repeated one costs
// a comparison and a copy. The zero value is ready; it is for one stream.
type Formatter struct {
	hdr, layers remembered
}

// remembered is the JSON of the last block, cut off before "unchanged".
type remembered struct {
	valid bool
	seals meta.Seals
	raw   []byte
	text  []byte
}

// AppendLine appends one line, newline included. changed tells whether it says
// something new. Nothing is allocated while the blocks stay the same and dst has
// room.
func (f *Formatter) AppendLine(dst []byte, pts uint64, hdr, layers Part) (line []byte, changed bool) {
	dst = append(dst, `{"pts":`...)
	if pts == None {
		dst = append(dst, "null"...)
	} else {
		dst = strconv.AppendUint(dst, pts, 10)
	}
	var a, b bool
	dst, a = f.hdr.append(dst, hdr, ",", appendBlock)
	if layers.Block != nil || layers.Err != nil {
		dst = append(dst, `,"layers":{`...)
		dst, b = f.layers.append(dst, layers, "", appendLayers)
		dst = append(dst, '}')
	} else {
		b = f.layers.forget()
	}
	return append(dst, '}', '\n'), a || b
}

// append writes the members for p; first is what comes before the first one.
func (r *remembered) append(dst []byte, p Part, first string, write func([]byte, *meta.Block) []byte) ([]byte, bool) {
	switch {
	case p.Err != nil:
		r.forget()
		dst = append(append(dst, first...), `"error":`...)
		return appendString(dst, p.Err.Error()), true
	case p.Block == nil:
		return dst, r.forget()
	case r.valid && p.Seals == r.seals && bytes.Equal(p.Block.Bytes(), r.raw):
		dst = append(append(dst, first...), r.text...)
		return append(dst, `,"unchanged":true`...), false
	}
	r.text = write(r.text[:0], p.Block)
	r.text = append(append(append(r.text, `,"seals":"`...), p.Seals.String()...), '"')
	r.text = append(r.text, `,"content_id":"`...)
	r.text = appendHex(r.text, p.Block.ContentID(), 16)
	r.text = append(r.text, '"')
	r.raw = append(r.raw[:0], p.Block.Bytes()...)
	r.seals, r.valid = p.Seals, true
	return append(append(dst, first...), r.text...), true
}

// forget reports whether there was something to forget.
func (r *remembered) forget() bool {
	was := r.valid
	r.valid = false
	return was
}

// appendFixed appends v / 10^decimals exactly, without trailing zeros.
func appendFixed(dst []byte, v uint64, decimals int) []byte {
	scale := uint64(1)
	for range decimals {
		scale *= 10
	}
	dst = strconv.AppendUint(dst, v/scale, 10)
	if v %= scale; v == 0 {
		return dst
	}
	dst = append(dst, '.')
	for v != 0 {
		scale /= 10
		dst = append(dst, byte('0'+v/scale))
		v %= scale
	}
	return dst
}

// appendFraction appends v / full, to five digits.
func appendFraction(dst []byte, v, full uint64) []byte {
	return appendFixed(dst, (v*100000+full/2)/full, 5)
}

func appendHex(dst []byte, v uint64, digits int) []byte {
	for digits--; digits >= 0; digits-- {
		dst = append(dst, "0123456789abcdef"[v>>(4*digits)&15])
	}
	return dst
}

// appendString quotes; texts of errors may hold anything.
func appendString(dst []byte, s string) []byte {
	q, err := json.Marshal(s)
	if err != nil { // cannot be: bad UTF-8 is replaced
		return append(dst, `""`...)
	}
	return append(dst, q...)
}

func appendKey(dst []byte, key string) []byte {
	if n := len(dst); n > 0 && dst[n-1] != '{' && dst[n-1] != '[' {
		dst = append(dst, ',')
	}
	return append(append(append(dst, '"'), key...), `":`...)
}

func appendUint(dst []byte, key string, v uint64) []byte {
	return strconv.AppendUint(appendKey(dst, key), v, 10)
}

func appendBool(dst []byte, key string, v bool) []byte {
	return strconv.AppendBool(appendKey(dst, key), v)
}

func appendText(dst []byte, key, v string) []byte {
	return appendString(appendKey(dst, key), v)
}

// appendList writes a list of n values.
func appendList(dst []byte, n int, value func(dst []byte, i int) []byte) []byte {
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = value(dst, i)
	}
	return append(dst, ']')
}
