//go:build !race

// The race detector allocates on its own account.

package kmsmetasink

import (
	"runtime"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// Ten thousand frames cost no more Go allocations than a hundred: starting and
// stopping does, a frame does not, metadata and all, imported or copied.
func TestStreamingDoesNotAllocate(t *testing.T) {
	static := &meta.Block{Color: &meta.Color{Primaries: 9, Transfer: meta.TransferPQ, Matrix: 9}}
	a, b := plus(t, 1000, 100), plus(t, 1050, 100)
	for _, c := range []struct {
		name, props string
		block       func(n int) *meta.Block
		quirks      kmstest.Quirks
	}{
		{"copied", "", func(int) *meta.Block { return static }, kmstest.Quirks{NoExport: true}},
		{"static metadata", "", func(int) *meta.Block { return static }, kmstest.Quirks{}},
		{"one scene", "dynamic=scene", func(int) *meta.Block { return a }, kmstest.Quirks{}},
		// Both stay in the writer's memory; the reader reads each frame's.
		{"HDR10+ that differs from frame to frame", "dynamic=scene", func(n int) *meta.Block { return []*meta.Block{a, b}[n%2] }, kmstest.Quirks{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			allocations := func(frames string) uint64 {
				newCard(t, c.quirks)
				stamper.ByNumber(t, c.block)
				p := pipe.New(t, "videotestsrc pattern=black num-buffers="+frames+
					" ! video/x-raw,format=BGRx,width=16,height=16 ! metastamper ! fakekmssink name=sink sync=false "+c.props)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				p.SetState(gst.StatePlaying)
				p.EOS(60 * time.Second)
				runtime.ReadMemStats(&after)
				p.Stop()
				return after.Mallocs - before.Mallocs
			}
			allocations("100")
			few, many := allocations("100"), allocations("10100")
			if many > few+1000 {
				t.Errorf("%d allocations for 10000 frames more, want none", many-few)
			}
		})
	}
}
