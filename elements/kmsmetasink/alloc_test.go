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
	for name, q := range map[string]kmstest.Quirks{"imported": {}, "copied": {NoExport: true}} {
		t.Run(name, func(t *testing.T) { streamingDoesNotAllocate(t, q) })
	}
}

func streamingDoesNotAllocate(t *testing.T, q kmstest.Quirks) {
	allocations := func(frames string) uint64 {
		newCard(t, q)
		stamper.All(t, &meta.Block{Color: &meta.Color{Primaries: 9, Transfer: meta.TransferPQ, Matrix: 9}})
		p := pipe.New(t, "videotestsrc pattern=black num-buffers="+frames+
			" ! video/x-raw,format=BGRx,width=16,height=16 ! metastamper ! fakekmssink name=sink sync=false")
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
}
