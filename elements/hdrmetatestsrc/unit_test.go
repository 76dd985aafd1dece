package hdrmetatestsrc

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

func TestTimelineDoesNotDrift(t *testing.T) {
	var l timeline
	l.setRate(30000, 1001)
	var last, end uint64
	for i := range 30000 * 10 {
		pts, duration := l.next()
		if i > 0 && pts != end {
			t.Fatalf("frame %d begins at %d, the one before ends at %d", i, pts, end)
		}
		last, end = pts, pts+duration
	}
	if end != 10010*uint64(time.Second) {
		t.Errorf("300000 frames end at %d (last %d), want 10010 s", end, last)
	}
}

func TestTimelineGoesOnAtAnotherRate(t *testing.T) {
	var l timeline
	l.setRate(25, 1)
	for range 50 {
		l.next()
	}
	l.setRate(50, 1)
	if pts, duration := l.next(); pts != 2e9 || duration != 2e7 {
		t.Errorf("first frame at 50 Hz: %d, %d; want 2 s and 20 ms", pts, duration)
	}
	l.setRate(0, 1)
	if pts, duration := l.next(); pts != 2e9+2e7 || duration != gstx.None {
		t.Errorf("still picture: %d, %d", pts, duration)
	}
	l = timeline{num: 1, den: 1 << 20}
	if at := l.at(1 << 50); at != gstx.None {
		t.Errorf("a time beyond all clocks is %d", at)
	}
}

func TestPacerAsksTheClockAgain(t *testing.T) {
	p, err := newPacer()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	w, err := sys.NewWake()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	// A clock that runs at half the timer's speed.
	start, asked := time.Now(), 0
	now := func() uint64 { asked++; return uint64(time.Since(start)) / 2 }
	if err := p.until(w, now, uint64(20*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 40*time.Millisecond || asked < 3 {
		t.Errorf("waited %v and asked %d times; want 40 ms", took, asked)
	}
	w.Set()
	if err := p.until(w, func() uint64 { return 0 }, uint64(time.Hour)); !errors.Is(err, sys.ErrWoken) {
		t.Errorf("woken wait gives %v", err)
	}
	if err := p.until(w, func() uint64 { return gstx.None }, 5); err != nil {
		t.Errorf("without a clock: %v, want no wait", err)
	}
}

func TestCapsOfferDMABufsOnlyWhenTheyCanBeMade(t *testing.T) {
	s := settings{hdr: hdrHDR10}
	if got := s.caps(false); strings.Contains(got, "DMABuf") || !strings.HasPrefix(got, "video/x-raw, format = (string) P010_10LE") {
		t.Errorf("without udmabuf: %s", got)
	}
	if got := s.caps(true); !strings.HasPrefix(got, "video/x-raw(memory:DMABuf), format = (string) DMA_DRM, drm-format = (string) P010") {
		t.Errorf("with udmabuf: %s", got)
	}
}
