package v4l2metadec

import (
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

const fieldFlags = gstx.VideoInterlaced | gstx.VideoTFF | gstx.VideoOneField

// Both fields are in a picture, one after the other in each plane: there are twice the
// planes. The picture changes its size in the middle.
func TestFieldsApart(t *testing.T) {
	top, bottom := meta.RoleTopField, meta.RoleBottomField
	whole := [2][3]uint32{{640, 360, 180}, {320, 180, 90}}
	fields := func(field uint32, cfg v4l2test.Config) v4l2test.Config {
		cfg.Fields = []uint32{field}
		return cfg
	}
	for _, c := range []struct {
		name  string
		cfg   v4l2test.Config
		drm   string
		roles [2]meta.Role
		flags uint32
		size  [2][3]uint32       // before and after the change: width, height, lines of a field
		want  [2][2][]meta.Plane // of both fields
	}{
		{"three memories, top field first", fields(sys.V4L2_FIELD_SEQ_TB, v4l2test.Config{Formats: []string{"YM12"}, Multiplanar: true, DataOffset: 64}),
			"YU12", [2]meta.Role{top, bottom}, gstx.VideoInterlaced | gstx.VideoTFF, whole,
			[2][2][]meta.Plane{{
				{{Stride: 640, Offset: 64, Size: 115200}, {Memory: 1, Stride: 320, Offset: 64, Size: 28800}, {Memory: 2, Stride: 320, Offset: 64, Size: 28800}},
				{{Stride: 640, Offset: 115264, Size: 115200}, {Memory: 1, Stride: 320, Offset: 28864, Size: 28800}, {Memory: 2, Stride: 320, Offset: 28864, Size: 28800}},
			}, {
				{{Stride: 320, Offset: 64, Size: 28800}, {Memory: 1, Stride: 160, Offset: 64, Size: 7200}, {Memory: 2, Stride: 160, Offset: 64, Size: 7200}},
				{{Stride: 320, Offset: 28864, Size: 28800}, {Memory: 1, Stride: 160, Offset: 7264, Size: 7200}, {Memory: 2, Stride: 160, Offset: 7264, Size: 7200}},
			}}},
		{"one memory, bottom field first", fields(sys.V4L2_FIELD_SEQ_BT, v4l2test.Config{Formats: []string{"NV12"}}),
			"NV12", [2]meta.Role{bottom, top}, gstx.VideoInterlaced, whole, nv12},
		// The lines below what is to be seen are in each field.
		{"a part to be seen", fields(sys.V4L2_FIELD_SEQ_TB, v4l2test.Config{Formats: []string{"NV12"}, Visible: sys.V4L2Rect{Width: 320, Height: 176}}),
			"NV12", [2]meta.Role{top, bottom}, gstx.VideoInterlaced | gstx.VideoTFF, [2][3]uint32{{320, 176, 88}, {320, 176, 88}}, nv12},
		{"a driver that tells it of the format only", fields(sys.V4L2_FIELD_SEQ_BT, v4l2test.Config{Formats: []string{"NV12"}, Alter: pictureField(sys.V4L2_FIELD_NONE)}),
			"NV12", [2]meta.Role{bottom, top}, gstx.VideoInterlaced, whole, nv12},
		// The decoder's own format has tiles, which can be in both fields.
		{"the first linear format", fields(sys.V4L2_FIELD_SEQ_TB, v4l2test.Config{Formats: []string{"TM12", "NV12"}, Multiplanar: true}),
			"NV12", [2]meta.Role{top, bottom}, gstx.VideoInterlaced | gstx.VideoTFF, whole, nv12},
	} {
		t.Run(c.name, func(t *testing.T) {
			fake(t, c.cfg, 2)
			r := play(t, slices.Concat(coded(8, 640, 360), coded(8, 320, 180)), "%s ! fakev4l2metadec ! metarecorder name=seen ! fakesink", h264(""))
			if len(r.Buffers) != 16 || len(r.Formats) == 0 {
				t.Fatalf("%d pictures of %d formats, want 16", len(r.Buffers), len(r.Formats))
			}
			width, height := c.size[0][0], c.size[0][1]
			if f := r.Formats[0]; !f.DMADRM || !f.DMABuf || f.FourCC != uint32(v4l2.MakeFourCC(c.drm)) || f.Modifier != 0 ||
				uint32(f.Width) != width || uint32(f.Height) != height || f.InterlaceMode != "fields" || strings.Contains(f.Caps, "field-order") {
				t.Errorf("caps %s", f.Caps)
			}
			for i, b := range r.Buffers {
				if got := b.Frame.Flags & fieldFlags; got != c.flags {
					t.Errorf("picture %d: flags %#x, want %#x", i, got, c.flags)
				}
				if b.Metas != 2 { // the blocks: a GstVideoMeta cannot say where the fields are
					t.Errorf("picture %d: %d metas, want 2", i, b.Metas)
				}
				if b.Layers == nil || len(b.Layers.Layers.Layers) != 2 {
					t.Fatalf("picture %d: block %+v, want two layers", i, b.Layers)
				}
				l, want := b.Layers.Layers, c.want[i/8]
				width, height, lines := c.size[i/8][0], c.size[i/8][1], c.size[i/8][2]
				for n, layer := range l.Layers {
					if want := (meta.Layer{FourCC: uint32(v4l2.MakeFourCC(c.drm)), Role: c.roles[n], Width: width, Height: lines,
						Crop: meta.Rect{W: width, H: lines}, Dst: meta.Place{W: width, H: height}, Alpha: 65535,
						FirstPlane: uint32(n * len(want[n])), NPlanes: uint32(len(want[n]))}); layer != want {
						t.Errorf("picture %d: layer %+v, want %+v", i, layer, want)
					}
					if got := l.PlanesOf(&layer); !slices.Equal(got, want[n]) {
						t.Errorf("picture %d: planes of layer %d\n%+v, want\n%+v", i, n, got, want[n])
					}
				}
				for _, plane := range l.Planes {
					if m := b.Frame.Mem[plane.Memory]; plane.Memory >= b.Frame.NMem || m.DMABuf != 1 || m.Size < plane.Offset+plane.Size {
						t.Errorf("picture %d: plane %+v in memory %+v", i, plane, m)
					}
				}
			}
		})
	}
}

// What is to be seen of a picture begins at its corner, or is its crop.
func TestVisiblePart(t *testing.T) {
	for _, c := range []struct {
		visible       sys.V4L2Rect
		width, height int32
		crop          gstx.Rect
	}{
		{sys.V4L2Rect{Width: 320, Height: 176}, 320, 176, gstx.Rect{}},
		{sys.V4L2Rect{Left: 16, Top: 8, Width: 320, Height: 176}, 336, 184, gstx.Rect{X: 16, Y: 8, W: 320, H: 176}},
		{sys.V4L2Rect{Top: 2, Width: 640, Height: 358}, 640, 360, gstx.Rect{Y: 2, W: 640, H: 358}},
		{sys.V4L2Rect{Left: -16, Width: 320, Height: 176}, 640, 360, gstx.Rect{}}, // nonsense
		{sys.V4L2Rect{Left: 400, Width: 320, Height: 176}, 640, 360, gstx.Rect{}},
	} {
		fake(t, v4l2test.Config{Formats: []string{"NV12"}, Visible: c.visible}, 0)
		r := play(t, coded(4, 640, 360), "%s ! fakev4l2metadec ! metarecorder name=seen ! fakesink", h264(""))
		if len(r.Buffers) != 4 || len(r.Formats) != 1 {
			t.Fatalf("%+v: %d pictures of %d formats", c.visible, len(r.Buffers), len(r.Formats))
		}
		if f := r.Formats[0]; int32(f.Width) != c.width || int32(f.Height) != c.height {
			t.Errorf("%+v: caps %s", c.visible, f.Caps)
		}
		for i, b := range r.Buffers {
			if has := b.Frame.HasCrop != 0; has != (c.crop != gstx.Rect{}) || has && b.Frame.Crop != c.crop {
				t.Errorf("%+v: picture %d has crop %v %+v, want %+v", c.visible, i, has, b.Frame.Crop, c.crop)
			}
		}
	}
}

// pictureField has the driver say another field of pictures than of their format.
func pictureField(field uint32) func(uintptr, unsafe.Pointer) error {
	return func(req uintptr, arg unsafe.Pointer) error {
		if req == sys.VIDIOC_DQBUF {
			(*sys.V4L2Buffer)(arg).Field = field
		}
		return nil
	}
}

// nv12 are the planes of both fields of 640x360 and of 320x180.
var nv12 = [2][2][]meta.Plane{{
	{{Stride: 640, Size: 115200}, {Stride: 640, Offset: 230400, Size: 57600}},
	{{Stride: 640, Offset: 115200, Size: 115200}, {Stride: 640, Offset: 288000, Size: 57600}},
}, {
	{{Stride: 320, Size: 28800}, {Stride: 320, Offset: 57600, Size: 14400}},
	{{Stride: 320, Offset: 28800, Size: 28800}, {Stride: 320, Offset: 72000, Size: 14400}},
}}

// Pictures with their lines in place, whatever fields they are of.
func TestWholePictures(t *testing.T) {
	for _, c := range []struct {
		field uint32
		caps  string // without it: progressive
		flags uint32
	}{
		{sys.V4L2_FIELD_NONE, "", 0},
		{sys.V4L2_FIELD_INTERLACED, "top-field-first", gstx.VideoInterlaced | gstx.VideoTFF},
		{sys.V4L2_FIELD_INTERLACED_TB, "top-field-first", gstx.VideoInterlaced | gstx.VideoTFF},
		{sys.V4L2_FIELD_INTERLACED_BT, "bottom-field-first", gstx.VideoInterlaced},
	} {
		fake(t, v4l2test.Config{Formats: []string{"NV12"}, Fields: []uint32{c.field}}, 0)
		r := play(t, coded(4, 640, 360), "%s ! fakev4l2metadec ! metarecorder name=seen ! fakesink", h264(""))
		if len(r.Buffers) != 4 || len(r.Formats) != 1 {
			t.Fatalf("field %d: %d pictures of %d formats", c.field, len(r.Buffers), len(r.Formats))
		}
		mode := "progressive"
		if c.caps != "" {
			mode = "interleaved"
		}
		if f := r.Formats[0]; f.InterlaceMode != mode || !strings.Contains(f.Caps, "field-order=(string)"+c.caps) && c.caps != "" {
			t.Errorf("field %d: caps %s", c.field, f.Caps)
		}
		for _, b := range r.Buffers {
			if got := b.Frame.Flags & fieldFlags; got != c.flags {
				t.Errorf("field %d: flags %#x, want %#x", c.field, got, c.flags)
			}
			if l := b.Layers.Layers.Layers; len(l) != 1 || l[0].Role != meta.RoleVideo || l[0].Height != 360 {
				t.Errorf("field %d: layers %+v", c.field, l)
			}
		}
	}
}

func TestFieldsThatCannotBeSaid(t *testing.T) {
	const software = "use a software decoder"
	for _, c := range []struct {
		name   string
		cfg    v4l2test.Config
		height uint16
		caps   string // that the next element takes
		want   string
		out    string // the way out
	}{
		{"half a line", v4l2test.Config{}, 34, "", "no whole number of lines", software},
		{"tiles", v4l2test.Config{Formats: []string{"TM12"}, Multiplanar: true}, 64, "", "in tiles", software},
		{"no code of DRM's", v4l2test.Config{Formats: []string{"AYUV"}}, 64, "", "drm-format cannot name", software},
		{"a next element without DMA-bufs", v4l2test.Config{}, 64, "video/x-raw", "does not take video/x-raw(memory:DMABuf) with interlace-mode=fields", software},
		{"a next element without fields", v4l2test.Config{}, 64, "video/x-raw(memory:DMABuf),interlace-mode={(string)progressive,(string)interleaved}", "does not take video/x-raw(memory:DMABuf) with interlace-mode=fields", software},
		{"pictures of one field", v4l2test.Config{Fields: []uint32{sys.V4L2_FIELD_ALTERNATE}}, 64, "", "in pictures of their own", software},
		{"an unknown field", v4l2test.Config{Fields: []uint32{99}}, 64, "", "caps cannot say", software},
		{"a picture of other fields", v4l2test.Config{Alter: pictureField(sys.V4L2_FIELD_SEQ_BT)}, 64, "", "answers what cannot be", "report it"},
		{"no export", v4l2test.Config{NoExport: true}, 64, "", "cannot export its buffers", "use a decoder of the plugin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.cfg.Fields == nil {
				c.cfg.Fields = []uint32{sys.V4L2_FIELD_SEQ_TB}
			}
			if c.cfg.Formats == nil {
				c.cfg.Formats = []string{"NV12"}
			}
			fake(t, c.cfg, 0)
			if c.caps == "" {
				c.caps = "ANY"
			}
			p := feed(t, coded(8, 640, c.height), "%s ! fakev4l2metadec ! capsfilter name=caps ! fakesink", h264(""))
			p.Element("caps").SetObjectProperty("caps", gst.CapsFromString(c.caps))
			p.SetState(gst.StatePlaying)
			m := p.Error(patience)
			if !strings.Contains(m.Text, c.want) || !strings.Contains(m.Text, c.out) || !strings.Contains(m.Text, "/dev/fake/"+t.Name()) {
				t.Errorf("got %q (%s), want %q and %q", m.Text, m.Debug, c.want, c.out)
			}
		})
	}
}
