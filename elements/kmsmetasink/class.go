// Package kmsmetasink is the element kmsmetasink: video on a display through
// atomic mode setting, without a copy, with the HDR state of each frame's
// metadata in the same commit as the frame.
//
//	gst-launch-1.0 v4l2metasrc ! kmsmetasink
//	gst-launch-1.0 hdrmetatestsrc ! kmsmetasink driver-name=vkms hdr=force
//	gst-launch-1.0 filesrc location=film.mkv ! decodebin3 ! kmsmetasink connector-id=97
//
// DMA-bufs are imported and scanned out as they are, modifiers included; a
// framebuffer is kept for each memory. Software upstream is offered a pool of the
// display's own memory, as DMA-bufs, and what it writes there needs no copy
// either; decoders that read their earlier pictures keep these to themselves. A
// driver that says its memory is slow (DUMB_PREFER_SHADOW) offers none. Other
// memory, and DMA-bufs that the driver refuses, are copied into buffers of the
// display; a warning says so, once. A picture that is not of the display's size is
// scaled by the plane where the driver can, with its aspect kept, and stands in the
// middle otherwise.
//
// The caps are what the planes list, without what the driver refuses all the same:
// each format that linear memory can have is tried at start, by a test that changes
// nothing on the display, in the mode that is going to be set.
//
// What the display is told comes from GstShmHdrMeta, or, where a buffer has
// none, from the caps (colorimetry, mastering-display-info,
// content-light-level). With hdr=auto it is what the monitor takes, by its EDID:
// PQ and HLG only where the HDR static metadata data block lists them, BT.2020
// only where the colorimetry data block does; the rest is sent as SDR, and
// reported as unsupported with the monitor's name. An EDID without these blocks is
// an SDR monitor's. Of a connector without an EDID nothing is known, as with
// virtual ones, and of one that cannot be read neither: everything is sent there,
// as it is by hdr=force. A monitor that takes another's place while the stream goes
// on is told what it takes.
//
// The bus hears what became of it in the element message
// shm-hdr-status {format, output, reason}, output being one of applied,
// converted, dropped, unsupported and off, whenever that changes; the property
// hdr-status has the same in one text. A change that would make the display go
// dark is only made when the picture turns from SDR to HDR or back, or the
// monitor is another; otherwise the earlier metadata stays, and the message says
// so.
//
// KMS has no property for dynamic metadata, of Dolby Vision or HDR10+. HDR10+ is
// converted with dynamic=scene: the brightest and the average light of a scene
// are sent as MaxCLL and MaxFALL. A difference of a factor of two to what was
// sent last goes out at once, but not within 3 frames; one of more than 10 % not
// within 12; less does not.
//
// The picture goes into render-rectangle, which is the whole display unless set,
// by the property or through GstVideoOverlay, before and while playing. In PAUSED a
// change shows at once, by showing the last frame again. A rectangle may lie partly
// off the display; one that has no pixel on it is told by a warning, and the
// earlier one stays. GstNavigation takes pointer events in the display's pixels and
// sends them upstream in the picture's.
//
// A buffer with GstShmLayersMeta has up to four layers: each is a framebuffer on a
// plane of its own, where its destination in the frame, its zpos and its alpha say.
// Which planes those are is found by asking the driver (TEST_ONLY), anew whenever
// the layers change. Subtitles and other graphics that come as
// GstVideoOverlayComposition (textoverlay and its like) are one more layer, and
// never drawn into the video; on an HDR picture their white is 203 cd/m² (ITU-R
// BT.2408). What finds no plane is composited in software, neighbours of the stack
// together, the video only where the display has no second plane; a warning says so
// once. A layer that does not fit its buffer is left out and counted in
// layers-skipped. Two fields (roles top-field and bottom-field) are shown one after
// the other, as progressive pictures, if the display refreshes often enough.
//
// What of the properties the driver does not have or refuses (zpos, max-bpc, vrr,
// rotate-method, connector-properties, plane-properties) is left out, one by one,
// and told by a warning that names what there is; the video goes on. Whatever was
// set is put back at stop.
//
// Which display mode is set goes by mode and force-modesetting:
//
//	mode            force-modesetting  a display that is lit     one that is dark
//	(empty)         false              keeps its mode            gets the picture's size, or its preferred
//	auto            false              keeps its size            gets the picture's size, or its preferred
//	(empty), auto   true               gets the picture's size, or its preferred
//	1920x1080@60    either             gets that mode, or the element does not start
//
// Among modes of one size the one is taken whose refresh rate the stream's divides
// best. A lit display whose mode cannot show the picture at all gets another.
//
// A stream that changes its size or format while it plays keeps the mode, scaled
// where the plane can, and the display does not go dark: only force-modesetting
// follows its size, and mode=auto its rate, with another mode.
//
// A frame that is sent now is on the screen after half a refresh on average. That is
// the element's render-delay, unless the user sets another: the pipeline's latency
// includes it, and the picture is seen around its time, with its sound. The property
// flip-lateness measures that by the display's own timestamps. Of a stream that is
// faster than the display, the base class drops what comes too late (max-lateness),
// counted in stats and told by QoS messages, and the rest is on time.
//
// The element takes the display for itself from READY to PAUSED on and gives it
// back, as it was, at stop. A display that is unplugged, switched off, or taken
// by another program (a switch of the virtual terminal) while the stream runs
// does not end it: frames are dropped and counted for as long as that lasts, and
// when the display is back it is set up anew, with its own mode. A warning says
// so at the beginning, and the element message kms-display {state, connector,
// reason, frames-dropped}, with state lost or back, at both ends. So it is while the
// hardware fails or is reset, for five seconds at most, which is an error then. A card
// that is removed and a lease that is revoked are errors. A driver that comes back from
// a suspend without its state gets it anew with the next frame.
package kmsmetasink

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
)

// The values of the property hdr.
const (
	hdrAuto int32 = iota
	hdrForce
	hdrOff
)

// The values of the property dynamic.
const (
	dynamicOff int32 = iota
	dynamicScene
)

// Class describes the element.
var Class = gstx.Class{
	Name:     "kmsmetasink",
	TypeName: "GstKmsMetaSink",
	LongName: "KMS sink with HDR metadata",
	Klass:    "Sink/Video/Hardware",
	Description: "Shows video through atomic KMS, zero-copy, and tells the display " +
		"the HDR metadata of each frame",
	Author:  "gst-shmmeta contributors",
	Parent:  gstx.VideoSink,
	Overlay: true, Graphics: true,
	Pads: []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: templateCaps()}},
	Props: []gstx.Prop{
		{Name: "device", Nick: "Device", Kind: gstx.String,
			Blurb: "Path of the card; empty: the first with a display, among those that driver-name and bus-id match"},
		{Name: "driver-name", Nick: "Driver name", Kind: gstx.String,
			Blurb: "DRM driver of the card"},
		{Name: "bus-id", Nick: "Bus ID", Kind: gstx.String,
			Blurb: "DRM bus ID of the card"},
		{Name: "fd", Nick: "File descriptor", Kind: gstx.Int, Default: int32(-1), Min: int32(-1),
			Blurb: "Open DRM file to use instead of opening one, DRM master or a lease; it is duplicated. device, driver-name and bus-id go before it (-1 = none)"},
		{Name: "connector-id", Nick: "Connector ID", Kind: gstx.Int, Default: int32(-1), Min: int32(-1),
			Blurb: "DRM connector (-1 = the first that is lit, else the first connected)"},
		{Name: "connector", Nick: "Connector", Kind: gstx.String,
			Blurb: "Connector by its name, as in /sys/class/drm without the card's (HDMI-A-1), or by its id; goes before connector-id"},
		{Name: "plane-id", Nick: "Plane ID", Kind: gstx.Int, Default: int32(-1), Min: int32(-1),
			Blurb: "DRM plane; other planes are then left alone (-1 = chosen)"},
		{Name: "mode", Nick: "Mode", Kind: gstx.String,
			Blurb: "Display mode to set: 1920x1080, 1920x1080i, 3840x2160@60, 3840x2160@23.976; a size alone takes the refresh rate that suits the stream's best; auto keeps the size and changes the rate; empty leaves a mode that is set"},
		{Name: "force-modesetting", Nick: "Force modesetting", Kind: gstx.Bool, Default: false,
			Blurb: "Set a display mode of the picture's size, where there is one, instead of keeping the present one; a size in mode goes before it"},
		{Name: "restore-crtc", Nick: "Restore CRTC", Kind: gstx.Bool, Default: true,
			Blurb: "At stop, set the display mode that was there before; planes and the HDR state are reset either way"},
		{Name: "can-scale", Nick: "Can scale", Kind: gstx.Bool, Default: true,
			Blurb: "Have the plane scale the picture, if the driver can; otherwise upstream is asked for the size of the rectangle, and a picture of another stands in its middle"},
		{Name: "skip-vsync", Nick: "Skip vsync", Kind: gstx.Bool, Default: false,
			Blurb: "Taken for command lines of kmssink, which without it waits for the vertical blank twice with an atomic driver; this element waits once either way, and drops no frame for it"},
		{Name: "render-rectangle", Nick: "Render rectangle", Kind: gstx.Ints, WhilePlaying: true,
			Blurb: "Where on the display the picture goes, in pixels: <x, y, width, height>; empty, or width and height of -1, is all of it"},
		{Name: "fullscreen", Nick: "Fullscreen", Kind: gstx.Bool, Default: false, WhilePlaying: true,
			Blurb: "Fill the whole display, whatever render-rectangle says"},
		{Name: "force-aspect-ratio", Nick: "Force aspect ratio", Kind: gstx.Bool, Default: true, WhilePlaying: true,
			Blurb: "Keep the picture's aspect when it is scaled, instead of filling the rectangle"},
		{Name: "rotate-method", Nick: "Rotate method", Kind: gstx.Orientation, Default: int32(0), WhilePlaying: true,
			Blurb: "Turn or mirror the picture, by the plane, where that can; auto follows the stream's image-orientation tag; custom is refused"},
		{Name: "zpos", Nick: "Z position", Kind: gstx.Int, Default: int32(-1), Min: int32(-1),
			Blurb: "Where the picture's plane is among the planes, as the driver counts (-1 = where it is)"},
		{Name: "max-bpc", Nick: "Maximum bits per component", Kind: gstx.Int, Default: int32(0), Min: int32(0), Max: int32(16),
			Blurb: "Most bits per component to send to the display (0 = as it is, and at least what an HDR picture needs)"},
		{Name: "vrr", Nick: "Variable refresh rate", Kind: gstx.Bool, Default: false,
			Blurb: "Have the display wait for each frame instead of refreshing at a fixed rate, if it can"},
		{Name: "connector-properties", Nick: "Connector properties", Kind: gstx.Structure,
			Blurb: "Further properties of the DRM connector: s,Broadcast-RGB=1; a value is an integer or the name of an enum's value, and - stands for what is no letter, digit or _ in a name"},
		{Name: "plane-properties", Nick: "Plane properties", Kind: gstx.Structure,
			Blurb: "Further properties of the DRM plane: s,rotation=4, or s,rotation=rotate-0+reflect-x; values as in connector-properties"},
		{Name: "hdr", Nick: "HDR", Kind: gstx.Enum, Default: hdrAuto, WhilePlaying: true,
			Blurb: "Whether to tell the display about HDR",
			Enum: []gstx.EnumValue{
				{Value: hdrAuto, Nick: "auto", Name: "what the picture is, if the connector has the properties and the monitor's EDID, where there is one, says that it takes it"},
				{Value: hdrForce, Nick: "force", Name: "what the picture is, if the connector has the properties, whatever the monitor's EDID says"},
				{Value: hdrOff, Nick: "off", Name: "SDR, always"},
			}},
		{Name: "dynamic", Nick: "Dynamic metadata", Kind: gstx.Enum, Default: dynamicOff, WhilePlaying: true,
			Blurb: "What to make of HDR10+ metadata, for which KMS has no property",
			Enum: []gstx.EnumValue{
				{Value: dynamicOff, Nick: "off", Name: "nothing: the static metadata counts"},
				{Value: dynamicScene, Nick: "scene", Name: "MaxCLL and MaxFALL of each scene, unless the display would go dark for it"},
			}},
		{Name: "display-width", Nick: "Display width", Kind: gstx.Int, Min: int32(0), ReadOnly: true,
			Blurb: "Width of the display mode in pixels, 0 before the start"},
		{Name: "display-height", Nick: "Display height", Kind: gstx.Int, Min: int32(0), ReadOnly: true,
			Blurb: "Height of the display mode in pixels, 0 before the start"},
		{Name: "hdr-status", Nick: "HDR status", Kind: gstx.String, ReadOnly: true,
			Blurb: "What became of the HDR metadata: format, output and reason, of each kind there is"},
		{Name: "frames-shown", Nick: "Frames shown", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Frames sent to the display since the start"},
		{Name: "frames-dropped", Nick: "Frames dropped", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Frames this element did not show since the start, for want of a display or because the state changed; those that came too late are in stats"},
		{Name: "frames-imported", Nick: "Frames imported", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Frames among those shown that were scanned out from their own memory, without a copy"},
		{Name: "frames-copied", Nick: "Frames copied", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Frames among those shown that had to be copied"},
		{Name: "frames-late", Nick: "Frames late", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Frames among those shown that came onto the screen more than a refresh after their time"},
		{Name: "flip-lateness", Nick: "Flip lateness", Kind: gstx.Int64, ReadOnly: true, Default: int64(unknownLateness),
			Blurb: "How long after its time a frame's scan-out began, on average of the last 60 frames, in ns; negative for before; the least value when it is unknown, as without sync"},
		{Name: "layers-skipped", Nick: "Layers skipped", Kind: gstx.Uint64, ReadOnly: true,
			Blurb: "Layers of frames (GstShmLayersMeta) that could not be shown since the start"},
	},
	New: func(e *gstx.Element) any { return newSink(e, openDevice) },
}

// named tells whether the card is named by something else than fd.
func (s *settings) named() bool { return s.device+s.driver+s.bus != "" }

func openDevice(s *settings) (*kms.Device, error) {
	if s.fd >= 0 {
		return kms.Borrow(int(s.fd))
	}
	return kms.Open(kms.Want{Path: s.device, Driver: s.driver, BusID: s.bus})
}
