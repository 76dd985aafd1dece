package hdrgraphics

import (
	"math"
	"testing"
)

// reference computes a pixel in float64, from un-premultiplied sRGB, with inverses of
// the published EOTFs found by bisection instead of the formulas of this package.
func reference(r, g, b float64, to Light) [3]float64 {
	lin := func(v float64) float64 { return invert(srgb, v) }
	r, g, b = lin(r), lin(g), lin(b)
	mixed := [3]float64{ // BT.2087-0, M2
		0.6274*r + 0.3293*g + 0.0433*b,
		0.0691*r + 0.9195*g + 0.0114*b,
		0.0164*r + 0.0880*g + 0.8956*b,
	}
	for i, m := range mixed {
		if to == PQ {
			mixed[i] = invert(func(s float64) float64 { return pqEOTF(s) }, 203*m)
		} else {
			mixed[i] = invert(hlgInverse, hlgInverse(0.75)*m)
		}
	}
	return mixed
}

// srgb is the encoding of light; invert finds the light.
func srgb(light float64) float64 {
	if light <= 0.0031308 {
		return 12.92 * light
	}
	return 1.055*math.Pow(light, 1/2.4) - 0.055
}

// pqEOTF is ST 2084's, in cd/m².
func pqEOTF(s float64) float64 {
	const m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
	p := math.Pow(s, 1/m2)
	return 10000 * math.Pow(max(p-c1, 0)/(c2-c3*p), 1/m1)
}

// hlgInverse is the inverse OETF of BT.2100-2.
func hlgInverse(s float64) float64 {
	if s <= 0.5 {
		return s * s / 3
	}
	return (math.Exp((s-0.55991073)/0.17883277) + 0.28466892) / 12
}

func invert(f func(float64) float64, y float64) float64 {
	lo, hi := 0.0, 1.0
	for range 60 {
		if mid := (lo + hi) / 2; f(mid) < y {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

func TestOpaqueColoursAreTheReference(t *testing.T) {
	for _, to := range []Light{PQ, HLG} {
		worst := 0.0
		for r := 0; r < 256; r += 17 {
			for g := 0; g < 256; g += 15 {
				for b := 0; b < 256; b += 17 {
					p := []byte{byte(b), byte(g), byte(r), 255}
					Convert(p, to)
					want := reference(float64(r)/255, float64(g)/255, float64(b)/255, to)
					for i := range 3 {
						off := math.Abs(float64(p[2-i]) - 255*want[i])
						worst = max(worst, off)
						if off > 1 {
							t.Fatalf("%d %d %d: got %v, want %v × 255", r, g, b, p, want)
						}
					}
				}
			}
		}
		t.Logf("light %d: at most %.2f of 255 away", to, worst)
	}
}

func TestWhiteIsReferenceWhite(t *testing.T) {
	for to, want := range map[Light]float64{SDR: 1, PQ: 0.5807, HLG: 0.75} { // BT.2408-7, table 1: 58 % and 75 %
		p := []byte{255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 0}
		Convert(p, to)
		if got := float64(p[0]) / 255; math.Abs(got-want) > 0.5/255 || p[1] != p[0] || p[2] != p[0] {
			t.Errorf("light %d: white %v, want %v", to, got, want)
		}
		if p[4]|p[5]|p[6] != 0 || p[8]|p[9]|p[10]|p[11] != 0 {
			t.Errorf("light %d: black or nothing became %v", to, p[4:])
		}
	}
}

// Alpha stays, and no colour is more than its alpha.
func TestTransparentColours(t *testing.T) {
	for a := 1; a < 256; a++ {
		for c := 0; c <= a; c++ {
			p := []byte{byte(c), byte(a), 0, byte(a)}
			Convert(p, PQ)
			if p[3] != byte(a) || p[0] > p[3] || p[1] > p[3] || p[2] > p[3] {
				t.Fatalf("alpha %d, colour %d: %v", a, c, p)
			}
			full := []byte{byte((c*255 + a/2) / a), 255, 0, 255}
			Convert(full, PQ)
			for i := range 3 {
				if want := float64(full[i]) * float64(a) / 255; math.Abs(float64(p[i])-want) > 1 {
					t.Fatalf("alpha %d, colour %d: %v, opaque %v", a, c, p, full)
				}
			}
		}
	}
}

func TestConvertAllocatesNothingAndTakesAnyLength(t *testing.T) {
	p := make([]byte, 4*1000+3)
	for i := range p {
		p[i] = byte(i * 7)
	}
	if n := testing.AllocsPerRun(10, func() { Convert(p, PQ) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	Convert(nil, HLG)
	Convert(p[:3], 77)
}
