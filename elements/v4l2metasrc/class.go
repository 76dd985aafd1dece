// Package v4l2metasrc is the element v4l2metasrc: V4L2 capture whose frames are
// DMA-bufs and carry sealed metadata.
//
//	gst-launch-1.0 -e v4l2metasrc device=/dev/video0 ! hdrmetadump ! kmsmetasink
//	gst-launch-1.0 -e v4l2metasrc ! video/x-raw,format=NV12,width=1920,height=1080 ! videoconvert ! autovideosink
//
// The driver's own buffers are exported and handed on without a copy, whether
// the device has the single- or the multi-planar API, with caps of plain
// video/x-raw or of memory:DMABuf with a DRM format. Each buffer has
// GstShmHdrMeta with the driver's colorimetry and the HDR10 metadata of its
// controls (or of two properties), and GstShmLayersMeta with the planes.
//
// Where the caps leave a choice, the picture is as large as the device is set to
// (v4l2-ctl --set-fmt-video) and as fast as it goes, up to 60 frames a second.
//
// Fields of an interlaced signal come as v4l2src has them, both in a picture
// (interlace-mode=interleaved) or each in a buffer of its own, half the lines for half
// the time (format:Interlaced, interlace-mode=alternate); and, of devices that do it,
// both in a buffer one after the other (interlace-mode=fields): as DMA_DRM, for their
// planes, up to eight, are in GstShmLayersMeta only. Progressive pictures are preferred,
// then interleaved ones.
//
// Where the driver writes to a part of the picture only, as another program has chosen
// for the same size and fields (v4l2-ctl --set-selection target=compose,…) or as it does
// by itself, that part is on each buffer as GstVideoCropMeta; it is asked for when the
// stream starts. GstShmLayersMeta is about the whole picture.
//
// There are eight buffers, or more where downstream keeps more than four. A frame that is held downstream is not with the
// driver; when all are held, the source waits for one to come back, and the
// driver drops what it captures meanwhile. Such frames are counted from its
// sequence numbers (property frames-lost, and QOS messages), and so are frames that
// it marked as damaged, which are not passed on.
//
// The signal of an HDMI input is followed: its timings are set, and when they change
// the stream goes on in the new format. "Signal lost" (a warning) and "Signal
// recovered" (an info message) are v4l2src's; in between the driver's frames go on.
package v4l2metasrc

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2element"
)

// The values of io-mode are those of v4l2src.
const (
	ioAuto   int32 = 0
	ioMMap   int32 = 2
	ioDMABuf int32 = 4
	ioImport int32 = 5
)

const defaultDevice = "/dev/video0"

// Class describes the element.
var Class = gstx.Class{
	Name:     "v4l2metasrc",
	TypeName: "GstV4l2MetaSrc",
	LongName: "V4L2 source with sealed metadata",
	Klass:    "Source/Video/Hardware",
	Description: "Captures from a V4L2 device into DMA-bufs, with colorimetry, HDR10 metadata " +
		"and plane layout on every buffer",
	Author: "gst-shmmeta contributors",
	Parent: gstx.PushSrc, PrepareFormat: true,
	Pads: []gstx.Pad{{Name: "src", Direction: gstx.Src, Caps: v4l2element.PictureCaps() + "; " + v4l2element.FieldCaps()}},
	Props: []gstx.Prop{
		{Name: "device", Nick: "Device", Kind: gstx.String, Default: defaultDevice,
			Blurb: "Path of the capture device"},
		{Name: "device-name", Nick: "Device name", Kind: gstx.String, ReadOnly: true,
			Blurb: "Name of the device as its driver tells it, once it is open"},
		{Name: "device-fd", Nick: "File descriptor", Kind: gstx.Int, Default: int32(-1), Min: int32(-1), ReadOnly: true,
			Blurb: "File descriptor of the device while it is open, else -1"},
		{Name: "io-mode", Nick: "IO mode", Kind: gstx.Enum, Default: ioAuto,
			Blurb: "Whose memory the frames are in and how they are handed on",
			Enum: []gstx.EnumValue{
				{Value: ioAuto, Nick: "auto", Name: "dmabuf"},
				{Value: ioMMap, Nick: "mmap", Name: "as plain memory: downstream reads them and does not import them"},
				{Value: ioDMABuf, Nick: "dmabuf", Name: "as DMA-bufs, with caps of either kind"},
				{Value: ioImport, Nick: "dmabuf-import", Name: "into DMA-bufs of the pool that downstream offers, where the device can"},
			}},
		{Name: "flags", Nick: "Flags", Kind: gstx.Flags, Default: uint32(0), ReadOnly: true, Enum: flagValues,
			Blurb: "What the device can do, once it is open"},
		{Name: "norm", Nick: "TV norm", Kind: gstx.Enum, Default: int32(0), Enum: norms,
			Blurb: "Analog standard to set; none leaves it as it is"},
		{Name: "brightness", Nick: "Brightness", Kind: gstx.Int, Default: int32(0), WhilePlaying: true,
			Blurb: "The device's control of the same name; it keeps its value while this is not set"},
		{Name: "contrast", Nick: "Contrast", Kind: gstx.Int, Default: int32(0), WhilePlaying: true,
			Blurb: "The device's control of the same name; it keeps its value while this is not set"},
		{Name: "saturation", Nick: "Saturation", Kind: gstx.Int, Default: int32(0), WhilePlaying: true,
			Blurb: "The device's control of the same name; it keeps its value while this is not set"},
		{Name: "hue", Nick: "Hue", Kind: gstx.Int, Default: int32(0), WhilePlaying: true,
			Blurb: "The device's control of the same name; it keeps its value while this is not set"},
		{Name: "extra-controls", Nick: "Extra controls", Kind: gstx.Structure, WhilePlaying: true,
			Blurb: "Further controls to set, by the names of v4l2-ctl --list-ctrls: c,exposure_time_absolute=100,power_line_frequency=1"},
		{Name: "pixel-aspect-ratio", Nick: "Pixel aspect ratio", Kind: gstx.String,
			Blurb: "Shape of the pixels, as 16/15, in place of what the device tells"},
		{Name: "force-aspect-ratio", Nick: "Force aspect ratio", Kind: gstx.Bool, Default: true,
			Blurb: "Whether the caps tell the shape of the pixels; else they are square"},
		{Name: "crop-top", Nick: "Crop top", Kind: gstx.Uint, Default: uint32(0),
			Blurb: "Pixels to leave out at the top of what the input sees"},
		{Name: "crop-left", Nick: "Crop left", Kind: gstx.Uint, Default: uint32(0),
			Blurb: "Pixels to leave out at the left of what the input sees"},
		{Name: "crop-bottom", Nick: "Crop bottom", Kind: gstx.Uint, Default: uint32(0),
			Blurb: "Pixels to leave out at the bottom of what the input sees"},
		{Name: "crop-right", Nick: "Crop right", Kind: gstx.Uint, Default: uint32(0),
			Blurb: "Pixels to leave out at the right of what the input sees"},
		{Name: "crop-bounds", Nick: "Crop bounds", Kind: gstx.Ints, ReadOnly: true,
			Blurb: "All that the input sees, once the device is open: <x, y, width, height>"},
		{Name: "mastering-display-info", Nick: "Mastering display", Kind: gstx.String,
			Blurb: "Mastering display to declare when the device has no HDR10 control for it, as in the caps field of that name: Rx:Ry:Gx:Gy:Bx:By:Wx:Wy:max:min"},
		{Name: "content-light-level", Nick: "Content light level", Kind: gstx.String,
			Blurb: "Content light to declare when the device has no HDR10 control for it, as in the caps field of that name: MaxCLL:MaxFALL"},
		{Name: "frames-lost", Nick: "Frames lost", Kind: gstx.Uint64, Default: uint64(0), ReadOnly: true,
			Blurb: "Frames since the start that the driver dropped or marked as damaged; fields where each has a buffer"},
	},
	New: func(e *gstx.Element) any { return newSource(e, v4l2.Open) },
}

// flagValues are those of v4l2src's property: its names for capabilities.
var flagValues = []gstx.EnumValue{
	{Value: sys.V4L2_CAP_VIDEO_CAPTURE, Nick: "capture", Name: "Device supports video capture"},
	{Value: sys.V4L2_CAP_VIDEO_OUTPUT, Nick: "output", Name: "Device supports video playback"},
	{Value: sys.V4L2_CAP_VIDEO_OVERLAY, Nick: "overlay", Name: "Device supports video overlay"},
	{Value: sys.V4L2_CAP_VBI_CAPTURE, Nick: "vbi-capture", Name: "Device supports the VBI capture"},
	{Value: sys.V4L2_CAP_VBI_OUTPUT, Nick: "vbi-output", Name: "Device supports the VBI output"},
	{Value: sys.V4L2_CAP_TUNER, Nick: "tuner", Name: "Device has a tuner or modulator"},
	{Value: sys.V4L2_CAP_AUDIO, Nick: "audio", Name: "Device has audio inputs or outputs"},
}

// deviceFlags are the capabilities among them; those of the multi-planar API count as
// the plain ones.
func deviceFlags(caps uint32) (flags uint32) {
	if caps&sys.V4L2_CAP_VIDEO_CAPTURE_MPLANE != 0 {
		caps |= sys.V4L2_CAP_VIDEO_CAPTURE
	}
	if caps&sys.V4L2_CAP_VIDEO_OUTPUT_MPLANE != 0 {
		caps |= sys.V4L2_CAP_VIDEO_OUTPUT
	}
	for _, f := range flagValues {
		flags |= caps & uint32(f.Value)
	}
	return flags
}

// norms are v4l2src's: sets of V4L2_STD_*.
var norms = func() []gstx.EnumValue {
	all := []gstx.EnumValue{{Value: 0, Nick: "none", Name: "none"}}
	for _, n := range []struct {
		std  int32
		name string
	}{
		{0xb000, "NTSC"}, {0x1000, "NTSC-M"}, {0x2000, "NTSC-M-JP"}, {0x8000, "NTSC-M-KR"}, {0x4000, "NTSC-443"},
		{0xff, "PAL"}, {0x7, "PAL-BG"}, {0x1, "PAL-B"}, {0x2, "PAL-B1"}, {0x4, "PAL-G"}, {0x8, "PAL-H"}, {0x10, "PAL-I"},
		{0xe0, "PAL-DK"}, {0x20, "PAL-D"}, {0x40, "PAL-D1"}, {0x80, "PAL-K"}, {0x100, "PAL-M"}, {0x200, "PAL-N"},
		{0x400, "PAL-Nc"}, {0x800, "PAL-60"},
		{0xff0000, "SECAM"}, {0x10000, "SECAM-B"}, {0x40000, "SECAM-G"}, {0x80000, "SECAM-H"}, {0x320000, "SECAM-DK"},
		{0x20000, "SECAM-D"}, {0x100000, "SECAM-K"}, {0x200000, "SECAM-K1"}, {0x400000, "SECAM-L"}, {0x800000, "SECAM-Lc"},
	} {
		all = append(all, gstx.EnumValue{Value: n.std, Nick: n.name, Name: n.name})
	}
	return all
}()
