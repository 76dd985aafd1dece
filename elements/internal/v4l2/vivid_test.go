package v4l2_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/test/leak"
)

// vivid opens one of the virtual machine's two vivid nodes.
func vivid(t *testing.T, variable string) *v4l2.Device {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		missing := "no vivid device: $" + variable + " is not set (test/vm/gotest sets it)"
		if os.Getenv("REQUIRE_DEVICES") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	leak.Check(t)
	dev, err := v4l2.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev
}

// eachVivid runs a test on the single- and on the multi-planar node.
func eachVivid(t *testing.T, test func(*testing.T, *v4l2.Device)) {
	for name, variable := range map[string]string{"single-planar": "VIVID_SP", "multi-planar": "VIVID_MP"} {
		t.Run(name, func(t *testing.T) { test(t, vivid(t, variable)) })
	}
}

func control(t *testing.T, dev *v4l2.Device, name string) v4l2.Control {
	t.Helper()
	all, err := dev.Controls()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("vivid has no control %q", name)
	return v4l2.Control{}
}

// set changes a control until the test ends.
func set(t *testing.T, dev *v4l2.Device, name string, value int32) {
	t.Helper()
	c := control(t, dev, name)
	old, err := dev.Control(c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dev.SetControl(c.ID, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.SetControl(c.ID, old) })
}

func TestVividIsWhatItSays(t *testing.T) {
	eachVivid(t, func(t *testing.T, dev *v4l2.Device) {
		if c := dev.Capability(); c.Driver != "vivid" || !strings.HasPrefix(c.Bus, "platform:vivid-") {
			t.Errorf("got %+v", c)
		}
		if want := dev.Name() == os.Getenv("VIVID_MP"); dev.Multiplanar() != want {
			t.Errorf("multi-planar: got %v, want %v", dev.Multiplanar(), want)
		}
		if f, err := v4l2.Find(dev.Capability().Bus); err != nil || f.Path != dev.Name() {
			t.Errorf("find by bus: got %+v, %v; want %s", f, err, dev.Name())
		}
		if _, err := v4l2.Find("no such camera"); !errors.Is(err, v4l2.ErrNotFound) || !strings.Contains(err.Error(), dev.Name()) {
			t.Errorf("find nothing: got %v", err)
		}
		borrowed, err := v4l2.FromFD(dev.FD())
		if err != nil {
			t.Fatal(err)
		}
		borrowed.Close()
		if _, err := dev.Format(); err != nil {
			t.Errorf("after a duplicate was closed: %v", err)
		}
	})
}

// Each format that the driver and the table both have is captured for two
// frames; its planes must fit the memories the driver really gives.
func TestVividCapturesEveryFormatOfTheTable(t *testing.T) {
	eachVivid(t, func(t *testing.T, dev *v4l2.Device) {
		set(t, dev, "Test Pattern", 0)
		formats, err := dev.Formats()
		if err != nil {
			t.Fatal(err)
		}
		known := 0
		for _, d := range formats {
			p := v4l2.PixelOf(d.FourCC)
			if p == nil {
				continue
			}
			known++
			got, err := dev.SetFormat(v4l2.Format{FourCC: d.FourCC, Width: 640, Height: 360, Field: sys.V4L2_FIELD_NONE})
			if err != nil || got.FourCC != d.FourCC || got.Width != 640 || got.Height != 360 {
				t.Fatalf("%v: got %+v, %v", d.FourCC, got, err)
			}
			l, err := got.Layout()
			if err != nil {
				t.Fatalf("%v: %v", d.FourCC, err)
			}
			start(t, dev, 3)
			f := capture(t, dev)
			for i, plane := range l.Planes[:l.N] {
				m := f.Planes[plane.Memory]
				if end := m.Offset + plane.Offset + plane.Size; end > m.Used {
					t.Errorf("%v plane %d: ends at %d, the driver used %d from %d on", d.FourCC, i, end, m.Used, m.Offset)
				}
			}
			if f.Planes[0].Offset != 0 {
				t.Logf("%v: the picture starts at byte %d", d.FourCC, f.Planes[0].Offset)
			}
			if err := dev.StreamOff(); err != nil {
				t.Fatal(err)
			}
			if _, err := dev.Request(0); err != nil {
				t.Fatal(err)
			}
		}
		if known < 30 {
			t.Errorf("%d formats of %d are known", known, len(formats))
		}
		t.Logf("%d formats of %d", known, len(formats))
	})
}

// capture waits for the next frame.
func capture(t *testing.T, dev *v4l2.Device) v4l2.Frame {
	t.Helper()
	if _, err := dev.Wait(wake(t), -1, 5000); err != nil {
		t.Fatal(err)
	}
	var f v4l2.Frame
	if err := dev.Dequeue(&f); err != nil {
		t.Fatal(err)
	}
	return f
}

// A white picture: the bytes are where the layout says, seen through an
// exported DMA-buf and through the device's own mapping.
func TestVividPicturesAreWhereTheLayoutSays(t *testing.T) {
	eachVivid(t, func(t *testing.T, dev *v4l2.Device) {
		set(t, dev, "Test Pattern", 6)  // 100 % white
		set(t, dev, "OSD Text Mode", 2) // none
		set(t, dev, "Brightness", 128)
		set(t, dev, "Show Border", 0)
		set(t, dev, "Show Square", 0)
		set(t, dev, "Insert SAV Code in Image", 0)
		codes := []string{"NV12", "YU12", "YUYV", "XR24"}
		if dev.Multiplanar() {
			codes = append(codes, "NM12", "YM12", "NM16", "NM61")
		}
		for _, code := range codes {
			got, err := dev.SetFormat(v4l2.Format{FourCC: v4l2.MakeFourCC(code), Width: 640, Height: 360, Field: sys.V4L2_FIELD_NONE})
			if err != nil {
				t.Fatal(err)
			}
			l, err := got.Layout()
			if err != nil {
				t.Fatal(err)
			}
			start(t, dev, 2)
			f := capture(t, dev)
			for i, plane := range l.Planes[:l.N] {
				fd, err := dev.Export(f.Index, plane.Memory)
				if err != nil {
					t.Fatal(err)
				}
				direct, err := dev.Map(f.Index, plane.Memory)
				if err != nil {
					t.Fatal(err)
				}
				shared, err := unix.Mmap(fd.Int(), 0, int(dev.Length(f.Index, plane.Memory)), unix.PROT_READ, unix.MAP_SHARED)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(shared, direct.Bytes) {
					t.Errorf("%s plane %d: the DMA-buf shows other bytes than the device", code, i)
				}
				at := f.Planes[plane.Memory].Offset + plane.Offset
				want := []byte{shared[at], shared[at+1], shared[at+2], shared[at+3]}
				for y := range plane.Size / plane.Stride {
					line := shared[at+y*plane.Stride:][:plane.Stride]
					if !bytes.Equal(line, bytes.Repeat(want, len(line)/4)) {
						t.Errorf("%s plane %d line %d is not one colour: % x…, first % x", code, i, y, line[:8], want)
						break
					}
				}
				luma := plane.Stride > 0 && i == 0
				if bright := want[0] > 200 || want[1] > 200; luma != bright {
					t.Errorf("%s plane %d: the first pixels are % x", code, i, want)
				}
				unix.Munmap(shared)
				direct.Close()
				fd.Close()
			}
			if err := dev.StreamOff(); err != nil {
				t.Fatal(err)
			}
			if _, err := dev.Request(0); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestVividFramesComeInOrderAndOnTime(t *testing.T) {
	eachVivid(t, func(t *testing.T, dev *v4l2.Device) {
		if _, err := dev.SetFormat(v4l2.Format{FourCC: v4l2.MakeFourCC("YUYV"), Width: 320, Height: 180, Field: sys.V4L2_FIELD_NONE}); err != nil {
			t.Fatal(err)
		}
		ranges, err := dev.Intervals(v4l2.MakeFourCC("YUYV"), 320, 180)
		if err != nil || len(ranges) == 0 {
			t.Fatalf("intervals: got %v, %v", ranges, err)
		}
		interval, err := dev.SetFrameInterval(v4l2.Fraction{Num: 1, Den: 25})
		if err != nil {
			t.Fatal(err)
		}
		start(t, dev, 4)
		var now unix.Timespec
		unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
		last := capture(t, dev)
		if !last.Monotonic || last.Timestamp < now.Nano()-1e9 || last.Timestamp > now.Nano()+5e9 {
			t.Errorf("timestamp %d, clock %d", last.Timestamp, now.Nano())
		}
		for range 10 {
			if err := dev.Queue(last.Index); err != nil {
				t.Fatal(err)
			}
			f := capture(t, dev)
			// vivid may give a number twice after the rate changed.
			if f.Sequence < last.Sequence || f.Timestamp <= last.Timestamp {
				t.Errorf("frame %d at %d after frame %d at %d", f.Sequence, f.Timestamp, last.Sequence, last.Timestamp)
			}
			last = f
		}
		t.Logf("interval %v", interval)
	})
}

func TestVividTellsHDRColours(t *testing.T) {
	eachVivid(t, func(t *testing.T, dev *v4l2.Device) {
		set(t, dev, "Colorspace", 4)        // BT.2020
		set(t, dev, "Transfer Function", 7) // SMPTE 2084
		// Also vivid remembers an encoding that came with a format before; a control that
		// changes nothing leaves it.
		set(t, dev, "Y'CbCr Encoding", 2)
		set(t, dev, "Y'CbCr Encoding", 0) // that of the colour space
		f, err := dev.SetFormat(v4l2.Format{FourCC: v4l2.MakeFourCC("NV12"), Width: 640, Height: 360})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := f.Color(), (v4l2.Color{Primaries: 9, Transfer: 16, Matrix: 9}); got != want {
			t.Errorf("got %+v of %+v, want %+v", got, f.Colorimetry, want)
		}
		if _, ok, err := dev.MasteringDisplay(); ok || err != nil {
			t.Errorf("HDR10 control: got %v, %v; vivid has none", ok, err)
		}
	})
}

func TestVividSendsEvents(t *testing.T) {
	dev := vivid(t, "VIVID_SP")
	c := control(t, dev, "Brightness")
	if err := dev.Subscribe(v4l2.EventControl, c.ID); err != nil {
		t.Fatal(err)
	}
	other, err := v4l2.Open(dev.Name()) // one's own changes are not told
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	set(t, other, "Brightness", 77)
	if _, err := dev.SetFormat(v4l2.Format{Width: 320, Height: 180}); err != nil {
		t.Fatal(err)
	}
	start(t, dev, 2)
	r, err := dev.Wait(wake(t), -1, 5000)
	if err != nil || !r.Event {
		t.Fatalf("got %+v, %v", r, err)
	}
	var e v4l2.Event
	if err := dev.DequeueEvent(&e); err != nil || e.Kind != v4l2.EventControl || e.ID != c.ID || e.Value != 77 {
		t.Errorf("got %+v, %v", e, err)
	}
	if err := dev.Unsubscribe(v4l2.EventControl, c.ID); err != nil {
		t.Error(err)
	}
}

func TestVividIsBusyWhileAnotherStreams(t *testing.T) {
	dev := vivid(t, "VIVID_SP")
	start(t, dev, 2)
	other, err := v4l2.Open(dev.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Request(2); !errors.Is(err, v4l2.ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
}

func TestVividQueueInErrorIsTold(t *testing.T) {
	dev := vivid(t, "VIVID_SP")
	start(t, dev, 2)
	c := control(t, dev, "Inject Fatal Streaming Error")
	if _, err := dev.SetControl(c.ID, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := dev.Wait(wake(t), -1, 5000); !errors.Is(err, v4l2.ErrStopped) {
		t.Errorf("wait: got %v, want ErrStopped", err)
	}
	var f v4l2.Frame
	if err := dev.Dequeue(&f); !errors.Is(err, v4l2.ErrStopped) {
		t.Errorf("dequeue: got %v, want ErrStopped", err)
	}
}

func TestVividUnplugged(t *testing.T) {
	dev := vivid(t, "VIVID_MP")
	const driver = "/sys/bus/platform/drivers/vivid/"
	const instance = "vivid.0" // one platform device for all nodes
	start(t, dev, 3)
	capture(t, dev)
	if err := os.WriteFile(driver+"unbind", []byte(instance), 0); err != nil {
		t.Fatal(err)
	}
	// The descriptor keeps the driver's memory; close it before bind.
	rebound := false
	rebind := func() {
		if rebound {
			return
		}
		rebound = true
		dev.Close()
		if err := os.WriteFile(driver+"bind", []byte(instance), 0); err != nil {
			t.Error(err)
		}
		for range 100 {
			if _, err := os.Stat(os.Getenv("VIVID_MP")); err == nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Error("the device did not come back")
	}
	t.Cleanup(rebind)
	w := wake(t)
	var f v4l2.Frame
	for { // frames that were done before it left may still come
		if _, err := dev.Wait(w, -1, 5000); err != nil {
			if !errors.Is(err, v4l2.ErrGone) {
				t.Errorf("wait: got %v, want ErrGone", err)
			}
			break
		}
		if err := dev.Dequeue(&f); err != nil {
			break
		}
	}
	if err := dev.Dequeue(&f); !errors.Is(err, v4l2.ErrGone) {
		t.Errorf("dequeue: got %v, want ErrGone", err)
	}
	if err := dev.StreamOff(); !errors.Is(err, v4l2.ErrGone) {
		t.Errorf("stop: got %v, want ErrGone", err)
	}
	rebind()
	if out, err := exec.Command("udevadm", "settle").CombinedOutput(); err != nil && !errors.Is(err, exec.ErrNotFound) {
		t.Logf("udevadm: %v %s", err, out)
	}
	again, err := v4l2.Open(os.Getenv("VIVID_MP"))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	start(t, again, 3)
	capture(t, again)
}
