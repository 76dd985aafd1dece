package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// What software draws or converts is written to the display's memory and
// scanned out from there: the sink copies no frame, and the picture is the one
// that kmssink shows.
func TestSoftwarePictureIsExactWithoutACopy(t *testing.T) {
	machine(t)
	drawn := func(format string, c colors) string {
		return fmt.Sprintf("videotestsrc pattern=smpte100 num-buffers=300 ! video/x-raw,format=%s,width=640,height=480,framerate=30/1,colorimetry=%s", format, c.colorimetry)
	}
	for _, c := range []struct {
		name, drm string
		colors    colors
		source    func() string
	}{
		{"drawn as BGRx", "XR24", rgb, func() string { return drawn("BGRx", rgb) }},
		{"drawn as NV12", "NV12", bt709Limited, func() string { return drawn("NV12", bt709Limited) }},
		{"decoded and converted to NV12", "NV12", bt709Limited, func() string {
			return decoded(t, "yuv420p") + " ! videoconvert ! video/x-raw,format=NV12"
		}},
		{"decoded with 10 bits and converted to P010", "P010", bt709Limited, func() string {
			return decoded(t, "yuv420p10le") + " ! videoconvert ! video/x-raw,format=P010_10LE"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			planesTake(t, c.drm)
			source := c.source()
			want := reference(t, source, c.colors)

			trace := traceFlips(t)
			p := play(t, "-m", source, "! kmsmetasink driver-name=vkms force-modesetting=true")
			if got := crc(t, p, trace); got != want {
				t.Errorf("check sum %s, want %s\n%s", got, want, &p.out)
			}
			p.interrupt()
			p.mustEnd()
			copiedNone(t, p)
		})
	}
}

// copiedNone checks what a pipeline with -m told at its end.
func copiedNone(t *testing.T, p *program) {
	t.Helper()
	totals := regexp.MustCompile(`kms-totals.*frames-imported=\(guint64\)([0-9]+), frames-copied=\(guint64\)([0-9]+)`).FindStringSubmatch(p.out.String())
	if totals == nil {
		t.Fatalf("no totals\n%s", &p.out)
	}
	imported, _ := strconv.Atoi(totals[1])
	if copied, err := strconv.Atoi(totals[2]); imported < 5 || err != nil || copied > 0 {
		t.Errorf("%d imported and %s copied, want some and none\n%s", imported, totals[2], &p.out)
	}
}

// decoded plays a still picture, over and over, from a frame of H.265 that loses
// nothing of it.
func decoded(t *testing.T, pixels string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "frame.h265")
	tool(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x480", "-frames:v", "1", "-pix_fmt", pixels,
		"-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
		"log-level=none:lossless=1:colorprim=bt709:transfer=bt709:colormatrix=bt709:range=limited", file)
	return "multifilesrc loop=true location=" + file +
		" caps=video/x-h265,stream-format=byte-stream,framerate=30/1 ! h265parse ! avdec_h265 max-threads=1"
}
