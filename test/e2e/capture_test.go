package e2e

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

// BenchmarkCapture captures 1080p at 60 Hz, as HDMI gives it, and throws it away.
// floor: v4l2-ctl, which does nothing but what the driver wants. peer: v4l2src. ours:
// v4l2metasrc, metadata and all. The kernel's trace tells how many frames each took,
// and by their numbers how many it lost.
func BenchmarkCapture(b *testing.B) {
	machine(b)
	hdmi(b, vividSP, "1920x1080p60")
	const sink = "! video/x-raw,format=NV12,width=1920,height=1080 ! fakesink sync=false"
	for _, c := range []struct {
		name    string
		program []string
	}{
		{"floor", []string{"v4l2-ctl", "-d", vividSP, "--set-fmt-video=width=1920,height=1080,pixelformat=NV12", "--stream-mmap=8", "--stream-poll"}},
		{"peer", strings.Fields("gst-launch-1.0 -q v4l2src io-mode=dmabuf device=" + vividSP + " " + sink)},
		{"ours", strings.Fields("gst-launch-1.0 -q v4l2metasrc device=" + vividSP + " " + sink)},
	} {
		b.Run(c.name, func(b *testing.B) { captures(b, exec.Command(c.program[0], c.program[1:]...)) })
	}
}

// captures measures a program from its 60th frame to its 660th.
func captures(b *testing.B, program *exec.Cmd) {
	const first, last = 60, 660
	trace, err := witness.TraceCaptures(vividSP)
	if err != nil {
		b.Fatal(err)
	}
	defer trace.Stop()
	if err := program.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { program.Process.Kill(); program.Wait() }()
	until := func(n int) ([]witness.Captured, time.Duration) {
		var taken []witness.Captured
		eventually(b, fmt.Sprintf("%d frames are captured", n), func() bool {
			if taken, err = trace.Frames(); err != nil {
				b.Fatal(err)
			}
			return len(taken) >= n
		})
		cpu, err := witness.CPUTime(program.Process.Pid)
		if err != nil {
			b.Fatalf("%s: %v", program, err)
		}
		return taken, cpu
	}
	before, cpu1 := until(first)
	taken, cpu2 := until(last)
	from, to := len(before)-1, len(taken)-1
	lost := 0
	for i := from; i < to; i++ { // vivid may say a number twice
		lost += max(int(int32(taken[i+1].Sequence-taken[i].Sequence))-1, 0)
	}
	b.ReportMetric(float64(lost), "lost")
	b.ReportMetric(float64((cpu2-cpu1).Nanoseconds())/1e3/float64(to-from), "cpu-us/frame")
	b.ReportMetric(0, "ns/op") // says nothing here
}

// hdmi has vivid capture a signal from HDMI until the benchmark's end.
func hdmi(b *testing.B, device, signal string) {
	ctl := func(args ...string) string {
		out, err := witness.Tool("v4l2-ctl", append([]string{"-d", device}, args...)...)
		if err != nil {
			b.Fatal(err)
		}
		return out
	}
	ctl("-i", "3")
	b.Cleanup(func() { ctl("-c", "dv_timings_signal_mode=0"); ctl("-i", "0") })
	entry := regexp.MustCompile(`(?m)^\s+(\d+): ` + signal + `$`).FindStringSubmatch(ctl("--list-ctrls-menus"))
	if entry == nil {
		b.Fatalf("vivid has no signal of %s", signal)
	}
	ctl("-c", "dv_timings="+entry[1])
	ctl("-c", "dv_timings_signal_mode=4")
	ctl("--set-dv-bt-timings", "query")
}
