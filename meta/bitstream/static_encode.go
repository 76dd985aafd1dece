package bitstream

import (
	"math"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// appendMasteringDisplay is the inverse of DecodeMasteringDisplay. AV1's units
// are finer but for the maximum luminance; a chromaticity above 1 becomes the
// largest value.
func appendMasteringDisplay(dst []byte, codec Codec, m *meta.MasteringDisplay) []byte {
	order := [...]meta.Chromaticity{m.Green, m.Blue, m.Red, m.White}
	top, bottom := m.MaxLuminance, m.MinLuminance
	if codec == AV1 {
		order = [...]meta.Chromaticity{m.Red, m.Green, m.Blue, m.White}
		top, bottom = unscale(top, 10000, 8), unscale(bottom, 10000, 14)
	}
	for _, c := range order {
		if codec == AV1 {
			c.X = uint16(min(unscale(uint32(c.X), 50000, 16), math.MaxUint16))
			c.Y = uint16(min(unscale(uint32(c.Y), 50000, 16), math.MaxUint16))
		}
		dst = be.AppendUint16(be.AppendUint16(dst, c.X), c.Y)
	}
	return be.AppendUint32(be.AppendUint32(dst, top), bottom)
}

// unscale gives v·2^shift/unit, rounded: the inverse of scale.
func unscale(v, unit uint32, shift int) uint32 {
	return uint32(min((uint64(v)<<shift+uint64(unit)/2)/uint64(unit), math.MaxUint32))
}

func appendContentLight(dst []byte, l *meta.ContentLight) []byte {
	return be.AppendUint16(be.AppendUint16(dst, l.MaxCLL), l.MaxFALL)
}

func appendAmbientViewing(dst []byte, a *meta.AmbientViewing) []byte {
	return be.AppendUint16(be.AppendUint16(be.AppendUint32(dst, a.Illuminance), a.Light.X), a.Light.Y)
}
