package v4l2metasrc

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

// signal is one of a TV input: the order of its fields in time is the standard's.
type signal struct {
	norm, std string // v4l2metasrc's and v4l2-ctl's
	height    int
	seq       string // v4l2-ctl's word for both fields in a buffer, in the order of time
	first     uint32 // flags of the first field
}

var signals = []signal{
	{"PAL-B", "pal", 576, "seq_tb", topField},
	{"NTSC-M", "ntsc", 480, "seq_bt", bottomField},
}

// patterns of vivid: in the first one all lines of a field are alike and those of the
// other one are not, in the second one lines down the field differ too.
var patterns = []string{"Alternating Hor Lines", "1x1 Checkers"}

// fieldsOf captures count buffers with v4l2-ctl, and gives the field of each.
func fieldsOf(t *testing.T, path string, code v4l2.FourCC, width, height int, field string, count int) (all []byte, fields []string) {
	t.Helper()
	file := t.TempDir() + "/frames"
	out := ctl(t, path, fmt.Sprintf("--set-fmt-video=width=%d,height=%d,pixelformat=%v,field=%s", width, height, code, field),
		// vivid keeps the part that it fills where that is smaller.
		fmt.Sprintf("--set-selection=target=compose,left=0,top=0,width=%d,height=%d", width, height),
		"--verbose", "--stream-mmap", fmt.Sprintf("--stream-count=%d", count), "--stream-to="+file)
	all, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`dqbuf.*field: (\S+)`).FindAllStringSubmatch(out, -1) {
		fields = append(fields, m[1])
	}
	if len(all) == 0 || len(fields) < count {
		t.Fatalf("%d bytes of the fields %v:\n%s", len(all), fields, out)
	}
	return all, fields
}

// planesOf are the planes of a buffer in the order in which they are in its memories.
func planesOf(f *recorded) (out []meta.Plane) {
	l := f.layers.Layers
	for i := range l.Layers[0].NPlanes {
		for k := range l.Layers {
			out = append(out, l.PlanesOf(&l.Layers[k])[i])
		}
	}
	return out
}

// fieldTest compares what comes of one format and pattern of a TV input with what
// v4l2-ctl captures.
type fieldTest struct {
	*testing.T
	path   string
	signal signal
	pixel  *v4l2.Pixel
}

const fieldWidth = 720

// play captures four buffers and looks at them.
func (t fieldTest) play(io, caps string, look func([]recorded)) {
	t.Helper()
	p, r := build(t, "fakev4l2metasrc device=%v:%s io-mode=%s norm=%s num-buffers=4 ! capsfilter name=caps", t.pixel.FourCC, t.path, io, t.signal.norm)
	p.Element("caps").SetObjectProperty("caps", gst.CapsFromString(fmt.Sprintf("%s,width=%d,height=%d", caps, fieldWidth, t.signal.height)))
	p.SetState(gst.StatePlaying)
	r.keep = 4
	p.EOS(patience)
	look(r.all())
	p.Stop() // the device is for the next one
}

// same compares planes of a buffer with a picture. PAL has other data for receivers in
// the first line of every frame, which in the planes of fields begins each of them.
func (t fieldTest) same(what string, f recorded, planes []meta.Plane, want []byte) {
	t.Helper()
	f.layers = &meta.Block{Layers: &meta.Layers{Planes: planes}}
	got, want := pixels(t.T, &f), bytes.Clone(want)
	if t.signal.height == 576 && len(got) == len(want) {
		at := 0
		for _, p := range planes {
			copy(want[at:at+int(p.Stride)], got[at:])
			at += int(p.Size)
		}
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, v4l2-ctl has %d; the first that differs is %d", what, len(got), len(want), differs(got, want))
	}
}

// alternate looks at single fields, and gives what v4l2-ctl has for the top one (true)
// and the bottom one.
func (t fieldTest) alternate() map[bool][]byte {
	// Some more than two: vivid leaves a field out where it is late.
	all, names := fieldsOf(t.T, t.path, t.pixel.FourCC, fieldWidth, t.signal.height/2, "alternate", 6)
	size := len(all) / 6
	want := map[bool][]byte{}
	for i, name := range names[:6] {
		want[name == "Top"] = all[i*size:][:size]
	}
	if len(want) != 2 || bytes.Equal(want[true], want[false]) {
		t.Fatalf("v4l2-ctl captured the fields %v, or they are the same", names)
	}
	const plain, drm = "video/x-raw(format:Interlaced),format=", "video/x-raw(memory:DMABuf, format:Interlaced),format=DMA_DRM,drm-format="
	for _, c := range [][2]string{{"mmap", plain + t.pixel.Name}, {"dmabuf", plain + t.pixel.Name}, {"dmabuf", drm + drmFormat(t.pixel)}} {
		t.play(c[0], c[1]+",interlace-mode=alternate", func(frames []recorded) {
			for i, f := range frames {
				top := f.Flags&fieldFlags == topField
				if role := f.layers.Layers.Layers[0].Role; (role == meta.RoleTopField) != top || !top && f.Flags&fieldFlags != bottomField {
					t.Errorf("buffer %d: flags %#x, %v", i, f.Flags&fieldFlags, role)
				}
				t.same(fmt.Sprintf("%s, buffer %d", c, i), f, planesOf(&f), want[top])
			}
		})
	}
	return want
}

// sequential looks at both fields in a buffer, together and each for itself.
func (t fieldTest) sequential(both []byte, alone map[bool][]byte) {
	t.play("dmabuf", "video/x-raw(memory:DMABuf),interlace-mode=fields,format=DMA_DRM,drm-format="+drmFormat(t.pixel), func(frames []recorded) {
		f := frames[1]
		l := f.layers.Layers
		if n := t.pixel.Planes(); len(l.Layers) != 2 || len(l.Planes) != 2*n {
			t.Fatalf("%d layers of together %d planes, want 2 of %d", len(l.Layers), len(l.Planes), 2*n)
		}
		if top := l.Layers[0].Role == meta.RoleTopField; top != (t.signal.first == topField) || f.Flags&fieldFlags|gstx.VideoOneField != t.signal.first {
			t.Errorf("the top field is first: %v, flags %#x", top, f.Flags&fieldFlags)
		}
		t.same("both fields", f, planesOf(&f), both)
		for k := range l.Layers {
			layer := &l.Layers[k]
			t.same(layer.Role.String(), f, l.PlanesOf(layer), alone[layer.Role == meta.RoleTopField])
		}
	})
}

// Fields are, to the byte, what v4l2-ctl captures, one by one and both in a buffer.
func TestVividFieldsAreWhatV4l2CtlCaptures(t *testing.T) {
	for _, node := range []struct {
		name  string
		codes []string
	}{{"VIVID_SP", []string{"YUYV", "NV12", "YU12"}}, {"VIVID_MP", []string{"YM12", "NM12"}}} {
		path := vivid(t, node.name)
		on(t, path, tuner)
		set(t, path, "OSD Text Mode", 2) // nothing that changes from frame to frame
		for _, signal := range signals {
			for _, pattern := range patterns {
				for _, code := range node.codes {
					t.Run(strings.Join([]string{node.name, signal.norm, pattern, code}, " "), func(t *testing.T) {
						ctl(t, path, "--set-standard="+signal.std)
						set(t, path, "Test Pattern", menu(t, path, "test_pattern", pattern))
						test := fieldTest{t, path, signal, pixel(t, code)}
						both, _ := fieldsOf(t, path, test.pixel.FourCC, fieldWidth, signal.height, signal.seq, 1)
						test.sequential(both, test.alternate())
					})
				}
			}
		}
	}
}

// Which field is in a buffer, and of which frame, is what the kernel says of it.
func TestVividFieldsAreThoseOfTheKernel(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	on(t, path, tuner)
	for _, signal := range signals {
		t.Run(signal.norm, func(t *testing.T) {
			trace, err := witness.TraceCaptures(path)
			if err != nil {
				t.Fatal(err)
			}
			defer trace.Stop()
			p, r := build(t, `v4l2metasrc device=%s norm=%s num-buffers=30 ! video/x-raw(memory:DMABuf\, format:Interlaced),interlace-mode=alternate`, path, signal.norm)
			p.SetState(gst.StatePlaying)
			p.EOS(patience)
			taken, err := trace.Frames()
			if err != nil {
				t.Fatal(err)
			}
			kernel := map[time.Duration]witness.Captured{}
			for _, c := range taken {
				kernel[c.Time.Truncate(time.Microsecond)] = c
			}
			frames := r.all()
			if len(frames) != 30 || frames[0].Flags&fieldFlags != signal.first {
				t.Fatalf("%d buffers, flags of the first %#x, want %#x", len(frames), frames[0].Flags&fieldFlags, signal.first)
			}
			for i, f := range frames {
				c, known := kernel[time.Duration(f.captured).Truncate(time.Microsecond)]
				flags := map[string]uint32{"TOP": topField, "BOTTOM": bottomField}[c.Field]
				if !known || f.Flags&fieldFlags != flags || f.Offset != uint64(c.Sequence) {
					t.Errorf("buffer %d: flags %#x, frame %d; the kernel says %+v (%v)", i, f.Flags&fieldFlags, f.Offset, c, known)
				}
			}
		})
	}
}

// What GStreamer makes of single fields is the frame that v4l2-ctl captures at once: the
// lines of each are where a stock element looks for them.
func TestVividFieldsAreWovenByStockDeinterlace(t *testing.T) {
	const height = 480 // of NTSC, which is the same in each frame
	path := vivid(t, "VIVID_SP")
	on(t, path, tuner)
	ctl(t, path, "--set-standard=ntsc")
	set(t, path, "OSD Text Mode", 2)
	for _, pattern := range patterns {
		for _, code := range []string{"YUYV", "XR24", "NV12"} {
			t.Run(pattern+" "+code, func(t *testing.T) {
				set(t, path, "Test Pattern", menu(t, path, "test_pattern", pattern))
				want, _ := fieldsOf(t, path, v4l2.MakeFourCC(code), fieldWidth, height, "interlaced", 1)
				woven := weave(t, path, fmt.Sprintf("video/x-raw(format:Interlaced),interlace-mode=alternate,format=%s,width=%d,height=%d", pixel(t, code).Name, fieldWidth, height))
				if len(woven) < 3*len(want) || len(woven)%len(want) != 0 {
					t.Fatalf("%d bytes of frames of %d", len(woven), len(want))
				}
				if got := woven[2*len(want) : 3*len(want)]; !bytes.Equal(got, want) {
					t.Errorf("the first byte that differs is %d of %d", differs(got, want), len(want))
				}
			})
		}
	}
}

// weave gives the frames that the stock element makes of twelve fields. Of fields that
// vivid was late for, and left out, it can make none: then it is done again.
func weave(t *testing.T, path, caps string) []byte {
	t.Helper()
	file := t.TempDir() + "/frames"
	for range 5 {
		p := pipe.New(t, fmt.Sprintf("v4l2metasrc name=src device=%s num-buffers=12 ! capsfilter name=caps ! deinterlace method=weave ! filesink location=%s", path, file))
		p.Element("caps").SetObjectProperty("caps", gst.CapsFromString(caps))
		p.SetState(gst.StatePlaying)
		p.EOS(patience)
		lost := p.Element("src").ObjectProperty("frames-lost").(uint64)
		p.Stop()
		if lost != 0 {
			t.Logf("vivid left %d fields out", lost)
			continue
		}
		woven, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return woven
	}
	t.Fatal("vivid left fields out five times")
	return nil
}

// An interlaced signal on HDMI comes field by field only.
func TestVividInterlacedHDMI(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	on(t, path, hdmi)
	set(t, path, "DV Timings", menu(t, path, "dv_timings", "1920x1080i"))
	set(t, path, "DV Timings Signal Mode", selectedSignal)
	p, r := build(t, "v4l2metasrc device=%s num-buffers=6", path)
	p.SetState(gst.StatePlaying)
	p.EOS(patience)
	f := r.format
	if f.Width != 1920 || f.Height != 1080 || f.InterlaceMode != "alternate" || f.FPSN > 31*f.FPSD {
		t.Errorf("negotiated %s", f.Caps)
	}
	for i, f := range r.all() {
		if want := []uint32{topField, bottomField}[i%2]; f.Flags&fieldFlags != want || f.layers.Layers.Layers[0].Height != 540 {
			t.Errorf("buffer %d: flags %#x, want %#x; layers %+v", i, f.Flags&fieldFlags, want, f.layers.Layers.Layers)
		}
	}
}
