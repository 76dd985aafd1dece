package hdrmetadump

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

func TestLaunchTestSourceIntoDump(t *testing.T) {
	out := pipe.LaunchLeakFree(t, "hdrmetatestsrc num-buffers=90 scene-length=30 ! video/x-raw,format=P010_10LE,width=320,height=180 ! hdrmetadump ! fakesink")
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if len(lines) != 90 {
		t.Fatalf("%d lines, want 90", len(lines))
	}
	scenes := map[string]bool{}
	for i, l := range lines {
		var got struct {
			Formats   []string
			ContentID string `json:"content_id"`
			Unchanged bool
			HDR10Plus struct{ Profile, Invalid string }
		}
		if err := json.Unmarshal(l, &got); err != nil {
			t.Fatalf("%v in %s", err, l)
		}
		if got.HDR10Plus.Profile != "A" || got.HDR10Plus.Invalid != "" || strings.Join(got.Formats, " ") != "HDR10 HDR10+" || got.Unchanged != (i%30 != 0) {
			t.Errorf("line %d: %s", i, l)
		}
		scenes[got.ContentID] = true
	}
	if len(scenes) != 3 {
		t.Errorf("%d different blocks, want 3", len(scenes))
	}
}

func TestLaunchTestSourceIntoHDR10PlusJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.json")
	const source = "gst-launch-1.0 --no-fault -q hdrmetatestsrc num-buffers=90 scene-length=30 ! video/x-raw,format=P010_10LE,width=320,height=180 ! "
	out, _ := pipe.Launch(t, nil, source+"hdrmetadump format=hdr10plus-json ! hdrmetadump format=hdr10plus-json location="+path+" ! fakesink")
	f, err := hdr10plus.ReadJSON(bytes.NewReader(out))
	if err != nil || f.Len() != 90 || f.Profile != "A" {
		t.Fatalf("%v, %+v; want 90 frames of profile A in\n%s", err, f, out)
	}
	for i := range f.Len() {
		if err := f.Frame(i).Validate(); err != nil || f.Scene(i) != i/30 {
			t.Errorf("frame %d: %v, scene %d, want %d", i, err, f.Scene(i), i/30)
		}
	}
	if text, err := os.ReadFile(path); err != nil || !bytes.Equal(text, out) {
		t.Errorf("%v; the file differs from the standard output:\n%s", err, text)
	}
}

func TestLaunchInterruptedLeavesACompleteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.json")
	pipe.Launch(t, nil, "gst-launch-1.0 -q hdrmetatestsrc is-live=true ! hdrmetadump format=hdr10plus-json location="+path+" ! fakesink & "+
		"n=0; until [ -s "+path+" ] || [ $n = 500 ]; do sleep 0.1; n=$((n + 1)); done; sleep 0.5; kill -INT $!; wait $!; true")
	if got, _ := averages(t, path); len(got) == 0 {
		t.Error("no frames in the file")
	}
}

func TestLaunchReaderMayLeave(t *testing.T) {
	// The reader takes one line and goes; gst-launch-1.0 must say so, not die.
	out, errs := pipe.Launch(t, nil, "{ gst-launch-1.0 --no-fault -q hdrmetatestsrc num-buffers=1000000 ! hdrmetadump ! fakesink; echo status $? >&2; } | head -n 1")
	if !json.Valid(out) {
		t.Errorf("not one line of JSON: %s", out)
	}
	if !strings.Contains(string(errs), "has gone") || !strings.Contains(string(errs), "status 1") {
		t.Errorf("gst-launch-1.0 says:\n%s", errs)
	}
}

func TestLaunchInspectShowsCompleteTexts(t *testing.T) {
	for _, element := range []string{"hdrmetadump", "hdrmetatestsrc", "hdrmetaattach"} {
		out, _ := pipe.Launch(t, nil, "gst-inspect-1.0 "+element)
		for _, want := range []string{"Long-name", "Klass", "Description", "Author", "gst-shmmeta contributors", "Plugin Details", "MIT"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: no %q in\n%s", element, want, out)
			}
		}
	}
}
