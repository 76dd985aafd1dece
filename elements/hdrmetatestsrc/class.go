// Package hdrmetatestsrc is the element hdrmetatestsrc: a moving HDR test picture
// with true metadata, on a machine without any video hardware.
//
//	gst-launch-1.0 hdrmetatestsrc num-buffers=120 ! hdrmetadump ! kmsmetasink
//	gst-launch-1.0 hdrmetatestsrc is-live=true hdr=hlg ! video/x-raw,format=BGRx,width=1280,height=720 ! fakesink
//
// The picture has colour bars, a ramp, labelled steps of luminance and a bright
// square that moves; the frame's number stands in it as a row of black and white
// cells. Light, colour and HDR10+ figures are measured on the pixels that are
// painted. Every scene-length frames the peak changes, and with it the HDR10+
// metadata.
//
// With layers=4 a frame of P010 has eight planes, twice what GstVideoMeta and a DRM
// framebuffer can say, in four layers:
//
//	gst-launch-1.0 hdrmetatestsrc layers=4 ! kmsmetasink
//
// With udmabuf (/dev/udmabuf) the pictures are DMA-bufs and can be displayed
// without a copy; without it they are in memfds.
package hdrmetatestsrc

import "github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"

// The values of the property hdr.
const (
	hdrSDR int32 = iota
	hdrHDR10
	hdrHDR10Plus
	hdrHLG
)

const size = "width = (int) [ 1, 16384 ], height = (int) [ 1, 16384 ], framerate = (fraction) [ 0, 1000 ], " +
	"pixel-aspect-ratio = (fraction) 1/1, interlace-mode = (string) progressive"

// Class describes the element.
var Class = gstx.Class{
	Name:     "hdrmetatestsrc",
	TypeName: "GstHdrMetaTestSrc",
	LongName: "HDR metadata test source",
	Klass:    "Source/Video",
	Description: "Makes a moving HDR test picture with its true static and dynamic metadata, " +
		"as DMA-bufs where udmabuf is there",
	Author: "gst-shmmeta contributors",
	Parent: gstx.PushSrc,
	Pads: []gstx.Pad{{Name: "src", Direction: gstx.Src, Caps: "video/x-raw(memory:DMABuf), format = (string) DMA_DRM, drm-format = (string) { P010, XR24 }, " + size +
		"; video/x-raw, format = (string) { P010_10LE, BGRx }, " + size}},
	Props: []gstx.Prop{
		{Name: "is-live", Nick: "Is live", Kind: gstx.Bool, Default: false,
			Blurb: "Whether to act as a live source: a frame is made when its time has come"},
		{Name: "timestamp-offset", Nick: "Timestamp offset", Kind: gstx.Int64, Default: int64(0), Min: int64(0),
			Blurb: "Added to the timestamps of all frames, in ns"},
		{Name: "hdr", Nick: "HDR format", Kind: gstx.Enum, Default: hdrHDR10Plus,
			Blurb: "What the picture's light is and which metadata is attached",
			Enum: []gstx.EnumValue{
				{Value: hdrSDR, Nick: "sdr", Name: "BT.709, no HDR metadata"},
				{Value: hdrHDR10, Nick: "hdr10", Name: "PQ, BT.2020, static metadata"},
				{Value: hdrHDR10Plus, Nick: "hdr10plus", Name: "PQ, BT.2020, static and per-scene metadata"},
				{Value: hdrHLG, Nick: "hlg", Name: "HLG, BT.2020, no metadata but the colour"},
			}},
		{Name: "scene-length", Nick: "Scene length", Kind: gstx.Uint, Default: uint32(60),
			Blurb: "Frames after which the picture's peak changes; 0: never"},
		{Name: "layers", Nick: "Layers", Kind: gstx.Uint, Default: uint32(1), Min: uint32(1), Max: uint32(4),
			Blurb: "Layers of each frame: the picture, and smaller ones over it that GstShmLayersMeta places, each in a memory of its own; the fourth is translucent. The metadata is the picture's alone"},
		{Name: "mastering-display-info", Nick: "Mastering display", Kind: gstx.String,
			Blurb: "Mastering display to declare, as in the caps field of that name: Rx:Ry:Gx:Gy:Bx:By:Wx:Wy:max:min; empty: BT.2020 at 1000 cd/m²"},
		{Name: "content-light-level", Nick: "Content light level", Kind: gstx.String,
			Blurb: "Content light to declare, as in the caps field of that name: MaxCLL:MaxFALL; empty: as measured, and not in the caps"},
	},
	New: func(e *gstx.Element) any { return newSource(e) },
}
