package hdrmetaattach

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements/hdrmetatestsrc"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/recorder"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

func TestMain(m *testing.M) {
	pipe.Main(m, func() error {
		return errors.Join(gstx.Register(nil, Class), gstx.Register(nil, hdrmetatestsrc.Class), recorder.Register(), stamper.Register())
	})
}

// run plays a description with a recorder in it to its end.
func run(t *testing.T, description string) []recorder.Buffer {
	t.Helper()
	p := pipe.Play(t, description)
	p.EOS(60 * time.Second)
	p.Stop()
	return recorded(t)
}

// recorded gives the frames that have come to the recorder since the last call.
func recorded(t *testing.T) []recorder.Buffer {
	t.Helper()
	frames := recorder.Take("out").Buffers
	for i, f := range frames {
		if f.Err != nil {
			t.Fatalf("frame %d: %v", i, f.Err)
		}
	}
	return frames
}

// write makes a file for a test and gives its path.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// hdr10plusFile is a file of n frames, in scenes of scene frames; that of frame i
// has an average of 10·i, and is so told from others.
func hdr10plusFile(n, scene int) []byte {
	var entries, first, count []string
	for i := range n {
		if i%scene == 0 {
			first = append(first, fmt.Sprint(i))
			count = append(count, fmt.Sprint(min(scene, n-i)))
		}
		entries = append(entries, fmt.Sprintf(`{"LuminanceParameters": {"AverageRGB": %d,
			"LuminanceDistributions": {"DistributionIndex": [1, 5, 10, 25, 50, 75, 90, 95, 99],
				"DistributionValues": [3, 14024, 43, 56, 219, 1036, 2714, 4668, 14445]},
			"MaxScl": [17830, 16895, 14252]}, "NumberOfWindows": 1, "TargetedSystemDisplayMaximumLuminance": 0,
			"SceneFrameIndex": %d, "SceneId": %d, "SequenceFrameIndex": %d}`, 10*i, i%scene, i/scene, i))
	}
	return fmt.Appendf(nil, `{"JSONInfo": {"HDR10plusProfile": "A", "Version": "1.0"}, "SceneInfo": [%s],
		"SceneInfoSummary": {"SceneFirstFrameIndex": [%s], "SceneFrameNumbers": [%s]},
		"ToolInfo": {"Tool": "test", "Version": "1"}}`, strings.Join(entries, ",\n"), strings.Join(first, ","), strings.Join(count, ","))
}

// entryOf tells which frame of hdr10plusFile a block has the metadata of, -1 none.
func entryOf(t *testing.T, b *meta.Block) int {
	t.Helper()
	if b == nil || b.HDR10Plus == nil {
		return -1
	}
	var m hdr10plus.Metadata
	if n, err := m.Decode(b.HDR10Plus); err != nil || n != len(b.HDR10Plus) {
		t.Fatalf("payload %x: %d bytes, %v", b.HDR10Plus, n, err)
	}
	return int(m.Windows[0].AverageMaxRGB / 10)
}

// rpuOf tells which RPU of streams.RPUFile a block has, -1 none.
func rpuOf(t *testing.T, b *meta.Block) int {
	t.Helper()
	if b == nil || b.DolbyVision == nil {
		return -1
	}
	for n := range 512 {
		if bytes.Equal(b.DolbyVision, streams.RPU(n)) {
			return n
		}
	}
	t.Fatalf("no known RPU: %x", b.DolbyVision)
	return 0
}
