package sys

import (
	"encoding/binary"
	"structs"
)

// Inputs.
const (
	V4L2_IN_ST_NO_POWER  = 0x00000001
	V4L2_IN_ST_NO_SIGNAL = 0x00000002
	V4L2_IN_ST_NO_H_LOCK = 0x00000100
	V4L2_IN_ST_NO_V_LOCK = 0x00000400
	V4L2_IN_ST_NO_SYNC   = 0x00010000

	V4L2_IN_CAP_DV_TIMINGS = 0x00000002
	V4L2_IN_CAP_STD        = 0x00000004

	V4L2_STD_525_60 = 0xf900

	V4L2_DV_BT_656_1120 = 0
	V4L2_DV_INTERLACED  = 1
)

// Selections.
const (
	V4L2_SEL_TGT_CROP         = 0x0000
	V4L2_SEL_TGT_CROP_DEFAULT = 0x0001
	V4L2_SEL_TGT_CROP_BOUNDS  = 0x0002
)

// V4L2Input is struct v4l2_input.
type V4L2Input struct {
	_            structs.HostLayout
	Index        uint32
	Name         [32]byte
	Type         uint32
	AudioSet     uint32
	Tuner        uint32
	Std          uint64
	Status       uint32
	Capabilities uint32
	Reserved     [3]uint32
	_            [4]byte
}

// V4L2BTTimings is struct v4l2_bt_timings, which is packed.
type V4L2BTTimings struct {
	_             structs.HostLayout
	Width         uint32
	Height        uint32
	Interlaced    uint32
	Polarities    uint32
	pixelClock    [8]byte // Hz
	HFrontPorch   uint32
	HSync         uint32
	HBackPorch    uint32
	VFrontPorch   uint32
	VSync         uint32
	VBackPorch    uint32
	ILVFrontPorch uint32
	ILVSync       uint32
	ILVBackPorch  uint32
	Standards     uint32
	Flags         uint32
	PictureAspect V4L2Fract
	CEA861VIC     uint8
	HDMIVIC       uint8
	Reserved      [46]uint8
}

// PixelClock is in Hz.
func (t *V4L2BTTimings) PixelClock() uint64 { return binary.NativeEndian.Uint64(t.pixelClock[:]) }

// SetPixelClock writes it.
func (t *V4L2BTTimings) SetPixelClock(hz uint64) {
	binary.NativeEndian.PutUint64(t.pixelClock[:], hz)
}

// V4L2DVTimings is struct v4l2_dv_timings, with the only member of its union.
type V4L2DVTimings struct {
	_    structs.HostLayout
	Type uint32
	BT   V4L2BTTimings
	_    [4]byte
}

// V4L2Rect is struct v4l2_rect.
type V4L2Rect struct {
	_      structs.HostLayout
	Left   int32
	Top    int32
	Width  uint32
	Height uint32
}

// V4L2Selection is struct v4l2_selection.
type V4L2Selection struct {
	_        structs.HostLayout
	Type     uint32
	Target   uint32
	Flags    uint32
	R        V4L2Rect
	Reserved [9]uint32
}

// V4L2CropCap is struct v4l2_cropcap.
type V4L2CropCap struct {
	_           structs.HostLayout
	Type        uint32
	Bounds      V4L2Rect
	DefRect     V4L2Rect
	PixelAspect V4L2Fract
}

// Request numbers.
var (
	VIDIOC_G_STD            = IOR[uint64]('V', 23)
	VIDIOC_S_STD            = IOW[uint64]('V', 24)
	VIDIOC_ENUMINPUT        = IOWR[V4L2Input]('V', 26)
	VIDIOC_G_INPUT          = IOR[int32]('V', 38)
	VIDIOC_S_INPUT          = IOWR[int32]('V', 39)
	VIDIOC_CROPCAP          = IOWR[V4L2CropCap]('V', 58)
	VIDIOC_G_SELECTION      = IOWR[V4L2Selection]('V', 94)
	VIDIOC_S_SELECTION      = IOWR[V4L2Selection]('V', 95)
	VIDIOC_S_DV_TIMINGS     = IOWR[V4L2DVTimings]('V', 87)
	VIDIOC_G_DV_TIMINGS     = IOWR[V4L2DVTimings]('V', 88)
	VIDIOC_QUERY_DV_TIMINGS = IOR[V4L2DVTimings]('V', 99)
)
