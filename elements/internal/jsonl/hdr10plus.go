package jsonl

import "github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"

func appendHDR10Plus(dst, payload []byte) []byte {
	var m hdr10plus.Metadata
	dst = append(dst, '{')
	if _, err := m.Decode(payload); err != nil {
		dst = appendUint(dst, "size", uint64(len(payload)))
		return append(appendText(dst, "error", err.Error()), '}')
	}
	dst = appendUint(dst, "version", uint64(m.Version))
	dst = appendText(dst, "profile", m.Profile().String())
	dst = appendUint(dst, "target_max_luminance", uint64(m.TargetMaxLuminance))
	dst = appendList(appendKey(dst, "windows"), int(m.NumWindows), func(dst []byte, i int) []byte {
		return appendWindow(dst, &m, i)
	})
	dst = appendGrid(dst, "target_peak", &m.TargetPeak)
	dst = appendGrid(dst, "mastering_peak", &m.MasteringPeak)
	if err := m.Validate(); err != nil {
		dst = appendText(dst, "invalid", err.Error())
	}
	return append(dst, '}')
}

func appendWindow(dst []byte, m *hdr10plus.Metadata, i int) []byte {
	w := &m.Windows[i]
	dst = appendKey(append(dst, '{'), "maxscl")
	dst = appendList(dst, len(w.MaxSCL), func(dst []byte, i int) []byte { return appendFixed(dst, uint64(w.MaxSCL[i]), 1) })
	dst = appendFixed(appendKey(dst, "average_maxrgb"), uint64(w.AverageMaxRGB), 1)
	dst = appendPercentiles(dst, w.Percentiles[:w.NumPercentiles], m.Version)
	dst = appendFixed(appendKey(dst, "fraction_bright"), uint64(w.FractionBright), 3)
	if w.ToneMapping {
		dst = append(appendKey(dst, "tone_curve"), '{')
		dst = appendFraction(append(appendKey(dst, "knee"), '['), uint64(w.Knee.X), 4095)
		dst = append(appendFraction(append(dst, ','), uint64(w.Knee.Y), 4095), ']')
		dst = appendList(appendKey(dst, "anchors"), int(w.NumAnchors), func(dst []byte, i int) []byte {
			return appendFraction(dst, uint64(w.Anchors[i]), 1023)
		})
		dst = append(dst, '}')
	}
	if w.SaturationMapping {
		dst = appendFixed(appendKey(dst, "saturation_weight"), uint64(w.SaturationWeight)*125, 3)
	}
	if i > 0 {
		dst = appendRegion(appendKey(dst, "region"), &w.Region)
	}
	return append(dst, '}')
}

// appendPercentiles puts the two entries of version 1 that are not percentiles
// of their percentage in their place: 5 is the 99.98 % value, 10 the percentage
// of pixels below 100 cd/m².
func appendPercentiles(dst []byte, list []hdr10plus.Percentile, version uint8) []byte {
	below := -1
	dst = append(appendKey(dst, "percentiles"), '[')
	for i, p := range list {
		if version == 1 && p.Percentage == 10 {
			below = i
			continue
		}
		if dst[len(dst)-1] != '[' {
			dst = append(dst, ',')
		}
		percent := uint64(p.Percentage) * 100
		if version == 1 && p.Percentage == 5 {
			percent = 9998
		}
		dst = appendFixed(append(dst, '['), percent, 2)
		dst = append(appendFixed(append(dst, ','), uint64(p.Value), 1), ']')
	}
	dst = append(dst, ']')
	if below >= 0 {
		dst = appendUint(dst, "below_100", uint64(list[below].Value))
	}
	return dst
}

func appendRegion(dst []byte, g *hdr10plus.Region) []byte {
	list := func(dst []byte, key string, v ...uint16) []byte {
		return appendList(appendKey(dst, key), len(v), func(dst []byte, i int) []byte { return appendFixed(dst, uint64(v[i]), 0) })
	}
	dst = list(append(dst, '{'), "corners", g.Left, g.Top, g.Right, g.Bottom)
	dst = list(dst, "center", g.CenterX, g.CenterY)
	dst = appendUint(dst, "rotation", uint64(g.Rotation))
	dst = list(dst, "axes", g.SemimajorInternal, g.SemimajorExternal, g.SemiminorExternal)
	return append(appendBool(dst, "layering", g.Layering), '}')
}

func appendGrid(dst []byte, key string, g *hdr10plus.PeakGrid) []byte {
	if !g.Present {
		return dst
	}
	return appendList(appendKey(dst, key), int(g.Rows), func(dst []byte, r int) []byte {
		return appendList(dst, int(g.Cols), func(dst []byte, c int) []byte { return appendFixed(dst, uint64(g.Values[r][c]), 0) })
	})
}
