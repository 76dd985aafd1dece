package sys

import (
	"testing"
	"unsafe"
)

// The numbers are those of the kernel on amd64 and arm64; test/abi compares
// every offset with the C headers.
func TestV4L2RequestNumbersOn64Bit(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the listed numbers are those of 64-bit kernels")
	}
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"VIDIOC_QUERYCAP", VIDIOC_QUERYCAP, 0x80685600},
		{"VIDIOC_ENUM_FMT", VIDIOC_ENUM_FMT, 0xc0405602},
		{"VIDIOC_G_FMT", VIDIOC_G_FMT, 0xc0d05604},
		{"VIDIOC_S_FMT", VIDIOC_S_FMT, 0xc0d05605},
		{"VIDIOC_REQBUFS", VIDIOC_REQBUFS, 0xc0145608},
		{"VIDIOC_QUERYBUF", VIDIOC_QUERYBUF, 0xc0585609},
		{"VIDIOC_QBUF", VIDIOC_QBUF, 0xc058560f},
		{"VIDIOC_EXPBUF", VIDIOC_EXPBUF, 0xc0405610},
		{"VIDIOC_DQBUF", VIDIOC_DQBUF, 0xc0585611},
		{"VIDIOC_STREAMON", VIDIOC_STREAMON, 0x40045612},
		{"VIDIOC_G_EXT_CTRLS", VIDIOC_G_EXT_CTRLS, 0xc0205647},
		{"VIDIOC_S_EXT_CTRLS", VIDIOC_S_EXT_CTRLS, 0xc0205648},
		{"VIDIOC_SUBSCRIBE_EVENT", VIDIOC_SUBSCRIBE_EVENT, 0x4020565a},
		{"VIDIOC_DQEVENT", VIDIOC_DQEVENT, 0x80885659},
		{"sizeof v4l2_buffer", unsafe.Sizeof(V4L2Buffer{}), 88},
		{"sizeof v4l2_plane", unsafe.Sizeof(V4L2Plane{}), 64},
		{"sizeof v4l2_format", unsafe.Sizeof(V4L2Format{}), 208},
		{"sizeof v4l2_ext_control", unsafe.Sizeof(V4L2ExtControl{}), 20},
		{"sizeof v4l2_ext_controls", unsafe.Sizeof(V4L2ExtControls{}), 32},
		{"sizeof v4l2_exportbuffer", unsafe.Sizeof(V4L2ExportBuffer{}), 64},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %#x, want %#x", c.name, c.got, c.want)
		}
	}
}

func TestV4L2UnionsKeepTheirMembersApart(t *testing.T) {
	var b V4L2Buffer
	var planes [VIDEO_MAX_PLANES]V4L2Plane
	b.SetPlanes(&planes)
	if uintptr(b.M) != uintptr(unsafe.Pointer(&planes)) || b.Length != VIDEO_MAX_PLANES {
		t.Errorf("planes: got %#x with length %d", uintptr(b.M), b.Length)
	}
	b.SetOffset(0x1000)
	if b.Offset() != 0x1000 || *(*uint32)(unsafe.Pointer(&b.M)) != 0x1000 {
		t.Errorf("offset: got %#x in %#x", b.Offset(), uintptr(b.M))
	}
	var e V4L2FrmSizeEnum
	e.Stepwise().MinWidth, e.Stepwise().MaxWidth = 640, 480
	if w, h := e.Discrete(); w != 640 || h != 480 {
		t.Errorf("discrete: got %dx%d, want 640x480", w, h)
	}
}
