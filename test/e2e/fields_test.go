package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Both fields of an interlaced signal in a buffer are shown: as the layers that they
// are, of together six planes for a format of three.
func TestBothFieldsOfACaptureAreShown(t *testing.T) {
	machine(t)
	tool(t, "v4l2-ctl", "-d", vividMP, "-i", "1", "--set-standard=ntsc")
	t.Cleanup(func() { tool(t, "v4l2-ctl", "-d", vividMP, "-i", "0") })
	dump := filepath.Join(t.TempDir(), "dump.jsonl")
	trace := traceFlips(t)
	p := play(t, "-m", "v4l2metasrc device="+vividMP,
		"! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=YU12,interlace-mode=fields,width=640,height=480",
		"! hdrmetadump location="+dump, "! kmsmetasink driver-name=vkms force-modesetting=true sync=false")
	showing(t, p, trace)
	p.interrupt()
	p.mustEnd()
	text, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	if n := strings.Count(first, `"modifier"`); n != 6 || !regexp.MustCompile("bottom-field.*top-field").MatchString(first) {
		t.Errorf("%d planes, want 6, those of the bottom field first: %s", n, first)
	}
	if !regexp.MustCompile(`kms-totals.*frames-shown=\(guint64\)[1-9].*layers-skipped=\(guint64\)0`).MatchString(p.out.String()) {
		t.Errorf("no frames are shown, or not all layers\n%s", &p.out)
	}
}
