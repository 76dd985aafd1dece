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

// The plugin file, as a user runs it.
func TestLaunchAttachesAndDumps(t *testing.T) {
	pipe.NeedsNoDevice(t)
	out := pipe.LaunchLeakFree(t, fmt.Sprintf(
		"videotestsrc num-buffers=30 ! video/x-raw,format=I420,width=320,height=180 ! hdrmetaattach colorimetry=bt2100-pq "+
			"content-light-level=1000:400 hdr10plus-location=%s rpu-location=%s ! hdrmetadump ! fakesink",
		write(t, "a.json", hdr10plusFile(30, 3)), write(t, "a.bin", streams.RPUFile(30))))
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
