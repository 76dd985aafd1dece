//go:build !race

// The race detector allocates on its own account.

package v4l2metasrc

import (
	"runtime"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// Ten thousand frames cost no more Go allocations than a hundred: starting and
// stopping does, a frame does not, and nor does a field.
func TestStreamingDoesNotAllocate(t *testing.T) {
	for name, fields := range map[string][]uint32{"frames": nil, "fields": {sys.V4L2_FIELD_ALTERNATE}, "both fields": {sys.V4L2_FIELD_SEQ_TB}} {
		t.Run(name, func(t *testing.T) {
			streamingDoesNotAllocate(t, v4l2test.Config{Formats: []string{"NM12"}, Multiplanar: true, FreeRunning: true, Fields: fields})
		})
	}
}

func streamingDoesNotAllocate(t *testing.T, cfg v4l2test.Config) {
	cfg.Compose = v4l2test.ComposeFits
	d, path := driver(t, cfg)
	composes(t, d, nil, v4l2.Rect{Left: 16, Top: 8, Width: 64, Height: 32})
	allocations := func(frames string) uint64 {
		p := pipe.New(t, "fakev4l2metasrc device="+path+" num-buffers="+frames+" ! fakesink")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p.SetState(gst.StatePlaying)
		p.EOS(patience)
		runtime.ReadMemStats(&after)
		p.Stop()
		return after.Mallocs - before.Mallocs
	}
	allocations("100")
	few, many := allocations("100"), allocations("10100")
	if many > few+1000 {
		t.Errorf("%d allocations for 10000 frames more, want none", many-few)
	}
}
