package hdrmetaattach

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
)

func TestNumberOfATime(t *testing.T) {
	for _, c := range []struct {
		time       uint64
		fpsN, fpsD uint64
		want       int64
		ok         bool
	}{
		{0, 24000, 1001, 0, true},
		{41708333, 24000, 1001, 1, true},
		{42000000, 24000, 1001, 1, true}, // whole milliseconds
		{41000000, 24000, 1001, 1, true},
		{20854166, 24000, 1001, 0, true}, // just before the middle
		{20854167, 24000, 1001, 1, true},
		{24 * 3600 * second, 60000, 1001, 5178821, true},
		{1000 * 3600 * second, 120, 1, 432000000, true},
		{second, 1, 2147483647, 0, true},
		{second, 2147483647, 1, 2147483647, true},
		{gstx.None, 25, 1, 0, false},
		{second, 0, 1, 0, false},
		{math.MaxUint64 - 1, 2147483647, 1, 0, false},
		{math.MaxUint64 - 1, 1, 1, 18446744074, true},
	} {
		n := numbering{fpsN: c.fpsN, fpsD: c.fpsD}
		if got, ok := n.timed(c.time); got != c.want || ok != c.ok {
			t.Errorf("%d ns at %d/%d: frame %d, %v; want %d, %v", c.time, c.fpsN, c.fpsD, got, ok, c.want, c.ok)
		}
	}
}

func TestCountFollowsASeek(t *testing.T) {
	at := func(ms uint64) *gstx.Frame { return &gstx.Frame{StreamTime: ms * 1000000, Duration: 20000000} }
	unknown := &gstx.Frame{StreamTime: gstx.None, Duration: gstx.None}
	cut := &gstx.Frame{StreamTime: 1012000000, Duration: 8000000}
	c := numbering{fpsN: 50, fpsD: 1, offset: 100}
	for i, s := range []struct {
		flush bool
		frame *gstx.Frame
		want  int64
	}{
		{false, at(3000), 100}, {false, at(5000), 101}, {false, unknown, 102},
		{true, at(1000), 150}, {false, at(980), 149}, // backwards
		{true, cut, 150}, {false, cut, 151}, // the first one is known by its end
		{true, unknown, 100}, {false, unknown, 101},
	} {
		if s.flush {
			c.flush()
		}
		if n, ok := c.number(s.frame); n != s.want || !ok {
			t.Errorf("frame %d has number %d, %v; want %d", i, n, ok, s.want)
		}
	}
}

func TestTrackGivesEachFrameWhatWasAdded(t *testing.T) {
	long := bytes.Repeat([]byte{9}, 2*chunkSize)
	added := [][]byte{nil, {1}, {1}, {2}, nil, {2}, long, {1}, nil}
	tr := new(track)
	buf := make([]byte, 0, len(long))
	for _, p := range added {
		buf = append(buf[:0], p...) // it is copied
		if err := tr.add(buf); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range added {
		if got := tr.payload(tr.at(int64(i), false)); !bytes.Equal(got, want) {
			t.Errorf("frame %d has %.10x, want %.10x", i, got, want)
		}
	}
	if len(tr.payloads) != 4 {
		t.Errorf("%d payloads are held, want 4", len(tr.payloads))
	}
	for _, n := range []int64{9, 10, 1 << 40, math.MaxInt64} {
		if got := tr.payload(tr.at(n, true)); !bytes.Equal(got, []byte{1}) {
			t.Errorf("frame %d holds %x, want the last payload", n, got)
		}
		if e := tr.at(n, false); e != none || !tr.past(n) {
			t.Errorf("frame %d has entry %d, past the end: %v", n, e, tr.past(n))
		}
	}
	for _, n := range []int64{-1, math.MinInt64} {
		if e := tr.at(n, true); e != none || tr.past(n) {
			t.Errorf("frame %d has entry %d, past the end: %v", n, e, tr.past(n))
		}
	}
	var no *track
	if no.at(0, true) != none || no.past(0) || no.payload(none) != nil {
		t.Error("no track has something")
	}
}

func TestTrackIsBounded(t *testing.T) {
	tr := &track{held: maxHeld - 1}
	if err := tr.add([]byte{1, 2}); !errors.Is(err, errTooLarge) {
		t.Errorf("past %d bytes: %v", maxHeld, err)
	}
	tr = &track{frames: make([]int32, maxFrames)}
	if err := tr.add(nil); !errors.Is(err, errTooLarge) {
		t.Errorf("past %d frames: %v", maxFrames, err)
	}
}

// A film of two hours, every frame another: what is held is the payloads and
// little more.
func TestTrackIsLittleLargerThanItsPayloads(t *testing.T) {
	const frames, size = 170000, 64
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	tr := new(track)
	payload := make([]byte, size)
	for i := range frames {
		payload[0], payload[1], payload[2] = byte(i), byte(i>>8), byte(i>>16)
		if err := tr.add(payload); err != nil {
			t.Fatal(err)
		}
	}
	tr.shrink()
	held := heap() - before
	if limit := uint64(frames * (size + 32)); held > limit {
		t.Errorf("%d bytes are held for %d frames of %d, want at most %d", held, frames, size, limit)
	}
	runtime.KeepAlive(tr)
}
