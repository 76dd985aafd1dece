package pipe

import (
	"runtime"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

// Mallocs plays the pipeline to its end and gives how many allocations Go made
// from the first frame on: what starting and stopping needs is not counted.
func (p *Pipe) Mallocs() uint64 {
	p.t.Helper()
	var before, after runtime.MemStats
	p.SetState(gst.StatePaused)
	p.p.GetState(gst.ClockTime(10 * time.Second))
	runtime.ReadMemStats(&before)
	p.SetState(gst.StatePlaying)
	p.EOS(20 * time.Second)
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs
}
