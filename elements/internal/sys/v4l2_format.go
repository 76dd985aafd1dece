package sys

import (
	"encoding/binary"
	"structs"
	"unsafe"
)

// Frame size and interval types, enum v4l2_frmsizetypes and v4l2_frmivaltypes.
const (
	V4L2_FRMSIZE_TYPE_DISCRETE   = 1
	V4L2_FRMSIZE_TYPE_CONTINUOUS = 2
	V4L2_FRMSIZE_TYPE_STEPWISE   = 3

	V4L2_FRMIVAL_TYPE_DISCRETE   = 1
	V4L2_FRMIVAL_TYPE_CONTINUOUS = 2
	V4L2_FRMIVAL_TYPE_STEPWISE   = 3
)

const (
	V4L2_FMT_FLAG_COMPRESSED = 0x0001
	V4L2_FMT_FLAG_EMULATED   = 0x0002

	// V4L2_PIX_FMT_PRIV_MAGIC in priv says that flags and the fields after it
	// are meant.
	V4L2_PIX_FMT_PRIV_MAGIC = 0xfeedcafe

	// V4L2_CAP_TIMEPERFRAME in v4l2_captureparm.capability: the interval can be set.
	V4L2_CAP_TIMEPERFRAME = 0x1000
)

// enum v4l2_colorspace.
const (
	V4L2_COLORSPACE_DEFAULT       = 0
	V4L2_COLORSPACE_SMPTE170M     = 1
	V4L2_COLORSPACE_SMPTE240M     = 2
	V4L2_COLORSPACE_REC709        = 3
	V4L2_COLORSPACE_470_SYSTEM_M  = 5
	V4L2_COLORSPACE_470_SYSTEM_BG = 6
	V4L2_COLORSPACE_JPEG          = 7
	V4L2_COLORSPACE_SRGB          = 8
	V4L2_COLORSPACE_OPRGB         = 9
	V4L2_COLORSPACE_BT2020        = 10
	V4L2_COLORSPACE_RAW           = 11
	V4L2_COLORSPACE_DCI_P3        = 12
)

// enum v4l2_xfer_func.
const (
	V4L2_XFER_FUNC_DEFAULT   = 0
	V4L2_XFER_FUNC_709       = 1
	V4L2_XFER_FUNC_SRGB      = 2
	V4L2_XFER_FUNC_OPRGB     = 3
	V4L2_XFER_FUNC_SMPTE240M = 4
	V4L2_XFER_FUNC_NONE      = 5
	V4L2_XFER_FUNC_DCI_P3    = 6
	V4L2_XFER_FUNC_SMPTE2084 = 7
)

// enum v4l2_ycbcr_encoding.
const (
	V4L2_YCBCR_ENC_DEFAULT          = 0
	V4L2_YCBCR_ENC_601              = 1
	V4L2_YCBCR_ENC_709              = 2
	V4L2_YCBCR_ENC_XV601            = 3
	V4L2_YCBCR_ENC_XV709            = 4
	V4L2_YCBCR_ENC_SYCC             = 5
	V4L2_YCBCR_ENC_BT2020           = 6
	V4L2_YCBCR_ENC_BT2020_CONST_LUM = 7
	V4L2_YCBCR_ENC_SMPTE240M        = 8
)

// enum v4l2_quantization.
const (
	V4L2_QUANTIZATION_DEFAULT    = 0
	V4L2_QUANTIZATION_FULL_RANGE = 1
	V4L2_QUANTIZATION_LIM_RANGE  = 2
)

// V4L2Fract is struct v4l2_fract.
type V4L2Fract struct {
	_           structs.HostLayout
	Numerator   uint32
	Denominator uint32
}

// V4L2FmtDesc is struct v4l2_fmtdesc.
type V4L2FmtDesc struct {
	_           structs.HostLayout
	Index       uint32
	Type        uint32
	Flags       uint32
	Description [32]byte
	PixelFormat uint32
	MbusCode    uint32
	Reserved    [3]uint32
}

// V4L2PixFormat is struct v4l2_pix_format; YCbCrEnc shares its place with
// hsv_enc.
type V4L2PixFormat struct {
	_            structs.HostLayout
	Width        uint32
	Height       uint32
	PixelFormat  uint32
	Field        uint32
	BytesPerLine uint32
	SizeImage    uint32
	Colorspace   uint32
	Priv         uint32
	Flags        uint32
	YCbCrEnc     uint32
	Quantization uint32
	XferFunc     uint32
}

// V4L2PlanePixFormat is struct v4l2_plane_pix_format.
type V4L2PlanePixFormat struct {
	_            structs.HostLayout
	SizeImage    uint32
	BytesPerLine uint32
	Reserved     [6]uint16
}

// V4L2PixFormatMplane is struct v4l2_pix_format_mplane.
type V4L2PixFormatMplane struct {
	_            structs.HostLayout
	Width        uint32
	Height       uint32
	PixelFormat  uint32
	Field        uint32
	Colorspace   uint32
	PlaneFmt     [VIDEO_MAX_PLANES]V4L2PlanePixFormat
	NumPlanes    uint8
	Flags        uint8
	YCbCrEnc     uint8
	Quantization uint8
	XferFunc     uint8
	Reserved     [7]uint8
}

// V4L2Format is struct v4l2_format. Its union holds a struct with pointers, so
// it starts at a word boundary: the zero-length array makes Go do the same.
type V4L2Format struct {
	_    structs.HostLayout
	Type uint32
	_    [0]uintptr
	Fmt  [200]byte
}

// Pix is the union's view for single-planar types.
func (f *V4L2Format) Pix() *V4L2PixFormat { return (*V4L2PixFormat)(unsafe.Pointer(&f.Fmt)) }

// PixMP is the union's view for multi-planar types.
func (f *V4L2Format) PixMP() *V4L2PixFormatMplane {
	return (*V4L2PixFormatMplane)(unsafe.Pointer(&f.Fmt))
}

// V4L2FrmSizeStepwise is struct v4l2_frmsize_stepwise. The discrete member of
// the union it stands in, {width, height}, is its first two words.
type V4L2FrmSizeStepwise struct {
	_          structs.HostLayout
	MinWidth   uint32
	MaxWidth   uint32
	StepWidth  uint32
	MinHeight  uint32
	MaxHeight  uint32
	StepHeight uint32
}

// V4L2FrmSizeEnum is struct v4l2_frmsizeenum.
type V4L2FrmSizeEnum struct {
	_           structs.HostLayout
	Index       uint32
	PixelFormat uint32
	Type        uint32
	U           [24]byte
	Reserved    [2]uint32
}

// Discrete is the union's {width, height}.
func (e *V4L2FrmSizeEnum) Discrete() (width, height uint32) {
	return binary.NativeEndian.Uint32(e.U[0:]), binary.NativeEndian.Uint32(e.U[4:])
}

// Stepwise is the union's other view.
func (e *V4L2FrmSizeEnum) Stepwise() *V4L2FrmSizeStepwise {
	return (*V4L2FrmSizeStepwise)(unsafe.Pointer(&e.U))
}

// V4L2FrmIvalStepwise is struct v4l2_frmival_stepwise. The discrete member of
// the union it stands in is its first field.
type V4L2FrmIvalStepwise struct {
	_    structs.HostLayout
	Min  V4L2Fract
	Max  V4L2Fract
	Step V4L2Fract
}

// V4L2FrmIvalEnum is struct v4l2_frmivalenum.
type V4L2FrmIvalEnum struct {
	_           structs.HostLayout
	Index       uint32
	PixelFormat uint32
	Width       uint32
	Height      uint32
	Type        uint32
	U           [24]byte
	Reserved    [2]uint32
}

// Stepwise is the union; for a discrete entry only Min is meant.
func (e *V4L2FrmIvalEnum) Stepwise() *V4L2FrmIvalStepwise {
	return (*V4L2FrmIvalStepwise)(unsafe.Pointer(&e.U))
}

// V4L2CaptureParm is struct v4l2_captureparm.
type V4L2CaptureParm struct {
	_            structs.HostLayout
	Capability   uint32
	CaptureMode  uint32
	TimePerFrame V4L2Fract
	ExtendedMode uint32
	ReadBuffers  uint32
	Reserved     [4]uint32
}

// V4L2StreamParm is struct v4l2_streamparm.
type V4L2StreamParm struct {
	_    structs.HostLayout
	Type uint32
	Parm [200]byte
}

// Capture is the union's view for capture types.
func (p *V4L2StreamParm) Capture() *V4L2CaptureParm {
	return (*V4L2CaptureParm)(unsafe.Pointer(&p.Parm))
}

// Request numbers, each named by its C macro.
var (
	VIDIOC_ENUM_FMT            = IOWR[V4L2FmtDesc]('V', 2)
	VIDIOC_G_FMT               = IOWR[V4L2Format]('V', 4)
	VIDIOC_S_FMT               = IOWR[V4L2Format]('V', 5)
	VIDIOC_TRY_FMT             = IOWR[V4L2Format]('V', 64)
	VIDIOC_G_PARM              = IOWR[V4L2StreamParm]('V', 21)
	VIDIOC_S_PARM              = IOWR[V4L2StreamParm]('V', 22)
	VIDIOC_ENUM_FRAMESIZES     = IOWR[V4L2FrmSizeEnum]('V', 74)
	VIDIOC_ENUM_FRAMEINTERVALS = IOWR[V4L2FrmIvalEnum]('V', 75)
)
