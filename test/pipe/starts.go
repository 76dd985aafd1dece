package pipe

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/test/leak"
)

// Starts takes the pipeline n times from NULL to PLAYING, with a frame, and back;
// after every tenth time once more without waiting for it to get there. It fails
// when a start does, or when they leave something behind. Short tests start a
// twentieth as often.
func (p *Pipe) Starts(n int) {
	p.t.Helper()
	if testing.Short() {
		n = (n + 19) / 20
	}
	for range 3 { // what is made once for all starts
		p.start()
	}
	before := leak.Now()
	for i := range n {
		p.start()
		if i%10 == 9 {
			p.SetState(gst.StatePlaying)
			p.SetState(gst.StateNull)
		}
	}
	if left := leak.Since(before, 8); len(left) > 0 {
		p.t.Errorf("left behind by %d starts:\n  %s", n, strings.Join(left, "\n  "))
	}
}

func (p *Pipe) start() {
	p.t.Helper()
	p.SetState(gst.StatePlaying)
	const limit = 20 * time.Second
	state, _, ret := p.p.GetState(gst.ClockTime(limit))
	if ret == gst.StateChangeFailure {
		p.Error(time.Second) // names the reason if there is none
	}
	if state != gst.StatePlaying {
		p.t.Fatalf("the pipeline got to %v (%v) within %v, not to PLAYING", state, ret, limit)
	}
	p.SetState(gst.StateNull)
}

// NeedsNoDevice leaves a long test to the run outside of the virtual machine,
// where it takes seconds.
func NeedsNoDevice(t testing.TB) {
	t.Helper()
	if os.Getenv("REQUIRE_DEVICES") == "1" {
		t.Skip("needs no device: it runs outside of the virtual machine, where it takes seconds")
	}
}
