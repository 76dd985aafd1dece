package v4l2_test

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
)

func TestFramesCarryWhatTheDriverSays(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  v4l2test.Config
	}{
		{"single-planar", v4l2test.Config{Formats: []string{"NV12"}}},
		{"multi-planar", v4l2test.Config{Formats: []string{"YM12"}, Multiplanar: true, DataOffset: 128}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dev, drv := fake(t, c.cfg)
			start(t, dev, 3)
			if dev.Buffers() != 3 || dev.Queued() != 3 {
				t.Fatalf("%d buffers, %d queued", dev.Buffers(), dev.Queued())
			}
			var f v4l2.Frame
			if err := dev.Dequeue(&f); err != v4l2.ErrAgain || !errors.Is(err, unix.EAGAIN) {
				t.Fatalf("nothing captured: got %v, want ErrAgain", err)
			}
			drv.Frame(0, 0)
			drv.Frame(2, sys.V4L2_BUF_FLAG_ERROR|sys.V4L2_BUF_FLAG_TSTAMP_SRC_SOE)
			w := wake(t)
			if r, err := dev.Wait(w, -1, 1000); err != nil || !r.Frame {
				t.Fatalf("wait: got %+v, %v", r, err)
			}
			if err := dev.Dequeue(&f); err != nil {
				t.Fatal(err)
			}
			if f.Index != 0 || f.Sequence != 0 || f.Damaged || f.Start || !f.Monotonic || f.Timestamp != 100e9 || f.NPlanes != dev.Memories() {
				t.Errorf("first: got %+v", f)
			}
			for p := range f.NPlanes {
				if want := (v4l2.FramePlane{Offset: c.cfg.DataOffset, Used: dev.Length(0, p)}); f.Planes[p] != want {
					t.Errorf("plane %d: got %+v, want %+v", p, f.Planes[p], want)
				}
			}
			if err := dev.Dequeue(&f); err != nil {
				t.Fatal(err)
			}
			// A timeval has microseconds.
			if f.Index != 1 || f.Sequence != 3 || !f.Damaged || !f.Start || f.Timestamp != 100e9+100000000 {
				t.Errorf("second: got %+v", f)
			}
			if dev.Queued() != 1 {
				t.Errorf("%d queued, want 1", dev.Queued())
			}
			if err := dev.Queue(1); err != nil {
				t.Error(err)
			}
			if err := dev.Queue(1); !errors.Is(err, unix.EINVAL) {
				t.Errorf("queued twice: got %v, want EINVAL", err)
			}
			if err := dev.Queue(3); !errors.Is(err, unix.EINVAL) {
				t.Errorf("no such buffer: got %v, want EINVAL", err)
			}
			if err := dev.StreamOff(); err != nil || dev.Queued() != 0 {
				t.Errorf("stop: got %v with %d queued", err, dev.Queued())
			}
			if n, err := dev.Request(0); n != 0 || err != nil || dev.Buffers() != 0 {
				t.Errorf("free: got %d, %v with %d buffers", n, err, dev.Buffers())
			}
		})
	}
}

func TestDriverDecidesHowManyBuffers(t *testing.T) {
	for _, want := range []int{1, 7, v4l2.MaxBuffers} {
		dev, _ := fake(t, v4l2test.Config{Buffers: want})
		if n, err := dev.Request(4); err != nil || n != want || dev.Buffers() != want {
			t.Errorf("got %d, %v and %d, want %d", n, err, dev.Buffers(), want)
		}
	}
	dev, _ := fake(t, v4l2test.Config{})
	for _, n := range []int{-1, v4l2.MaxBuffers + 1} {
		if _, err := dev.Request(n); !errors.Is(err, unix.EINVAL) {
			t.Errorf("%d buffers: got %v, want EINVAL", n, err)
		}
	}
}

func TestExportedMemoryOutlivesTheDevice(t *testing.T) {
	dev, _ := fake(t, v4l2test.Config{Formats: []string{"NM12"}, Multiplanar: true})
	if _, err := dev.Request(2); err != nil {
		t.Fatal(err)
	}
	fd, err := dev.Export(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer fd.Close()
	size := dev.Length(1, 1)
	dev.Request(0)
	dev.Close()
	var st unix.Stat_t
	if err := unix.Fstat(fd.Int(), &st); err != nil || st.Size != int64(size) {
		t.Errorf("got %d bytes, %v; want %d", st.Size, err, size)
	}
	if flags, err := unix.FcntlInt(uintptr(fd.Int()), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor would be inherited: %#x, %v", flags, err)
	}
}

func TestExportThatIsImpossible(t *testing.T) {
	dev, _ := fake(t, v4l2test.Config{NoExport: true})
	if _, err := dev.Request(2); err != nil {
		t.Fatal(err)
	}
	if fd, err := dev.Export(0, 0); !errors.Is(err, v4l2.ErrUnsupported) || fd != nil {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
	for _, c := range [][2]int{{2, 0}, {-1, 0}, {0, 1}, {0, -1}} {
		if _, err := dev.Export(c[0], c[1]); !errors.Is(err, unix.EINVAL) {
			t.Errorf("%v: got %v, want EINVAL", c, err)
		}
		if _, err := dev.Map(c[0], c[1]); !errors.Is(err, unix.EINVAL) {
			t.Errorf("%v: got %v, want EINVAL", c, err)
		}
	}
}

func TestMapReadsTheBuffersOwnMemory(t *testing.T) {
	dev, _ := fake(t, v4l2test.Config{Formats: []string{"NM12"}, Multiplanar: true})
	if _, err := dev.Request(2); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		for p := range 2 {
			fd, err := dev.Export(i, p)
			if err != nil {
				t.Fatal(err)
			}
			defer fd.Close()
			if _, err := unix.Pwrite(fd.Int(), []byte{byte(16*i + p + 1)}, 5); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 2 {
		for p := range 2 {
			m, err := dev.Map(i, p)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Bytes) != int(dev.Length(i, p)) || m.Bytes[5] != byte(16*i+p+1) {
				t.Errorf("buffer %d plane %d: %d bytes, mark %d", i, p, len(m.Bytes), m.Bytes[5])
			}
			for range 2 {
				if err := m.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func TestWaitEnds(t *testing.T) {
	dev, drv := fake(t, v4l2test.Config{})
	start(t, dev, 2)
	w := wake(t)
	if _, err := dev.Wait(w, -1, 1); err != unix.ETIMEDOUT {
		t.Errorf("nothing happens: got %v, want ETIMEDOUT", err)
	}
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(p[0])
	defer unix.Close(p[1])
	unix.Write(p[1], []byte{1})
	if r, err := dev.Wait(w, p[0], 1000); err != nil || r.Frame || !r.Other {
		t.Errorf("other descriptor: got %+v, %v", r, err)
	}
	drv.Frame(0, 0)
	if r, err := dev.Wait(w, p[0], 1000); err != nil || !r.Frame || !r.Other {
		t.Errorf("both: got %+v, %v", r, err)
	}
	w.Set()
	if _, err := dev.Wait(w, -1, 1000); err != sys.ErrWoken {
		t.Errorf("woken with a frame ready: got %v, want ErrWoken", err)
	}
	w.Clear()
	done := make(chan error)
	var f v4l2.Frame
	if err := dev.Dequeue(&f); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := dev.Wait(w, -1, -1)
		done <- err
	}()
	w.Set()
	if err := <-done; err != sys.ErrWoken {
		t.Errorf("woken while waiting: got %v, want ErrWoken", err)
	}
}

func TestDeviceGoesAway(t *testing.T) {
	dev, drv := fake(t, v4l2test.Config{})
	start(t, dev, 2)
	drv.Unplug()
	if _, err := dev.Wait(wake(t), -1, 1000); !errors.Is(err, v4l2.ErrGone) || !errors.Is(err, unix.ENODEV) {
		t.Errorf("wait: got %v, want ErrGone", err)
	}
	var f v4l2.Frame
	for name, err := range map[string]error{
		"dequeue": dev.Dequeue(&f), "stop": dev.StreamOff(), "start": dev.StreamOn(), "queue": dev.Queue(0),
	} {
		if !errors.Is(err, v4l2.ErrGone) {
			t.Errorf("%s: got %v, want ErrGone", name, err)
		}
	}
	if _, err := dev.Formats(); !errors.Is(err, v4l2.ErrGone) {
		t.Errorf("list: got %v, want ErrGone", err)
	}
}

func TestQueueInErrorIsNotADeviceThatIsGone(t *testing.T) {
	dev, drv := fake(t, v4l2test.Config{})
	start(t, dev, 2)
	var f v4l2.Frame
	drv.Frame(0, 0)
	if err := dev.Dequeue(&f); err != nil {
		t.Fatal(err)
	}
	drv.Stop(dev)
	if _, err := dev.Wait(wake(t), -1, 1000); !errors.Is(err, v4l2.ErrStopped) || errors.Is(err, v4l2.ErrGone) {
		t.Errorf("wait: got %v, want ErrStopped", err)
	}
	if err := dev.Dequeue(&f); !errors.Is(err, v4l2.ErrStopped) || !errors.Is(err, unix.EIO) {
		t.Errorf("dequeue: got %v, want ErrStopped", err)
	}
	if err := dev.Queue(f.Index); !errors.Is(err, v4l2.ErrStopped) {
		t.Errorf("queue: got %v, want ErrStopped", err)
	}
}

func TestEvents(t *testing.T) {
	dev, drv := fake(t, v4l2test.Config{})
	var e v4l2.Event
	if err := dev.DequeueEvent(&e); err != v4l2.ErrAgain {
		t.Errorf("no event: got %v, want ErrAgain", err)
	}
	if err := dev.Subscribe(v4l2.EventEOS, 0); !errors.Is(err, v4l2.ErrUnsupported) {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
	if err := dev.Subscribe(v4l2.EventSourceChange, 0); err != nil {
		t.Fatal(err)
	}
	for range 3 { // two fit
		drv.Event(v4l2.EventSourceChange, 0, sys.V4L2_EVENT_SRC_CH_RESOLUTION)
	}
	start(t, dev, 2)
	w := wake(t)
	if r, err := dev.Wait(w, -1, 1000); err != nil || !r.Event {
		t.Errorf("wait: got %+v, %v", r, err)
	}
	want := v4l2.Event{Kind: v4l2.EventSourceChange, Changes: 1, Value: 0}
	for i, pending := range []int{1, 0} {
		if err := dev.DequeueEvent(&e); err != nil {
			t.Fatal(err)
		}
		if e.Kind != want.Kind || e.Changes != want.Changes || e.Sequence != uint32(i) || e.Pending != pending || e.Lost {
			t.Errorf("event %d: got %+v", i, e)
		}
	}
	if r, err := dev.Wait(w, -1, 1); err != unix.ETIMEDOUT {
		t.Errorf("wait without events: got %+v, %v", r, err)
	}
	drv.Event(v4l2.EventSourceChange, 0, 1)
	if err := dev.DequeueEvent(&e); err != nil || !e.Lost {
		t.Errorf("after a lost one: got %+v, %v", e, err)
	}
	if err := dev.Unsubscribe(v4l2.EventSourceChange, 0); err != nil {
		t.Error(err)
	}
}
