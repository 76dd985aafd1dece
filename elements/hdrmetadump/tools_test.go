package hdrmetadump

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/samples"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// ways lead from a file to buffers whose order is known: by the container's
// times, or by decoding.
var ways = map[string]string{
	"mp4": "qtdemux ! h265parse ! hdrmetaparse ! ",
	"mkv": "matroskademux ! h265parse ! hdrmetaparse ! ",
	"raw": "h265parse ! hdrmetaparse ! avdec_h265 ! ",
}

// extractFrom plays a byte stream through a way and gives the file.
func extractFrom(t *testing.T, data []byte, container, format string) []byte {
	t.Helper()
	path := streams.File(t, streams.HEVC, data)
	if container != "raw" {
		path = streams.Mux(t, streams.HEVC, data, container)
	}
	out := filepath.Join(t.TempDir(), "out")
	p := pipe.Play(t, "filesrc location="+path+" ! "+ways[container]+"hdrmetadump format="+format+" location="+out+" ! fakesink")
	if w := warnings(t, p); len(w) != 0 {
		t.Errorf("warnings %q", w)
	}
	p.Stop()
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// The answers are hdr10plus_tool's for the same streams.
func TestJSONIsHDR10PlusTools(t *testing.T) {
	for stream, answer := range map[string]string{
		"dhdr10-opt.hevc": "metadata-dhdr10-opt.json", "single-frame.hevc": "single-frame-metadata.json",
	} {
		data, want := samples.Read(t, "hdr10plus/"+stream), samples.Read(t, "hdr10plus/"+answer)
		theirs, err := hdr10plus.ReadJSON(bytes.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		for container := range ways {
			got := extractFrom(t, data, container, "hdr10plus-json")
			// All but who wrote it is the same, to the byte.
			got = bytes.Replace(got, []byte(`"Tool": "gst-shmmeta"`), []byte(`"Tool": "`+theirs.Tool+`"`), 1)
			got = bytes.Replace(got, []byte(`"Version": "`+gstx.Version+`"`), []byte(`"Version": "`+theirs.ToolVersion+`"`), 1)
			if !bytes.Equal(got, want) {
				t.Errorf("%s through %s:\n%s", stream, container, got)
			}
		}
	}
}

// The RPU file that x265 encoded from comes out again.
func TestRPUFileIsTheEncoders(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: true, DolbyVision: true})
	want := streams.RPUFile(s.Frames)
	for container := range ways {
		if got := extractFrom(t, s.Data, container, "rpu"); !bytes.Equal(got, want) {
			t.Errorf("through %s: %d bytes %x\nwant %d bytes %x", container, len(got), got[:min(len(got), 400)], len(want), want[:400])
		}
	}
}
