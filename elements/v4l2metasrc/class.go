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
// There are eight buffers. A frame that is held downstream is not with the
// driver; when all are held, the source waits for one to come back, and the
// driver drops what it captures meanwhile. Such frames are counted from its
// sequence numbers (property frames-lost), and so are frames that it marked as
// damaged, which are not passed on.
package v4l2metasrc

import (
	"strings"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

// The values of io-mode are those of v4l2src.
const (
	ioAuto   int32 = 0
	ioMMap   int32 = 2
	ioDMABuf int32 = 4
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
	Parent: gstx.PushSrc,
	Pads:   []gstx.Pad{{Name: "src", Direction: gstx.Src, Caps: templateCaps()}},
	Props: []gstx.Prop{
		{Name: "device", Nick: "Device", Kind: gstx.String, Default: defaultDevice,
			Blurb: "Path of the capture device"},
		{Name: "device-name", Nick: "Device name", Kind: gstx.String, ReadOnly: true,
			Blurb: "Name of the device as its driver tells it, once it is open"},
		{Name: "device-fd", Nick: "File descriptor", Kind: gstx.Int, Default: int32(-1), Min: int32(-1), ReadOnly: true,
			Blurb: "File descriptor of the device while it is open, else -1"},
		{Name: "io-mode", Nick: "IO mode", Kind: gstx.Enum, Default: ioAuto,
			Blurb: "How frames are handed on; in every mode they are the driver's own buffers",
			Enum: []gstx.EnumValue{
				{Value: ioAuto, Nick: "auto", Name: "dmabuf"},
				{Value: ioMMap, Nick: "mmap", Name: "as plain memory: downstream reads them and does not import them"},
				{Value: ioDMABuf, Nick: "dmabuf", Name: "as DMA-bufs, with caps of either kind"},
			}},
		{Name: "mastering-display-info", Nick: "Mastering display", Kind: gstx.String,
			Blurb: "Mastering display to declare when the device has no HDR10 control for it, as in the caps field of that name: Rx:Ry:Gx:Gy:Bx:By:Wx:Wy:max:min"},
		{Name: "content-light-level", Nick: "Content light level", Kind: gstx.String,
			Blurb: "Content light to declare when the device has no HDR10 control for it, as in the caps field of that name: MaxCLL:MaxFALL"},
		{Name: "frames-lost", Nick: "Frames lost", Kind: gstx.Uint64, Default: uint64(0), ReadOnly: true,
			Blurb: "Frames since the start that the driver dropped or marked as damaged"},
	},
	New: func(e *gstx.Element) any { return newSource(e, v4l2.Open) },
}

const anySize = ", width = (int) [ 1, 65536 ], height = (int) [ 1, 65536 ], framerate = (fraction) [ 0, 2147483647 ]"

// templateCaps are all formats of the pixel table.
func templateCaps() string {
	var names []string
	seen := map[string]bool{}
	for _, p := range v4l2.Pixels() {
		if p.Linear() && !seen[p.Name] {
			seen[p.Name] = true
			names = append(names, p.Name)
		}
	}
	return "video/x-raw(memory:DMABuf), format = (string) DMA_DRM" + anySize +
		"; video/x-raw, format = (string) { " + strings.Join(names, ", ") + " }" + anySize
}
