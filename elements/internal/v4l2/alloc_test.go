//go:build !race

// The race detector allocates on its own account.

package v4l2_test

import (
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
)

func TestStreamingDoesNotAllocate(t *testing.T) {
	for _, c := range []v4l2test.Config{
		{Formats: []string{"NV12"}, FreeRunning: true},
		{Formats: []string{"YM12"}, Multiplanar: true, FreeRunning: true},
	} {
		dev, _ := fake(t, c)
		start(t, dev, 4)
		w := wake(t)
		var f v4l2.Frame
		if n := testing.AllocsPerRun(1000, func() {
			if _, err := dev.Wait(w, -1, 1000); err != nil {
				t.Fatal(err)
			}
			if err := dev.Dequeue(&f); err != nil {
				t.Fatal(err)
			}
			if err := dev.Queue(f.Index); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%v: %v allocations a frame, want 0", c.Formats, n)
		}
	}
	idle, _ := fake(t, v4l2test.Config{})
	start(t, idle, 2)
	var f v4l2.Frame
	if n := testing.AllocsPerRun(1000, func() { idle.Dequeue(&f) }); n != 0 {
		t.Errorf("nothing ready: %v allocations, want 0", n)
	}
}
