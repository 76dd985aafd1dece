package kmsmetasink

import (
	"math"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
)

// A frame that is committed comes onto the screen at the next vertical blank, after
// half a refresh on average. GStreamer hears of that as the sink's render delay: the
// pipeline's latency includes it, and the frame is seen around its time instead of
// after it. What becomes of it is measured by the flips' own timestamps.

// lateWindow is how many frames flip-lateness is the average of: a second at 60 Hz.
const lateWindow = 60

// unknownLateness is the value of flip-lateness before there is one.
const unknownLateness = math.MinInt64

// timing compares when frames were due with when they were shown.
type timing struct {
	period time.Duration // as told to the pipeline
	cookie uint64        // of the frame whose flip is to come
	due    uint64        // when it was, None when nobody knows

	last  [lateWindow]int64 // ns each frame was late, the latest ones
	n, at int
	sum   int64
}

// publishPeriod tells the pipeline what the display's mode means for its latency.
func (s *sink) publishPeriod() {
	if period := s.out.Period(); period != s.timing.period {
		s.timing.period = period
		s.element.SetRenderDelay(period / 2)
	}
}

// account follows a frame that was committed, which was when the flip of the one
// before it had come.
func (s *sink) account(f *gstx.Frame) {
	t := &s.timing
	if flip := s.out.LastFlip(); t.due != gstx.None && flip.UserData == t.cookie {
		late := flip.Time - int64(t.due)
		s.lateness.Store(t.add(late))
		if t.period > 0 && late > int64(t.period) {
			s.late.Add(1)
		}
	}
	t.cookie, t.due = s.out.LastCommit(), f.Due
}

// add takes one frame's lateness and gives the average.
func (t *timing) add(late int64) int64 {
	t.sum += late - t.last[t.at]
	t.last[t.at] = late
	t.at = (t.at + 1) % lateWindow
	t.n = min(t.n+1, lateWindow)
	return t.sum / int64(t.n)
}
