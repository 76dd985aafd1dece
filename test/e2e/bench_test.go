package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

// BenchmarkDisplay shows frames of vivid on vkms, as fast as the display takes
// them. floor: kmssink on its plane path. peer: kmssink with force-modesetting.
// ours: v4l2metasrc to kmsmetasink, metadata and all. Each is a gst-launch-1.0 of
// its own, looked at while it plays. Vertical blanks and the scheduler's own count
// of processor time are exact, but a stall of the machine is in both: only with
// test/vm/run --steady do they tell of the programs alone.
func BenchmarkDisplay(b *testing.B) {
	machine(b)
	const (
		size  = "width=640,height=480,framerate=60/1"
		stock = "v4l2src io-mode=dmabuf device=%s ! video/x-raw,format=BGRx," + size
		own   = "v4l2metasrc device=%s ! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=XR24," + size
	)
	all, untold := witness.Flips.All, witness.Flips.Untold
	for _, c := range []struct {
		name, source, sink string
		frames             func(witness.Flips) ([]witness.Flip, error)
	}{
		// In this order: on a dark display kmssink sets a mode whatever it is told,
		// and it leaves the display lit.
		{"peer", stock, "kmssink driver-name=vkms force-modesetting=true sync=false", all},
		{"floor", stock, "kmssink driver-name=vkms sync=false", untold},
		{"ours", own, "kmsmetasink device=" + vkmsCard + " sync=false", all},
	} {
		b.Run(c.name, func(b *testing.B) { watched(b, c.frames, fmt.Sprintf(c.source, vividSP), "!", c.sink) })
	}
}

// watched measures a pipeline from its 60th frame on the display to its 1061st. In
// 1001 frames a camera of 60 Hz and a display of 59.94 drift through all their phases;
// in some of them the driver is at work when the program asks it, which then waits.
func watched(b *testing.B, frames func(witness.Flips) ([]witness.Flip, error), pipeline ...string) {
	const first, last = 60, 1061
	trace, err := witness.TraceFlips()
	if err != nil {
		b.Fatal(err)
	}
	defer trace.Stop()
	p := play(b, pipeline...)
	// The frames so far and what they have cost.
	until := func(n int) ([]witness.Flip, time.Duration) {
		var shown []witness.Flip
		eventually(b, fmt.Sprintf("%d frames are shown", n), func() bool {
			if shown, err = frames(trace); err != nil {
				b.Fatal(err)
			}
			return len(shown) >= n || p.ended()
		})
		cpu, err := witness.CPUTime(p.cmd.Process.Pid)
		if p.ended() || err != nil {
			b.Fatalf("%s: %v, %v\n%s", p.cmd, p.cmd.ProcessState, err, &p.out)
		}
		return shown, cpu
	}
	until(first / 2)
	// While the program stands still the camera goes on: from now on a frame is ready
	// whenever the display takes one.
	p.cmd.Process.Signal(syscall.SIGSTOP)
	time.Sleep(100 * time.Millisecond)
	p.cmd.Process.Signal(syscall.SIGCONT)
	before, cpu1 := until(first)
	shown, cpu2 := until(last)
	p.interrupt()
	p.mustEnd()
	from, to := len(before)-1, len(shown)-1
	n := float64(to - from)
	b.ReportMetric(n/float64(shown[to].VBlank-shown[from].VBlank), "frames/vblank")
	b.ReportMetric(float64((cpu2-cpu1).Nanoseconds())/1e3/n, "cpu-us/frame")
	b.ReportMetric(0, "ns/op") // says nothing here
}

// BenchmarkSoftware shows what software draws. floor: the drawing alone. peer:
// kmssink. ours: the pool of kmsmetasink; copied: without it.
func BenchmarkSoftware(b *testing.B) {
	machine(b)
	const source = "videotestsrc pattern=black num-buffers=%d ! video/x-raw,format=BGRx,width=640,height=480,framerate=60/1 ! "
	for _, c := range []struct{ name, sink string }{
		{"floor", "fakevideosink sync=false"},
		{"peer", "kmssink driver-name=vkms force-modesetting=true sync=false"},
		{"ours", "kmsmetasink device=" + vkmsCard + " force-modesetting=true sync=false"},
		{"copied", "identity drop-allocation=true ! kmsmetasink device=" + vkmsCard + " force-modesetting=true sync=false"},
	} {
		b.Run(c.name, func(b *testing.B) { launches(b, source+c.sink) })
	}
}

// launches measures a frame of a pipeline, in whose description the values stand
// before the number of frames. Each launch is a gst-launch-1.0 of its own.
func launches(b *testing.B, pipeline string, values ...any) {
	const short, long = 60, 600
	play := func(frames int) (wall, cpu time.Duration) {
		args := "-q --no-fault " + fmt.Sprintf(pipeline, append(values, frames)...)
		cmd := exec.Command("gst-launch-1.0", strings.Fields(args)...)
		start := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", args, err, out)
		}
		return time.Since(start), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	// How long a start takes varies; the shortest of three, the first of which
	// also warms the page cache, stands for all.
	wall1, cpu1 := play(short)
	for range 2 {
		wall, cpu := play(short)
		wall1, cpu1 = min(wall1, wall), min(cpu1, cpu)
	}
	wall2, cpu2 := play(long)
	b.ReportMetric((long-short)/(wall2-wall1).Seconds(), "fps")
	b.ReportMetric(float64((cpu2-cpu1).Microseconds())/(long-short), "cpu-us/frame")
}
