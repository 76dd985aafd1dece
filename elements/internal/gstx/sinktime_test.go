package gstx_test

import (
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// slowSink waits before each frame that has a time for what never comes, as long as it
// may.
type slowSink struct {
	e    *gstx.Element
	wake *sys.Wake
}

const slowWait = 300 * time.Millisecond

// slow is what the slowSink of the running test has seen.
var slow struct {
	frames, unknown atomic.Int64
	latest          atomic.Int64 // ns after its time that a frame came
}

func (s *slowSink) Start() (err error) { s.wake, err = sys.NewWake(); return err }
func (s *slowSink) Stop() error        { return s.wake.Close() }
func (s *slowSink) Unlock()            { s.wake.Set() }
func (s *slowSink) UnlockStop()        { s.wake.Clear() }

func (s *slowSink) Frame(f *gstx.Frame) gstx.Flow {
	if f.Due == gstx.None {
		slow.unknown.Add(1)
		return gstx.FlowOK
	}
	s.e.WaitFor(int(slowWait/time.Millisecond), gstx.WaitFD{FD: s.wake.FD(), Events: unix.POLLIN})
	var now unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	if late := now.Nano() - int64(f.Due); slow.frames.Add(1) == 1 || late > slow.latest.Load() {
		slow.latest.Store(late)
	}
	return gstx.FlowOK
}

func init() {
	extraClasses = append(extraClasses, gstx.Class{
		Name: "gstxslowsink", TypeName: "GstxSlowSink", LongName: "Slow sink", Klass: "Sink",
		Description: "For tests", Author: "nobody", Parent: gstx.VideoSink,
		Pads: []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: "video/x-raw"}},
		New:  func(e *gstx.Element) any { return &slowSink{e: e} },
	})
}

// What a sink waits for counts when the base class decides what is too late: the
// frames that get through are not late by the wait.
func TestFrameIsJudgedAfterTheSinksWait(t *testing.T) {
	slow.frames.Store(0)
	slow.unknown.Store(0)
	p := pipe.Play(t, "videotestsrc num-buffers=150 ! video/x-raw,framerate=50/1 ! gstxslowsink")
	p.EOS(20 * time.Second)
	frames, latest := slow.frames.Load(), time.Duration(slow.latest.Load())
	t.Logf("%d frames of 150, the latest %v late", frames, latest)
	// One second and a half would be ten waits.
	if frames < 2 || frames > 30 {
		t.Errorf("%d frames of 150 came through a wait of %v each", frames, slowWait)
	}
	if latest > slowWait*2/3 {
		t.Errorf("a frame came %v late", latest)
	}
}

// The time is known of frames that are shown at their time only.
func TestDueIsKnownWhereThereIsATime(t *testing.T) {
	slow.frames.Store(0)
	slow.unknown.Store(0)
	p := pipe.Play(t, "videotestsrc num-buffers=2 ! video/x-raw,framerate=50/1 ! gstxslowsink sync=false")
	p.EOS(20 * time.Second)
	if n := slow.frames.Load(); n != 0 || slow.unknown.Load() == 0 {
		t.Errorf("%d frames of %d have a time without sync", n, n+slow.unknown.Load())
	}
}
