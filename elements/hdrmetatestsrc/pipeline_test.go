package hdrmetatestsrc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/testpattern"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/udmabuf"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// probe is a filter that looks at what the source hands out.
type probe struct {
	mu     sync.Mutex
	format gstx.VideoFormat
	frames []seen
	hold   int // this many buffers are kept
	held   []gstx.Buffer
}

type seen struct {
	gstx.Frame
	hdr, layers *meta.Block
	picture     []byte // of the first memory
	pictures    [][]byte
	err         error
}

func (p *probe) SetCaps(f *gstx.VideoFormat) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.format = *f
	return nil
}

func (p *probe) Frame(f *gstx.Frame) gstx.Flow {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := seen{Frame: *f, hdr: new(meta.Block), layers: new(meta.Block)}
	for k, b := range map[gstmeta.Kind]*meta.Block{gstmeta.HDR: s.hdr, gstmeta.Layers: s.layers} {
		if ok, err := gstmeta.Open(f.Buffer.Pointer(), k, b); err != nil || !ok {
			s.err = fmt.Errorf("%v meta: there %v, %v", k, ok, err)
		}
	}
	for i := range f.NMem {
		m, err := unix.Mmap(int(f.Mem[i].FD), 0, int(f.Mem[i].Size), unix.PROT_READ, unix.MAP_SHARED)
		if err != nil {
			s.err = err
			break
		}
		s.pictures = append(s.pictures, bytes.Clone(m))
		unix.Munmap(m)
	}
	if s.err == nil {
		s.picture = s.pictures[0]
	}
	p.frames = append(p.frames, s)
	if len(p.held) < p.hold {
		p.held = append(p.held, f.Buffer.Ref())
	}
	return gstx.FlowOK
}

func (p *probe) EOS() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.held {
		b.Unref()
	}
	p.held = nil
}
func (p *probe) Flush() {}

var made struct {
	sync.Mutex
	probe *probe
	hold  int // of the next probe
}

func TestMain(m *testing.M) {
	class := gstx.Class{
		Name: "testprobe", TypeName: "HdrTestSrcProbe", LongName: "probe", Klass: "Filter", Description: "For tests",
		Author: "nobody", Parent: gstx.Filter,
		Pads: []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: "ANY"}, {Name: "src", Direction: gstx.Src, Caps: "ANY"}},
		New: func(*gstx.Element) any {
			made.Lock()
			defer made.Unlock()
			made.probe = &probe{hold: made.hold}
			made.hold = 0
			return made.probe
		},
	}
	pipe.Main(m, func() error { return errors.Join(gstx.Register(nil, Class), gstx.Register(nil, class)) })
}

// run plays a description with a probe in it to its end and gives the frames.
func run(t *testing.T, description string) *probe {
	t.Helper()
	p := pipe.Play(t, description)
	p.EOS(20 * time.Second)
	p.Stop()
	made.Lock()
	defer made.Unlock()
	for i, f := range made.probe.frames {
		if f.err != nil {
			t.Fatalf("frame %d: %v", i, f.err)
		}
	}
	return made.probe
}

func TestFramesCarryTheirPictureAndItsMetadata(t *testing.T) {
	for _, c := range []struct {
		hdr, format string
		light       testpattern.Range
		f           testpattern.Format
		want        meta.Color
		static      bool
	}{
		{"hdr10plus", "P010_10LE", testpattern.PQ, testpattern.P010, meta.Color{Primaries: 9, Transfer: 16, Matrix: 9, ChromaSite: 2}, true},
		{"hdr10", "BGRx", testpattern.PQ, testpattern.BGRx, meta.Color{Primaries: 9, Transfer: 16, FullRange: true, ChromaSite: 6}, true},
		{"hlg", "P010_10LE", testpattern.HLG, testpattern.P010, meta.Color{Primaries: 9, Transfer: 18, Matrix: 9, ChromaSite: 2}, false},
		{"sdr", "BGRx", testpattern.SDR, testpattern.BGRx, meta.Color{Primaries: 1, Transfer: 1, FullRange: true, ChromaSite: 6}, false},
	} {
		t.Run(c.hdr+" "+c.format, func(t *testing.T) {
			p := run(t, "hdrmetatestsrc num-buffers=40 scene-length=8 hdr="+c.hdr+
				" ! video/x-raw,format="+c.format+",width=322,height=182,framerate=30000/1001 ! testprobe ! fakesink")
			if len(p.frames) != 40 {
				t.Fatalf("%d frames, want 40", len(p.frames))
			}
			layout, err := testpattern.NewLayout(c.f, 322, 182)
			if err != nil {
				t.Fatal(err)
			}
			// What negotiation made of strides is in the frame.
			for i := range layout.NPlanes {
				layout.Stride[i], layout.Offset[i] = int(p.frames[0].Stride[i]), int(p.frames[0].PlaneOffset[i])
			}
			layout.Size = int(p.frames[0].Mem[0].Size)
			painter := testpattern.New(layout, c.light, 8)
			for i, f := range p.frames {
				want := make([]byte, layout.Size)
				painter.Paint(want, new(testpattern.Painted), uint64(i))
				if !samePicture(layout, f.picture, want) {
					n, err := painter.FrameNumber(f.picture)
					t.Fatalf("frame %d shows another picture (number %d, %v)", i, n, err)
				}
				if wantPTS := uint64(i) * 1001000000000 / 30000; f.PTS != wantPTS || f.Offset != uint64(i) {
					t.Errorf("frame %d: pts %d offset %d, want %d and %d", i, f.PTS, f.Offset, wantPTS, i)
				}
				if *f.hdr.Color != c.want {
					t.Errorf("color %+v, want %+v", *f.hdr.Color, c.want)
				}
				if (f.hdr.MasteringDisplay != nil) != c.static || (f.hdr.ContentLight != nil) != c.static {
					t.Errorf("mastering display %v, content light %v; static metadata wanted: %v", f.hdr.MasteringDisplay, f.hdr.ContentLight, c.static)
				}
				if c.static && *f.hdr.ContentLight != painter.ContentLight() {
					t.Errorf("content light %v, want %v", *f.hdr.ContentLight, painter.ContentLight())
				}
				m := painter.HDR10Plus(i / 8 % testpattern.Scenes)
				wantDynamic, _ := m.Append(nil)
				if c.hdr != "hdr10plus" {
					wantDynamic = nil
				}
				if !bytes.Equal(f.hdr.HDR10Plus, wantDynamic) {
					t.Errorf("frame %d: HDR10+ %x, want %x", i, f.hdr.HDR10Plus, wantDynamic)
				}
				l := f.layers.Layers
				if l == nil || len(l.Layers) != 1 || len(l.Planes) != layout.NPlanes || l.Layers[0].FourCC != c.f.FourCC() ||
					l.Planes[layout.NPlanes-1].Offset != uint64(layout.Offset[layout.NPlanes-1]) {
					t.Errorf("layers %+v", l)
				}
			}
			v := &p.format
			if v.Primaries != c.want.Primaries || v.Transfer != c.want.Transfer || v.FullRange != c.want.FullRange {
				t.Errorf("caps %s say primaries %d transfer %d full range %v; want %+v", v.Caps, v.Primaries, v.Transfer, v.FullRange, c.want)
			}
			if (v.Mastering == "35400:14600:8500:39850:6550:2300:15635:16450:10000000:1") != c.static {
				t.Errorf("mastering display in caps is %q", v.Mastering)
			}
		})
	}
}

// samePicture ignores the padding of rows.
func samePicture(l testpattern.Layout, a, b []byte) bool {
	width := []int{l.Width * 2, (l.Width + 1) / 2 * 4}
	height := []int{l.Height, (l.Height + 1) / 2}
	if l.Format == testpattern.BGRx {
		width[0] = l.Width * 4
	}
	for i := range l.NPlanes {
		for y := range height[i] {
			from := l.Offset[i] + y*l.Stride[i]
			if !bytes.Equal(a[from:from+width[i]], b[from:from+width[i]]) {
				return false
			}
		}
	}
	return true
}

// filesink does not know GstVideoMeta: what it writes must have the strides that
// the caps imply. An element that is not ours reads the result.
// layers=4 makes eight planes of P010 in four memories: the block says where each
// lies and goes, and each layer is the pattern, in its own size.
func TestLayersHaveMemoriesAndPlacesOfTheirOwn(t *testing.T) {
	p := run(t, "hdrmetatestsrc layers=4 num-buffers=3 ! video/x-raw,format=P010_10LE,width=320,height=180 ! testprobe ! fakevideosink sync=false")
	if len(p.frames) != 3 {
		t.Fatalf("%d frames, want 3", len(p.frames))
	}
	for n, f := range p.frames {
		b := f.layers.Layers
		if f.NMem != 4 || len(b.Layers) != 4 || len(b.Planes) != 8 {
			t.Fatalf("%d memories, %d layers, %d planes, want 4, 4 and 8", f.NMem, len(b.Layers), len(b.Planes))
		}
		for i := range b.Layers {
			l := &b.Layers[i]
			size := [2]uint32{80, 44}
			if i == 0 {
				size = [2]uint32{320, 180}
			}
			if l.Width != size[0] || l.Height != size[1] || l.ZPos != uint32(i) || l.Dst.W != l.Width || int(l.Dst.X)+int(l.Dst.W) > 320 || int(l.Dst.Y)+int(l.Dst.H) > 180 {
				t.Errorf("layer %d: %+v", i, *l)
			}
			for j, plane := range b.PlanesOf(l) {
				if plane.Memory != uint32(i) || plane.Offset+plane.Size > f.Mem[i].Size {
					t.Errorf("layer %d, plane %d: %+v of a memory of %d", i, j, plane, f.Mem[i].Size)
				}
			}
			layout, err := testpattern.NewLayout(testpattern.P010, int(l.Width), int(l.Height))
			if err != nil {
				t.Fatal(err)
			}
			for j, plane := range b.PlanesOf(l) {
				layout.Stride[j], layout.Offset[j] = int(plane.Stride), int(plane.Offset)
			}
			layout.Size = len(f.pictures[i])
			painter := testpattern.New(layout, testpattern.PQ, 60)
			want := make([]byte, layout.Size)
			painter.Paint(want, new(testpattern.Painted), uint64(n))
			if !samePicture(layout, f.pictures[i], want) {
				t.Errorf("frame %d, layer %d shows another picture", n, i)
			}
		}
	}
}

func TestLayoutIsTheDefaultForWhoKnowsNoVideoMeta(t *testing.T) {
	path := filepath.Join(t.TempDir(), "raw")
	run(t, "hdrmetatestsrc num-buffers=2 ! video/x-raw,format=BGRx,width=70,height=50 ! testprobe ! filesink location="+path)
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	layout := testpattern.Layout{Format: testpattern.BGRx, Width: 70, Height: 50, NPlanes: 1, Stride: [2]int{280}, Size: 14000}
	painter := testpattern.New(layout, testpattern.PQ, 60)
	want := make([]byte, 2*layout.Size)
	painter.Paint(want[:layout.Size], new(testpattern.Painted), 0)
	painter.Paint(want[layout.Size:], new(testpattern.Painted), 1)
	if !bytes.Equal(got, want) {
		t.Errorf("file of %d bytes is not the two pictures of %d bytes", len(got), layout.Size)
	}
}

// GStreamer's own converter must read the layout with our strides, and find the
// bars' red where they are.
func TestConverterReadsThePicture(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rgb")
	run(t, "hdrmetatestsrc num-buffers=1 ! video/x-raw,format=P010_10LE,width=320,height=180 ! testprobe ! videoconvert ! "+
		"video/x-raw,format=RGB,width=320,colorimetry=1:1:14:7 ! filesink location="+path)
	got, err := os.ReadFile(path)
	if err != nil || len(got) != 320*180*3 {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	for x, want := range map[int][3]byte{20: {148, 148, 148}, 220: {148, 0, 0}, 260: {0, 0, 148}, 300: {}} {
		p := got[(10*320+x)*3:]
		for i := range 3 {
			if d := int(p[i]) - int(want[i]); d < -3 || d > 3 {
				t.Errorf("pixel %d is %v, want about %v", x, p[:3], want)
				break
			}
		}
	}
}

func TestDMABufCapsNeedAndUseUdmabuf(t *testing.T) {
	const pipeline = "hdrmetatestsrc num-buffers=10 ! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=%s ! testprobe ! fakesink"
	dev, err := udmabuf.Open()
	if err != nil {
		if os.Getenv("REQUIRE_DEVICES") == "1" {
			t.Fatal(err)
		}
		if m := pipe.Play(t, fmt.Sprintf(pipeline, "P010")).Error(10 * time.Second); !strings.Contains(m.Debug+m.Text, "not-negotiated") {
			t.Errorf("without udmabuf: %s (%s), want not-negotiated", m.Text, m.Debug)
		}
		t.Skip(err)
	}
	dev.Close()
	for name, fourcc := range map[string]uint32{"P010": 0x30313050, "XR24": 0x34325258} {
		p := run(t, fmt.Sprintf(pipeline, name))
		if len(p.frames) != 10 || p.format.FourCC != fourcc || !p.format.DMADRM {
			t.Errorf("%s: %d frames, format %+v", name, len(p.frames), p.format)
		}
		for i, f := range p.frames {
			if f.Mem[0].DMABuf != 1 || f.Stride[0]%256 != 0 {
				t.Errorf("%s frame %d: memory %+v stride %d; want a DMA-buf with rows of whole 256 bytes", name, i, f.Mem[0], f.Stride[0])
			}
		}
	}
}

func TestPropertiesOverrideTheDeclaredMetadata(t *testing.T) {
	const mastering = "34000:16000:13250:34500:7500:3000:15635:16450:40000000:50"
	p := run(t, "hdrmetatestsrc num-buffers=1 hdr=hdr10 mastering-display-info="+mastering+" content-light-level=4000:555 ! testprobe ! fakesink")
	b := p.frames[0].hdr
	if got := b.MasteringDisplay.String(); got != mastering || p.format.Mastering != mastering {
		t.Errorf("mastering display %s, in caps %s; want %s", got, p.format.Mastering, mastering)
	}
	if got := b.ContentLight.String(); got != "4000:555" || p.format.Light != "4000:555" {
		t.Errorf("content light %s, in caps %s; want 4000:555", got, p.format.Light)
	}
}

func TestBadPropertyIsAWarningAndNotTaken(t *testing.T) {
	p := pipe.New(t, "hdrmetatestsrc name=s ! fakesink")
	p.Element("s").SetObjectProperty("mastering-display-info", "1:2:3")
	m := p.Next("warning", 5*time.Second, func(m pipe.Message) bool { return m.Type == gst.MessageWarning })
	if !strings.Contains(m.Text, "1:2:3") {
		t.Errorf("warning %q does not say what was wrong", m.Text)
	}
	if got := p.Element("s").ObjectProperty("mastering-display-info"); got != "" {
		t.Errorf("property is %q", got)
	}
}

func TestStillPictureIsOneFrame(t *testing.T) {
	if p := run(t, "hdrmetatestsrc ! video/x-raw,framerate=0/1 ! testprobe ! fakesink"); len(p.frames) != 1 || p.frames[0].Duration != gstx.None {
		t.Errorf("%d frames", len(p.frames))
	}
}

func TestTinyAndOddSizes(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {3, 5}, {17, 1}} {
		for _, f := range []string{"P010_10LE", "BGRx"} {
			p := run(t, fmt.Sprintf("hdrmetatestsrc num-buffers=5 ! video/x-raw,format=%s,width=%d,height=%d ! testprobe ! fakesink", f, size[0], size[1]))
			if len(p.frames) != 5 {
				t.Errorf("%v %s: %d frames, want 5", size, f, len(p.frames))
			}
		}
	}
}

// Whoever keeps more buffers than a display would must not stop the stream.
func TestManyBuffersMayBeHeld(t *testing.T) {
	made.Lock()
	made.hold = 20
	made.Unlock()
	if p := run(t, "hdrmetatestsrc num-buffers=60 ! testprobe ! fakesink"); len(p.frames) != 60 {
		t.Errorf("%d frames, want 60", len(p.frames))
	}
}

// The picture of a held buffer must not be painted over.
func TestHeldBuffersKeepTheirPicture(t *testing.T) {
	p := run(t, "hdrmetatestsrc num-buffers=100 ! video/x-raw,format=BGRx,width=640,height=360 ! queue ! tee name=t ! queue ! testprobe ! fakesink  t. ! queue ! fakesink")
	layout, _ := testpattern.NewLayout(testpattern.BGRx, 640, 360)
	layout.Stride[0] = int(p.frames[0].Stride[0])
	painter := testpattern.New(layout, testpattern.PQ, 0)
	for i, f := range p.frames {
		if n, err := painter.FrameNumber(f.picture); err != nil || n != uint32(i) {
			t.Fatalf("frame %d shows number %d, %v", i, n, err)
		}
	}
}

func TestLiveSourceKeepsTime(t *testing.T) {
	start := time.Now()
	p := run(t, "hdrmetatestsrc is-live=true num-buffers=11 ! video/x-raw,framerate=20/1 ! testprobe ! fakesink sync=false")
	if took := time.Since(start); took < 490*time.Millisecond || took > 3*time.Second {
		t.Errorf("11 frames at 20 Hz took %v, want 0.5 s", took)
	}
	if len(p.frames) != 11 {
		t.Errorf("%d frames", len(p.frames))
	}
}

func TestStopDoesNotWaitForALiveFrame(t *testing.T) {
	p := pipe.Play(t, "hdrmetatestsrc is-live=true ! video/x-raw,framerate=1/600 ! testprobe ! fakesink")
	time.Sleep(200 * time.Millisecond) // in the wait for the second frame
	start := time.Now()
	p.Stop()
	if took := time.Since(start); took > time.Second {
		t.Errorf("stopping took %v", took)
	}
}

func TestFormatMayChangeWhilePlaying(t *testing.T) {
	p := pipe.New(t, "hdrmetatestsrc name=s num-buffers=600 ! capsfilter name=c caps=video/x-raw,format=BGRx,width=64,height=64,framerate=300/1 ! testprobe ! fakesink sync=true")
	p.SetState(gst.StatePlaying)
	time.Sleep(300 * time.Millisecond)
	p.Element("c").SetObjectProperty("caps", gst.CapsFromString("video/x-raw,format=P010_10LE,width=128,height=72,framerate=600/1"))
	p.EOS(20 * time.Second)
	p.Stop()
	made.Lock()
	frames := made.probe.frames
	made.Unlock()
	sizes := map[uint32]int{}
	for i, f := range frames {
		if f.err != nil {
			t.Fatal(f.err)
		}
		sizes[f.Width]++
		if i > 0 && f.PTS <= frames[i-1].PTS {
			t.Fatalf("frame %d has pts %d after %d", i, f.PTS, frames[i-1].PTS)
		}
		if i > 0 && f.PTS-frames[i-1].PTS > 4000000 {
			t.Fatalf("gap of %d ns before frame %d", f.PTS-frames[i-1].PTS, i)
		}
	}
	if sizes[64] == 0 || sizes[128] == 0 {
		t.Errorf("frames by width: %v, want some of 64 and of 128", sizes)
	}
}

func TestStartAndStopLeaveNothing(t *testing.T) {
	pipe.New(t, "hdrmetatestsrc ! video/x-raw,width=64,height=64 ! fakesink sync=false").Starts(1000)
}

// GStreamer's side makes a buffer per frame; Go's side makes nothing.
func TestFramesDoNotAllocate(t *testing.T) {
	p := pipe.New(t, "hdrmetatestsrc name=s num-buffers=3000 ! video/x-raw,width=64,height=64 ! fakesink sync=false")
	if n := p.Mallocs(); n > 300 {
		t.Errorf("%d allocations in 3000 frames, want 0 per frame", n)
	}
}
