package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

// What vivid makes stays the same from frame to frame without its text.
var still = []string{"osd_text_mode=2", "test_pattern=0"}

// A captured picture on the display is, to the last bit, the one that v4l2-ctl
// captured and kmssink shows.
func TestCapturedPictureIsExact(t *testing.T) {
	machine(t)
	for _, c := range []struct {
		name, device, v4l2, drm, raw string
		colors                       colors
		into                         bool // the display's memory, instead of the device's
	}{
		{"BGRx", vividSP, "XR24", "XR24", "BGRx", rgb, false},
		{"NV12 in one plane", vividSP, "NV12", "NV12", "NV12", bt601Full, false},
		{"NV12 in two planes", vividMP, "NM12", "NV12", "NV12", bt709Limited, false},
		{"BGRx into the display's memory", vividSP, "XR24", "XR24", "BGRx", rgb, true},
		{"NV12 into the display's memory", vividSP, "NV12", "NV12", "NV12", bt601Full, true},
		{"NV12 of a multi-planar device into the display's memory", vividMP, "NV12", "NV12", "NV12", bt709Limited, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			planesTake(t, c.drm)
			vivid(t, c.device, append(slices.Clone(still), c.colors.vivid...)...)
			file := filepath.Join(t.TempDir(), "frame")
			tool(t, "v4l2-ctl", "-d", c.device, "--set-fmt-video=width=640,height=480,pixelformat="+c.v4l2,
				"--stream-mmap", "--stream-count=1", "--stream-to="+file)
			want := reference(t, fromFile(file, c.raw, c.colors), c.colors)

			trace := traceFlips(t)
			source := []string{"", "! video/x-raw(memory:DMABuf),format=DMA_DRM,width=640,height=480,drm-format=" + c.drm}
			if c.into {
				source = []string{"io-mode=dmabuf-import", "! video/x-raw,format=" + c.raw + ",width=640,height=480"}
			}
			p := play(t, "-m", "v4l2metasrc device="+c.device, source[0], source[1],
				"! kmsmetasink driver-name=vkms force-modesetting=true")
			if got := crc(t, p, trace); got != want {
				t.Errorf("check sum %s, want %s\n%s", got, want, &p.out)
			}
			if !c.into {
				checkImported(t)
			}
			p.interrupt()
			p.mustEnd()
			copiedNone(t, p)
			if strings.Contains(p.out.String(), "WARNING") {
				t.Errorf("it warns: %s", &p.out)
			}
		})
	}
}

// The same for pictures in plain memory, which the sink has to copy.
func TestCopiedPictureIsExact(t *testing.T) {
	machine(t)
	for _, c := range []struct {
		name, raw, drm, ffmpeg string
		colors                 colors
	}{
		{"BGRx", "BGRx", "XR24", "bgr0", rgb},
		{"NV12 of BT.601 in full range", "NV12", "NV12", "nv12", bt601Full},
		{"NV12 of BT.709 in limited range", "NV12", "NV12", "nv12", bt709Limited},
	} {
		t.Run(c.name, func(t *testing.T) {
			planesTake(t, c.drm)
			file := filepath.Join(t.TempDir(), "frame")
			tool(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x480", "-frames:v", "1",
				"-pix_fmt", c.ffmpeg, "-f", "rawvideo", file)
			want := reference(t, fromFile(file, c.raw, c.colors), c.colors)

			trace := traceFlips(t)
			p := play(t, fromFile(file, c.raw, c.colors), "! kmsmetasink driver-name=vkms force-modesetting=true")
			if got := crc(t, p, trace); got != want {
				t.Errorf("check sum %s, want %s\n%s", got, want, &p.out)
			}
			p.interrupt()
			p.mustEnd()
		})
	}
}

// colors are one meaning of pixel values in everybody's terms.
type colors struct {
	colorimetry    string   // GStreamer: range:matrix:transfer:primaries
	encoding, span string   // the planes' COLOR_ENCODING and COLOR_RANGE
	vivid          []string // its controls
}

var (
	rgb          = colors{colorimetry: "sRGB"}
	bt601Full    = colors{"1:4:0:0", "ITU-R BT.601 YCbCr", "YCbCr full range", []string{"y_cbcr_encoding=1", "quantization=1"}}
	bt709Limited = colors{"2:3:0:0", "ITU-R BT.709 YCbCr", "YCbCr limited range", []string{"y_cbcr_encoding=2", "quantization=2"}}
)

// planesTake skips a test on Linux 6, whose vkms does not know YUV formats.
func planesTake(t *testing.T, format string) {
	t.Helper()
	want := uint32(format[0]) | uint32(format[1])<<8 | uint32(format[2])<<16 | uint32(format[3])<<24
	for _, plane := range look(t).Planes {
		if slices.Contains(plane.Formats, want) {
			return
		}
	}
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil || !strings.HasPrefix(string(release), "6.") {
		t.Fatalf("no plane of vkms takes %s on Linux %s", format, release)
	}
	t.Skipf("no plane of vkms takes %s on Linux %s", format, release)
}

// reference is the check sum of a still picture as the stock sink shows it. That
// one knows nothing of the planes' colour properties: modetest sets them.
func reference(t *testing.T, source string, c colors) string {
	t.Helper()
	if c.encoding != "" {
		for property, value := range map[string]string{"COLOR_ENCODING": c.encoding, "COLOR_RANGE": c.span} {
			before := look(t).Planes[0].Enum(property)
			set := func(value string) {
				if err := witness.SetPlanes(vkmsCard, property, value); err != nil {
					t.Fatal(err)
				}
			}
			set(value)
			defer set(before)
		}
	}
	trace := traceFlips(t)
	p := play(t, source, "! kmssink driver-name=vkms force-modesetting=true")
	sum := crc(t, p, trace)
	p.signal(syscall.SIGKILL)
	p.wait()
	return sum
}

// fromFile plays one frame of 640×480 over and over, from plain memory.
func fromFile(file, format string, c colors) string {
	return fmt.Sprintf("multifilesrc loop=true location=%s ! rawvideoparse format=%s width=640 height=480 framerate=30/1 colorimetry=%s",
		file, strings.ToLower(format), c.colorimetry)
}
