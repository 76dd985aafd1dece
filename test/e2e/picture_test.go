package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What vivid makes stays the same from frame to frame without its text.
var still = []string{"osd_text_mode=2", "test_pattern=0"}

// A captured picture on the display is, to the last bit, the one that v4l2-ctl
// captured and kmssink shows.
func TestCapturedPictureIsExact(t *testing.T) {
	machine(t)
	for _, c := range []struct{ name, device, v4l2, drm, raw string }{
		{"BGRx", vividSP, "XR24", "XR24", "BGRx"},
		{"NV12 in one plane", vividSP, "NV12", "NV12", "NV12"},
		{"NV12 in two planes", vividMP, "NM12", "NV12", "NV12"},
	} {
		t.Run(c.name, func(t *testing.T) {
			vivid(t, c.device, still...)
			file := filepath.Join(t.TempDir(), "frame")
			tool(t, "v4l2-ctl", "-d", c.device, "--set-fmt-video=width=640,height=480,pixelformat="+c.v4l2,
				"--stream-mmap", "--stream-count=1", "--stream-to="+file)
			want := reference(t, file, c.raw)

			trace := traceFlips(t)
			p := play(t, "v4l2metasrc device="+c.device,
				"! video/x-raw(memory:DMABuf),format=DMA_DRM,width=640,height=480,drm-format="+c.drm,
				"! kmsmetasink driver-name=vkms force-modesetting=true")
			if got := crc(t, p, trace); got != want {
				t.Errorf("check sum %s, want %s\n%s", got, want, &p.out)
			}
			checkImported(t)
			p.interrupt()
			p.mustEnd()
		})
	}
}

// The same for pictures in plain memory, which the sink has to copy.
func TestCopiedPictureIsExact(t *testing.T) {
	machine(t)
	for _, c := range []struct{ raw, ffmpeg string }{
		{"BGRx", "bgr0"},
		{"NV12", "nv12"},
	} {
		t.Run(c.raw, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "frame")
			tool(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x480", "-frames:v", "1",
				"-pix_fmt", c.ffmpeg, "-f", "rawvideo", file)
			want := reference(t, file, c.raw)

			trace := traceFlips(t)
			p := play(t, fromFile(file, c.raw), "! kmsmetasink driver-name=vkms force-modesetting=true")
			if got := crc(t, p, trace); got != want {
				t.Errorf("check sum %s, want %s\n%s", got, want, &p.out)
			}
			p.interrupt()
			p.mustEnd()
		})
	}
}

// reference is the check sum of a raw frame as the stock sink shows it.
func reference(t *testing.T, file, format string) string {
	t.Helper()
	trace := traceFlips(t)
	p := play(t, fromFile(file, format), "! kmssink driver-name=vkms force-modesetting=true")
	sum := crc(t, p, trace)
	p.signal(syscall.SIGKILL)
	p.wait()
	return sum
}

// fromFile plays one frame of 640×480 over and over, from plain memory.
func fromFile(file, format string) string {
	// vkms's own default for YUV, so that both sinks mean the same matrix.
	colorimetry := "2:4:16:1" // limited range, BT.601 matrix
	if format == "BGRx" {
		colorimetry = "sRGB"
	}
	return fmt.Sprintf("multifilesrc loop=true location=%s ! rawvideoparse format=%s width=640 height=480 framerate=30/1 colorimetry=%s",
		file, strings.ToLower(format), colorimetry)
}
