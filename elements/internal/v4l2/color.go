package v4l2

import "github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"

// Colorimetry is V4L2's description of colours: four V4L2_* enumerations, 0
// being "default" in each.
type Colorimetry struct {
	Colorspace   uint32 // V4L2_COLORSPACE_*
	Transfer     uint32 // V4L2_XFER_FUNC_*
	Encoding     uint32 // V4L2_YCBCR_ENC_*
	Quantization uint32 // V4L2_QUANTIZATION_*
}

// Color is the same as code points of ITU-T H.273.
type Color struct {
	Primaries uint8
	Transfer  uint8
	Matrix    uint8
	FullRange bool
}

// Code points of H.273 (07/2021), tables 2 to 4, that V4L2 can express. 2 is
// "unspecified" in each.
const (
	unspecified = 2

	primariesBT709   = 1
	primariesBT470M  = 4
	primariesBT470BG = 5
	primaries170M    = 6
	primaries240M    = 7
	primariesBT2020  = 9
	primariesRP431   = 11

	transferBT709    = 1
	transferGamma22  = 4
	transfer170M     = 6
	transfer240M     = 7
	transferLinear   = 8
	transferXVYCC    = 11
	transferSRGB     = 13
	transferBT2020   = 14
	transferPQ       = 16
	transferST428    = 17
	matrixRGB        = 0
	matrixBT709      = 1
	matrix170M       = 6
	matrix240M       = 7
	matrixBT2020     = 9
	matrixBT2020Cons = 10
)

// Color resolves the defaults as the kernel does (V4L2_MAP_*_DEFAULT of
// videodev2.h) and translates into H.273.
func (f *Format) Color() Color {
	p := PixelOf(f.FourCC)
	return f.Colorimetry.resolve(p != nil && p.RGB, f.Height).h273(p != nil && p.RGB)
}

// resolve puts values in the place of defaults.
func (c Colorimetry) resolve(rgb bool, height uint32) Colorimetry {
	if c.Colorspace == sys.V4L2_COLORSPACE_DEFAULT {
		// V4L2_MAP_COLORSPACE_DEFAULT(is_sdtv, is_hdtv): the size tells them
		// apart, at the lines of 625-line television.
		switch {
		case rgb:
			c.Colorspace = sys.V4L2_COLORSPACE_SRGB
		case height <= 576:
			c.Colorspace = sys.V4L2_COLORSPACE_SMPTE170M
		default:
			c.Colorspace = sys.V4L2_COLORSPACE_REC709
		}
	}
	if c.Transfer == sys.V4L2_XFER_FUNC_DEFAULT {
		switch c.Colorspace {
		case sys.V4L2_COLORSPACE_OPRGB:
			c.Transfer = sys.V4L2_XFER_FUNC_OPRGB
		case sys.V4L2_COLORSPACE_SMPTE240M:
			c.Transfer = sys.V4L2_XFER_FUNC_SMPTE240M
		case sys.V4L2_COLORSPACE_DCI_P3:
			c.Transfer = sys.V4L2_XFER_FUNC_DCI_P3
		case sys.V4L2_COLORSPACE_RAW:
			c.Transfer = sys.V4L2_XFER_FUNC_NONE
		case sys.V4L2_COLORSPACE_SRGB, sys.V4L2_COLORSPACE_JPEG:
			c.Transfer = sys.V4L2_XFER_FUNC_SRGB
		default:
			c.Transfer = sys.V4L2_XFER_FUNC_709
		}
	}
	if c.Encoding == sys.V4L2_YCBCR_ENC_DEFAULT {
		switch c.Colorspace {
		case sys.V4L2_COLORSPACE_REC709, sys.V4L2_COLORSPACE_DCI_P3:
			c.Encoding = sys.V4L2_YCBCR_ENC_709
		case sys.V4L2_COLORSPACE_BT2020:
			c.Encoding = sys.V4L2_YCBCR_ENC_BT2020
		case sys.V4L2_COLORSPACE_SMPTE240M:
			c.Encoding = sys.V4L2_YCBCR_ENC_SMPTE240M
		default:
			c.Encoding = sys.V4L2_YCBCR_ENC_601
		}
	}
	if c.Quantization == sys.V4L2_QUANTIZATION_DEFAULT {
		c.Quantization = sys.V4L2_QUANTIZATION_LIM_RANGE
		if rgb || c.Colorspace == sys.V4L2_COLORSPACE_JPEG {
			c.Quantization = sys.V4L2_QUANTIZATION_FULL_RANGE
		}
	}
	return c
}

func (c Colorimetry) h273(rgb bool) Color {
	out := Color{unspecified, unspecified, unspecified, c.Quantization == sys.V4L2_QUANTIZATION_FULL_RANGE}
	switch c.Colorspace {
	case sys.V4L2_COLORSPACE_SMPTE170M:
		out.Primaries = primaries170M
	case sys.V4L2_COLORSPACE_SMPTE240M:
		out.Primaries = primaries240M
	case sys.V4L2_COLORSPACE_REC709, sys.V4L2_COLORSPACE_SRGB, sys.V4L2_COLORSPACE_JPEG:
		out.Primaries = primariesBT709
	case sys.V4L2_COLORSPACE_470_SYSTEM_M:
		out.Primaries = primariesBT470M
	case sys.V4L2_COLORSPACE_470_SYSTEM_BG:
		out.Primaries = primariesBT470BG
	case sys.V4L2_COLORSPACE_BT2020:
		out.Primaries = primariesBT2020
	case sys.V4L2_COLORSPACE_DCI_P3:
		out.Primaries = primariesRP431
	} // opRGB has no code point

	switch c.Transfer {
	case sys.V4L2_XFER_FUNC_709:
		// One curve with a code point for each standard it appears in.
		switch {
		case c.Encoding == sys.V4L2_YCBCR_ENC_XV601 || c.Encoding == sys.V4L2_YCBCR_ENC_XV709:
			out.Transfer = transferXVYCC
		case c.Colorspace == sys.V4L2_COLORSPACE_BT2020:
			out.Transfer = transferBT2020
		case c.Colorspace == sys.V4L2_COLORSPACE_SMPTE170M:
			out.Transfer = transfer170M
		default:
			out.Transfer = transferBT709
		}
	case sys.V4L2_XFER_FUNC_SRGB:
		out.Transfer = transferSRGB
	case sys.V4L2_XFER_FUNC_OPRGB: // exponent 2.19921875
		out.Transfer = transferGamma22
	case sys.V4L2_XFER_FUNC_SMPTE240M:
		out.Transfer = transfer240M
	case sys.V4L2_XFER_FUNC_NONE:
		out.Transfer = transferLinear
	case sys.V4L2_XFER_FUNC_DCI_P3:
		out.Transfer = transferST428
	case sys.V4L2_XFER_FUNC_SMPTE2084:
		out.Transfer = transferPQ
	}

	if rgb {
		out.Matrix = matrixRGB
		return out
	}
	switch c.Encoding {
	case sys.V4L2_YCBCR_ENC_601, sys.V4L2_YCBCR_ENC_XV601, sys.V4L2_YCBCR_ENC_SYCC:
		out.Matrix = matrix170M
	case sys.V4L2_YCBCR_ENC_709, sys.V4L2_YCBCR_ENC_XV709:
		out.Matrix = matrixBT709
	case sys.V4L2_YCBCR_ENC_BT2020:
		out.Matrix = matrixBT2020
	case sys.V4L2_YCBCR_ENC_BT2020_CONST_LUM:
		out.Matrix = matrixBT2020Cons
	case sys.V4L2_YCBCR_ENC_SMPTE240M:
		out.Matrix = matrix240M
	}
	return out
}
