// Package transfer has the transfer functions of HDR, BT.2100-2, in float64: signals
// are 0 to 1.
package transfer

import "math"

// SMPTE ST 2084, BT.2100 table 4.
const (
	pqPeak = 10000
	pqM1   = 2610.0 / 16384
	pqM2   = 2523.0 / 4096 * 128
	pqC1   = 3424.0 / 4096
	pqC2   = 2413.0 / 4096 * 32
	pqC3   = 2392.0 / 4096 * 32
)

// PQ is the signal of a light in cd/m², the inverse EOTF of ST 2084.
func PQ(light float64) (signal float64) {
	y := math.Pow(light/pqPeak, pqM1)
	return math.Pow((pqC1+pqC2*y)/(1+pqC3*y), pqM2)
}

// PQLight is the light, in cd/m², of a signal, the EOTF of ST 2084.
func PQLight(signal float64) (light float64) {
	p := math.Pow(signal, 1/pqM2)
	return pqPeak * math.Pow(max(p-pqC1, 0)/(pqC2-pqC3*p), 1/pqM1)
}

// ARIB STD-B67, BT.2100 table 5.
const (
	hlgA = 0.17883277
	hlgB = 1 - 4*hlgA
	hlgC = 0.55991073
)

// HLG is the signal of a scene's light, 0 to 1, the OETF of STD-B67.
func HLG(scene float64) (signal float64) {
	if scene <= 1.0/12 {
		return math.Sqrt(3 * scene)
	}
	return hlgA*math.Log(12*scene-hlgB) + hlgC
}

// HLGScene is the scene's light of a signal, the inverse OETF of STD-B67.
func HLGScene(signal float64) (scene float64) {
	if signal <= 0.5 {
		return signal * signal / 3
	}
	return (math.Exp((signal-hlgC)/hlgA) + hlgB) / 12
}
