// Package hdrgraphics turns SDR graphics, subtitles for example, into what they
// have to be on an HDR picture, where a white of 255 would glare at the peak of
// the signal.
package hdrgraphics

import (
	"math"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/transfer"
)

// Light is what graphics are shown with.
type Light uint8

// The kinds of light.
const (
	SDR Light = iota // as they are
	PQ               // SMPTE ST 2084, BT.2020 primaries
	HLG              // ARIB STD-B67, BT.2020 primaries
)

const (
	// White is how bright graphics' white becomes, in cd/m²: ITU-R BT.2408-7,
	// table 1, HDR reference white.
	White = 203.0
	// hlgWhite is the same in the scene light of HLG: the signal 0.75 (BT.2408-7,
	// table 1) through the inverse OETF of BT.2100-2, table 5.
	hlgWhite = 0.26496256
)

// steps of a table of the signal over the square root of the light, which spreads
// the dark part: its first step is below a hundredth of a level of 255.
const steps = 1 << 12

var (
	linear [256]float64 // light of an sRGB value, 0…1
	signal = map[Light]*[steps + 1]uint8{PQ: {}, HLG: {}}
)

func init() {
	for i := range linear {
		v := float64(i) / 255
		if v <= 0.04045 { // IEC 61966-2-1
			linear[i] = v / 12.92
		} else {
			linear[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	for i := range steps + 1 {
		light := math.Pow(float64(i)/steps, 2)
		signal[PQ][i] = uint8(math.Round(255 * transfer.PQ(light*White)))
		signal[HLG][i] = uint8(math.Round(255 * transfer.HLG(light*hlgWhite)))
	}
}

// Convert converts pixels of B, G, R, A with premultiplied alpha, from sRGB, in
// place. What is transparent is passed over.
func Convert(bgra []byte, to Light) {
	table := signal[to]
	if table == nil {
		return
	}
	var last, out [4]byte // text has few colours
	for p := bgra; len(p) >= 4; p = p[4:] {
		now := [4]byte(p)
		switch {
		case now[3] == 0:
			continue
		case now != last:
			last, out = now, convert(now, table)
		}
		copy(p, out[:])
	}
}

func convert(p [4]byte, table *[steps + 1]uint8) [4]byte {
	a := uint32(p[3])
	light := func(c byte) float64 { return linear[min((uint32(c)*255+a/2)/a, 255)] }
	b, g, r := light(p[0]), light(p[1]), light(p[2])
	// ITU-R BT.2087-0, annex 2, M2: BT.709 primaries to BT.2020's.
	mixed := [3]float64{
		0.0164*r + 0.0880*g + 0.8956*b,
		0.0691*r + 0.9195*g + 0.0114*b,
		0.6274*r + 0.3293*g + 0.0433*b,
	}
	out := [4]byte{3: p[3]}
	for i, m := range mixed {
		v := table[int(math.Sqrt(min(m, 1))*steps+0.5)]
		out[i] = byte((uint32(v)*a + 127) / 255)
	}
	return out
}
