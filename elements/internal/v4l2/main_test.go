package v4l2_test

import (
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
	"github.com/gst-shmmeta/gst-shmmeta/test/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// fake opens a device of a new fake driver; both end with the test.
func fake(t testing.TB, cfg v4l2test.Config) (*v4l2.Device, *v4l2test.Driver) {
	t.Helper()
	drv := v4l2test.New(cfg)
	t.Cleanup(drv.Close)
	dev, err := drv.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev, drv
}

func wake(t testing.TB) *sys.Wake {
	t.Helper()
	w, err := sys.NewWake()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// start gives a device buffers, queues them all and starts it.
func start(t testing.TB, dev *v4l2.Device, buffers int) {
	t.Helper()
	n, err := dev.Request(buffers)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := dev.Queue(i); err != nil {
			t.Fatal(err)
		}
	}
	if err := dev.StreamOn(); err != nil {
		t.Fatal(err)
	}
}
