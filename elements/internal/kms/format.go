package kms

import "github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"

// Format describes how a pixel format lies in linear memory.
type Format struct {
	FourCC uint32
	Planes int
	// CPP is bytes per sample group of each plane: per pixel of plane 0, per
	// chroma sample of the others.
	CPP        [4]uint8
	HSub, VSub uint8 // subsampling of planes 1 and up
	YUV        bool
	// Group is how many samples a group has where they are packed across bytes,
	// else 0 for one.
	Group uint8
}

const (
	rgb = false
	yuv = true
)

// The formats that plain memory can be copied into; DMA-bufs may have any.
var formats = []Format{
	{sys.DRM_FORMAT_XRGB8888, 1, [4]uint8{4}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_ARGB8888, 1, [4]uint8{4}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_XBGR8888, 1, [4]uint8{4}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_ABGR8888, 1, [4]uint8{4}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_RGBX8888, 1, [4]uint8{4}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_RGBA8888, 1, [4]uint8{4}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_BGRX8888, 1, [4]uint8{4}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_BGRA8888, 1, [4]uint8{4}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_XRGB2101010, 1, [4]uint8{4}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_ARGB2101010, 1, [4]uint8{4}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_XBGR2101010, 1, [4]uint8{4}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_ABGR2101010, 1, [4]uint8{4}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_XRGB16161616, 1, [4]uint8{8}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_ARGB16161616, 1, [4]uint8{8}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_XBGR16161616, 1, [4]uint8{8}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_ABGR16161616, 1, [4]uint8{8}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_RGB888, 1, [4]uint8{3}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_BGR888, 1, [4]uint8{3}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_RGB565, 1, [4]uint8{2}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_BGR565, 1, [4]uint8{2}, 1, 1, rgb, 0},
	{sys.DRM_FORMAT_YUYV, 1, [4]uint8{2}, 2, 1, yuv, 0},
	{sys.DRM_FORMAT_YVYU, 1, [4]uint8{2}, 2, 1, yuv, 0},
	{sys.DRM_FORMAT_UYVY, 1, [4]uint8{2}, 2, 1, yuv, 0},
	{sys.DRM_FORMAT_VYUY, 1, [4]uint8{2}, 2, 1, yuv, 0},
	{sys.DRM_FORMAT_AYUV, 1, [4]uint8{4}, 1, 1, yuv, 0},
	{sys.DRM_FORMAT_Y210, 1, [4]uint8{4}, 2, 1, yuv, 0},
	{sys.DRM_FORMAT_Y212, 1, [4]uint8{4}, 2, 1, yuv, 0},
	{sys.DRM_FORMAT_Y410, 1, [4]uint8{4}, 1, 1, yuv, 0},
	{sys.DRM_FORMAT_Y412, 1, [4]uint8{8}, 1, 1, yuv, 0},
	{sys.DRM_FORMAT_NV12, 2, [4]uint8{1, 2}, 2, 2, yuv, 0},
	{sys.DRM_FORMAT_NV21, 2, [4]uint8{1, 2}, 2, 2, yuv, 0},
	{sys.DRM_FORMAT_NV16, 2, [4]uint8{1, 2}, 2, 1, yuv, 0},
	{sys.DRM_FORMAT_NV61, 2, [4]uint8{1, 2}, 2, 1, yuv, 0},
	{sys.DRM_FORMAT_NV24, 2, [4]uint8{1, 2}, 1, 1, yuv, 0},
	{sys.DRM_FORMAT_NV42, 2, [4]uint8{1, 2}, 1, 1, yuv, 0},
	{sys.DRM_FORMAT_NV15, 2, [4]uint8{5, 10}, 2, 2, yuv, 4},
	{sys.DRM_FORMAT_P030, 2, [4]uint8{4, 8}, 2, 2, yuv, 3},
	{sys.DRM_FORMAT_P010, 2, [4]uint8{2, 4}, 2, 2, yuv, 0},
	{sys.DRM_FORMAT_P012, 2, [4]uint8{2, 4}, 2, 2, yuv, 0},
	{sys.DRM_FORMAT_P016, 2, [4]uint8{2, 4}, 2, 2, yuv, 0},
	{sys.DRM_FORMAT_YUV420, 3, [4]uint8{1, 1, 1}, 2, 2, yuv, 0},
	{sys.DRM_FORMAT_YVU420, 3, [4]uint8{1, 1, 1}, 2, 2, yuv, 0},
	{sys.DRM_FORMAT_YUV422, 3, [4]uint8{1, 1, 1}, 2, 1, yuv, 0},
	{sys.DRM_FORMAT_YVU422, 3, [4]uint8{1, 1, 1}, 2, 1, yuv, 0},
	{sys.DRM_FORMAT_YUV444, 3, [4]uint8{1, 1, 1}, 1, 1, yuv, 0},
	{sys.DRM_FORMAT_YVU444, 3, [4]uint8{1, 1, 1}, 1, 1, yuv, 0},
}

// FormatOf finds a format; ok is false for one that only DMA-bufs can have.
func FormatOf(fourcc uint32) (f Format, ok bool) {
	for i := range formats {
		if formats[i].FourCC == fourcc {
			return formats[i], true
		}
	}
	return Format{}, false
}

// deep tells whether the format has more than 8 bits per component.
func (f *Format) deep() bool {
	switch f.FourCC {
	case sys.DRM_FORMAT_XRGB2101010, sys.DRM_FORMAT_ARGB2101010, sys.DRM_FORMAT_XBGR2101010, sys.DRM_FORMAT_ABGR2101010,
		sys.DRM_FORMAT_XRGB16161616, sys.DRM_FORMAT_ARGB16161616, sys.DRM_FORMAT_XBGR16161616, sys.DRM_FORMAT_ABGR16161616,
		sys.DRM_FORMAT_Y210, sys.DRM_FORMAT_Y212, sys.DRM_FORMAT_Y410, sys.DRM_FORMAT_Y412,
		sys.DRM_FORMAT_NV15, sys.DRM_FORMAT_P030, sys.DRM_FORMAT_P010, sys.DRM_FORMAT_P012, sys.DRM_FORMAT_P016:
		return true
	}
	return false
}

// RowBytes is the length of a row of plane i without padding.
func (f *Format) RowBytes(i int, width uint32) uint32 {
	return ceil(f.samples(i, width), uint32(max(f.Group, 1))) * uint32(f.CPP[i])
}

func (f *Format) samples(i int, width uint32) uint32 {
	switch {
	case i > 0:
		return ceil(width, uint32(f.HSub))
	case f.Planes == 1 && f.HSub == 2: // packed 4:2:2 comes in pairs
		return ceil(width, 2) * 2
	}
	return width
}

// Rows is the number of rows of plane i.
func (f *Format) Rows(i int, height uint32) uint32 {
	if i == 0 {
		return height
	}
	return ceil(height, uint32(f.VSub))
}

func ceil(n, d uint32) uint32 { return (n + d - 1) / d }

// FourCCName is the format as people write it: "NV12", "XR24".
func FourCCName(fourcc uint32) string {
	b := [4]byte{byte(fourcc), byte(fourcc >> 8), byte(fourcc >> 16), byte(fourcc >> 24)}
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b[:])
}
