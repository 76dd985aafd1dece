package main

import "math"

// scene is a run of frames, in the order they are shown, with the same HDR10+
// metadata. Luminance is in cd/m².
type scene struct {
	Frame   int         `json:"frame"` // the first, from 0
	Time    *float64    `json:"time,omitempty"`
	Frames  int         `json:"frames"`
	Max     float64     `json:"max"`
	Average float64     `json:"average"`
	P99     float64     `json:"percentile_99"`
	Target  int         `json:"target,omitempty"`
	Knee    *[2]float64 `json:"knee,omitempty"`
}

// scenesOf finds the scenes; frames without HDR10+ belong to none.
func scenesOf(shown []frame) (scenes []scene) {
	var last uint64
	for i := range shown {
		f := &shown[i]
		if f.scene != 0 && f.scene == last {
			scenes[len(scenes)-1].Frames++
		} else if f.scene != 0 {
			scenes = append(scenes, newScene(i, f))
		}
		last = f.scene
	}
	return scenes
}

func newScene(i int, f *frame) scene {
	s := scene{
		Frame: i, Frames: 1,
		Max: tenths(f.light.max), Average: tenths(f.light.average), P99: tenths(f.light.p99),
		Target: int(f.light.target),
	}
	if f.pts != noTime {
		t := seconds(f.pts)
		s.Time = &t
	}
	if f.light.curve {
		s.Knee = &[2]float64{thousandths(f.light.knee[0]), thousandths(f.light.knee[1])}
	}
	return s
}

// tenths undoes what float32 makes of a value in 0.1 cd/m².
func tenths(v float32) float64 { return math.Round(float64(v)*10) / 10 }

// thousandths is a coordinate of a knee, which comes in 1/4095.
func thousandths(v uint16) float64 { return math.Round(float64(v)/4095*1e4) / 1e4 }
