package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

// One frame for every vertical blank from the first to the last, and none that
// was copied.
func TestEveryFrameIsShownAt60HzWithoutCopies(t *testing.T) {
	machine(t)
	const size = "width=640,height=480,framerate=60/1"
	for _, c := range []struct{ name, format, source string }{
		{"BGRx from one V4L2 plane", "XR24", "v4l2metasrc device=" + vividSP +
			" ! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=XR24," + size},
		{"NV12 from two V4L2 planes", "NV12", "v4l2metasrc device=" + vividMP +
			" ! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=NV12," + size},
		{"P010 from udmabuf", "P010", "hdrmetatestsrc" +
			" ! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=P010," + size},
	} {
		t.Run(c.name, func(t *testing.T) {
			planesTake(t, c.format)
			source := strings.Replace(c.source, " !", " num-buffers=120 !", 1)
			// A stall of the machine, down to those too short to be measured, costs
			// vertical blanks whatever the elements do: one try of several has to
			// be without; on a machine that never rests each missing blank of the
			// last try must have a stall to explain it.
			const tries, allowed = 4, 4
			for try := 1; ; try++ {
				trace, watch := traceFlips(t), witness.Stalls()
				p := play(t, source, "! kmsmetasink driver-name=vkms force-modesetting=true sync=false")
				eventually(t, "thirty frames are shown", func() bool {
					return len(trace.vblanks()) >= 30 || p.ended()
				})
				checkImported(t)
				p.mustEnd()
				stalls := watch()

				at := trace.vblanks()
				if len(at) != 120 {
					t.Fatalf("%d frames shown, want 120 of 120\n%s", len(at), &p.out)
				}
				// The source's clock and the display's differ by 1 in 1000, and
				// the source has no frame in hand when it starts.
				missed := int(at[119]-at[0]) - 119
				t.Logf("120 frames in %d vertical blanks; %d stalls of the machine", 120+missed, stalls)
				if missed <= allowed || try == tries && missed <= allowed+stalls {
					return
				}
				if try == tries {
					t.Fatalf("%d vertical blanks between the first frame and the last had no new frame, want at most %d and one for each of %d stalls", missed, allowed, stalls)
				}
			}
		})
	}
}

// On a machine that nothing holds up there is nothing to allow for. The first frame
// comes with the mode set, which is told at once, and not at a vertical blank.
func TestSixHundredFramesInSixHundredVerticalBlanks(t *testing.T) {
	if !steady {
		t.Skip("not on a machine that its host may stall: test/vm/gotest --steady")
	}
	machine(t)
	const frames = 1 + 600
	trace := traceFlips(t)
	p := play(t, fmt.Sprintf("-m v4l2metasrc device=%s num-buffers=%d", vividSP, frames),
		"! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=XR24,width=640,height=480,framerate=60/1",
		"! kmsmetasink driver-name=vkms sync=false")
	p.mustEnd()
	at := trace.vblanks()
	if len(at) != frames {
		t.Fatalf("%d frames shown, want %d\n%s", len(at), frames, &p.out)
	}
	for i := 2; i < frames; i++ {
		if missing := at[i] - at[i-1] - 1; missing != 0 {
			t.Errorf("%d vertical blanks without a new frame before frame %d", missing, i)
		}
	}
	for _, want := range []string{"frames-shown=(guint64)601", "frames-dropped=(guint64)0", "frames-copied=(guint64)0"} {
		if !strings.Contains(p.out.String(), want) {
			t.Errorf("kms-totals does not say %s\n%s", want, &p.out)
		}
	}
}
