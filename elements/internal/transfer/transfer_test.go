package transfer

import (
	"math"
	"testing"
)

// The values are those of BT.2408-7, table 1, and of the ends of the ranges.
func TestSignalsOfKnownLights(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want float64
		within    float64
	}{
		{"PQ of 10000 cd/m²", PQ(10000), 1, 1e-9},
		{"PQ of 1000 cd/m²", PQ(1000), 0.7518, 1e-4},
		{"PQ of 203 cd/m², HDR reference white", PQ(203), 0.58, 1e-3},
		{"PQ of 100 cd/m²", PQ(100), 0.5081, 1e-4},
		{"PQ of 0", PQ(0), 0, 1e-6},
		{"HLG of 1", HLG(1), 1, 1e-6},
		{"HLG of 1/12, where its halves meet", HLG(1. / 12), 0.5, 1e-9},
		{"HLG of the reference white's scene light", HLG(0.26496256), 0.75, 1e-6},
		{"HLG of 0", HLG(0), 0, 0},
	} {
		if math.Abs(c.got-c.want) > c.within {
			t.Errorf("%s: %.6f, want %.6f", c.name, c.got, c.want)
		}
	}
}

func TestInverses(t *testing.T) {
	for i := range 1001 {
		s := float64(i) / 1000
		if got := PQ(PQLight(s)); math.Abs(got-s) > 1e-6 {
			t.Errorf("PQ of the light of %v: %v", s, got)
		}
		if got := HLG(HLGScene(s)); math.Abs(got-s) > 1e-6 {
			t.Errorf("HLG of the light of %v: %v", s, got)
		}
	}
}
