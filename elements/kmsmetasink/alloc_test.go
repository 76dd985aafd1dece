//go:build !race

// The race detector allocates on its own account.

package kmsmetasink

import (
	"fmt"
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
				return allocated(p)
			}
			allocations("100")
			few, many := allocations("100"), allocations("10100")
			if many > few+1000 {
				t.Errorf("%d allocations for 10000 frames more, want none", many-few)
			}
		})
	}
}

// The same for frames of several layers, on planes, drawn, and left out, and for
// subtitles.
func TestLayersDoNotAllocate(t *testing.T) {
	layers := frameOf(layer(meta.RoleVideo, 0, whole), layer(meta.RoleOverlay, 1, meta.Place{X: 8, Y: 8, W: 80, H: 45}))
	bad := frameOf(layer(meta.RoleVideo, 0, whole), layer(meta.RoleOverlay, 7, whole))
	source := "layersource num-buffers=%s"
	for _, c := range []struct {
		name, source string
		block        *meta.Layers
		quirks       kmstest.Quirks
		more         string
	}{
		{"on planes", source, layers, kmstest.Quirks{}, "5100"},
		{"drawn", source, layers, kmstest.Quirks{NoAlpha: true, NoScaling: true}, "300"},
		{"left out", source, bad, kmstest.Quirks{}, "5100"},
		{"subtitles", "videotestsrc pattern=black num-buffers=%s ! video/x-raw,format=BGRx,width=160,height=90 ! textoverlay text=a", nil, kmstest.Quirks{}, "1100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			allocations := func(frames string) uint64 {
				newCard(t, c.quirks)
				theStream.Store(&stream{memories: 2, block: func(uint64) *meta.Layers { return c.block }})
				p := pipe.New(t, fmt.Sprintf(c.source, frames)+" ! fakekmssink name=sink sync=false mode=640x480")
				return allocated(p)
			}
			allocations("100")
			few, many := allocations("100"), allocations(c.more)
			if many > few+100 {
				t.Errorf("%d allocations for %s frames instead of 100, want none", many-few, c.more)
			}
		})
	}
}

// allocated plays a pipeline to its end and counts the allocations.
func allocated(p *pipe.Pipe) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p.SetState(gst.StatePlaying)
	p.EOS(60 * time.Second)
	runtime.ReadMemStats(&after)
	p.Stop()
	return after.Mallocs - before.Mallocs
}
