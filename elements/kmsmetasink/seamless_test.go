package kmsmetasink

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// A stream that changes its size, its format and both leaves the display lit, in its
// mode, and shows every frame.
func TestCapsChangesDoNotGoDark(t *testing.T) {
	const part = "videotestsrc num-buffers=5 ! video/x-raw,framerate=60/1,"
	stream := func(caps ...string) (s string) {
		s = "concat name=c ! fakekmssink name=sink sync=false "
		for _, c := range caps {
			s += part + c + " ! c. "
		}
		return s
	}
	hd, vga := "width=1280,height=720", "width=640,height=480"
	for _, c := range []struct {
		name, pipeline string
		quirks         kmstest.Quirks
	}{
		{"size", stream("format=BGRx,"+vga, "format=BGRx,"+hd, "format=BGRx,"+vga), kmstest.Quirks{}},
		{"format", stream("format=NV12,"+hd, "format=BGRx,"+hd, "format=P010_10LE,"+hd), kmstest.Quirks{}},
		{"both", stream("format=NV12,"+hd, "format=BGRx,"+vga, "format=NV12,"+vga), kmstest.Quirks{}},
		{"of frames that are copied", stream("format=NV12,"+hd, "format=BGRx,"+vga, "format=BGRx,"+hd), kmstest.Quirks{NoExport: true}},
		{"where the primary plane covers the screen", stream("format=NV12,"+hd, "format=BGRx,"+vga), kmstest.Quirks{PrimaryCovers: true, NoScaling: true, NeedsPrimary: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := newCard(t, c.quirks)
			p := pipe.Play(t, c.pipeline)
			p.EOS(20 * time.Second)
			if got := property[uint64](t, p, "frames-dropped"); got != 0 {
				t.Errorf("%d frames dropped", got)
			}
			done := 0
			for _, k := range card.Commits() {
				if k.Err != nil || k.Flags&sys.DRM_MODE_ATOMIC_TEST_ONLY != 0 {
					continue
				}
				if done++; done > 1 && (k.Modeset || k.Dark || k.Flags&sys.DRM_MODE_ATOMIC_ALLOW_MODESET != 0) {
					t.Errorf("commit %d: %+v", done, k)
				}
			}
			if want := int(property[uint64](t, p, "frames-shown")); done != want || want%5 != 0 {
				t.Errorf("%d commits for %d frames", done, want)
			}
			if n := card.Torn(); n != 0 {
				t.Errorf("%d planes went dark because their framebuffer was removed", n)
			}
		})
	}
}

// Memory that comes again in another format is shown in that.
func TestMemoryIsShownInTheFormatOfItsCaps(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	card.SetFormats(kmstest.Primary1, sys.DRM_FORMAT_NV12, sys.DRM_FORMAT_NV21)
	dmaRenew.Store(0)
	var last atomic.Uint32
	card.Deny = func(s kmstest.Shown) error { last.Store(s.FourCC); return nil }
	p := pipe.Play(t, "dmasource ! video/x-raw ! capssetter name=caps caps=video/x-raw,format=NV12 ! fakekmssink name=sink sync=false")
	shown := func() uint64 { return property[uint64](t, p, "frames-shown") }
	for shown() < 20 {
		time.Sleep(time.Millisecond)
	}
	p.Element("caps").SetObjectProperty("caps", gst.CapsFromString("video/x-raw,format=NV21"))
	for n := shown(); shown() < n+20; {
		time.Sleep(time.Millisecond)
	}
	p.Stop()
	if got := last.Load(); got != sys.DRM_FORMAT_NV21 {
		t.Errorf("%s is shown, want NV21", kms.FourCCName(got))
	}
	if n := card.Torn(); n != 0 {
		t.Errorf("%d planes went dark because their framebuffer was removed", n)
	}
	if left := theFile.Load().Left(); len(left) > 0 {
		t.Errorf("left on the card: %v", left)
	}
}
