package sys

// FourCC is fourcc_code() of <drm/drm_fourcc.h> and v4l2_fourcc() of
// <linux/videodev2.h>.
func FourCC(a, b, c, d byte) uint32 {
	return uint32(a) | uint32(b)<<8 | uint32(c)<<16 | uint32(d)<<24
}

// Formats of <drm/drm_fourcc.h>. RGB names read from the most significant bit
// of a little-endian word, so XRGB8888 is B, G, R, X in memory.
const (
	DRM_FORMAT_R8           = 'R' | '8'<<8 | ' '<<16 | ' '<<24
	DRM_FORMAT_R16          = 'R' | '1'<<8 | '6'<<16 | ' '<<24
	DRM_FORMAT_RGB565       = 'R' | 'G'<<8 | '1'<<16 | '6'<<24
	DRM_FORMAT_BGR565       = 'B' | 'G'<<8 | '1'<<16 | '6'<<24
	DRM_FORMAT_RGB888       = 'R' | 'G'<<8 | '2'<<16 | '4'<<24
	DRM_FORMAT_BGR888       = 'B' | 'G'<<8 | '2'<<16 | '4'<<24
	DRM_FORMAT_XRGB8888     = 'X' | 'R'<<8 | '2'<<16 | '4'<<24
	DRM_FORMAT_XBGR8888     = 'X' | 'B'<<8 | '2'<<16 | '4'<<24
	DRM_FORMAT_RGBX8888     = 'R' | 'X'<<8 | '2'<<16 | '4'<<24
	DRM_FORMAT_BGRX8888     = 'B' | 'X'<<8 | '2'<<16 | '4'<<24
	DRM_FORMAT_ARGB8888     = 'A' | 'R'<<8 | '2'<<16 | '4'<<24
	DRM_FORMAT_ABGR8888     = 'A' | 'B'<<8 | '2'<<16 | '4'<<24
	DRM_FORMAT_RGBA8888     = 'R' | 'A'<<8 | '2'<<16 | '4'<<24
	DRM_FORMAT_BGRA8888     = 'B' | 'A'<<8 | '2'<<16 | '4'<<24
	DRM_FORMAT_XRGB2101010  = 'X' | 'R'<<8 | '3'<<16 | '0'<<24
	DRM_FORMAT_XBGR2101010  = 'X' | 'B'<<8 | '3'<<16 | '0'<<24
	DRM_FORMAT_ARGB2101010  = 'A' | 'R'<<8 | '3'<<16 | '0'<<24
	DRM_FORMAT_ABGR2101010  = 'A' | 'B'<<8 | '3'<<16 | '0'<<24
	DRM_FORMAT_XRGB16161616 = 'X' | 'R'<<8 | '4'<<16 | '8'<<24
	DRM_FORMAT_ARGB16161616 = 'A' | 'R'<<8 | '4'<<16 | '8'<<24
	DRM_FORMAT_XBGR16161616 = 'X' | 'B'<<8 | '4'<<16 | '8'<<24
	DRM_FORMAT_ABGR16161616 = 'A' | 'B'<<8 | '4'<<16 | '8'<<24
	DRM_FORMAT_YUYV         = 'Y' | 'U'<<8 | 'Y'<<16 | 'V'<<24
	DRM_FORMAT_YVYU         = 'Y' | 'V'<<8 | 'Y'<<16 | 'U'<<24
	DRM_FORMAT_UYVY         = 'U' | 'Y'<<8 | 'V'<<16 | 'Y'<<24
	DRM_FORMAT_VYUY         = 'V' | 'Y'<<8 | 'U'<<16 | 'Y'<<24
	DRM_FORMAT_AYUV         = 'A' | 'Y'<<8 | 'U'<<16 | 'V'<<24
	DRM_FORMAT_Y210         = 'Y' | '2'<<8 | '1'<<16 | '0'<<24
	DRM_FORMAT_Y212         = 'Y' | '2'<<8 | '1'<<16 | '2'<<24
	DRM_FORMAT_Y410         = 'Y' | '4'<<8 | '1'<<16 | '0'<<24
	DRM_FORMAT_Y412         = 'Y' | '4'<<8 | '1'<<16 | '2'<<24
	DRM_FORMAT_NV15         = 'N' | 'V'<<8 | '1'<<16 | '5'<<24
	DRM_FORMAT_P030         = 'P' | '0'<<8 | '3'<<16 | '0'<<24
	DRM_FORMAT_NV12         = 'N' | 'V'<<8 | '1'<<16 | '2'<<24
	DRM_FORMAT_NV21         = 'N' | 'V'<<8 | '2'<<16 | '1'<<24
	DRM_FORMAT_NV16         = 'N' | 'V'<<8 | '1'<<16 | '6'<<24
	DRM_FORMAT_NV61         = 'N' | 'V'<<8 | '6'<<16 | '1'<<24
	DRM_FORMAT_NV24         = 'N' | 'V'<<8 | '2'<<16 | '4'<<24
	DRM_FORMAT_NV42         = 'N' | 'V'<<8 | '4'<<16 | '2'<<24
	DRM_FORMAT_P010         = 'P' | '0'<<8 | '1'<<16 | '0'<<24
	DRM_FORMAT_P012         = 'P' | '0'<<8 | '1'<<16 | '2'<<24
	DRM_FORMAT_P016         = 'P' | '0'<<8 | '1'<<16 | '6'<<24
	DRM_FORMAT_YUV420       = 'Y' | 'U'<<8 | '1'<<16 | '2'<<24
	DRM_FORMAT_YVU420       = 'Y' | 'V'<<8 | '1'<<16 | '2'<<24
	DRM_FORMAT_YUV422       = 'Y' | 'U'<<8 | '1'<<16 | '6'<<24
	DRM_FORMAT_YVU422       = 'Y' | 'V'<<8 | '1'<<16 | '6'<<24
	DRM_FORMAT_YUV444       = 'Y' | 'U'<<8 | '2'<<16 | '4'<<24
	DRM_FORMAT_YVU444       = 'Y' | 'V'<<8 | '2'<<16 | '4'<<24

	DRM_FORMAT_MOD_LINEAR  = 0
	DRM_FORMAT_MOD_INVALID = 1<<56 - 1
)
