package sys

import (
	"encoding/binary"
	"structs"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Controls and their flags.
const (
	V4L2_CTRL_WHICH_CUR_VAL = 0

	V4L2_CTRL_FLAG_DISABLED   = 0x0001
	V4L2_CTRL_FLAG_READ_ONLY  = 0x0004
	V4L2_CTRL_FLAG_WRITE_ONLY = 0x0040
	V4L2_CTRL_FLAG_NEXT_CTRL  = 0x80000000

	V4L2_CTRL_TYPE_INTEGER      = 1
	V4L2_CTRL_TYPE_BOOLEAN      = 2
	V4L2_CTRL_TYPE_MENU         = 3
	V4L2_CTRL_TYPE_BUTTON       = 4
	V4L2_CTRL_TYPE_CTRL_CLASS   = 6
	V4L2_CTRL_TYPE_BITMASK      = 8
	V4L2_CTRL_TYPE_INTEGER_MENU = 9

	V4L2_CID_BRIGHTNESS = 0x00980900
	V4L2_CID_CONTRAST   = 0x00980901
	V4L2_CID_SATURATION = 0x00980902
	V4L2_CID_HUE        = 0x00980903

	V4L2_CID_COLORIMETRY_HDR10_CLL_INFO          = 0x00a50900
	V4L2_CID_COLORIMETRY_HDR10_MASTERING_DISPLAY = 0x00a50901
)

// Events.
const (
	V4L2_EVENT_ALL           = 0
	V4L2_EVENT_EOS           = 2
	V4L2_EVENT_CTRL          = 3
	V4L2_EVENT_SOURCE_CHANGE = 5

	V4L2_EVENT_SRC_CH_RESOLUTION = 1
	V4L2_EVENT_CTRL_CH_VALUE     = 1

	V4L2_EVENT_SUB_FL_SEND_INITIAL = 1
)

// V4L2Control is struct v4l2_control.
type V4L2Control struct {
	_     structs.HostLayout
	ID    uint32
	Value int32
}

// V4L2QueryCtrl is struct v4l2_queryctrl.
type V4L2QueryCtrl struct {
	_            structs.HostLayout
	ID           uint32
	Type         uint32
	Name         [32]byte
	Minimum      int32
	Maximum      int32
	Step         int32
	DefaultValue int32
	Flags        uint32
	Reserved     [2]uint32
}

// V4L2ExtControl is struct v4l2_ext_control: packed, so its union of value64
// and pointers is bytes.
type V4L2ExtControl struct {
	_         structs.HostLayout
	ID        uint32
	Size      uint32
	Reserved2 [1]uint32
	U         [8]byte
}

// SetPtr points the union at a compound control's payload of size bytes. The
// union hides the pointer from the garbage collector: the caller pins p for the
// ioctl.
func (c *V4L2ExtControl) SetPtr(p unsafe.Pointer, size uintptr) {
	c.Size = uint32(size)
	c.U = [8]byte{}
	if unsafe.Sizeof(p) == 8 {
		binary.NativeEndian.PutUint64(c.U[:], uint64(uintptr(p)))
	} else {
		binary.NativeEndian.PutUint32(c.U[:], uint32(uintptr(p)))
	}
}

// V4L2ExtControls is struct v4l2_ext_controls; Which shares its place with
// ctrl_class.
type V4L2ExtControls struct {
	_         structs.HostLayout
	Which     uint32
	Count     uint32
	ErrorIdx  uint32
	RequestFD int32
	Reserved  [1]uint32
	Controls  *V4L2ExtControl
}

// V4L2CtrlHDR10CLLInfo is struct v4l2_ctrl_hdr10_cll_info, in cd/m².
type V4L2CtrlHDR10CLLInfo struct {
	_                       structs.HostLayout
	MaxContentLightLevel    uint16
	MaxPicAverageLightLevel uint16
}

// V4L2CtrlHDR10MasteringDisplay is struct v4l2_ctrl_hdr10_mastering_display:
// primaries in the order G, B, R in 0.00002, luminance in 0.0001 cd/m².
type V4L2CtrlHDR10MasteringDisplay struct {
	_                            structs.HostLayout
	DisplayPrimariesX            [3]uint16
	DisplayPrimariesY            [3]uint16
	WhitePointX                  uint16
	WhitePointY                  uint16
	MaxDisplayMasteringLuminance uint32
	MinDisplayMasteringLuminance uint32
}

// V4L2EventSubscription is struct v4l2_event_subscription.
type V4L2EventSubscription struct {
	_        structs.HostLayout
	Type     uint32
	ID       uint32
	Flags    uint32
	Reserved [5]uint32
}

// V4L2Event is struct v4l2_event. Its union holds 64-bit values, so it starts
// at their alignment: the zero-length array makes Go do the same.
type V4L2Event struct {
	_         structs.HostLayout
	Type      uint32
	_         [0]int64
	U         [64]byte
	Pending   uint32
	Sequence  uint32
	Timestamp unix.Timespec
	ID        uint32
	Reserved  [8]uint32
}

// Changes is u.src_change.changes or u.ctrl.changes, both the first word.
func (e *V4L2Event) Changes() uint32 { return binary.NativeEndian.Uint32(e.U[0:]) }

// CtrlValue is u.ctrl.value.
func (e *V4L2Event) CtrlValue() int32 { return int32(binary.NativeEndian.Uint32(e.U[8:])) }

// Request numbers, each named by its C macro.
var (
	VIDIOC_G_CTRL            = IOWR[V4L2Control]('V', 27)
	VIDIOC_S_CTRL            = IOWR[V4L2Control]('V', 28)
	VIDIOC_QUERYCTRL         = IOWR[V4L2QueryCtrl]('V', 36)
	VIDIOC_G_EXT_CTRLS       = IOWR[V4L2ExtControls]('V', 71)
	VIDIOC_S_EXT_CTRLS       = IOWR[V4L2ExtControls]('V', 72)
	VIDIOC_DQEVENT           = IOR[V4L2Event]('V', 89)
	VIDIOC_SUBSCRIBE_EVENT   = IOW[V4L2EventSubscription]('V', 90)
	VIDIOC_UNSUBSCRIBE_EVENT = IOW[V4L2EventSubscription]('V', 91)
)
