//go:build !race

// The race detector allocates on its own account.

package v4l2metadec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
	"github.com/gst-shmmeta/gst-shmmeta/test/fwht"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// Frames cost no Go allocations: starting and stopping does.
func TestDecodingDoesNotAllocate(t *testing.T) {
	enc, dec := fwht.Devices(t)
	dir := folder(t, fwht.Encode(t, enc, noise, 10, 640, 368))
	mallocs := func(n int) uint64 {
		return pipe.New(t, fmt.Sprintf("%s loop=true stop-index=9 num-buffers=%d ! v4l2metadec device=%s ! fakesink", files(dir), n, dec)).Mallocs()
	}
	mallocs(20)
	few, many := mallocs(20), mallocs(320)
	if many > few+100 {
		t.Errorf("%d allocations for 300 frames more, want none", many-few)
	}
}

func TestDecodingOnAFakeDoesNotAllocate(t *testing.T) {
	fake(t, v4l2test.Config{Formats: []string{"NM12"}, Multiplanar: true}, 2)
	dir := folder(t, coded(8, 640, 360))
	src := strings.Replace(files(dir), "video/x-fwht", "video/x-h264,stream-format=byte-stream,alignment=au", 1)
	mallocs := func(n int) uint64 {
		p := pipe.New(t, fmt.Sprintf("%s loop=true stop-index=7 num-buffers=%d ! fakev4l2metadec ! fakesink", src, n))
		defer p.Stop() // there is one context in a fake, not one for each who opens it
		return p.Mallocs()
	}
	mallocs(80)
	few, many := mallocs(80), mallocs(4080)
	if many > few+500 {
		t.Errorf("%d allocations for 4000 frames more, want none", many-few)
	}
}
