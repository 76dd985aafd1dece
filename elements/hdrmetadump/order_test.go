package hdrmetadump

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
)

func TestOrder(t *testing.T) {
	const none = gstx.None
	run := func(from, n int) (out []uint64) {
		for i := range n {
			out = append(out, uint64(from+i))
		}
		return out
	}
	// Frames of a window, the last one first, and the same far away.
	reversed := run(0, window)
	slices.Reverse(reversed)
	for _, c := range []struct {
		name          string
		times         []uint64
		want          []int // indices of times
		untimed, late uint64
	}{
		{"in order", []uint64{1, 2, 3}, []int{0, 1, 2}, 0, 0},
		{"B-frames", []uint64{0, 8, 4, 2, 1, 3, 6, 5, 7, 16}, []int{0, 4, 3, 5, 2, 7, 6, 8, 1, 9}, 0, 0},
		{"equal times stay in order", []uint64{5, 5, 4, 5}, []int{2, 0, 1, 3}, 0, 0},
		{"no times", []uint64{none, none, none}, []int{0, 1, 2}, 3, 0},
		{"half of the times", []uint64{4, none, 2, none, 6}, []int{2, 3, 0, 1, 4}, 2, 0},
	} {
		check(t, c.name, c.times, c.want, c.untimed, c.late)
	}
	var want []int
	for i := range reversed {
		want = append(want, window-1-i)
	}
	check(t, "a whole window", reversed, want, 0, 0)

	// A stream that begins anew behind another does not mix with it.
	twice := append(run(1000, window+10), run(0, window+10)...)
	want = nil
	for i := range twice {
		want = append(want, i)
	}
	check(t, "a new run", twice, want, 0, 1)
}

func check(t *testing.T, name string, times []uint64, want []int, untimed, late uint64) {
	t.Helper()
	var got []int
	o := order{emit: func(p []byte) error {
		var i int
		if _, err := fmt.Fscan(bytes.NewReader(p), &i); err != nil {
			return err
		}
		got = append(got, i)
		return nil
	}}
	for i, at := range times {
		if err := o.push(at, fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.drain(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) || o.untimed != untimed || o.late != late {
		t.Errorf("%s: %v, %d untimed, %d late\nwant %v, %d, %d", name, got, o.untimed, o.late, want, untimed, late)
	}
}

func TestOrderGivesErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	o := order{emit: func([]byte) error { return broken }}
	var err error
	for i := 0; err == nil && i < 2*window; i++ {
		err = o.push(uint64(i), nil)
	}
	if err != broken {
		t.Errorf("push: %v, want %v", err, broken)
	}
	if err := o.drain(); err != broken {
		t.Errorf("drain: %v, want %v", err, broken)
	}
}

func TestOrderDoesNotAllocate(t *testing.T) {
	o := order{emit: func([]byte) error { return nil }}
	p, at := make([]byte, 400), uint64(0)
	push := func() {
		at += 2
		if err := o.push(at^4, p); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 * window {
		push()
	}
	if n := testing.AllocsPerRun(1000, push); n != 0 {
		t.Errorf("%v allocations per frame, want 0", n)
	}
}
