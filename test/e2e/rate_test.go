package e2e

import (
	"strings"
	"testing"
)

// One frame for every vertical blank from the first to the last, and none that
// was copied.
func TestEveryFrameIsShownAt60HzWithoutCopies(t *testing.T) {
	machine(t)
	const size = "width=640,height=480,framerate=60/1"
	for _, c := range []struct{ name, source string }{
		{"BGRx from one V4L2 plane", "v4l2metasrc device=" + vividSP +
			" ! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=XR24," + size},
		{"NV12 from two V4L2 planes", "v4l2metasrc device=" + vividMP +
			" ! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=NV12," + size},
		{"P010 from udmabuf", "hdrmetatestsrc" +
			" ! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=P010," + size},
	} {
		t.Run(c.name, func(t *testing.T) {
			trace := traceFlips(t)
			source := strings.Replace(c.source, " !", " num-buffers=120 !", 1)
			p := play(t, source, "! kmsmetasink driver-name=vkms force-modesetting=true")
			eventually(t, "thirty frames are shown", func() bool {
				return len(trace.vblanks()) >= 30 || p.ended()
			})
			checkImported(t)
			p.mustEnd()

			at := trace.vblanks()
			if len(at) != 120 {
				t.Fatalf("%d frames shown, want 120 of 120\n%s", len(at), &p.out)
			}
			// The source's clock and the display's differ by 1 in 1000, and the
			// source has no frame in hand when it starts.
			if missed := at[119] - at[0] - 119; missed > 4 {
				t.Errorf("%d vertical blanks between the first frame and the last had no new frame, want at most 4", missed)
			}
		})
	}
}
