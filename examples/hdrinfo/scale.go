package main

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// pqScale is a luminance axis with the steps of PQ (SMPTE ST 2084), which are
// about even to the eye. It is for ranges within 0..10000 cd/m².
type pqScale struct{}

func (pqScale) Normalize(lo, hi, x float64) float64 {
	return (pq(x) - pq(lo)) / (pq(hi) - pq(lo))
}

// pq is the inverse EOTF of ST 2084: cd/m² to a signal of 0..1.
func pq(light float64) float64 {
	const (
		m1 = 2610.0 / 16384
		m2 = 2523.0 / 4096 * 128
		c1 = 3424.0 / 4096
		c2 = 2413.0 / 4096 * 32
		c3 = 2392.0 / 4096 * 32
	)
	y := math.Pow(max(0, light)/10000, m1)
	return math.Pow((c1+c2*y)/(1+c3*y), m2)
}

// lights are where the luminance axis may be marked, and end.
var lights = []float64{0, 1, 5, 10, 20, 50, 100, 200, 400, 600, 1000, 2000, 4000, 10000}

func lightTicks(hi float64) (ticks []plot.Tick) {
	for _, l := range lights {
		if l <= hi {
			ticks = append(ticks, plot.Tick{Value: l, Label: strconv.FormatFloat(l, 'f', -1, 64)})
		}
	}
	return ticks
}

// top is where the luminance axis ends: above everything drawn.
func top(marks []mark) float64 {
	highest := 0.0
	for _, m := range marks {
		for _, xys := range m.lines {
			for _, p := range xys {
				highest = max(highest, p.Y)
			}
		}
	}
	for _, l := range lights {
		if l >= 100 && l > highest {
			return l
		}
	}
	return lights[len(lights)-1]
}
