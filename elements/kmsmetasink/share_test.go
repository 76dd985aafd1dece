package kmsmetasink

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// What software makes is written to the display's memory, whatever the layout;
// a source that takes no pool, or a card that gives no memory, costs a copy.
func TestSoftwareWritesToTheDisplaysMemory(t *testing.T) {
	const size = "width=642,height=362,framerate=60/1"
	for _, c := range []struct {
		name, source     string
		quirks           kmstest.Quirks
		imported, copied uint64
	}{
		{"BGRx", "videotestsrc num-buffers=20 ! video/x-raw,format=BGRx," + size, kmstest.Quirks{}, 20, 0},
		{"NV12", "videotestsrc num-buffers=20 ! video/x-raw,format=NV12," + size, kmstest.Quirks{}, 20, 0},
		{"P010 by a converter", "videotestsrc num-buffers=20 ! video/x-raw,format=I420," + size +
			" ! videoconvert ! video/x-raw,format=P010_10LE", kmstest.Quirks{}, 20, 0},
		{"through a queue", "videotestsrc num-buffers=20 ! video/x-raw,format=NV12," + size + " ! queue", kmstest.Quirks{}, 20, 0},
		{"without modifiers", "videotestsrc num-buffers=20 ! video/x-raw,format=BGRx," + size, kmstest.Quirks{NoModifiers: true}, 20, 0},
		{"from a source with buffers of its own", "videotestsrc num-buffers=20 ! video/x-raw,format=BGRx," + size +
			" ! identity drop-allocation=true", kmstest.Quirks{}, 0, 20},
		{"without an export", "videotestsrc num-buffers=20 ! video/x-raw,format=BGRx," + size, kmstest.Quirks{NoExport: true}, 0, 20},
		{"without an import", "videotestsrc num-buffers=20 ! video/x-raw,format=BGRx," + size, kmstest.Quirks{NoImport: true}, 0, 20},
		{"that is slow to read", "videotestsrc num-buffers=20 ! video/x-raw,format=BGRx," + size, kmstest.Quirks{PreferShadow: true}, 0, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			newCard(t, c.quirks)
			p := pipe.Play(t, c.source+" ! fakekmssink name=sink sync=false")
			p.EOS(20 * time.Second)
			if imported, copied := property[uint64](t, p, "frames-imported"), property[uint64](t, p, "frames-copied"); imported != c.imported || copied != c.copied {
				t.Errorf("%d imported and %d copied, want %d and %d", imported, copied, c.imported, c.copied)
			}
			p.Stop()
			if left := theFile.Load().Left(); len(left) > 0 {
				t.Errorf("left on the card: %v", left)
			}
		})
	}
}

// The picture that is scanned out is the one that was drawn.
func TestSharedMemoryHoldsThePicture(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	p := pipe.Play(t, "videotestsrc num-buffers=3 pattern=red ! video/x-raw,format=BGRx,width=642,height=362 ! fakekmssink name=sink sync=false")
	p.EOS(20 * time.Second)
	pixels := card.Pixels(kmstest.Primary1)
	const pitch = (642*4 + 63) &^ 63
	for _, at := range []int{0, 641 * 4, 361*pitch + 641*4} {
		if len(pixels) < at+4 || pixels[at] != 0 || pixels[at+1] != 0 || pixels[at+2] != 255 {
			t.Fatalf("the pixel at byte %d of %d is not red", at, len(pixels))
		}
	}
}

// When the card's memory is used up in the middle, the frames that find none are
// copied; nothing else changes.
func TestMemoryThatRunsOutIsPlainMemory(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	made := 0
	card.Fail = func(req uintptr) error {
		if req == sys.DRM_IOCTL_PRIME_HANDLE_TO_FD {
			if made++; made > 3 {
				return unix.ENOMEM
			}
		}
		return nil
	}
	// The queue holds more frames than the pool begins with.
	p := pipe.New(t, "videotestsrc num-buffers=60 ! video/x-raw,format=BGRx,width=64,height=64,framerate=60/1 ! "+
		"queue min-threshold-buffers=10 ! fakekmssink name=sink sync=false")
	p.SetState(gst.StatePlaying)
	p.EOS(20 * time.Second)
	imported, copied := property[uint64](t, p, "frames-imported"), property[uint64](t, p, "frames-copied")
	if imported+copied != 60 || imported < 3 || copied < 3 {
		t.Errorf("%d imported and %d copied, want 60, some of each", imported, copied)
	}
}

func TestSharedMemoryOfManyFormatsAndSizes(t *testing.T) {
	var chain []string
	for i, f := range []string{"BGRx", "NV12", "P010_10LE", "BGRA"} {
		chain = append(chain, fmt.Sprintf("videotestsrc num-buffers=5 ! videoconvert ! video/x-raw,format=%s,width=%d,height=%d ! c.", f, 320+2*i, 240+2*i))
	}
	newCard(t, kmstest.Quirks{})
	p := pipe.Play(t, "concat name=c ! fakekmssink name=sink sync=false "+strings.Join(chain, " "))
	p.EOS(20 * time.Second)
	if got := property[uint64](t, p, "frames-imported"); got != 20 {
		t.Errorf("frames-imported: got %d, want 20", got)
	}
	p.Stop()
	if left := theFile.Load().Left(); len(left) > 0 {
		t.Errorf("left on the card: %v", left)
	}
}

// Upstream is told what it may say on a buffer.
func TestAllocationNamesTheMetas(t *testing.T) {
	newCard(t, kmstest.Quirks{})
	p := pipe.New(t, "fakesrc ! fakekmssink name=sink")
	q := gst.NewQueryAllocation(gst.CapsFromString("video/x-raw,format=BGRx,width=64,height=64"), true)
	if !p.Element("sink").GetStaticPad("sink").Query(q) {
		t.Fatal("the ALLOCATION query is not answered")
	}
	var names []string
	for i := range q.GetNAllocationMetas() {
		_, meta := q.ParseNthAllocationMeta(i)
		names = append(names, meta.Name())
	}
	for _, name := range []string{"GstVideoMetaAPI", "GstVideoCropMetaAPI", "GstShmHdrMetaAPI", "GstShmLayersMetaAPI"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not among the metas %q", name, names)
		}
	}
	if n := q.GetNAllocationPools(); n != 0 {
		t.Errorf("a display that is closed offers %d pools", n)
	}
}

func TestThousandStartsWithSharedMemoryLeaveNothing(t *testing.T) {
	newCard(t, kmstest.Quirks{})
	pipe.New(t, "videotestsrc ! video/x-raw,format=BGRx,width=64,height=64 ! fakekmssink name=sink sync=false").Starts(1000)
}
