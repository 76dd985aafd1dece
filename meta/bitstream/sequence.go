package bitstream

import (
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/internal/bits"
)

var unspecified = meta.Color{
	Primaries:  meta.PrimariesUnspecified,
	Transfer:   meta.TransferUnspecified,
	Matrix:     meta.MatrixUnspecified,
	ChromaSite: meta.ChromaUnspecified,
}

// SequenceColor reads how samples are to be understood from the payload of a
// Sequence message. What the stream leaves open is the code point for
// unspecified: H.273 code point 2 and meta.ChromaUnspecified; full range is then
// false, as both SPS infer it.
//
// An error wraps ErrSequence and comes with the zero Color.
func SequenceColor(codec Codec, p []byte) (meta.Color, error) {
	r, c := bits.NewReader(p), unspecified
	var err error
	switch codec {
	case HEVC:
		err = hevcColor(&r, &c)
	case AVC:
		err = avcColor(&r, &c)
	case AV1:
		av1Color(&r, &c)
	default:
		err = fmt.Errorf("%w: %v", ErrFormat, codec)
	}
	if err == nil && r.Short() {
		err = fmt.Errorf("%w: %v ends after %d bytes", ErrSequence, codec, len(p))
	}
	if err != nil {
		return meta.Color{}, err
	}
	return c, nil
}

// vui reads vui_parameters_present_flag and the fields with which
// vui_parameters() begins, the same in H.265 (E.2.1) and H.264 (E.1.1), of a
// sequence with that chroma_format_idc.
func vui(r *bits.Reader, chroma uint32, c *meta.Color) {
	const extendedSAR = 255
	if chroma == 1 {
		c.ChromaSite = meta.ChromaLeft // what chroma_sample_loc_type is inferred to be
	}
	if !r.Flag() { // vui_parameters_present_flag
		return
	}
	if r.Flag() && r.U(8) == extendedSAR { // aspect_ratio_info_present_flag
		r.Skip(16 + 16)
	}
	if r.Flag() { // overscan_info_present_flag
		r.Skip(1)
	}
	if r.Flag() { // video_signal_type_present_flag
		r.Skip(3) // video_format
		c.FullRange = r.Flag()
		if r.Flag() { // colour_description_present_flag
			c.Primaries, c.Transfer, c.Matrix = uint8(r.U(8)), uint8(r.U(8)), uint8(r.U(8))
		}
	}
	if r.Flag() { // chroma_loc_info_present_flag
		if top := r.UE(); top <= 5 {
			c.ChromaSite = uint8(top)
		}
		r.UE() // bottom field
	}
}

// specified says whether c tells anything that a player could not assume; the
// zero Color does not.
func specified(c *meta.Color) bool {
	return *c != meta.Color{} && (c.Primaries != meta.PrimariesUnspecified || c.Transfer != meta.TransferUnspecified ||
		c.Matrix != meta.MatrixUnspecified || c.FullRange)
}

// invalid is an element of a parameter set with a value that would make the
// rest unreadable.
func invalid(element string, v uint32) error {
	return fmt.Errorf("%w: %s is %d", ErrSequence, element, v)
}
