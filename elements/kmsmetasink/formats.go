package kmsmetasink

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// names are GStreamer's for the formats that plain memory can be copied into; the
// table of gst-video's video-info-dma.c. DRM's names read a little-endian word
// from its top, GStreamer's the bytes in memory. Of codes with the same name the
// first that the display takes is meant: GStreamer has 10- and 16-bit RGB with
// alpha only, many displays only without, and then it is not looked at.
var names = []struct {
	fourcc uint32
	name   string
}{
	{sys.DRM_FORMAT_XRGB8888, "BGRx"},
	{sys.DRM_FORMAT_ARGB8888, "BGRA"},
	{sys.DRM_FORMAT_XBGR8888, "RGBx"},
	{sys.DRM_FORMAT_ABGR8888, "RGBA"},
	{sys.DRM_FORMAT_RGBX8888, "xBGR"},
	{sys.DRM_FORMAT_RGBA8888, "ABGR"},
	{sys.DRM_FORMAT_BGRX8888, "xRGB"},
	{sys.DRM_FORMAT_BGRA8888, "ARGB"},
	{sys.DRM_FORMAT_ARGB2101010, "BGR10A2_LE"},
	{sys.DRM_FORMAT_XRGB2101010, "BGR10A2_LE"},
	{sys.DRM_FORMAT_ABGR2101010, "RGB10A2_LE"},
	{sys.DRM_FORMAT_XBGR2101010, "RGB10A2_LE"},
	{sys.DRM_FORMAT_ARGB16161616, "BGRA64_LE"},
	{sys.DRM_FORMAT_XRGB16161616, "BGRA64_LE"},
	{sys.DRM_FORMAT_ABGR16161616, "RGBA64_LE"},
	{sys.DRM_FORMAT_XBGR16161616, "RGBA64_LE"},
	{sys.DRM_FORMAT_RGB888, "BGR"},
	{sys.DRM_FORMAT_BGR888, "RGB"},
	{sys.DRM_FORMAT_RGB565, "RGB16"},
	{sys.DRM_FORMAT_BGR565, "BGR16"},
	{sys.DRM_FORMAT_YUYV, "YUY2"},
	{sys.DRM_FORMAT_YVYU, "YVYU"},
	{sys.DRM_FORMAT_UYVY, "UYVY"},
	{sys.DRM_FORMAT_VYUY, "VYUY"},
	{sys.DRM_FORMAT_AYUV, "VUYA"},
	{sys.DRM_FORMAT_Y210, "Y210"},
	{sys.DRM_FORMAT_Y212, "Y212_LE"},
	{sys.DRM_FORMAT_Y410, "Y410"},
	{sys.DRM_FORMAT_Y412, "Y412_LE"},
	{sys.DRM_FORMAT_NV12, "NV12"},
	{sys.DRM_FORMAT_NV21, "NV21"},
	{sys.DRM_FORMAT_NV16, "NV16"},
	{sys.DRM_FORMAT_NV61, "NV61"},
	{sys.DRM_FORMAT_NV24, "NV24"},
	{sys.DRM_FORMAT_NV15, "NV12_10LE40"},
	{sys.DRM_FORMAT_P030, "NV12_10LE32"},
	{sys.DRM_FORMAT_P010, "P010_10LE"},
	{sys.DRM_FORMAT_P012, "P012_LE"},
	{sys.DRM_FORMAT_P016, "P016_LE"},
	{sys.DRM_FORMAT_YUV420, "I420"},
	{sys.DRM_FORMAT_YVU420, "YV12"},
	{sys.DRM_FORMAT_YUV422, "Y42B"},
	{sys.DRM_FORMAT_YUV444, "Y444"},
}

func nameOf(fourcc uint32) string {
	for _, n := range names {
		if n.fourcc == fourcc {
			return n.name
		}
	}
	return ""
}

// plainCodes says which code each of GStreamer's names means on a display.
func plainCodes(formats []kms.PlaneFormat) map[string]uint32 {
	codes := map[string]uint32{}
	for _, n := range names {
		_, found := codes[n.name]
		if !found && slices.ContainsFunc(formats, func(f kms.PlaneFormat) bool { return f.FourCC == n.fourcc && linear(f) }) {
			codes[n.name] = n.fourcc
		}
	}
	return codes
}

func linear(f kms.PlaneFormat) bool {
	return f.Modifiers == nil || slices.Contains(f.Modifiers, sys.DRM_FORMAT_MOD_LINEAR)
}

const (
	anyExtent = ", width = (int) [ 1, 65535 ], height = (int) [ 1, 65535 ]"
	anySize   = anyExtent + ", framerate = (fraction) [ 0/1, 2147483647/1 ]"
	dmaStart  = "video/x-raw(memory:DMABuf), format = (string) DMA_DRM"
	plainCaps = "video/x-raw, format = (string) "
	// The same with graphics beside the picture, which are one more layer.
	dmaGraphics   = "video/x-raw(memory:DMABuf, meta:GstVideoOverlayComposition), format = (string) DMA_DRM"
	plainGraphics = "video/x-raw(memory:SystemMemory, meta:GstVideoOverlayComposition), format = (string) "
)

func templateCaps() string {
	var all []string
	for _, n := range names {
		if !slices.Contains(all, n.name) {
			all = append(all, n.name)
		}
	}
	return dmaStart + anySize + "; " + plainCaps + list(all) + anySize + "; " +
		dmaGraphics + anySize + "; " + plainGraphics + list(all) + anySize
}

// capsOf writes what the planes can show: as DMA-bufs with their modifiers, and
// as plain memory where a copy is possible.
func capsOf(formats []kms.PlaneFormat) string {
	var drm, plain []string
	for _, f := range formats {
		code := kms.FourCCName(f.FourCC)
		if strings.ContainsAny(code, " ?") || f.FourCC>>31 != 0 { // caps cannot say these
			continue
		}
		for _, m := range f.Modifiers {
			if m != sys.DRM_FORMAT_MOD_LINEAR && m != sys.DRM_FORMAT_MOD_INVALID {
				drm = append(drm, fmt.Sprintf("%q", fmt.Sprintf("%s:0x%016x", code, m)))
			}
		}
		if !linear(f) {
			continue
		}
		drm = append(drm, fmt.Sprintf("%q", code))
		if n := nameOf(f.FourCC); n != "" && !slices.Contains(plain, n) {
			plain = append(plain, n)
		}
	}
	var caps []string
	for _, start := range []struct{ dma, plain string }{{dmaStart, plainCaps}, {dmaGraphics, plainGraphics}} {
		if len(drm) > 0 {
			caps = append(caps, start.dma+", drm-format = (string) "+list(drm)+anySize)
		}
		if len(plain) > 0 {
			caps = append(caps, start.plain+list(plain)+anySize)
		}
	}
	return strings.Join(caps, "; ")
}

// preferring puts one size before all others.
func preferring(caps string, width, height uint32) string {
	one := fmt.Sprintf(", width = (int) %d, height = (int) %d, pixel-aspect-ratio = (fraction) 1/1", width, height)
	return strings.ReplaceAll(caps, anyExtent, one) + "; " + caps
}

func list(values []string) string { return "{ " + strings.Join(values, ", ") + " }" }

// pictureOf says what the caps say in the display's terms.
func pictureOf(f *gstx.VideoFormat) kms.Picture {
	p := kms.Picture{
		FourCC: f.FourCC, Modifier: f.Modifier,
		Width: uint32(f.Width), Height: uint32(f.Height),
		PARN: uint32(max(f.PARN, 0)), PARD: uint32(max(f.PARD, 0)),
		FPSN: uint32(max(f.FPSN, 0)), FPSD: uint32(max(f.FPSD, 0)),
		FullRange: f.FullRange,
	}
	if format, known := kms.FormatOf(f.FourCC); known && format.YUV || !known && f.Matrix != matrixRGB {
		p.Encoding = encodingOf(f)
	}
	return p
}

// Code points of H.273 table 4.
const (
	matrixRGB       = 0
	matrixBT709     = 1
	matrixBT470BG   = 5
	matrixSMPTE170M = 6
	matrixBT2020NCL = 9
	matrixBT2020CL  = 10
)

// encodingOf guesses as GStreamer does where the caps do not tell: by size.
func encodingOf(f *gstx.VideoFormat) kms.Encoding {
	switch f.Matrix {
	case matrixBT709:
		return kms.BT709
	case matrixBT470BG, matrixSMPTE170M:
		return kms.BT601
	case matrixBT2020NCL, matrixBT2020CL:
		return kms.BT2020
	}
	if f.Height <= 576 {
		return kms.BT601
	}
	return kms.BT709
}
