package v4l2_test

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
)

// decoder opens a fake decoder of H.264, ready for frames.
func decoder(t *testing.T, cfg v4l2test.Config) *v4l2.Decoder {
	t.Helper()
	drv := v4l2test.NewDecoder(cfg, []string{"H264", "????"}, 0)
	t.Cleanup(drv.Close)
	dev, err := drv.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	if takes, err := dev.Takes(); err != nil || len(takes) != 1 || takes[0].Media != "video/x-h264" {
		t.Fatalf("takes %+v, %v", takes, err)
	}
	if err := dev.Out.Subscribe(v4l2.EventSourceChange, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := dev.In.SetFormat(v4l2.Format{FourCC: v4l2.MakeFourCC("H264"), NPlanes: 1}); err != nil {
		t.Fatal(err)
	}
	if n, err := dev.RequestIn(2); err != nil || n != 2 || dev.Room() != v4l2test.RoomIn {
		t.Fatalf("%d buffers of %d bytes, %v", n, dev.Room(), err)
	}
	if err := dev.In.StreamOn(); err != nil {
		t.Fatal(err)
	}
	return dev
}

// The sequences of the stateful decoder interface: first format, pictures with the
// frames' numbers, drain, going on.
func TestDecoderSequences(t *testing.T) {
	for _, cfg := range []v4l2test.Config{{Formats: []string{"NV12"}}, {Formats: []string{"NM12"}, Multiplanar: true}} {
		dev := decoder(t, cfg)
		var f v4l2.Frame
		var e v4l2.Event
		if err := dev.Feed(0, v4l2test.Coded(640, 360, 0), 1<<40+7); err != nil {
			t.Fatal(err)
		}
		if _, _, event, err := dev.Look(); !event || err != nil {
			t.Fatalf("event %v, %v", event, err)
		}
		if err := dev.Out.DequeueEvent(&e); err != nil || e.Kind != v4l2.EventSourceChange {
			t.Fatalf("%+v, %v", e, err)
		}
		format, err := dev.Out.Format()
		if err != nil || format.Width != 640 || format.Height != 360 {
			t.Fatalf("%v, %v", &format, err)
		}
		if _, _, w, h := dev.Visible(&format); w != 640 || h != 360 {
			t.Errorf("%dx%d to be seen", w, h)
		}
		start(t, dev.Out, 3)
		if err := dev.Out.Dequeue(&f); err != nil || f.Number() != 1<<40+7 || f.Last {
			t.Fatalf("picture of frame %d, last %v, %v", f.Number(), f.Last, err)
		}
		if err := dev.Fed(&f); err != nil || f.Index != 0 {
			t.Fatalf("buffer %d, %v", f.Index, err)
		}
		if err := dev.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := dev.Out.Dequeue(&f); err != nil || !f.Last || f.Planes[0].Used != 0 {
			t.Fatalf("%+v, %v", f, err)
		}
		if err := dev.Out.Dequeue(&f); !errors.Is(err, v4l2.ErrEnd) {
			t.Fatalf("got %v after the last picture", err)
		}
		if err := dev.Start(); err != nil {
			t.Fatal(err)
		}
		if err := dev.Feed(1, v4l2test.Coded(640, 360, 1), 8); err != nil {
			t.Fatal(err)
		}
		if err := dev.Out.Dequeue(&f); err != nil || f.Number() != 8 {
			t.Fatalf("picture of frame %d, %v", f.Number(), err)
		}
	}
}

func TestFeedRefuses(t *testing.T) {
	dev := decoder(t, v4l2test.Config{Formats: []string{"NV12"}})
	if err := dev.Feed(0, make([]byte, v4l2test.RoomIn+1), 0); !errors.Is(err, v4l2.ErrTooLarge) {
		t.Errorf("a frame too large: %v", err)
	}
	if err := dev.Feed(2, nil, 0); !errors.Is(err, unix.EINVAL) {
		t.Errorf("a buffer that does not exist: %v", err)
	}
	if err := dev.Feed(0, v4l2test.Coded(640, 360, 0), 0); err != nil {
		t.Fatal(err)
	}
	if err := dev.Feed(0, v4l2test.Coded(640, 360, 0), 0); !errors.Is(err, unix.EINVAL) {
		t.Errorf("a buffer that the driver has: %v", err)
	}
}

func TestOtherFilesAreNoDecoders(t *testing.T) {
	if _, err := v4l2.OpenDecoder("/dev/null"); !errors.Is(err, v4l2.ErrNotDecoder) {
		t.Errorf("/dev/null: %v", err)
	}
	if _, err := v4l2.OpenDecoder("/dev/there-is-none"); !errors.Is(err, unix.ENOENT) {
		t.Errorf("no node: %v", err)
	}
}
