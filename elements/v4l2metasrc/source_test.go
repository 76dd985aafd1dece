package v4l2metasrc

import (
	"math"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

const patience = 20 * time.Second

var hdr10 = v4l2.Colorimetry{Colorspace: sys.V4L2_COLORSPACE_BT2020, Transfer: sys.V4L2_XFER_FUNC_SMPTE2084}

func TestEveryBufferCarriesBothMetas(t *testing.T) {
	for _, c := range []struct {
		name, caps, mode string
		cfg              v4l2test.Config
		format           string // GStreamer's
		dmabuf, drm      bool
		planes           []meta.Plane
	}{
		{
			name: "DMA_DRM", cfg: v4l2test.Config{Formats: []string{"NV12"}}, format: "NV12", dmabuf: true, drm: true,
			planes: []meta.Plane{{Stride: 64, Size: 2048}, {Stride: 64, Offset: 2048, Size: 1024}},
		}, {
			name: "plain caps", caps: "video/x-raw ! ", cfg: v4l2test.Config{Formats: []string{"NV12"}}, format: "NV12", dmabuf: true,
			planes: []meta.Plane{{Stride: 64, Size: 2048}, {Stride: 64, Offset: 2048, Size: 1024}},
		}, {
			name: "plain memory", mode: "io-mode=mmap", cfg: v4l2test.Config{Formats: []string{"XR24"}}, format: "BGRx",
			planes: []meta.Plane{{Stride: 256, Size: 8192}},
		}, {
			name: "multi-planar", cfg: v4l2test.Config{Formats: []string{"YM12"}, Multiplanar: true}, format: "I420", dmabuf: true, drm: true,
			planes: []meta.Plane{{Stride: 64, Size: 2048}, {Memory: 1, Stride: 32, Size: 512}, {Memory: 2, Stride: 32, Size: 512}},
		}, {
			name: "pictures that start late", caps: "video/x-raw ! ", format: "NV12", dmabuf: true,
			cfg:    v4l2test.Config{Formats: []string{"NM12"}, Multiplanar: true, DataOffset: 128},
			planes: []meta.Plane{{Stride: 64, Offset: 128, Size: 2048}, {Memory: 1, Stride: 64, Offset: 128, Size: 1024}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.FreeRunning, c.cfg.Colorimetry = true, hdr10
			_, path := driver(t, c.cfg)
			p, r := build(t, "fakev4l2metasrc device=%q %s num-buffers=20 ! %scapsfilter caps=video/x-raw(ANY),width=64,height=32,framerate=30/1",
				path, c.mode, c.caps)
			p.SetState(gst.StatePlaying)
			p.EOS(patience)
			frames := r.all()
			if len(frames) != 20 {
				t.Fatalf("%d frames, want 20", len(frames))
			}
			if f := r.format; f.Format != c.format || f.DMADRM != c.drm || f.DMABuf != c.drm || f.Primaries != 9 || f.Transfer != 16 || f.FPSN != 30 {
				t.Errorf("negotiated %+v", *f)
			}
			for i, f := range frames {
				if f.hdr == nil || f.layers == nil {
					t.Fatalf("frame %d: HDR meta %v, LAYERS meta %v", i, f.hdr != nil, f.layers != nil)
				}
				if (i > 0) == f.hdrNew || (i > 0) == f.layersNew {
					t.Errorf("frame %d: another block (HDR %v, LAYERS %v)", i, f.hdrNew, f.layersNew)
				}
				if !f.hdrSeals.Sealed() || !f.layerSeal.Sealed() {
					t.Errorf("frame %d: seals %v, %v", i, f.hdrSeals, f.layerSeal)
				}
				checkPlanes(t, &f.Frame, f.layers.Layers.Planes, c.planes, c.dmabuf)
			}
			want := meta.Color{Primaries: 9, Transfer: 16, Matrix: 9, ChromaSite: meta.ChromaUnspecified}
			if c.format == "BGRx" {
				want.Matrix, want.FullRange = 0, true
			}
			if b := frames[0].hdr; *b.Color != want || b.MasteringDisplay != nil || b.ContentLight != nil {
				t.Errorf("got %+v, %+v, %+v", b.Color, b.MasteringDisplay, b.ContentLight)
			}
			l := frames[0].layers.Layers.Layers
			if len(l) != 1 || l[0].FourCC != r.format.FourCC || l[0].Width != 64 || l[0].Height != 32 || int(l[0].NPlanes) != len(c.planes) {
				t.Errorf("layers %+v", l)
			}
		})
	}
}

// checkPlanes compares the LAYERS block with what is wanted, and GstVideoMeta
// and the memories with the block.
func checkPlanes(t *testing.T, f *gstx.Frame, got, want []meta.Plane, dmabuf bool) {
	t.Helper()
	if len(got) != len(want) || int(f.NPlanes) != len(want) || f.NMem != want[len(want)-1].Memory+1 {
		t.Fatalf("%d planes, GstVideoMeta %d, in %d memories; want %d", len(got), f.NPlanes, f.NMem, len(want))
	}
	for i, w := range want {
		if got[i] != w {
			t.Errorf("plane %d: got %+v, want %+v", i, got[i], w)
		}
		if f.PlaneMem[i] != w.Memory || f.PlaneOffset[i] != w.Offset || f.Stride[i] != int32(w.Stride) {
			t.Errorf("plane %d: GstVideoMeta says memory %d, offset %d, stride %d; want %+v", i, f.PlaneMem[i], f.PlaneOffset[i], f.Stride[i], w)
		}
		m := f.Mem[w.Memory]
		if m.FD < 0 || (m.DMABuf == 1) != dmabuf || m.Size < w.Offset+w.Size {
			t.Errorf("plane %d: memory %+v", i, m)
		}
	}
}

func TestStaticMetadataOfControlsAndProperties(t *testing.T) {
	const asText = "35400:14600:8500:39850:6550:2300:15635:16450:10000000:1"
	control := sys.V4L2CtrlHDR10MasteringDisplay{
		DisplayPrimariesX: [3]uint16{8500, 6550, 35400}, DisplayPrimariesY: [3]uint16{39850, 2300, 14600},
		WhitePointX: 15635, WhitePointY: 16450,
		MaxDisplayMasteringLuminance: 10000000, MinDisplayMasteringLuminance: 1,
	}
	const told = "13250:34500:7500:3000:34000:16000:15635:16450:40000000:50"
	properties := "mastering-display-info=" + told + " content-light-level=4000:100"
	for _, c := range []struct {
		name, properties string
		cfg              v4l2test.Config
		mastering, light string
	}{
		{"neither", "", v4l2test.Config{}, "", ""},
		{"properties", properties, v4l2test.Config{}, told, "4000:100"},
		{"controls go first", properties, v4l2test.Config{HDR10: &control, Light: &sys.V4L2CtrlHDR10CLLInfo{MaxContentLightLevel: 1000, MaxPicAverageLightLevel: 400}}, asText, "1000:400"},
		{"controls without values", properties, v4l2test.Config{HDR10: &sys.V4L2CtrlHDR10MasteringDisplay{}, Light: &sys.V4L2CtrlHDR10CLLInfo{}}, told, "4000:100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.FreeRunning = true
			_, path := driver(t, c.cfg)
			p, r := build(t, "fakev4l2metasrc device=%q num-buffers=2 %s", path, c.properties)
			p.SetState(gst.StatePlaying)
			p.EOS(patience)
			b := r.all()[1].hdr
			var mastering, light string
			if b.MasteringDisplay != nil {
				mastering = b.MasteringDisplay.String()
			}
			if b.ContentLight != nil {
				light = b.ContentLight.String()
			}
			if mastering != c.mastering || light != c.light {
				t.Errorf("block: got %q, %q; want %q, %q", mastering, light, c.mastering, c.light)
			}
			if r.format.Mastering != c.mastering || r.format.Light != c.light {
				t.Errorf("caps: got %q, %q; want %q, %q", r.format.Mastering, r.format.Light, c.mastering, c.light)
			}
		})
	}
}

func TestWithoutCapsTheDevicesSizeAndTheFastRate(t *testing.T) {
	_, path := driver(t, v4l2test.Config{FreeRunning: true})
	p, r := build(t, "fakev4l2metasrc device=%q num-buffers=1", path)
	p.SetState(gst.StatePlaying)
	p.EOS(patience)
	if f := r.format; f.Width != 640 || f.Height != 360 || f.FPSN != 60 || f.FPSD != 1 {
		t.Errorf("negotiated %s", f.Caps)
	}
}

func TestPropertiesThatCannotBeRead(t *testing.T) {
	p, _ := build(t, "fakev4l2metasrc name=src content-light-level=1000:400")
	src := p.Element("src")
	src.SetObjectProperty("content-light-level", "bright")
	m := p.Next("warning", patience, func(m pipe.Message) bool { return m.Type == gst.MessageWarning })
	if !strings.Contains(m.Text, "content-light-level") {
		t.Errorf("warning is %q", m.Text)
	}
	if got := src.ObjectProperty("content-light-level"); got != "1000:400" {
		t.Errorf("got %v, want what was set before", got)
	}
	src.SetObjectProperty("content-light-level", "")
	if got := src.ObjectProperty("content-light-level"); got != "" {
		t.Errorf("got %v, want none", got)
	}
}

func TestPropertiesOfTheOpenDevice(t *testing.T) {
	_, path := driver(t, v4l2test.Config{Card: "Front camera", FreeRunning: true})
	p, r := build(t, "fakev4l2metasrc name=src device=%q", path)
	src := p.Element("src")
	if src.ObjectProperty("device-fd").(int32) != -1 || src.ObjectProperty("device-name") != "" {
		t.Errorf("before: got %v, %v", src.ObjectProperty("device-fd"), src.ObjectProperty("device-name"))
	}
	p.SetState(gst.StatePlaying)
	r.wait(t, 1)
	if src.ObjectProperty("device-fd").(int32) < 0 || src.ObjectProperty("device-name") != "Front camera" {
		t.Errorf("playing: got %v, %v", src.ObjectProperty("device-fd"), src.ObjectProperty("device-name"))
	}
	p.Stop()
	if src.ObjectProperty("device-fd").(int32) != -1 {
		t.Errorf("after: got %v", src.ObjectProperty("device-fd"))
	}
}

func TestErrorsNameTheDeviceAndTheWayOut(t *testing.T) {
	busy := func(t *testing.T) string {
		d, path := driver(t, v4l2test.Config{})
		dev, err := d.Open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { dev.Close() })
		if _, err := dev.Request(2); err != nil {
			t.Fatal(err)
		}
		return path
	}
	with := func(cfg v4l2test.Config) func(*testing.T) string {
		return func(t *testing.T) string { _, path := driver(t, cfg); return path }
	}
	lie := func(req uintptr, alter func(unsafe.Pointer)) v4l2test.Config {
		return v4l2test.Config{FreeRunning: true, Alter: func(r uintptr, arg unsafe.Pointer) error {
			if r == req {
				alter(arg)
			}
			return nil
		}}
	}
	for _, c := range []struct {
		name   string
		device func(*testing.T) string
		want   string
	}{
		{"no such device", func(*testing.T) string { return "/dev/video99" }, "There is no device"},
		{"not a capture device", func(*testing.T) string { return "/dev/null" }, "not a video capture device"},
		{"busy", busy, "in use by another program"},
		{"no export", with(v4l2test.Config{NoExport: true}), "cannot export its buffers"},
		{"nothing but JPEG", with(v4l2test.Config{Formats: []string{"MJPG"}}), "offers no format"},
		{"frame in no buffer", with(lie(sys.VIDIOC_DQBUF, func(a unsafe.Pointer) { (*sys.V4L2Buffer)(a).Index = 31 })), "answers what cannot be"},
		{"lines too short", with(lie(sys.VIDIOC_S_FMT, func(a unsafe.Pointer) { (*sys.V4L2Format)(a).Pix().BytesPerLine = 1 })), "answers what cannot be"},
		{"no buffers", with(lie(sys.VIDIOC_REQBUFS, func(a unsafe.Pointer) { (*sys.V4L2RequestBuffers)(a).Count = 0 })), "No memory for the buffers"},
		{"another size than asked", with(lie(sys.VIDIOC_S_FMT, func(a unsafe.Pointer) { (*sys.V4L2Format)(a).Pix().Width -= 16 })), "cannot capture"},
	} {
		t.Run(c.name, func(t *testing.T) {
			leakless(t, func(t *testing.T) {
				path := c.device(t)
				p, _ := build(t, "fakev4l2metasrc device=%q", path)
				p.SetState(gst.StatePlaying)
				m := p.Error(patience)
				if !strings.Contains(m.Text, c.want) || !strings.Contains(m.Text, path) {
					t.Errorf("got %q (%s), want %q and the device", m.Text, m.Debug, c.want)
				}
			})
		})
	}
}

func TestUnplugged(t *testing.T) {
	leakless(t, func(t *testing.T) {
		d, path := driver(t, v4l2test.Config{})
		p, r := build(t, "fakev4l2metasrc device=%q", path)
		run(t, d, time.Millisecond)
		p.SetState(gst.StatePlaying)
		r.wait(t, 5)
		d.Unplug()
		if m := p.Error(patience); !strings.Contains(m.Text, "is gone") || !strings.Contains(m.Text, path) {
			t.Errorf("got %q", m.Text)
		}
		p.Stop()
	})
}

func TestAllBuffersHeldDownstream(t *testing.T) {
	leakless(t, func(t *testing.T) {
		d, path := driver(t, v4l2test.Config{})
		p, r := build(t, "fakev4l2metasrc name=src device=%q", path)
		run(t, d, time.Millisecond)
		r.keep = 1000
		p.SetState(gst.StatePlaying)
		r.wait(t, buffers)
		time.Sleep(50 * time.Millisecond)
		if n := len(r.all()); n != buffers {
			t.Fatalf("%d frames with %d buffers, all held", n, buffers)
		}
		seen := map[unsafe.Pointer]bool{}
		for _, f := range r.all() {
			seen[f.Mem[0].ID] = true
		}
		if len(seen) != buffers {
			t.Errorf("%d different memories, want %d", len(seen), buffers)
		}
		r.release()
		r.wait(t, 5*buffers)

		// And once more, to stop while it waits.
		r.mu.Lock()
		r.keep = 1000
		r.mu.Unlock()
		n := len(r.all())
		r.wait(t, n+buffers-1)
		time.Sleep(20 * time.Millisecond)
		begin := time.Now()
		p.Stop()
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("stopping took %v", took)
		}
	})
}

func TestFramesOutliveTheSource(t *testing.T) {
	leakless(t, func(t *testing.T) {
		_, path := driver(t, v4l2test.Config{FreeRunning: true})
		p, r := build(t, "fakev4l2metasrc device=%q num-buffers=3", path)
		r.keep = 3
		p.SetState(gst.StatePlaying)
		p.EOS(patience)
		p.Stop()
		if len(r.all()) != 3 {
			t.Errorf("%d frames", len(r.all()))
		}
	})
}

func TestLostAndDamagedFramesAreCounted(t *testing.T) {
	d, path := driver(t, v4l2test.Config{})
	p, r := build(t, "fakev4l2metasrc name=src device=%q", path)
	p.SetState(gst.StatePlaying)
	frame := func(lost, flags uint32) {
		t.Helper()
		for deadline := time.Now().Add(patience); !d.Frame(lost, flags); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the driver has no buffer")
			}
		}
	}
	frame(0, 0)
	frame(3, 0)                       // three were dropped
	frame(0, sys.V4L2_BUF_FLAG_ERROR) // one is broken
	frame(0, 0)
	frames := r.wait(t, 3)
	for i, want := range []uint64{0, 4, 6} {
		if got := frames[i].Offset; got != want {
			t.Errorf("frame %d: offset %d, want %d", i, got, want)
		}
	}
	if got := p.Element("src").ObjectProperty("frames-lost").(uint64); got != 4 {
		t.Errorf("%d frames lost, want 4", got)
	}
}

func TestFrameNumbersWrapAroundRepeatAndRestart(t *testing.T) {
	var st stream
	for i, c := range []struct {
		sequence        uint32
		missing, offset uint64
	}{
		{1<<32 - 3, 0, 0}, // the first one says nothing
		{1<<32 - 1, 1, 2},
		{1, 1, 4},
		{1, 0, 5},
		{9, 7, 13},
		{0, 0, 14},
		{1, 0, 15},
	} {
		st.frame.Sequence = c.sequence
		if missing := st.count(); missing != c.missing || st.offset != c.offset {
			t.Errorf("step %d: %d missing at offset %d, want %d at %d", i, missing, st.offset, c.missing, c.offset)
		}
	}
}

func TestShortFramesAreNotPassedOn(t *testing.T) {
	n := 0
	_, path := driver(t, v4l2test.Config{FreeRunning: true, Alter: func(req uintptr, arg unsafe.Pointer) error {
		if req == sys.VIDIOC_DQBUF {
			if n++; n%2 == 1 {
				(*sys.V4L2Buffer)(arg).BytesUsed--
			}
		}
		return nil
	}})
	p, r := build(t, "fakev4l2metasrc name=src device=%q num-buffers=10", path)
	p.SetState(gst.StatePlaying)
	p.EOS(patience)
	if got := p.Element("src").ObjectProperty("frames-lost").(uint64); got != 10 || len(r.all()) != 10 {
		t.Errorf("%d frames shown and %d lost, want 10 and 10", len(r.all()), got)
	}
}

func TestSourceChangeIsHeeded(t *testing.T) {
	colors := hdr10
	d, path := driver(t, v4l2test.Config{Formats: []string{"NV12"}, Alter: func(req uintptr, arg unsafe.Pointer) error {
		if req == sys.VIDIOC_G_FMT {
			(*sys.V4L2Format)(arg).Pix().Colorspace = colors.Colorspace
			(*sys.V4L2Format)(arg).Pix().XferFunc = colors.Transfer
		}
		return nil
	}})
	p, r := build(t, "fakev4l2metasrc device=%q", path)
	p.SetState(gst.StatePlaying)
	for !d.Frame(0, 0) {
		time.Sleep(time.Millisecond)
	}
	first := r.wait(t, 1)[0]
	if first.hdr.Color.Transfer == meta.TransferPQ {
		t.Fatalf("got %+v", first.hdr.Color)
	}
	d.Event(v4l2.EventSourceChange, 0, sys.V4L2_EVENT_SRC_CH_RESOLUTION)
	for i := 0; ; i++ {
		d.Frame(0, 0)
		f := r.wait(t, 1)
		if last := f[len(f)-1]; last.hdr.Color.Transfer == meta.TransferPQ && last.hdr.Color.Primaries == meta.PrimariesBT2020 {
			break
		}
		if i > 2000 {
			t.Fatal("the metadata did not follow the source")
		}
		time.Sleep(time.Millisecond)
	}
}

// A change counts from the frame on that it came with, also when those before it are
// taken after it is known, and whatever the driver's clock says.
func TestChangeCountsFromItsFrame(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags uint32 // of frames
		from  uint64
	}{
		{"by time", 0, 5},
		// Without a clock to compare, no frame can be told from those after it.
		{"no clock", sys.V4L2_BUF_FLAG_TIMESTAMP_COPY, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			var hdr atomic.Bool
			d, path := driver(t, v4l2test.Config{Formats: []string{"NV12"}, Alter: func(req uintptr, arg unsafe.Pointer) error {
				switch {
				case req == sys.VIDIOC_G_FMT && hdr.Load():
					(*sys.V4L2Format)(arg).Pix().Colorspace = hdr10.Colorspace
					(*sys.V4L2Format)(arg).Pix().XferFunc = hdr10.Transfer
				case req == sys.VIDIOC_DQBUF && c.flags != 0:
					b := (*sys.V4L2Buffer)(arg)
					b.Flags = b.Flags&^sys.V4L2_BUF_FLAG_TIMESTAMP_MASK | c.flags
				}
				return nil
			}})
			p, r := build(t, "fakev4l2metasrc device=%q", path)
			p.SetState(gst.StatePlaying)
			for !d.Frame(0, 0) {
				time.Sleep(time.Millisecond)
			}
			r.wait(t, 1)
			r.mu.Lock() // frame 1 is taken, and waits in the sink
			for range 4 {
				d.Frame(0, 0)
			}
			time.Sleep(50 * time.Millisecond)
			hdr.Store(true)
			d.Event(v4l2.EventSourceChange, 0, sys.V4L2_EVENT_SRC_CH_RESOLUTION)
			for range 2 {
				d.Frame(0, 0)
			}
			r.mu.Unlock()
			for i, f := range r.wait(t, 7)[:7] {
				if is, want := f.hdr.Color.Transfer == meta.TransferPQ, f.Offset >= c.from; is != want || f.Offset != uint64(i) {
					t.Errorf("frame %d: PQ is %v, want %v", f.Offset, is, want)
				}
				if is, want := strings.Contains(f.caps, "bt2100-pq"), f.Offset >= c.from; is != want {
					t.Errorf("frame %d: PQ in its caps is %v, want %v: %s", f.Offset, is, want, f.caps)
				}
			}
		})
	}
}

// A driver's events may come from the future, by its clock.
func TestChangeCountsInTheEnd(t *testing.T) {
	st := &stream{changes: []change{{from: math.MaxInt64, within: 3}}}
	st.frame = v4l2.Frame{Monotonic: true, Timestamp: 1}
	for i := range 5 {
		if _, ok := st.due(); ok != (i == 3) {
			t.Errorf("frame %d: due is %v", i, ok)
		}
	}
}

func TestThousandStartsLeaveNothing(t *testing.T) {
	_, path := driver(t, v4l2test.Config{FreeRunning: true})
	p, _ := build(t, "fakev4l2metasrc device=%q", path)
	starts := 1000
	if os.Getenv("REQUIRE_DEVICES") == "1" {
		starts = 50 // emulated machine: the thousand are done outside, where they take a second
	}
	p.Starts(starts)
}

func TestStampMapsTheDriversClock(t *testing.T) {
	st := &stream{duration: 40}
	for _, c := range []struct {
		name      string
		age       time.Duration
		monotonic bool
		running   uint64
		want      func(uint64) bool
	}{
		{"20 ms old", 20 * time.Millisecond, true, 1e9, func(p uint64) bool { return p == 1e9-20e6 }},
		{"no clock", 0, true, gstx.None, func(p uint64) bool { return p == gstx.None }},
		{"from before the pipeline", time.Hour, true, 1e9, func(p uint64) bool { return p == 1e9-40 }},
		{"from the future", -time.Hour, true, 1e9, func(p uint64) bool { return p == 1e9-40 }},
		{"a clock of its own", 20 * time.Millisecond, false, 1e9, func(p uint64) bool { return p == 1e9-40 }},
		{"at the very start", time.Hour, true, 10, func(p uint64) bool { return p == 0 }},
	} {
		const now = 100e9
		st.frame.Monotonic, st.frame.Timestamp = c.monotonic, now-int64(c.age)
		if got := st.stamp(c.running, now); !c.want(got) {
			t.Errorf("%s: got %d of %d", c.name, got, c.running)
		}
	}
}
