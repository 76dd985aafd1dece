package sys

import (
	"structs"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Limits of videodev2.h.
const (
	VIDEO_MAX_FRAME  = 32
	VIDEO_MAX_PLANES = 8
)

// enum v4l2_buf_type.
const (
	V4L2_BUF_TYPE_VIDEO_CAPTURE        = 1
	V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE = 9
)

// enum v4l2_memory.
const (
	V4L2_MEMORY_MMAP   = 1
	V4L2_MEMORY_DMABUF = 4
)

// Capabilities.
const (
	V4L2_CAP_VIDEO_CAPTURE        = 0x00000001
	V4L2_CAP_VIDEO_OUTPUT         = 0x00000002
	V4L2_CAP_VIDEO_OVERLAY        = 0x00000004
	V4L2_CAP_VBI_CAPTURE          = 0x00000010
	V4L2_CAP_VBI_OUTPUT           = 0x00000020
	V4L2_CAP_TUNER                = 0x00010000
	V4L2_CAP_AUDIO                = 0x00020000
	V4L2_CAP_VIDEO_CAPTURE_MPLANE = 0x00001000
	V4L2_CAP_VIDEO_OUTPUT_MPLANE  = 0x00002000
	V4L2_CAP_VIDEO_M2M_MPLANE     = 0x00004000
	V4L2_CAP_VIDEO_M2M            = 0x00008000
	V4L2_CAP_META_CAPTURE         = 0x00800000
	V4L2_CAP_STREAMING            = 0x04000000
	V4L2_CAP_IO_MC                = 0x20000000
	V4L2_CAP_DEVICE_CAPS          = 0x80000000
)

// enum v4l2_field.
const (
	V4L2_FIELD_ANY           = 0
	V4L2_FIELD_NONE          = 1
	V4L2_FIELD_TOP           = 2
	V4L2_FIELD_BOTTOM        = 3
	V4L2_FIELD_INTERLACED    = 4
	V4L2_FIELD_SEQ_TB        = 5
	V4L2_FIELD_SEQ_BT        = 6
	V4L2_FIELD_ALTERNATE     = 7
	V4L2_FIELD_INTERLACED_TB = 8
	V4L2_FIELD_INTERLACED_BT = 9
)

// struct v4l2_buffer flags.
const (
	V4L2_BUF_FLAG_MAPPED              = 0x00000001
	V4L2_BUF_FLAG_QUEUED              = 0x00000002
	V4L2_BUF_FLAG_DONE                = 0x00000004
	V4L2_BUF_FLAG_ERROR               = 0x00000040
	V4L2_BUF_FLAG_TIMESTAMP_MASK      = 0x0000e000
	V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC = 0x00002000
	V4L2_BUF_FLAG_TSTAMP_SRC_MASK     = 0x00070000
	V4L2_BUF_FLAG_TSTAMP_SRC_SOE      = 0x00010000
	V4L2_BUF_FLAG_LAST                = 0x00100000
)

// V4L2Capability is struct v4l2_capability.
type V4L2Capability struct {
	_            structs.HostLayout
	Driver       [16]byte
	Card         [32]byte
	BusInfo      [32]byte
	Version      uint32
	Capabilities uint32
	DeviceCaps   uint32
	Reserved     [3]uint32
}

// V4L2RequestBuffers is struct v4l2_requestbuffers.
type V4L2RequestBuffers struct {
	_            structs.HostLayout
	Count        uint32
	Type         uint32
	Memory       uint32
	Capabilities uint32
	Flags        uint8
	Reserved     [3]uint8
}

// V4L2Timecode is struct v4l2_timecode.
type V4L2Timecode struct {
	_        structs.HostLayout
	Type     uint32
	Flags    uint32
	Frames   uint8
	Seconds  uint8
	Minutes  uint8
	Hours    uint8
	Userbits [4]uint8
}

// wordUnion is a C union whose largest member is a pointer or unsigned long.
// It is an integer for Go: the collector must not look at what a driver wrote.
type wordUnion uintptr

// low32 reads the union's 32-bit members, which lie at its lowest address.
func (u *wordUnion) low32() uint32 { return *(*uint32)(unsafe.Pointer(u)) }

func (u *wordUnion) setLow32(v uint32) {
	*u = 0
	*(*uint32)(unsafe.Pointer(u)) = v
}

// V4L2Plane is struct v4l2_plane.
type V4L2Plane struct {
	_          structs.HostLayout
	BytesUsed  uint32
	Length     uint32
	M          wordUnion // mem_offset, userptr, fd
	DataOffset uint32
	Reserved   [11]uint32
}

// MemOffset is m.mem_offset: the cookie mmap takes.
func (p *V4L2Plane) MemOffset() uint32 { return p.M.low32() }

// SetFD writes m.fd.
func (p *V4L2Plane) SetFD(fd int) { p.M.setLow32(uint32(fd)) }

// SetMemOffset writes m.mem_offset.
func (p *V4L2Plane) SetMemOffset(v uint32) { p.M.setLow32(v) }

// V4L2Buffer is struct v4l2_buffer.
type V4L2Buffer struct {
	_         structs.HostLayout
	Index     uint32
	Type      uint32
	BytesUsed uint32
	Flags     uint32
	Field     uint32
	Timestamp unix.Timeval
	Timecode  V4L2Timecode
	Sequence  uint32
	Memory    uint32
	M         wordUnion // offset, userptr, planes, fd
	Length    uint32
	Reserved2 uint32
	RequestFD int32
}

// Offset is m.offset: the cookie mmap takes, single-planar API.
func (b *V4L2Buffer) Offset() uint32 { return b.M.low32() }

// SetFD writes m.fd, single-planar API.
func (b *V4L2Buffer) SetFD(fd int) { b.M.setLow32(uint32(fd)) }

// SetOffset writes m.offset.
func (b *V4L2Buffer) SetOffset(v uint32) { b.M.setLow32(v) }

// SetPlanes writes m.planes and length. The union hides the pointer from the
// garbage collector: the caller pins the array for the ioctl.
func (b *V4L2Buffer) SetPlanes(p *[VIDEO_MAX_PLANES]V4L2Plane) {
	b.M = wordUnion(uintptr(unsafe.Pointer(p)))
	b.Length = VIDEO_MAX_PLANES
}

// V4L2ExportBuffer is struct v4l2_exportbuffer.
type V4L2ExportBuffer struct {
	_        structs.HostLayout
	Type     uint32
	Index    uint32
	Plane    uint32
	Flags    uint32
	FD       int32
	Reserved [11]uint32
}

// Request numbers, each named by its C macro.
var (
	VIDIOC_QUERYCAP  = IOR[V4L2Capability]('V', 0)
	VIDIOC_REQBUFS   = IOWR[V4L2RequestBuffers]('V', 8)
	VIDIOC_QUERYBUF  = IOWR[V4L2Buffer]('V', 9)
	VIDIOC_QBUF      = IOWR[V4L2Buffer]('V', 15)
	VIDIOC_EXPBUF    = IOWR[V4L2ExportBuffer]('V', 16)
	VIDIOC_DQBUF     = IOWR[V4L2Buffer]('V', 17)
	VIDIOC_STREAMON  = IOW[int32]('V', 18)
	VIDIOC_STREAMOFF = IOW[int32]('V', 19)
)
