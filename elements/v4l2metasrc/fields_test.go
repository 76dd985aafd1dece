package v4l2metasrc

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

const (
	fieldFlags  = gstx.VideoInterlaced | gstx.VideoOneField | gstx.VideoTFF
	topField    = gstx.VideoInterlaced | gstx.VideoOneField | gstx.VideoTFF
	bottomField = gstx.VideoInterlaced | gstx.VideoOneField
)

// tv are the fields of a TV input.
var tv = []uint32{sys.V4L2_FIELD_INTERLACED, sys.V4L2_FIELD_ALTERNATE, sys.V4L2_FIELD_SEQ_TB, sys.V4L2_FIELD_SEQ_BT}

// Of each format the caps have what the device does with fields, the best for a display
// first; a device without fields is asked once, not for each format.
func TestFieldsThatADeviceDoes(t *testing.T) {
	const drm = "video/x-raw(memory:DMABuf) "
	const fields = "(format:Interlaced) alternate"
	for _, c := range []struct {
		name   string
		fields []uint32
		std    uint64
		probed []uint32 // field of the modes of each format
		asked  int      // TRY_FMT in all
		caps   []string // features and interlace-mode, of DMA-bufs
	}{
		{"progressive only", nil, 0, []uint32{sys.V4L2_FIELD_NONE}, 2 + 4 + 2,
			[]string{drm + "progressive", "video/x-raw progressive"}},
		{"a TV input", tv, 0xff, // PAL
			[]uint32{sys.V4L2_FIELD_INTERLACED, sys.V4L2_FIELD_ALTERNATE, sys.V4L2_FIELD_SEQ_TB}, 2 + 2 + 2 + 2 + 2,
			[]string{drm + "interleaved", "video/x-raw interleaved", "video/x-raw(memory:DMABuf, format:Interlaced) alternate", "video/x-raw" + fields, drm + "fields"}},
		{"where the bottom field is first", tv, sys.V4L2_STD_525_60, []uint32{sys.V4L2_FIELD_INTERLACED, sys.V4L2_FIELD_ALTERNATE, sys.V4L2_FIELD_SEQ_BT}, 10,
			[]string{drm + "interleaved", "video/x-raw interleaved", "video/x-raw(memory:DMABuf, format:Interlaced) alternate", "video/x-raw" + fields, drm + "fields"}},
		{"an order against the standard", []uint32{sys.V4L2_FIELD_INTERLACED, sys.V4L2_FIELD_SEQ_TB}, sys.V4L2_STD_525_60, []uint32{sys.V4L2_FIELD_INTERLACED, sys.V4L2_FIELD_SEQ_TB}, 2 + 3 + 1 + 2 + 1,
			[]string{drm + "interleaved", "video/x-raw interleaved", drm + "fields"}},
		{"progressive or not", []uint32{sys.V4L2_FIELD_NONE, sys.V4L2_FIELD_INTERLACED}, 0, []uint32{sys.V4L2_FIELD_NONE, sys.V4L2_FIELD_INTERLACED}, 2 + 4 + 1 + 2 + 1,
			[]string{drm + "progressive", drm + "interleaved", "video/x-raw progressive", "video/x-raw interleaved"}},
		{"field by field only", []uint32{sys.V4L2_FIELD_ALTERNATE}, 0, []uint32{sys.V4L2_FIELD_ALTERNATE}, 2 + 3 + 2,
			[]string{"video/x-raw(memory:DMABuf, format:Interlaced) alternate", "video/x-raw" + fields}},
		{"one of the fields only", []uint32{sys.V4L2_FIELD_TOP}, 0, nil, 2, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := 0
			modes, err := modesOf(t, v4l2test.Config{Formats: []string{"YUYV", "NV12"}, Fields: c.fields, Standard: c.std,
				Alter: func(req uintptr, _ unsafe.Pointer) error {
					if req == sys.VIDIOC_TRY_FMT {
						asked++
					}
					return nil
				}})
			if err != nil {
				t.Fatal(err)
			}
			for _, code := range []string{"YUYV", "NV12"} {
				var got []uint32
				for _, m := range modes {
					if m.pixel == pixel(t, code) {
						got = append(got, m.field)
						if m.size.Height != (v4l2.Range{Min: 16, Max: 1080, Step: 2}) {
							t.Errorf("%s, field %d: heights %+v, want those of frames", code, m.field, m.size.Height)
						}
					}
				}
				if !slices.Equal(got, c.probed) {
					t.Errorf("%s: fields %v, want %v", code, got, c.probed)
				}
			}
			if asked != c.asked {
				t.Errorf("%d formats were tried, want %d", asked, c.asked)
			}
			var got []string
			for _, s := range strings.Split(capsOf(modes, v4l2.Format{}, v4l2.Fraction{Num: 1, Den: 1}, true, ""), "; ") {
				if head, rest, ok := strings.Cut(s, ", format = "); ok {
					_, mode, _ := strings.Cut(rest, "interlace-mode = (string) ")
					got = append(got, head+" "+mode)
				}
			}
			if !slices.Equal(got, c.caps) {
				t.Errorf("caps\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.caps, "\n"))
			}
			if plain := capsOf(modes, v4l2.Format{}, v4l2.Fraction{Num: 1, Den: 1}, false, ""); strings.Contains(plain, "= (string) fields") {
				t.Errorf("both fields in plain memory: %s", plain)
			}
		})
	}
}

// The sizes in the caps are those of frames, whatever the device counts.
func TestSizesOfSingleFieldsAreThoseOfFrames(t *testing.T) {
	d, path := driver(t, v4l2test.Config{Fields: []uint32{sys.V4L2_FIELD_ALTERNATE}, FreeRunning: true, NoSizes: true})
	dev, err := d.Open()
	if err != nil {
		t.Fatal(err)
	}
	now, err := dev.Format()
	if err != nil {
		t.Fatal(err)
	}
	modes, err := probe(dev, v4l2.Fraction{})
	dev.Close()
	if want := (v4l2.Range{Min: 16, Max: 1080, Step: 1}); err != nil || len(modes) != 1 || modes[0].size.Height != want {
		t.Errorf("got %+v, %v; want heights %+v", modes, err, want)
	}
	p, r := build(t, "fakev4l2metasrc device=%q num-buffers=2", path)
	p.SetState(gst.StatePlaying)
	p.EOS(patience)
	if f := r.format; f.InterlaceMode != "alternate" || f.Width != int32(now.Width) || f.Height != 2*int32(now.Height) {
		t.Errorf("the device is set to fields of %v, negotiated %s", &now, f.Caps)
	}
}

// A driver that fails when asked for fields is progressive.
func TestFieldsThatADriverRefuses(t *testing.T) {
	modes, err := modesOf(t, v4l2test.Config{Fields: []uint32{sys.V4L2_FIELD_NONE, sys.V4L2_FIELD_ALTERNATE}, Alter: func(req uintptr, arg unsafe.Pointer) error {
		if req == sys.VIDIOC_TRY_FMT && (*sys.V4L2Format)(arg).Pix().Field != sys.V4L2_FIELD_NONE {
			return unix.EINVAL
		}
		return nil
	}})
	if err != nil || len(modes) != 1 || modes[0].field != sys.V4L2_FIELD_NONE {
		t.Errorf("got %+v, %v", modes, err)
	}
}

// Each field is a buffer of half the lines and half the time of a frame.
func TestAlternateFields(t *testing.T) {
	for _, c := range []struct {
		name, caps, format string
		dmabuf             bool
		planes             []meta.Plane
		cfg                v4l2test.Config
	}{
		{"DMA_DRM", "video/x-raw(memory:DMABuf, format:Interlaced)", "NV12", true,
			[]meta.Plane{{Stride: 64, Size: 1024}, {Stride: 64, Offset: 1024, Size: 512}},
			v4l2test.Config{Formats: []string{"NV12"}}},
		{"plain caps of separate memories", "video/x-raw(format:Interlaced)", "I420", false,
			[]meta.Plane{{Stride: 64, Offset: 128, Size: 1024}, {Memory: 1, Stride: 32, Offset: 128, Size: 256}, {Memory: 2, Stride: 32, Offset: 128, Size: 256}},
			v4l2test.Config{Formats: []string{"YM12"}, Multiplanar: true, DataOffset: 128}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.Fields, c.cfg.FreeRunning = tv, true
			_, path := driver(t, c.cfg)
			p, r := build(t, "fakev4l2metasrc name=src device=%q num-buffers=20 ! capsfilter name=caps", path)
			p.Element("caps").SetObjectProperty("caps", gst.CapsFromString(c.caps+",width=64,height=32,interlace-mode=alternate"))
			p.SetState(gst.StatePlaying)
			p.EOS(patience)
			frames := r.all()
			if f := r.format; len(frames) != 20 || f.Format != c.format || f.DMADRM != c.dmabuf || f.Height != 32 || f.FPSN != 60 || f.InterlaceMode != "alternate" {
				t.Fatalf("%d frames, negotiated %+v", len(frames), f)
			}
			for i, f := range frames {
				flags, role := topField, meta.RoleTopField
				if i%2 == 1 {
					flags, role = bottomField, meta.RoleBottomField
				}
				if f.Flags&fieldFlags != flags {
					t.Errorf("buffer %d: flags %#x, want %#x", i, f.Flags&fieldFlags, flags)
				}
				if want := uint64(time.Second / 120); f.Duration != want {
					t.Errorf("buffer %d lasts %v, want %v", i, f.Duration, want)
				}
				if f.Offset != uint64(i/2) {
					t.Errorf("buffer %d is of frame %d, want %d", i, f.Offset, i/2)
				}
				if f.Width != 64 || f.Height != 32 { // GStreamer has the frame's there
					t.Errorf("GstVideoMeta says %dx%d", f.Width, f.Height)
				}
				want := meta.Layer{FourCC: uint32(pixel(t, c.cfg.Formats[0]).DRM), Role: role, Width: 64, Height: 16,
					Crop: meta.Rect{W: 64, H: 16}, Dst: meta.Place{W: 64, H: 32}, Alpha: 65535, NPlanes: uint32(len(c.planes))}
				if l := f.layers.Layers.Layers; len(l) != 1 || l[0] != want {
					t.Errorf("buffer %d: layers %+v, want %+v", i, l, want)
				}
				if !f.layerSeal.Sealed() {
					t.Errorf("buffer %d: seals %v", i, f.layerSeal)
				}
				checkPlanes(t, &f.Frame, f.layers.Layers.Planes, c.planes, true)
			}
			if got := p.Element("src").ObjectProperty("frames-lost"); got != uint64(0) {
				t.Errorf("%v lost", got)
			}
		})
	}
}

// Both fields are in a buffer, one after the other in each plane: there are twice the
// planes.
func TestSequentialFields(t *testing.T) {
	top, bottom := meta.RoleTopField, meta.RoleBottomField
	for _, c := range []struct {
		name  string
		cfg   v4l2test.Config
		roles [2]meta.Role
		flags uint32
		want  [2][]meta.Plane
	}{
		{"three memories, top field first", v4l2test.Config{Formats: []string{"YM12"}, Multiplanar: true, DataOffset: 128}, [2]meta.Role{top, bottom}, gstx.VideoInterlaced | gstx.VideoTFF,
			[2][]meta.Plane{
				{{Stride: 64, Offset: 128, Size: 1024}, {Memory: 1, Stride: 32, Offset: 128, Size: 256}, {Memory: 2, Stride: 32, Offset: 128, Size: 256}},
				{{Stride: 64, Offset: 128 + 1024, Size: 1024}, {Memory: 1, Stride: 32, Offset: 128 + 256, Size: 256}, {Memory: 2, Stride: 32, Offset: 128 + 256, Size: 256}},
			}},
		{"one memory, bottom field first", v4l2test.Config{Formats: []string{"NV12"}, Standard: sys.V4L2_STD_525_60}, [2]meta.Role{bottom, top}, gstx.VideoInterlaced,
			[2][]meta.Plane{
				{{Stride: 64, Size: 1024}, {Stride: 64, Offset: 2048, Size: 512}},
				{{Stride: 64, Offset: 1024, Size: 1024}, {Stride: 64, Offset: 2048 + 512, Size: 512}},
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.Fields, c.cfg.FreeRunning = tv, true
			_, path := driver(t, c.cfg)
			p, r := build(t, "fakev4l2metasrc device=%q ! video/x-raw(memory:DMABuf),width=64,height=32,interlace-mode=fields ! identity name=look silent=false", path)
			p.SetState(gst.StatePlaying)
			frames := r.wait(t, 5)
			text, _ := p.Element("look").ObjectProperty("last-message").(string)
			p.Stop()
			for i, f := range frames {
				if got := f.Flags & fieldFlags; got != c.flags {
					t.Errorf("frame %d: flags %#x, want %#x", i, got, c.flags)
				}
				if want := uint64(time.Second / 60); f.Duration != want || f.Offset != uint64(i) {
					t.Errorf("frame %d lasts %v and has the offset %d, want %v", i, f.Duration, f.Offset, want)
				}
				l := f.layers.Layers
				if len(l.Layers) != 2 {
					t.Fatalf("layers %+v", l.Layers)
				}
				for n, layer := range l.Layers {
					if want := (meta.Layer{FourCC: uint32(pixel(t, c.cfg.Formats[0]).DRM), Role: c.roles[n], Width: 64, Height: 16,
						Crop: meta.Rect{W: 64, H: 16}, Dst: meta.Place{W: 64, H: 32}, Alpha: 65535,
						FirstPlane: uint32(n * len(c.want[n])), NPlanes: uint32(len(c.want[n]))}); layer != want {
						t.Errorf("layer %+v, want %+v", layer, want)
					}
					if got := l.PlanesOf(&layer); !slices.Equal(got, c.want[n]) {
						t.Errorf("layer %d: planes %+v, want %+v", n, got, c.want[n])
					}
				}
				for _, plane := range l.Planes {
					if m := f.Mem[plane.Memory]; m.DMABuf != 1 || m.Size < plane.Offset+plane.Size {
						t.Errorf("plane %+v in memory %+v", plane, m)
					}
				}
			}
			if strings.Contains(text, "GstVideoMeta") || !strings.Contains(text, "GstShmLayersMeta") {
				t.Errorf("a GstVideoMeta, which cannot say where the fields are: %s", text)
			}
		})
	}
}

func TestFieldsThatCannotBe(t *testing.T) {
	says := func(field uint32) func(uintptr, unsafe.Pointer) error {
		return func(req uintptr, arg unsafe.Pointer) error {
			if req == sys.VIDIOC_DQBUF {
				(*sys.V4L2Buffer)(arg).Field = field
			}
			return nil
		}
	}
	for _, c := range []struct {
		name, caps string
		alter      func(uintptr, unsafe.Pointer) error
		want       string
	}{
		{"a frame among single fields", "video/x-raw(memory:DMABuf, format:Interlaced),interlace-mode=alternate", says(sys.V4L2_FIELD_NONE), "answers what cannot be"},
		{"another order", "video/x-raw(memory:DMABuf),interlace-mode=fields", says(sys.V4L2_FIELD_SEQ_BT), "answers what cannot be"},
		{"half a line", "video/x-raw(memory:DMABuf),interlace-mode=fields,height=34", nil, "a multiple of 4"},
		{"a format set with other fields", "video/x-raw(memory:DMABuf),interlace-mode=fields", func(req uintptr, arg unsafe.Pointer) error {
			if req == sys.VIDIOC_S_FMT {
				(*sys.V4L2Format)(arg).Pix().Field = sys.V4L2_FIELD_INTERLACED
			}
			return nil
		}, "cannot capture"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, path := driver(t, v4l2test.Config{Formats: []string{"NV12"}, Fields: tv, FreeRunning: true, Alter: c.alter})
			p, _ := build(t, "fakev4l2metasrc device=%q num-buffers=5 ! capsfilter name=caps", path)
			p.Element("caps").SetObjectProperty("caps", gst.CapsFromString(c.caps))
			p.SetState(gst.StatePlaying)
			if m := p.Error(patience); !strings.Contains(m.Text, c.want) || !strings.Contains(m.Text, path) {
				t.Errorf("got %q (%s), want %q", m.Text, m.Debug, c.want)
			}
		})
	}
}

func TestStartsOfSingleFieldsLeaveNothing(t *testing.T) {
	_, path := driver(t, v4l2test.Config{Formats: []string{"NV12"}, Fields: []uint32{sys.V4L2_FIELD_ALTERNATE}, FreeRunning: true})
	p, _ := build(t, "fakev4l2metasrc device=%q", path)
	p.Starts(50)
}

// Fields are lost one by one, and the two of a frame have one number.
func TestLostFieldsAreCounted(t *testing.T) {
	const top, bottom = sys.V4L2_FIELD_TOP, sys.V4L2_FIELD_BOTTOM
	type step struct {
		sequence, field uint32
		missing, offset uint64
	}
	for name, steps := range map[string][]step{
		"none":                      {{7, top, 0, 0}, {7, bottom, 0, 0}, {8, top, 0, 1}, {8, bottom, 0, 1}},
		"the bottom one first":      {{7, bottom, 0, 0}, {7, top, 0, 0}, {8, bottom, 0, 1}, {9, top, 2, 2}},
		"from the second one on":    {{0, bottom, 0, 0}, {1, top, 0, 1}, {1, bottom, 0, 1}},
		"a second one":              {{0, top, 0, 0}, {0, bottom, 0, 0}, {1, top, 0, 1}, {2, top, 1, 2}},
		"a first one":               {{0, top, 0, 0}, {0, bottom, 0, 0}, {1, bottom, 1, 1}},
		"two of two frames":         {{0, top, 0, 0}, {0, bottom, 0, 0}, {1, top, 0, 1}, {2, bottom, 2, 2}},
		"a frame":                   {{0, top, 0, 0}, {0, bottom, 0, 0}, {2, top, 2, 2}, {2, bottom, 0, 2}},
		"numbers that wrap around":  {{1<<32 - 1, top, 0, 0}, {1<<32 - 1, bottom, 0, 0}, {0, top, 0, 1}},
		"numbers that begin again":  {{9, top, 0, 0}, {9, bottom, 0, 0}, {0, top, 0, 1}, {0, bottom, 0, 1}},
		"a driver that counts them": {{0, top, 0, 0}, {1, bottom, 0, 1}, {2, top, 0, 2}, {3, bottom, 0, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			var st stream
			st.format.Field = sys.V4L2_FIELD_ALTERNATE
			for i, s := range steps {
				st.frame.Sequence, st.frame.Field = s.sequence, s.field
				if missing := st.count(); missing != s.missing || st.offset != s.offset {
					t.Errorf("step %d: %d missing at offset %d, want %d at %d", i, missing, st.offset, s.missing, s.offset)
				}
			}
		})
	}
}

// The latency is a field's, and a field that comes without a time took that long.
func TestAlternateLatencyIsAField(t *testing.T) {
	d, path := driver(t, v4l2test.Config{Formats: []string{"NV12"}, Fields: tv})
	p, r := build(t, "fakev4l2metasrc name=src device=%q ! video/x-raw(memory:DMABuf\\, format:Interlaced),framerate=30/1", path)
	p.SetState(gst.StatePlaying)
	run(t, d, time.Millisecond)
	r.wait(t, 1)
	if live, lo, hi := latency(t, p); !live || lo != time.Second/60 || hi != buffers*(time.Second/60) {
		t.Errorf("got live %v, %v to %v", live, lo, hi)
	}
}
