package main

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// timeline is the time axis: seconds, or frames where there is neither a time
// stamp nor a frame rate.
type timeline struct {
	frames []frame
	timed  bool
	end    float64
}

func newTimeline(r *report) *timeline {
	t := &timeline{frames: r.shown, timed: r.Duration > 0, end: r.Duration}
	if !t.timed {
		t.end = float64(len(r.shown))
	}
	return t
}

// at is where frame i begins; i may be the number of frames.
func (t *timeline) at(i int) float64 {
	switch {
	case i == len(t.frames):
		return t.end
	case t.timed:
		return float64(t.frames[i].pts) / 1e9
	}
	return float64(i)
}

func (t *timeline) label() string {
	if t.timed {
		return "time"
	}
	return "frame"
}

// marks are the lines to draw, the ones that should be on top last.
func (t *timeline) marks(r *report) (marks []mark) {
	level := func(name string, y float64, style draw.LineStyle) {
		if y > 0 {
			marks = append(marks, mark{fmt.Sprintf("%s %s", name, number(y)), style, []plotter.XYs{{{X: 0, Y: y}, {X: t.end, Y: y}}}})
		}
	}
	dash := []vg.Length{vg.Points(6), vg.Points(3)}
	marks = append(marks,
		mark{"MaxSCL, brightest component", draw.LineStyle{Color: colorMax, Width: vg.Points(1)}, t.series(func(l *light) float32 { return l.max })},
		mark{"average of max(R,G,B)", draw.LineStyle{Color: colorAverage, Width: vg.Points(1)}, t.series(func(l *light) float32 { return l.average })})
	if l := r.Light; l != nil {
		level("MaxCLL", float64(l.MaxCLL), draw.LineStyle{Color: colorMaxCLL, Width: vg.Points(1), Dashes: dash})
		level("MaxFALL", float64(l.MaxFALL), draw.LineStyle{Color: colorMaxFALL, Width: vg.Points(1), Dashes: dash})
	}
	if m := r.Mastering; m != nil {
		level("mastering peak", m.MaxLuminance, draw.LineStyle{Color: colorPeak, Width: vg.Points(1), Dashes: []vg.Length{vg.Points(1.5), vg.Points(3)}})
	}
	return marks
}

// series draws a value of the frames as steps, one line for each run of frames
// that have one.
func (t *timeline) series(value func(*light) float32) (lines []plotter.XYs) {
	for i := 0; i < len(t.frames); {
		if t.frames[i].scene == 0 {
			i++
			continue
		}
		var line plotter.XYs
		y := math.NaN()
		for ; i < len(t.frames) && t.frames[i].scene != 0; i++ {
			if v := tenths(value(&t.frames[i].light)); v != y {
				if len(line) > 0 {
					line = append(line, plotter.XY{X: t.at(i), Y: y})
				}
				line = append(line, plotter.XY{X: t.at(i), Y: v})
				y = v
			}
		}
		lines = append(lines, append(line, plotter.XY{X: t.at(i), Y: y}))
	}
	return reduce(lines, t.end)
}

// reduce leaves of many points the least and the greatest of each pixel column,
// which look the same.
func reduce(lines []plotter.XYs, end float64) []plotter.XYs {
	n := 0
	for _, l := range lines {
		n += len(l)
	}
	if n <= 2*columns {
		return lines
	}
	column := func(p plotter.XY) int { return int(p.X / end * columns) }
	var out []plotter.XYs
	for _, l := range lines {
		var kept plotter.XYs
		for i := 0; i < len(l); {
			c, lo, hi := column(l[i]), i, i
			for ; i < len(l) && column(l[i]) == c; i++ {
				if l[i].Y < l[lo].Y {
					lo = i
				}
				if l[i].Y > l[hi].Y {
					hi = i
				}
			}
			kept = append(kept, l[min(lo, hi)])
			if lo != hi {
				kept = append(kept, l[max(lo, hi)])
			}
		}
		// Of lines that are no wider than a column there may be as many as points.
		if last := len(out) - 1; last >= 0 && column(out[last][0]) == column(kept[len(kept)-1]) {
			continue
		}
		out = append(out, kept)
	}
	return out
}

// cuts are the times at which scenes begin, without the first.
func (t *timeline) cuts(r *report) (at []float64) {
	for _, s := range r.Scenes {
		if s.Frame > 0 {
			at = append(at, t.at(s.Frame))
		}
	}
	return at
}

// ticks marks about ten round times.
func (t *timeline) ticks() (ticks []plot.Tick) {
	steps := []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200}
	step := steps[len(steps)-1]
	for _, s := range steps {
		if t.end/s <= 12 && (t.timed || s >= 1) {
			step = s
			break
		}
	}
	for t.end/step > 12 {
		step *= 2
	}
	for i := 0; float64(i)*step <= t.end; i++ {
		x := float64(i) * step
		ticks = append(ticks, plot.Tick{Value: x, Label: t.tickLabel(x, step)})
	}
	return ticks
}

func (t *timeline) tickLabel(x, step float64) string {
	s := int(x)
	switch {
	case !t.timed:
		return fmt.Sprintf("%d", s)
	case step < 1:
		return fmt.Sprintf("%d:%04.1f", s/60, math.Mod(x, 60))
	case t.end >= 3600:
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
