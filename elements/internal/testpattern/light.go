package testpattern

import (
	"math"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/transfer"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// Range is how the picture's light is coded.
type Range uint8

const (
	PQ  Range = iota // BT.2100 PQ, up to 1000 cd/m²
	HLG              // BT.2100 HLG on its nominal display of 1000 cd/m²
	SDR              // BT.709 on a BT.1886 display of 100 cd/m²
)

// rgb is linear display light in cd/m², or a non-linear signal in 0..1.
type rgb [3]float64

func (c rgb) max() float64 { return max(c[0], c[1], c[2]) }

// weights are the luma weights of R and B: BT.2020 and BT.709, table of H.273
// MatrixCoefficients 9 and 1.
func (r Range) weights() (kr, kb float64) {
	if r == SDR {
		return 0.2126, 0.0722
	}
	return 0.2627, 0.0593
}

func (r Range) luma(c rgb) float64 {
	kr, kb := r.weights()
	return kr*c[0] + (1-kr-kb)*c[1] + kb*c[2]
}

// signal codes display light.
func (r Range) signal(light rgb) (s rgb) {
	switch r {
	case PQ:
		for i, v := range light {
			s[i] = transfer.PQ(v)
		}
	case HLG:
		y := r.luma(light) / hlgPeak
		if y == 0 {
			return
		}
		gain := math.Pow(y, 1/hlgGamma-1) // undo the OOTF
		for i, v := range light {
			s[i] = transfer.HLG(v / hlgPeak * gain)
		}
	case SDR:
		for i, v := range light {
			s[i] = math.Pow(v/sdrPeak, 1/bt1886Gamma)
		}
	}
	return
}

// light is what a display makes of a signal.
func (r Range) light(s rgb) (light rgb) {
	switch r {
	case PQ:
		for i, v := range s {
			light[i] = transfer.PQLight(v)
		}
	case HLG:
		for i, v := range s {
			light[i] = transfer.HLGScene(v)
		}
		gain := math.Pow(r.luma(light), hlgGamma-1) * hlgPeak
		for i := range light {
			light[i] *= gain
		}
	case SDR:
		for i, v := range s {
			light[i] = math.Pow(v, bt1886Gamma) * sdrPeak
		}
	}
	return
}

const (
	hlgPeak     = 1000 // cd/m², where the system gamma is 1.2 (BT.2100 table 5)
	hlgGamma    = 1.2
	sdrPeak     = 100
	bt1886Gamma = 2.4
)

// Color is the picture's colour description.
func (r Range) Color(f Format) meta.Color {
	c := meta.Color{
		Primaries: meta.PrimariesBT2020,
		Matrix:    meta.MatrixBT2020,
		// Chroma is that of the even pixels of even lines.
		ChromaSite: meta.ChromaTopLeft,
	}
	switch r {
	case PQ:
		c.Transfer = meta.TransferPQ
	case HLG:
		c.Transfer = meta.TransferHLG
	case SDR:
		c.Primaries, c.Transfer, c.Matrix = meta.PrimariesBT709, meta.TransferBT709, meta.MatrixBT709
	}
	if f == BGRx {
		c.Matrix, c.FullRange, c.ChromaSite = meta.MatrixRGB, true, meta.ChromaUnspecified
	}
	return c
}
