//go:build !race

// The race detector keeps memory on its own account.

package kmsmetasink

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/leak"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// Two hours' worth of frames at 60 Hz, metadata and all: memory and descriptors
// are at the end what they were after the first tenth. Short tests show a
// twentieth.
func TestTwoHoursOfFramesLeaveMemoryFlat(t *testing.T) {
	pipe.NeedsNoDevice(t)
	frames := uint64(2 * 3600 * 60)
	if testing.Short() {
		frames /= 20
	}
	newCard(t, kmstest.Quirks{})
	stamper.All(t, &meta.Block{Color: &meta.Color{Primaries: 9, Transfer: meta.TransferPQ, Matrix: 9}})
	p := pipe.New(t, fmt.Sprintf("videotestsrc pattern=black num-buffers=%d", frames+1000)+
		" ! video/x-raw,format=BGRx,width=16,height=16,framerate=60/1 ! metastamper ! fakekmssink name=sink sync=false")
	p.SetState(gst.StatePlaying)
	reach := func(n uint64) usage {
		t.Helper()
		for end := time.Now().Add(5 * time.Minute); property[uint64](t, p, "frames-shown") < n; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d frames shown after 5 minutes, want %d", property[uint64](t, p, "frames-shown"), n)
			}
		}
		return now(t)
	}
	start := time.Now()
	before := reach(frames / 10)
	after := reach(frames)
	t.Logf("%d frames in %v: %v, then %v", frames, time.Since(start), before, after)
	p.EOS(time.Minute)
	if n := property[uint64](t, p, "frames-dropped"); n != 0 {
		t.Errorf("%d frames dropped", n)
	}
	if after.fds > before.fds {
		t.Errorf("%d file descriptors, %d before", after.fds, before.fds)
	}
	// The least that Go can lose per frame, 8 bytes, would be 3 MB, and the least of
	// malloc 12 MB. What the test itself leaves for a later collection is less.
	if after.heap > before.heap+1<<20 {
		t.Errorf("%d bytes on the Go heap, %d before", after.heap, before.heap)
	}
	if after.resident > before.resident+6<<20 {
		t.Errorf("%d bytes resident, %d before", after.resident, before.resident)
	}
}

// usage is what the process holds.
type usage struct {
	fds            int
	heap, resident uint64
}

func (u usage) String() string {
	return fmt.Sprintf("%d descriptors, %d kB of Go heap, %d kB resident", u.fds, u.heap>>10, u.resident>>10)
}

func now(t testing.TB) usage {
	t.Helper()
	u := usage{fds: len(leak.Now().FDs)}
	runtime.GC()
	runtime.GC() // what the first one finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.heap = m.HeapAlloc
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, pages uint64
	if _, err := fmt.Fscan(bytes.NewReader(b), &size, &pages); err != nil {
		t.Fatal(err)
	}
	u.resident = pages * uint64(os.Getpagesize())
	return u
}
