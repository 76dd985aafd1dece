package v4l2_test

import (
	"errors"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

func TestFourCCText(t *testing.T) {
	for code, want := range map[v4l2.FourCC]string{
		v4l2.MakeFourCC("NV12"):         "NV12",
		v4l2.MakeFourCC("Y16 "):         "Y16",
		v4l2.MakeFourCC("Y16 ") | 1<<31: "Y16-BE",
		0x01020304:                      "????",
		0:                               "",
	} {
		if got := code.String(); got != want {
			t.Errorf("%#x: got %q, want %q", uint32(code), got, want)
		}
	}
}

func TestPixelTableIsConsistent(t *testing.T) {
	seen := map[v4l2.FourCC]bool{}
	for _, p := range v4l2.Pixels() {
		if seen[p.FourCC] {
			t.Errorf("%v is listed twice", p.FourCC)
		}
		seen[p.FourCC] = true
		if p.Planes() < 1 || p.Planes() > 4 {
			t.Errorf("%v has %d planes", p.FourCC, p.Planes())
		}
		if p.Memories != 1 && p.Memories != p.Planes() {
			t.Errorf("%v has %d planes in %d memories", p.FourCC, p.Planes(), p.Memories)
		}
		if got := v4l2.PixelOf(p.FourCC); got == nil || got.Name != p.Name {
			t.Errorf("%v: got %v", p.FourCC, got)
		}
	}
	if v4l2.PixelOf(v4l2.MakeFourCC("MJPG")) != nil {
		t.Error("a compressed format has a layout")
	}
}

func format(code string, w, h uint32, planes ...v4l2.PlaneFormat) v4l2.Format {
	f := v4l2.Format{FourCC: v4l2.MakeFourCC(code), Width: w, Height: h, NPlanes: len(planes)}
	copy(f.Planes[:], planes)
	return f
}

func TestLayout(t *testing.T) {
	type plane = v4l2.Plane
	type mem = v4l2.PlaneFormat
	for _, c := range []struct {
		name string
		f    v4l2.Format
		want []plane
	}{
		{"packed", format("YUYV", 640, 480, mem{1280, 614400}), []plane{{0, 0, 1280, 614400}}},
		{"packed, padded lines", format("XR24", 100, 10, mem{512, 8192}), []plane{{0, 0, 512, 5120}}},
		{"NV12", format("NV12", 640, 480, mem{640, 460800}), []plane{{0, 0, 640, 307200}, {0, 307200, 640, 153600}}},
		{"NV12, padded lines", format("NV12", 600, 400, mem{640, 400000}), []plane{{0, 0, 640, 256000}, {0, 256000, 640, 128000}}},
		{"NV12, odd height", format("NV12", 64, 33, mem{64, 64 * 50}), []plane{{0, 0, 64, 64 * 33}, {0, 64 * 33, 64, 64 * 17}}},
		{"NV24", format("NV24", 64, 32, mem{64, 64 * 96}), []plane{{0, 0, 64, 2048}, {0, 2048, 128, 4096}}},
		{"P010", format("P010", 64, 32, mem{128, 128 * 48}), []plane{{0, 0, 128, 4096}, {0, 4096, 128, 2048}}},
		{"I420", format("YU12", 64, 32, mem{64, 3072}), []plane{{0, 0, 64, 2048}, {0, 2048, 32, 512}, {0, 2560, 32, 512}}},
		{"Y42B", format("422P", 64, 32, mem{64, 4096}), []plane{{0, 0, 64, 2048}, {0, 2048, 32, 1024}, {0, 3072, 32, 1024}}},
		{"NV12 in two memories", format("NM12", 64, 32, mem{64, 2048}, mem{96, 96 * 16}), []plane{{0, 0, 64, 2048}, {1, 0, 96, 96 * 16}}},
		{"I420 in three memories", format("YM12", 64, 32, mem{64, 2048}, mem{32, 512}, mem{32, 512}), []plane{{0, 0, 64, 2048}, {1, 0, 32, 512}, {2, 0, 32, 512}}},
		{"tiles of four lines", format("VT12", 64, 30, mem{64, 64 * 48}), []plane{{0, 0, 64, 64 * 32}, {0, 64 * 32, 64, 64 * 16}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := c.f.Layout()
			if err != nil {
				t.Fatal(err)
			}
			if l.N != len(c.want) {
				t.Fatalf("got %d planes, want %d", l.N, len(c.want))
			}
			for i, want := range c.want {
				if l.Planes[i] != want {
					t.Errorf("plane %d: got %+v, want %+v", i, l.Planes[i], want)
				}
			}
		})
	}
}

func TestLayoutRefusesWhatCannotHoldThePicture(t *testing.T) {
	type mem = v4l2.PlaneFormat
	for _, c := range []struct {
		name string
		f    v4l2.Format
		want error
	}{
		{"unknown format", format("MJPG", 64, 32, mem{0, 5000}), v4l2.ErrFormat},
		{"no stride", format("YUYV", 64, 32, mem{0, 4096}), v4l2.ErrReply},
		{"stride of half a line", format("YUYV", 64, 32, mem{64, 4096}), v4l2.ErrReply},
		{"size a byte short", format("NV12", 64, 32, mem{64, 3071}), v4l2.ErrReply},
		{"stride near 2^32", format("NV12", 64, 32, mem{1<<32 - 1, 1<<32 - 1}), v4l2.ErrReply},
		{"one memory of two", format("NM12", 64, 32, mem{64, 3072}), v4l2.ErrReply},
		{"two memories of one", format("NV12", 64, 32, mem{64, 2048}, mem{64, 1024}), v4l2.ErrReply},
		{"chroma memory too small", format("NM12", 64, 32, mem{64, 2048}, mem{64, 1023}), v4l2.ErrReply},
		{"chroma stride too small", format("YM12", 64, 32, mem{64, 2048}, mem{31, 512}, mem{32, 512}), v4l2.ErrReply},
		{"no width", format("YUYV", 0, 32, mem{128, 4096}), v4l2.ErrReply},
		{"no memories", format("YUYV", 64, 32), v4l2.ErrReply},
	} {
		if l, err := c.f.Layout(); !errors.Is(err, c.want) || l.N != 0 {
			t.Errorf("%s: got %+v, %v; want %v", c.name, l, err, c.want)
		}
	}
}

func TestColorimetryInH273(t *testing.T) {
	for _, c := range []struct {
		name   string
		code   string
		height uint32
		c      v4l2.Colorimetry
		want   v4l2.Color
	}{
		{"nothing said, SD", "NV12", 480, v4l2.Colorimetry{}, v4l2.Color{Primaries: 6, Transfer: 6, Matrix: 6}},
		{"nothing said, HD", "NV12", 1080, v4l2.Colorimetry{}, v4l2.Color{Primaries: 1, Transfer: 1, Matrix: 1}},
		{"nothing said, RGB", "XR24", 480, v4l2.Colorimetry{}, v4l2.Color{Primaries: 1, Transfer: 13, Matrix: 0, FullRange: true}},
		{"webcam", "YUYV", 720, v4l2.Colorimetry{Colorspace: sys.V4L2_COLORSPACE_SRGB}, v4l2.Color{Primaries: 1, Transfer: 13, Matrix: 6}},
		{"JPEG", "YU12", 720, v4l2.Colorimetry{Colorspace: sys.V4L2_COLORSPACE_JPEG}, v4l2.Color{Primaries: 1, Transfer: 13, Matrix: 6, FullRange: true}},
		{"BT.2020", "P010", 2160, v4l2.Colorimetry{Colorspace: sys.V4L2_COLORSPACE_BT2020}, v4l2.Color{Primaries: 9, Transfer: 14, Matrix: 9}},
		{"HDR10", "P010", 2160, v4l2.Colorimetry{Colorspace: sys.V4L2_COLORSPACE_BT2020, Transfer: sys.V4L2_XFER_FUNC_SMPTE2084},
			v4l2.Color{Primaries: 9, Transfer: 16, Matrix: 9}},
		{"HDR10, RGB limited", "XR24", 2160, v4l2.Colorimetry{sys.V4L2_COLORSPACE_BT2020, sys.V4L2_XFER_FUNC_SMPTE2084, 0, sys.V4L2_QUANTIZATION_LIM_RANGE},
			v4l2.Color{Primaries: 9, Transfer: 16, Matrix: 0}},
		{"constant luminance", "NV12", 2160, v4l2.Colorimetry{sys.V4L2_COLORSPACE_BT2020, 0, sys.V4L2_YCBCR_ENC_BT2020_CONST_LUM, 0},
			v4l2.Color{Primaries: 9, Transfer: 14, Matrix: 10}},
		{"cinema", "XR24", 2160, v4l2.Colorimetry{Colorspace: sys.V4L2_COLORSPACE_DCI_P3}, v4l2.Color{Primaries: 11, Transfer: 17, Matrix: 0, FullRange: true}},
		{"xvYCC", "NV12", 1080, v4l2.Colorimetry{sys.V4L2_COLORSPACE_REC709, 0, sys.V4L2_YCBCR_ENC_XV709, 0}, v4l2.Color{Primaries: 1, Transfer: 11, Matrix: 1}},
		{"opRGB", "XR24", 480, v4l2.Colorimetry{Colorspace: sys.V4L2_COLORSPACE_OPRGB}, v4l2.Color{Primaries: 2, Transfer: 4, Matrix: 0, FullRange: true}},
		{"240M", "NV12", 1080, v4l2.Colorimetry{Colorspace: sys.V4L2_COLORSPACE_SMPTE240M}, v4l2.Color{Primaries: 7, Transfer: 7, Matrix: 7}},
		{"raw", "NV12", 1080, v4l2.Colorimetry{Colorspace: sys.V4L2_COLORSPACE_RAW}, v4l2.Color{Primaries: 2, Transfer: 8, Matrix: 6}},
		{"values unknown to this package", "NV12", 1080, v4l2.Colorimetry{99, 99, 99, 99}, v4l2.Color{Primaries: 2, Transfer: 2, Matrix: 2}},
	} {
		f := v4l2.Format{FourCC: v4l2.MakeFourCC(c.code), Height: c.height, Colorimetry: c.c}
		if got := f.Color(); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}
