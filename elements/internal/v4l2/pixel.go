package v4l2

import "strings"

// FourCC is a V4L2 or DRM pixel format code.
type FourCC uint32

// bigEndian is the bit v4l2_fourcc_be sets.
const bigEndian = 1 << 31

// MakeFourCC makes a code of its four characters.
func MakeFourCC(s string) FourCC {
	return FourCC(s[0]) | FourCC(s[1])<<8 | FourCC(s[2])<<16 | FourCC(s[3])<<24
}

func (f FourCC) String() string {
	var b strings.Builder
	for v := uint32(f &^ bigEndian); v != 0; v >>= 8 {
		if c := byte(v); c > ' ' && c < 0x7f {
			b.WriteByte(c)
		} else if c != ' ' {
			b.WriteByte('?')
		}
	}
	if f&bigEndian != 0 {
		b.WriteString("-BE")
	}
	return b.String()
}

// Pixel relates one V4L2 pixel format to GStreamer's and DRM's names for the
// same bytes.
type Pixel struct {
	FourCC   FourCC
	Name     string // GStreamer's video format; "": it has none, DRM has
	DRM      FourCC // 0: DRM has none
	Modifier uint64 // of DRM; 0 is linear
	RGB      bool   // no Y'CbCr: no matrix, full range by default
	Memories int    // separate memories in the multi-planar API; 1: contiguous
	planes   []component
	tile     uint32 // lines of a tile; 1: linear
}

// component is a colour plane relative to the first plane's line.
type component struct {
	num, den uint32 // its line is num/den of the first one's bytes
	vsub     uint32 // its lines are 1/vsub of the picture's
	bits     uint32 // first plane only: bits of a pixel, for the least stride
}

// Modifiers of drm_fourcc.h.
const (
	modSamsung64x32 = 4<<56 | 1
	modVivanteTiled = 6<<56 | 1
)

// The shapes of Y'CbCr formats. The V4L2 documentation ("Planar YUV formats")
// fixes the chroma lines' length by the luma lines', padding included.
func packed(bits uint32) []component { return []component{{1, 1, 1, bits}} }

func semi(bits, num, den, vsub uint32) []component {
	return []component{{1, 1, 1, bits}, {num, den, vsub, 0}}
}

func planar(den, vsub uint32) []component {
	return []component{{1, 1, 1, 8}, {1, den, vsub, 0}, {1, den, vsub, 0}}
}

// pixels is ordered by preference among formats of one GStreamer name: the
// unambiguous code before the deprecated one, one memory before several.
//
// Names of packed formats give the order of bytes in memory with GStreamer and
// V4L2's newer codes, the order in a little-endian word with DRM: V4L2's and
// DRM's codes for RGB agree, while names do not.
var pixels = func() []Pixel {
	var t []Pixel
	add := func(rgb bool, v4l2, name, drm string, memories int, planes []component) *Pixel {
		p := Pixel{FourCC: MakeFourCC(v4l2), Name: name, RGB: rgb, Memories: memories, planes: planes, tile: 1}
		if drm != "" {
			p.DRM = MakeFourCC(drm)
		}
		t = append(t, p)
		return &t[len(t)-1]
	}
	rgb := func(v4l2, name, drm string, bits uint32) { add(true, v4l2, name, drm, 1, packed(bits)) }
	yuv := func(v4l2, name, drm string, bits uint32) *Pixel {
		return add(false, v4l2, name, drm, 1, packed(bits))
	}
	// multi adds a contiguous format and the one with a memory for each plane.
	multi := func(v4l2, v4l2m, name, drm string, planes []component) {
		if v4l2 != "" {
			add(false, v4l2, name, drm, 1, planes)
		}
		if v4l2m != "" {
			add(false, v4l2m, name, drm, len(planes), planes)
		}
	}

	multi("NV12", "NM12", "NV12", "NV12", semi(8, 1, 1, 2))
	multi("NV21", "NM21", "NV21", "NV21", semi(8, 1, 1, 2))
	multi("NV16", "NM16", "NV16", "NV16", semi(8, 1, 1, 1))
	multi("NV61", "NM61", "NV61", "NV61", semi(8, 1, 1, 1))
	multi("NV24", "", "NV24", "NV24", semi(8, 2, 1, 1))
	multi("P010", "", "P010_10LE", "P010", semi(16, 1, 1, 2))
	multi("P012", "PM12", "P012_LE", "P012", semi(16, 1, 1, 2))
	multi("YU12", "YM12", "I420", "YU12", planar(2, 2))
	multi("YV12", "YM21", "YV12", "YV12", planar(2, 2))
	multi("422P", "YM16", "Y42B", "YU16", planar(2, 1))
	multi("411P", "", "Y41B", "YU11", planar(4, 1))
	multi("", "YM24", "Y444", "YU24", planar(1, 1))
	multi("", "YM42", "", "YV24", planar(1, 1))
	multi("", "YM61", "", "YV16", planar(2, 1))
	multi("NV42", "", "", "NV42", semi(8, 2, 1, 1))

	yuv("YUYV", "YUY2", "YUYV", 16)
	yuv("UYVY", "UYVY", "UYVY", 16)
	yuv("YVYU", "YVYU", "YVYU", 16)
	yuv("VYUY", "VYUY", "VYUY", 16)
	yuv("VUYA", "VUYA", "AYUV", 32)
	yuv("AYUV", "AYUV", "", 32)
	yuv("Y210", "Y210", "Y210", 32)
	yuv("Y212", "Y212_LE", "Y212", 32)
	yuv("VUYX", "", "XYUV", 32)
	yuv("GREY", "GRAY8", "R8  ", 8)
	yuv("Y10 ", "GRAY10_LE16", "R10 ", 16)
	yuv("Y12 ", "", "R12 ", 16)
	yuv("Y16 ", "GRAY16_LE", "R16 ", 16)
	be := yuv("Y16 ", "GRAY16_BE", "R16 ", 16)
	be.FourCC |= bigEndian
	be.DRM |= bigEndian

	rgb("XR24", "BGRx", "XR24", 32)
	rgb("AR24", "BGRA", "AR24", 32)
	rgb("XB24", "RGBx", "XB24", 32)
	rgb("AB24", "RGBA", "AB24", 32)
	rgb("BX24", "xRGB", "BX24", 32)
	rgb("BA24", "ARGB", "BA24", 32)
	rgb("RX24", "xBGR", "RX24", 32)
	rgb("RA24", "ABGR", "RA24", 32)
	rgb("BGR4", "BGRx", "XR24", 32) // deprecated code: alpha undefined
	rgb("RGB4", "xRGB", "BX24", 32) // the same
	rgb("RGB3", "RGB", "BG24", 24)
	rgb("BGR3", "BGR", "RG24", 24)
	rgb("RGBP", "RGB16", "RG16", 16)
	rgb("XR15", "RGB15", "XR15", 16)
	rgb("RGBO", "RGB15", "XR15", 16) // deprecated code: alpha undefined
	rgb("XB15", "BGR15", "XB15", 16)
	rgb("RGB1", "", "RGB8", 8)
	for _, code := range []string{"AR15", "RX15", "RA15", "AB15", "BX15", "BA15", "XR12", "AR12", "RX12", "RA12", "XB12", "AB12", "BX12"} {
		rgb(code, "", code, 16)
	}
	rgb("GA12", "", "BA12", 16)
	rgb("R444", "", "XR12", 16) // deprecated code: alpha undefined

	tiled := func(v4l2, name, drm string, modifier uint64, memories int, lines uint32, planes []component) {
		p := add(false, v4l2, name, drm, memories, planes)
		p.Modifier, p.tile = modifier, lines
	}
	tiled("VT12", "NV12_4L4", "NV12", modVivanteTiled, 1, 4, semi(8, 1, 1, 2))
	tiled("VT15", "NV12_10LE40_4L4", "NV15", modVivanteTiled, 1, 4, semi(10, 1, 1, 2))
	tiled("TM12", "NV12_64Z32", "NV12", modSamsung64x32, 2, 32, semi(8, 1, 1, 2))
	return t
}()

// PixelOf finds the description of a V4L2 format; nil when it is not known.
func PixelOf(f FourCC) *Pixel {
	for i := range pixels {
		if pixels[i].FourCC == f {
			return &pixels[i]
		}
	}
	return nil
}

// Pixels lists every known format, the better ones of a name first. The slice
// is shared: do not write to it.
func Pixels() []Pixel { return pixels }

// Planes is the number of colour planes.
func (p *Pixel) Planes() int { return len(p.planes) }

// NamedByDRM tells that the caps field drm-format can name the format: it has no room for
// the big-endian bit.
func (p *Pixel) NamedByDRM() bool { return p.DRM != 0 && p.DRM&bigEndian == 0 }

// Linear tells that lines lie one after another, without tiles.
func (p *Pixel) Linear() bool { return p.Modifier == 0 }
