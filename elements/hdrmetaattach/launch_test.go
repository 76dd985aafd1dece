package hdrmetaattach

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// The plugin file, as a user runs it; every GStreamer object that is left is told.
func TestLaunchAttachesAndDumps(t *testing.T) {
	outside(t)
	out, errs := pipe.Launch(t, []string{"GST_TRACERS=leaks", "GST_DEBUG=GST_TRACER:7", "GST_DEBUG_NO_COLOR=1"}, fmt.Sprintf(
		"gst-launch-1.0 --no-fault -q videotestsrc num-buffers=30 ! video/x-raw,format=I420,width=320,height=180 ! hdrmetaattach colorimetry=bt2100-pq "+
			"content-light-level=1000:400 hdr10plus-location=%s rpu-location=%s ! hdrmetadump ! fakesink",
		write(t, "a.json", hdr10plusFile(30, 3)), write(t, "a.bin", streams.RPUFile(30))))
	const alive = "object-alive, type-name=(string)"
	if !strings.Contains(string(errs), alive+"%s") {
		t.Fatalf("the leak tracer did not run:\n%s", errs)
	}
	for _, l := range strings.Split(string(errs), "\n") {
		if strings.Contains(l, alive) && !strings.Contains(l, alive+"%s") { // that is the format's own line
			t.Errorf("leaked: %s", l)
		}
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if len(lines) != 30 {
		t.Fatalf("%d lines, want 30", len(lines))
	}
	seen := map[string]bool{}
	for i, l := range lines {
		var got struct {
			Formats   []string
			ContentID string `json:"content_id"`
		}
		if err := json.Unmarshal(l, &got); err != nil {
			t.Fatalf("%v in %s", err, l)
		}
		if f := strings.Join(got.Formats, " "); f != "HDR10 HDR10+ DolbyVision" || seen[got.ContentID] {
			t.Errorf("line %d: formats %q, content seen before: %v", i, f, seen[got.ContentID])
		}
		seen[got.ContentID] = true
	}
}
