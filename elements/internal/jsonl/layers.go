package jsonl

import (
	"fmt"
	"strconv"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// appendLayers writes the members of "layers" that come from the layers block.
func appendLayers(dst []byte, b *meta.Block) []byte {
	dst = appendKey(dst, "layers")
	if b.Layers == nil {
		return append(dst, "[]"...)
	}
	return appendList(dst, len(b.Layers.Layers), func(dst []byte, i int) []byte {
		l := &b.Layers.Layers[i]
		dst = appendText(append(dst, '{'), "role", l.Role.String())
		dst = appendText(dst, "format", fourCC(l.FourCC))
		dst = appendInts(dst, "size", int64(l.Width), int64(l.Height))
		dst = appendInts(dst, "crop", int64(l.Crop.X), int64(l.Crop.Y), int64(l.Crop.W), int64(l.Crop.H))
		dst = appendInts(dst, "dst", int64(l.Dst.X), int64(l.Dst.Y), int64(l.Dst.W), int64(l.Dst.H))
		dst = appendUint(dst, "zpos", uint64(l.ZPos))
		dst = appendFraction(appendKey(dst, "alpha"), uint64(l.Alpha), 65535)
		planes := b.Layers.PlanesOf(l)
		dst = appendList(appendKey(dst, "planes"), len(planes), func(dst []byte, i int) []byte {
			p := &planes[i]
			dst = appendUint(append(dst, '{'), "memory", uint64(p.Memory))
			dst = appendUint(dst, "stride", uint64(p.Stride))
			dst = appendUint(dst, "offset", p.Offset)
			dst = appendUint(dst, "size", p.Size)
			return append(appendText(dst, "modifier", "0x"+strconv.FormatUint(p.Modifier, 16)), '}')
		})
		return append(dst, '}')
	})
}

func appendInts(dst []byte, key string, v ...int64) []byte {
	return appendList(appendKey(dst, key), len(v), func(dst []byte, i int) []byte { return strconv.AppendInt(dst, v[i], 10) })
}

// fourCC gives the four characters, or the number when they are not printable.
func fourCC(v uint32) string {
	b := [4]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}
	for _, c := range b {
		if c < ' ' || c > '~' {
			return fmt.Sprintf("0x%08x", v)
		}
	}
	return string(b[:])
}
