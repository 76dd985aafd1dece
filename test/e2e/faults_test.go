package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Every fault ends the pipeline with an error that says what and where, and
// leaves the display as it was.
func TestFaultsAreClearErrors(t *testing.T) {
	machine(t)
	const (
		source = "hdrmetatestsrc num-buffers=30"
		sink   = "! kmsmetasink driver-name=vkms"
	)
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T)
		play    []string
		words   []string
	}{
		{"no such capture device", nil, []string{"v4l2metasrc device=/dev/video99", sink}, []string{"/dev/video99", "no such"}},
		{"not a capture device", nil, []string{"v4l2metasrc device=/dev/null", sink}, []string{"/dev/null"}},
		{"capture device busy", func(t *testing.T) {
			p := run(t, "v4l2-ctl", "-d", vividSP, "--stream-mmap", "--stream-count=100000")
			eventually(t, "v4l2-ctl streams", func() bool { return strings.Contains(p.out.String(), "<") })
		}, []string{"v4l2metasrc device=" + vividSP, sink}, []string{vividSP, "busy"}},
		{"no such driver", nil, []string{source, "! kmsmetasink driver-name=nosuch"}, []string{"nosuch"}},
		{"no such card", nil, []string{source, "! kmsmetasink device=/dev/dri/card99"}, []string{"/dev/dri/card99", "no such"}},
		{"no such connector", nil, []string{source, sink + " connector-id=4242"}, []string{"4242"}},
		{"another program is DRM master", func(t *testing.T) {
			showPattern(t, "640x480")
		}, []string{source, sink}, []string{vkmsCard, "master"}},
		{"no connector is connected", func(t *testing.T) {
			status := fmt.Sprintf("/sys/class/drm/%s-HDMI-A-1/status", filepath.Base(vkmsCard))
			write(t, status, "off")
			t.Cleanup(func() { write(t, status, "detect") })
		}, []string{source, sink}, []string{vkmsCard, "connect"}},
		{"a format no plane takes", nil,
			[]string{source, "! video/x-raw,format=P010_10LE ! kmsmetasink driver-name=" + "cirrus-qemu"}, nil},
		{"nothing was negotiated", nil,
			[]string{"fakesrc num-buffers=10 sizetype=fixed", sink}, []string{"not-negotiated"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.prepare != nil {
				c.prepare(t)
			}
			before := look(t)
			launch(t, c.play...).mustFail(c.words...)
			checkRestored(t, before)
		})
	}
}

func TestUnpluggedDeviceIsAnErrorAndComesBack(t *testing.T) {
	machine(t)
	before := look(t)
	pipeline := []string{"v4l2metasrc device=" + vividMP + " num-buffers=600",
		"! video/x-raw(memory:DMABuf),width=640,height=480,framerate=60/1 ! kmsmetasink driver-name=vkms"}

	trace := traceFlips(t)
	p := play(t, pipeline...)
	showing(t, p, trace)
	write(t, "/sys/bus/platform/drivers/vivid/unbind", "vivid.0")
	gone := time.Now()
	p.mustFail(vividMP)
	if took := time.Since(gone); took > 10*time.Second {
		t.Errorf("the error took %v", took)
	}
	checkRestored(t, before)

	write(t, "/sys/bus/platform/drivers/vivid/bind", "vivid.0")
	eventually(t, vividMP+" is back", func() bool { _, err := os.Stat(vividMP); return err == nil })
	pipeline[0] = "v4l2metasrc device=" + vividMP + " num-buffers=30"
	play(t, pipeline...).mustEnd()
}

// Ctrl-C at any moment of the start, negotiation included, ends in order. Without
// -e: the pipeline is stopped wherever it is. (With -e gst-launch-1.0 itself can
// wait for ever this early, with stock elements too.)
func TestInterruptedStartEndsInOrder(t *testing.T) {
	machine(t)
	before := look(t)
	for delay := 50 * time.Millisecond; delay <= 1250*time.Millisecond; delay += 150 * time.Millisecond {
		p := run(t, "gst-launch-1.0", append([]string{"--no-fault"}, strings.Fields(
			"v4l2metasrc device="+vividSP+" ! video/x-raw,width=640,height=480 ! kmsmetasink driver-name=vkms")...)...)
		time.Sleep(delay)
		p.signal(syscall.SIGINT)
		p.wait()
		if s := p.cmd.ProcessState.Sys().(syscall.WaitStatus); s.Signaled() && s.Signal() != syscall.SIGINT {
			t.Errorf("interrupted after %v: %v\n%s", delay, p.cmd.ProcessState, &p.out)
		}
		checkRestored(t, before)
	}
}
