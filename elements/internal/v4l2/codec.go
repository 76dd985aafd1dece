package v4l2

// Compressed formats that a stateful decoder takes frame by frame, with GStreamer's
// caps for the same bytes. V4L2 wants whole access units of H.264 and HEVC, with
// start codes.
var codecs = []Codec{
	{MakeFourCC("FWHT"), "video/x-fwht", ""},
	{MakeFourCC("H264"), "video/x-h264", ", stream-format = (string) byte-stream, alignment = (string) au"},
	{MakeFourCC("HEVC"), "video/x-h265", ", stream-format = (string) byte-stream, alignment = (string) au"},
	{MakeFourCC("VP80"), "video/x-vp8", ""},
	{MakeFourCC("VP90"), "video/x-vp9", ", alignment = (string) frame"},
	{MakeFourCC("AV01"), "video/x-av1", ", stream-format = (string) obu-stream, alignment = (string) tu"},
	{MakeFourCC("MPG2"), "video/mpeg", ", mpegversion = (int) { 1, 2 }, systemstream = (boolean) false, parsed = (boolean) true"},
}

// Codec is one of them.
type Codec struct {
	FourCC FourCC
	Media  string // the caps' name
	Fields string // the rest of the caps, with a leading comma
}

// Codecs lists every known compressed format. The slice is shared: do not write to it.
func Codecs() []Codec { return codecs }

// CodecOf finds the compressed format of caps by their name; nil when it is not known.
func CodecOf(media string) *Codec {
	for i := range codecs {
		if codecs[i].Media == media {
			return &codecs[i]
		}
	}
	return nil
}
