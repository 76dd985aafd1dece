package e2e

import (
	"strings"
	"testing"
)

// HDR10+ reaches the connector as the light levels of each scene.
func TestScenesOfHDR10PlusReachTheConnector(t *testing.T) {
	machine(t)
	trace := traceFlips(t)
	p := play(t, "-m hdrmetatestsrc hdr=hdr10plus scene-length=30 ! video/x-raw(memory:DMABuf),width=640,height=480",
		"! kmsmetasink driver-name=vkms dynamic=scene")
	showing(t, p, trace)
	seen := map[string]bool{}
	eventually(t, "three scenes' MaxCLL and MaxFALL are seen", func() bool {
		blob := hdrMetadata(t)
		if len(blob) != 64 {
			t.Fatalf("HDR_OUTPUT_METADATA %q", blob)
		}
		seen[blob[52:60]] = true
		return len(seen) >= 3 || p.ended()
	})
	p.interrupt()
	p.mustEnd()
	for _, w := range []string{"format=(string)HDR10+", "output=(string)converted"} {
		if !strings.Contains(p.out.String(), w) {
			t.Errorf("no message says %q\n%s", w, &p.out)
		}
	}
	if strings.Contains(p.out.String(), "interrupt\\ the\\ picture") {
		t.Errorf("the driver wanted a mode set for a scene\n%s", &p.out)
	}
}
