package main

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// codeName gives a code point of H.273 the name that names has for it.
func codeName(names func(code uint8) string, code uint8) string {
	if name := names(code); name != "" {
		return name
	}
	return fmt.Sprintf("code %d", code)
}

// gamuts are the displays that graders have, in 0.00002 as ST 2086.
var gamuts = []struct {
	name                    string
	red, green, blue, white meta.Chromaticity
}{
	{"BT.2020", xy(.708, .292), xy(.170, .797), xy(.131, .046), d65},
	{"Display P3", xy(.680, .320), xy(.265, .690), xy(.150, .060), d65},
	{"DCI-P3", xy(.680, .320), xy(.265, .690), xy(.150, .060), xy(.314, .351)},
	{"BT.709", xy(.640, .330), xy(.300, .600), xy(.150, .060), d65},
}

var d65 = xy(.3127, .3290)

func xy(x, y float64) meta.Chromaticity {
	return meta.Chromaticity{X: uint16(x*50000 + .5), Y: uint16(y*50000 + .5)}
}

// gamutName names the primaries of a mastering display, "" if they are nobody's.
// Writers round differently, to no less than three decimals.
func gamutName(m *meta.MasteringDisplay) string {
	near := func(a, b meta.Chromaticity) bool {
		const tolerance = 50 // 0.001
		dx, dy := int(a.X)-int(b.X), int(a.Y)-int(b.Y)
		return max(dx, -dx) <= tolerance && max(dy, -dy) <= tolerance
	}
	for _, g := range gamuts {
		if near(m.Red, g.red) && near(m.Green, g.green) && near(m.Blue, g.blue) && near(m.White, g.white) {
			return g.name
		}
	}
	return ""
}

// t35Kind is who a T.35 message is of: by its country and provider code.
type t35Kind struct {
	country, extension uint8 // extension follows the country 0xFF
	provider           uint16
	name               string
}

// t35KindOf reads the beginning of a payload. HDR10+ and Dolby Vision have
// sections of their own and are not met here.
func t35KindOf(p []byte) (k t35Kind) {
	if len(p) > 0 {
		k.country, p = p[0], p[1:]
	}
	if k.country == 0xFF && len(p) > 0 {
		k.extension, p = p[0], p[1:]
	}
	if len(p) >= 2 {
		k.provider = binary.BigEndian.Uint16(p)
		p = p[2:]
	}
	code := uint16(0)
	if len(p) >= 2 {
		code = binary.BigEndian.Uint16(p)
	}
	switch {
	case k.country == 0xB5 && k.provider == 0x0090 && code == 1:
		k.name = "SMPTE ST 2094-50"
	case k.country == 0xB5 && k.provider == 0x003A:
		k.name = "SL-HDR"
	case k.country == 0xB5 && k.provider == 0x003B:
		k.name = "Dolby"
	case k.country == 0xB5 && k.provider == 0x0031:
		k.name = "ATSC" // captions for the most part
	case k.country == 0xB5 && k.provider == 0x003C:
		k.name = "Samsung"
	case k.country == 0x26 && k.provider == 0x0004 && code == 5:
		k.name = "HDR Vivid"
	}
	return k
}

func (k t35Kind) countryName() string {
	if k.country == 0xFF {
		return fmt.Sprintf("0xFF%02X", k.extension)
	}
	return fmt.Sprintf("0x%02X", k.country)
}

// mediaName names a GStreamer media type for people.
func mediaName(media string) string {
	switch media {
	case "video/x-h265":
		return "HEVC"
	case "video/x-h264":
		return "AVC"
	case "video/x-av1":
		return "AV1"
	case "video/x-vp9":
		return "VP9"
	case "video/x-vp8":
		return "VP8"
	case "video/x-h266":
		return "VVC"
	case "video/x-prores":
		return "ProRes"
	case "video/x-raw":
		return "uncompressed"
	case "video/x-matroska", "video/webm":
		return "Matroska"
	case "video/quicktime":
		return "MP4"
	case "video/mpegts":
		return "MPEG-TS"
	case "video/x-ivf":
		return "IVF"
	case "video/x-msvideo":
		return "AVI"
	case "application/mxf":
		return "MXF"
	}
	_, name, _ := strings.Cut(media, "/")
	return strings.TrimPrefix(name, "x-")
}
