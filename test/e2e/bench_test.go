package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// BenchmarkDisplay shows frames of vivid on vkms, as fast as the display takes
// them. floor: kmssink on its plane path. peer: kmssink with force-modesetting.
// ours: v4l2metasrc to kmsmetasink, metadata and all. Each is a gst-launch-1.0 of
// its own; what starting costs is taken out by running a short and a long one.
func BenchmarkDisplay(b *testing.B) {
	machine(b)
	const (
		size  = "width=640,height=480,framerate=60/1"
		stock = "v4l2src io-mode=dmabuf device=%s num-buffers=%d ! video/x-raw,format=BGRx," + size
		own   = "v4l2metasrc device=%s num-buffers=%d ! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=XR24," + size
	)
	for _, c := range []struct{ name, source, sink string }{
		{"floor", stock, "kmssink driver-name=vkms sync=false"},
		{"peer", stock, "kmssink driver-name=vkms force-modesetting=true sync=false"},
		{"ours", own, "kmsmetasink device=" + vkmsCard + " sync=false"},
	} {
		b.Run(c.name, func(b *testing.B) { launches(b, c.source+" ! "+c.sink, vividSP) })
	}
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
