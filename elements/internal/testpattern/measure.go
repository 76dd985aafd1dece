package testpattern

import (
	"cmp"
	"math"
	"slices"

	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
)

// measurement is what is true of every frame of a scene.
type measurement struct {
	dynamic         hdr10plus.Metadata
	maxCLL, maxFALL uint16
}

// sample is so many pixels whose brightest component is light, in cd/m².
type sample struct {
	light  float64
	pixels int
}

// measure looks at the coded rows, so rounding to code values is part of the
// result. The square and the code have the same light in every frame.
func (p *Painter) measure(c coder, s *scene) measurement {
	g := &p.geometry
	var samples []sample
	var peak rgb
	add := func(r row, from, to, lines int) {
		if lines <= 0 {
			return
		}
		for x := from; x < to; x++ {
			light := c.brightness(r, x)
			n := lines
			for ; x+1 < to && samePixel(c, r, x, x+1); x++ {
				n += lines
			}
			for i := range peak {
				peak[i] = max(peak[i], light[i])
			}
			samples = append(samples, sample{light.max(), n})
		}
	}
	for i, sp := range s.spans {
		switch i {
		case spanCode: // half of its cells are white
			add(s.white, 0, codeBits*g.cell, sp.lines)
			add(s.zero, codeBits*g.cell, c.width, sp.lines)
		case spanBand:
			add(s.lit, 0, g.side, g.side)
			add(s.dark, g.side, c.width, g.side)
			add(s.dark, 0, c.width, sp.lines-g.side)
		default:
			add(sp.row, 0, c.width, sp.lines)
		}
	}
	return summarise(samples, peak)
}

// samePixel is a shortcut for the many equal neighbours.
func samePixel(c coder, r row, a, b int) bool {
	n := c.format.pixel()
	return string(r.luma[a*n:a*n+n]) == string(r.luma[b*n:b*n+n]) &&
		(r.chroma == nil || string(r.chroma[a/2*4:a/2*4+4]) == string(r.chroma[b/2*4:b/2*4+4]))
}

func summarise(samples []sample, peak rgb) (m measurement) {
	slices.SortFunc(samples, func(a, b sample) int { return cmp.Compare(a.light, b.light) })
	var pixels, below100 int
	var sum float64
	for _, s := range samples {
		pixels += s.pixels
		sum += s.light * float64(s.pixels)
		if s.light < 100 {
			below100 += s.pixels
		}
	}
	average := sum / float64(pixels)
	// percentile: the light that percent of the pixels do not exceed.
	percentile := func(percent float64) uint32 {
		n, want := 0, int(math.Ceil(float64(pixels)*percent/100))
		for _, s := range samples {
			if n += s.pixels; n >= want {
				return tenths(s.light)
			}
		}
		return tenths(peak.max())
	}

	m.maxCLL = uint16(math.Round(peak.max()))
	m.maxFALL = uint16(math.Round(average))
	m.dynamic = hdr10plus.Metadata{Version: 1, NumWindows: 1}
	w := &m.dynamic.Windows[0]
	for i, v := range peak {
		w.MaxSCL[i] = tenths(v)
	}
	w.AverageMaxRGB = tenths(average)
	for i, percent := range []uint8{1, 5, 10, 25, 50, 75, 90, 95, 99} {
		v := uint32(0)
		switch percent {
		case 5: // by convention the 99.98 % value stands here,
			v = percentile(99.98)
		case 10: // and here the percentage of pixels below 100 cd/m²
			v = uint32(math.Round(100 * float64(below100) / float64(pixels)))
		default:
			v = percentile(float64(percent))
		}
		w.Percentiles[i] = hdr10plus.Percentile{Percentage: percent, Value: v}
	}
	w.NumPercentiles = 9
	return m
}

func tenths(light float64) uint32 { return uint32(math.Round(10 * light)) }
