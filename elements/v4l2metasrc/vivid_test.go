package v4l2metasrc

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

// vivid is the path of one of the virtual machine's vivid nodes.
func vivid(t *testing.T, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		missing := "no vivid device: $" + variable + " is not set (test/vm/gotest sets it)"
		if os.Getenv("REQUIRE_DEVICES") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	return path
}

// set changes a control of a device until the test ends.
func set(t *testing.T, path, name string, value int32) {
	t.Helper()
	old := put(t, path, name, value)
	t.Cleanup(func() { put(t, path, name, old) })
}

// put changes a control of a device and gives what it was.
func put(t *testing.T, path, name string, value int32) int32 {
	t.Helper()
	dev, err := v4l2.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	all, err := dev.Controls()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Name == name {
			old, _ := dev.Control(c.ID) // a button has no value
			if _, err := dev.SetControl(c.ID, value); err != nil {
				t.Fatal(err)
			}
			return old
		}
	}
	t.Fatalf("%s has no control %q", path, name)
	return 0
}

func TestVividFramesOfEveryLayout(t *testing.T) {
	for _, c := range []struct{ node, caps, format string }{
		{"VIVID_SP", "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=XR24", "BGRx"},
		{"VIVID_SP", "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=NV12", "NV12"},
		{"VIVID_SP", "video/x-raw,format=I420", "I420"},
		{"VIVID_SP", "video/x-raw,format=RGB", "RGB"},
		{"VIVID_MP", "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=NV12", "NV12"},
		{"VIVID_MP", "video/x-raw,format=Y444", "Y444"}, // three memories only
	} {
		t.Run(c.node+" "+c.format, func(t *testing.T) {
			path := vivid(t, c.node)
			leakless(t, func(t *testing.T) {
				p, r := build(t, "v4l2metasrc device=%s num-buffers=12 ! %s,width=640,height=360,framerate=25/1", path, c.caps)
				p.SetState(gst.StatePlaying)
				p.EOS(patience)
				frames := r.all()
				if len(frames) != 12 {
					t.Fatalf("%d frames, want 12", len(frames))
				}
				if r.format.Format != c.format || r.format.Width != 640 || r.format.FPSN != 25 {
					t.Errorf("negotiated %s", r.format.Caps)
				}
				ids := map[any]bool{}
				for i, f := range frames {
					if f.Mem[0].DMABuf != 1 || f.hdr == nil || f.layers == nil {
						t.Fatalf("frame %d: DMA-buf %d, HDR meta %v, LAYERS meta %v", i, f.Mem[0].DMABuf, f.hdr != nil, f.layers != nil)
					}
					if f.NPlanes != uint32(len(f.layers.Layers.Planes)) {
						t.Errorf("frame %d: %d planes, LAYERS %d", i, f.NPlanes, len(f.layers.Layers.Planes))
					}
					for k, plane := range f.layers.Layers.Planes {
						if plane.Offset+plane.Size > f.Mem[plane.Memory].Size || plane.Offset != f.PlaneOffset[k] || plane.Memory != f.PlaneMem[k] {
							t.Errorf("frame %d plane %d: %+v in %+v, GstVideoMeta has memory %d, offset %d", i, k, plane, f.Mem[plane.Memory], f.PlaneMem[k], f.PlaneOffset[k])
						}
					}
					if i > 0 && (f.PTS <= frames[i-1].PTS || f.Offset <= frames[i-1].Offset) {
						t.Errorf("frame %d: pts %d offset %d after %d and %d", i, f.PTS, f.Offset, frames[i-1].PTS, frames[i-1].Offset)
					}
					ids[f.Mem[0].ID] = true
				}
				// 40 ms a frame: the first one is complete after about that.
				if first := time.Duration(frames[0].PTS); first > 3*time.Second {
					t.Errorf("the first frame is of %v", first)
				}
				if len(ids) > buffers {
					t.Errorf("%d memories for %d buffers", len(ids), buffers)
				}
			})
		})
	}
}

// The picture that GStreamer makes of multi-planar memories that do not start
// with the picture is that of the plain format.
func TestVividPictureInSeparateMemoriesIsTheSame(t *testing.T) {
	path := vivid(t, "VIVID_MP")
	for name, value := range map[string]int32{"OSD Text Mode": 2, "Test Pattern": 1} {
		set(t, path, name, value)
	}
	picture := func(code string) []byte {
		t.Helper()
		file := t.TempDir() + "/" + code
		p := pipe.New(t, fmt.Sprintf("fakev4l2metasrc device=%s:%s num-buffers=1 ! video/x-raw,format=NV16,width=320,height=180 ! videoconvert ! video/x-raw,format=RGB ! filesink location=%s", code, path, file))
		p.SetState(gst.StatePlaying)
		p.EOS(patience)
		p.Stop()
		b, err := os.ReadFile(file)
		if err != nil || len(b) != 320*180*3 {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		return b
	}
	plain, separate := picture("NV16"), picture("NM16")
	if string(plain) != string(separate) {
		t.Error("the pictures differ")
	}
}

// oneFormat is the kernel with devices that list a single format.
type oneFormat struct{ code v4l2.FourCC }

func (k oneFormat) Ioctl(fd int, req uintptr, arg unsafe.Pointer) error {
	if req == sys.VIDIOC_ENUM_FMT {
		e := (*sys.V4L2FmtDesc)(arg)
		if e.Index > 0 {
			return unix.EINVAL
		}
		e.PixelFormat = uint32(k.code)
		return nil
	}
	return sys.Ioctl(fd, req, arg)
}

func (oneFormat) Mmap(int, int64, int) ([]byte, error) { return nil, unix.ENOSYS }

// openOneFormat opens the device of a path CODE:PATH; the code is in letters or a number
// as 0x3231564e.
func openOneFormat(name string) (*v4l2.Device, error) {
	code, path, _ := strings.Cut(name, ":")
	fd, err := sys.OpenFD(path, unix.O_RDWR|unix.O_NONBLOCK)
	if err != nil {
		return nil, err
	}
	var number v4l2.FourCC
	if _, err := fmt.Sscanf(code, "0x%x", (*uint32)(&number)); err != nil {
		number = v4l2.MakeFourCC(code)
	}
	return v4l2.New(oneFormat{number}, fd, path)
}

func TestVividColoursReachCapsAndMeta(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	set(t, path, "Colorspace", 4)        // BT.2020
	set(t, path, "Transfer Function", 7) // SMPTE 2084
	p, r := build(t, "v4l2metasrc device=%s content-light-level=1000:400 ! video/x-raw(ANY),format={NV12,DMA_DRM},drm-format=NV12", path)
	p.SetState(gst.StatePlaying)
	f := r.wait(t, 2)[1]
	want := meta.Color{Primaries: meta.PrimariesBT2020, Transfer: meta.TransferPQ, Matrix: meta.MatrixBT2020, ChromaSite: meta.ChromaUnspecified}
	if *f.hdr.Color != want || f.hdr.ContentLight == nil || f.hdr.ContentLight.MaxCLL != 1000 {
		t.Errorf("got %+v, %+v", f.hdr.Color, f.hdr.ContentLight)
	}
	if !strings.Contains(r.format.Caps, "colorimetry=(string)bt2100-pq") || r.format.Light != "1000:400" {
		t.Errorf("negotiated %s", r.format.Caps)
	}
	// The source turns SDR while it plays: vivid tells by an event.
	set(t, path, "Transfer Function", 1)
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		all := r.all()
		if last := all[len(all)-1].hdr; last.Color.Transfer == meta.TransferBT2020 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the metadata did not follow the source")
		}
	}
}

// The time of capture by the kernel's clock is on the buffer, for who wants to compare
// it with that of other devices: a stock element sees it.
// Frames that vivid captured before its colours changed are told as they were, although
// they are taken after.
func TestVividChangeCountsFromItsFrame(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	set(t, path, "Colorspace", 4)        // BT.2020
	set(t, path, "Transfer Function", 1) // BT.709's
	dev, err := v4l2.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	if err := dev.Subscribe(v4l2.EventSourceChange, 0); err != nil {
		t.Fatal(err)
	}
	p, r := build(t, "v4l2metasrc device=%s ! video/x-raw(ANY),format={NV12,DMA_DRM},drm-format=NV12,width=320,height=180", path)
	p.SetState(gst.StatePlaying)
	taken := len(r.wait(t, 5))
	r.mu.Lock() // frames wait at the driver
	time.Sleep(150 * time.Millisecond)
	put(t, path, "Transfer Function", 7) // SMPTE 2084
	time.Sleep(100 * time.Millisecond)
	r.mu.Unlock()
	var e v4l2.Event
	if err := dev.DequeueEvent(&e); err != nil {
		t.Fatal(err)
	}
	late := 0
	for _, f := range r.wait(t, taken+12) {
		pq, want := f.hdr.Color.Transfer == meta.TransferPQ, int64(f.captured) >= e.Time
		if pq != want || strings.Contains(f.caps, "bt2100-pq") != want {
			t.Errorf("frame %d, captured %v after the change: PQ is %v, caps %s", f.Offset, time.Duration(int64(f.captured)-e.Time), pq, f.caps)
		}
		if !want && f.Offset > uint64(taken) {
			late++
		}
	}
	if late == 0 {
		t.Error("no frame of before the change was taken after it")
	}
}

func TestVividTimeOfCapture(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	trace, err := witness.TraceCaptures(path)
	if err != nil {
		t.Fatal(err)
	}
	defer trace.Stop()
	p, r := build(t, "v4l2metasrc device=%s ! video/x-raw(ANY),width=320,height=180 ! identity name=look silent=false", path)
	p.SetState(gst.StatePlaying)
	r.wait(t, 3)
	text, _ := p.Element("look").ObjectProperty("last-message").(string)
	if !strings.Contains(text, "GstReferenceTimestampMeta") {
		t.Errorf("identity sees %q", text)
	}
	p.Stop()
	taken, err := trace.Frames()
	if err != nil {
		t.Fatal(err)
	}
	times := map[uint64]time.Duration{}
	for _, c := range taken {
		times[uint64(c.Sequence)] = c.Time
	}
	for i, f := range r.all() {
		want, known := times[f.Offset]
		if got := time.Duration(f.captured).Truncate(time.Microsecond); !known || got != want.Truncate(time.Microsecond) {
			t.Errorf("frame %d, the driver's %d: captured at %v, the kernel says %v (of %d frames)", i, f.Offset, got, want, len(taken))
		}
	}
}

// An application sets up what is in front of the device, before its format is set.
func TestVividPrepareFormat(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	ctl(t, path, "--set-fmt-video=width=640,height=360,pixelformat=YUYV")
	p, r := build(t, "v4l2metasrc name=src device=%s ! video/x-raw(ANY),width=320,height=180", path)
	prepared := p.WatchPrepare("src")
	p.SetState(gst.StatePlaying)
	r.wait(t, 1)
	fd := int(p.Element("src").ObjectProperty("device-fd").(int32))
	got := prepared()
	if got.Calls != 1 || got.FD != fd || got.Width != 640 || got.Height != 360 ||
		!strings.Contains(got.Caps, "width=(int)320") || !strings.Contains(got.Caps, "height=(int)180") {
		t.Errorf("got %+v; want once, descriptor %d, at 640x360, for 320x180", got, fd)
	}
}

// Of the same device at the same rate v4l2src says the same; what it adds for each of its
// buffers is theirs to say.
func TestVividLatencyIsThatOfV4l2src(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	of := func(element string) (live bool, lo, hi time.Duration) {
		p, r := build(t, "%s name=src device=%s ! video/x-raw(ANY),format={YUY2,DMA_DRM},width=320,height=180,framerate=25/1", element, path)
		defer p.Stop()
		p.SetState(gst.StatePlaying)
		r.wait(t, 1)
		return latency(t, p)
	}
	peerLive, peerLo, peerHi := of("v4l2src")
	live, lo, hi := of("v4l2metasrc")
	if !live || !peerLive || lo != 40*time.Millisecond || lo != peerLo {
		t.Errorf("live %v, at least %v; v4l2src says %v, %v", live, lo, peerLive, peerLo)
	}
	if each := 40 * time.Millisecond; hi != buffers*each || peerHi%each != 0 || peerHi < lo {
		t.Errorf("at most %v, for %d buffers; v4l2src says %v", hi, buffers, peerHi)
	}
	t.Logf("v4l2src %v to %v, v4l2metasrc %v to %v", peerLo, peerHi, lo, hi)
}

// Other caps are another format of the same device, with nothing of the one before in its
// way: a poll of a device without buffers, for one, has the kernel read from it by itself.
func TestVividCapsChangeWhilePlaying(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	p, r := build(t, "v4l2metasrc device=%s ! capsfilter name=caps", path)
	for i := range 6 {
		width, height := int32(320), int32(180)
		if i%2 == 1 {
			width, height = 640, 360
		}
		p.Element("caps").SetObjectProperty("caps", gst.CapsFromString(fmt.Sprintf("video/x-raw(ANY),width=%d,height=%d", width, height)))
		p.SetState(gst.StatePlaying)
		r.sized(t, width, height)
		r.wait(t, len(r.all())+3)
	}
}

// What the driver captured while the pipeline was paused is not shown after.
func TestVividPaused(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	p, r := build(t, "v4l2metasrc name=src device=%s ! video/x-raw(ANY),width=320,height=180,framerate=60/1", path)
	p.SetState(gst.StatePlaying)
	before := r.wait(t, 5)
	p.SetState(gst.StatePaused)
	time.Sleep(500 * time.Millisecond)
	n := len(r.all())
	p.SetState(gst.StatePlaying)
	after := r.wait(t, n+5)
	for i := range after[1:] {
		if a, b := after[i], after[i+1]; b.PTS < a.PTS || b.Offset <= a.Offset {
			t.Errorf("frame %d: pts %d offset %d after %d and %d", i+1, b.PTS, b.Offset, a.PTS, a.Offset)
		}
	}
	if gap := after[n+1].Offset - before[len(before)-1].Offset; gap < 15 {
		t.Errorf("%d frames on after half a second at 60 Hz: those of the pause were shown", gap)
	}
	if p.Element("src").ObjectProperty("frames-lost").(uint64) == 0 {
		t.Error("no frames were lost")
	}
}

func TestVividBusy(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	p, r := build(t, "v4l2metasrc device=%s", path)
	p.SetState(gst.StatePlaying)
	r.wait(t, 1)
	second, _ := build(t, "v4l2metasrc device=%s", path)
	second.SetState(gst.StatePlaying)
	if m := second.Error(patience); !strings.Contains(m.Text, "in use by another program") || !strings.Contains(m.Text, path) {
		t.Errorf("got %q (%s)", m.Text, m.Debug)
	}
	second.Stop()
	r.wait(t, len(r.all())+2) // the first one goes on
}

var starts = flag.Int("starts", 30, "how often to start and stop vivid")

// Stopping vivid takes until its next frame, so these are fewer than with the fake
// driver.
func TestVividStartsLeaveNothing(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	p, _ := build(t, "v4l2metasrc device=%s ! video/x-raw(ANY),width=320,height=180", path)
	p.Starts(*starts)
}
