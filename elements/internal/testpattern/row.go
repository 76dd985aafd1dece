package testpattern

import (
	"encoding/binary"
	"math"
)

// row is one coded line of the picture: first plane and, for P010, the chroma
// of the line pair it belongs to.
type row struct{ luma, chroma []byte }

// coder makes rows of light, and light of rows.
type coder struct {
	rng    Range
	format Format
	width  int
}

// encode codes a line; light gives the colour of each pixel.
func (c coder) encode(light func(x int) rgb) row {
	r := row{luma: make([]byte, c.width*c.format.pixel())}
	if c.format == P010 {
		r.chroma = make([]byte, (c.width+1)/2*4)
	}
	var was, signal rgb
	for x := range c.width {
		if v := light(x); x == 0 || v != was {
			was, signal = v, c.rng.signal(v)
		}
		if c.format == BGRx {
			for i := range 3 {
				r.luma[x*4+i] = uint8(math.Round(255 * signal[2-i]))
			}
			r.luma[x*4+3] = 0xff
			continue
		}
		y, cb, cr := c.yuv(signal)
		binary.LittleEndian.PutUint16(r.luma[x*2:], y<<6)
		if x&1 == 0 { // co-sited chroma
			binary.LittleEndian.PutUint16(r.chroma[x*2:], cb<<6)
			binary.LittleEndian.PutUint16(r.chroma[x*2+2:], cr<<6)
		}
	}
	return r
}

// yuv gives 10-bit limited-range code values (BT.2100 table 9).
func (c coder) yuv(s rgb) (y, cb, cr uint16) {
	kr, kb := c.rng.weights()
	luma := c.rng.luma(s)
	code := func(scale, offset, v float64) uint16 { return uint16(math.Round(scale*v + offset)) }
	return code(876, 64, luma), code(896, 512, (s[2]-luma)/(2-2*kb)), code(896, 512, (s[0]-luma)/(2-2*kr))
}

// brightness is what a display makes of pixel x: linear R, G and B in cd/m².
func (c coder) brightness(r row, x int) rgb {
	if c.format == BGRx {
		p := r.luma[x*4:]
		return c.rng.light(rgb{float64(p[2]) / 255, float64(p[1]) / 255, float64(p[0]) / 255})
	}
	kr, kb := c.rng.weights()
	code := func(p []byte) float64 { return float64(binary.LittleEndian.Uint16(p) >> 6) }
	chroma := r.chroma[x/2*4:]
	y := (code(r.luma[x*2:]) - 64) / 876
	red := y + (code(chroma[2:])-512)/896*(2-2*kr)
	blue := y + (code(chroma)-512)/896*(2-2*kb)
	green := (y - kr*red - kb*blue) / (1 - kr - kb)
	limit := func(v float64) float64 { return min(max(v, 0), 1) }
	return c.rng.light(rgb{limit(red), limit(green), limit(blue)})
}
