// Package codec is what the elements for compressed video have in common: their
// caps, and what these say of the bitstream.
package codec

import (
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta/bitstream"
)

// Caps is the pad template: whole access units, as decoders and muxers want them.
const Caps = "video/x-h265, stream-format=(string){ byte-stream, hvc1, hev1 }, alignment=(string)au; " +
	"video/x-h264, stream-format=(string){ byte-stream, avc, avc3 }, alignment=(string)au; " +
	"video/x-av1, stream-format=(string)obu-stream, alignment=(string)tu"

// Format is the framing that negotiated caps tell. Damage of the codec data behind
// what tells it is no error here.
func Format(f *gstx.VideoFormat) (bitstream.Format, error) {
	var c bitstream.Codec
	switch f.Media {
	case "video/x-h265":
		c = bitstream.HEVC
	case "video/x-h264":
		c = bitstream.AVC
	case "video/x-av1":
		return bitstream.Format{Codec: bitstream.AV1}, nil
	default:
		return bitstream.Format{}, fmt.Errorf("%s is none of the codecs known here", f.Media)
	}
	if f.StreamFormat == "byte-stream" {
		return bitstream.Format{Codec: c}, nil
	}
	if len(f.CodecData) == 0 {
		return bitstream.Format{}, fmt.Errorf("%s with stream-format=%s has no codec_data", f.Media, f.StreamFormat)
	}
	config, err := bitstream.ParseConfig(c, f.CodecData)
	if config.Format.Codec == 0 {
		return bitstream.Format{}, err
	}
	return config.Format, nil
}
