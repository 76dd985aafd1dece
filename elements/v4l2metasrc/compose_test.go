package v4l2metasrc

import (
	"testing"
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// composes is another program: it has the driver write to a part of the picture, of a
// format that it sets if it is not nil.
func composes(t testing.TB, d *v4l2test.Driver, f *v4l2.Format, part v4l2.Rect) {
	t.Helper()
	dev, err := d.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	if f != nil {
		if _, err := dev.SetFormat(*f); err != nil {
			t.Fatal(err)
		}
	}
	if err := dev.SetCompose(part); err != nil {
		t.Fatal(err)
	}
}

// The part of the picture that the driver writes to is on each buffer, when another
// program has chosen it for this very format; that of another is a leftover.
func TestComposedPartIsTheCrop(t *testing.T) {
	const frames = "video/x-raw(memory:DMABuf),width=64,height=32,interlace-mode=progressive"
	part := v4l2.Rect{Left: 8, Top: 4, Width: 32, Height: 10}
	crop := gstx.Rect{X: 8, Y: 4, W: 32, H: 10}
	replies := func(with func(r *sys.V4L2Rect)) func(uintptr, unsafe.Pointer) error {
		return func(req uintptr, arg unsafe.Pointer) error {
			if req == sys.VIDIOC_G_SELECTION {
				with(&(*sys.V4L2Selection)(arg).R)
			}
			return nil
		}
	}
	for _, c := range []struct {
		name    string
		compose v4l2test.Compose
		format  v4l2.Format // that the other program sets
		alter   func(uintptr, unsafe.Pointer) error
		caps    string
		want    gstx.Rect // zero: no GstVideoCropMeta
	}{
		{"the same format", v4l2test.ComposeFits, v4l2.Format{Width: 64, Height: 32}, nil, frames, crop},
		{"the same, by a driver that forgets", v4l2test.ComposeAll, v4l2.Format{Width: 64, Height: 32}, nil, frames, crop},
		{"another size", v4l2test.ComposeFits, v4l2.Format{Width: 64, Height: 30}, nil, frames, gstx.Rect{}},
		{"other fields", v4l2test.ComposeFits, v4l2.Format{Width: 64, Height: 32, Field: sys.V4L2_FIELD_INTERLACED}, nil, frames, gstx.Rect{}},
		{"single fields", v4l2test.ComposeFits, v4l2.Format{Width: 64, Height: 16, Field: sys.V4L2_FIELD_ALTERNATE}, nil,
			"video/x-raw(memory:DMABuf, format:Interlaced),width=64,height=32,interlace-mode=alternate", gstx.Rect{X: 8, Y: 8, W: 32, H: 20}},
		{"a part that stays, of another size", v4l2test.ComposeFits, v4l2.Format{Width: 64, Height: 30}, func(req uintptr, arg unsafe.Pointer) error {
			if s := (*sys.V4L2Selection)(arg); req == sys.VIDIOC_S_SELECTION && s.R.Width == 64 {
				return unix.EBUSY
			} else if req == sys.VIDIOC_G_SELECTION {
				s.R.Left, s.R.Top, s.R.Width, s.R.Height = part.Left, part.Top, part.Width, part.Height
			}
			return nil
		}, frames, crop},
		{"a part that is none", v4l2test.ComposeFits, v4l2.Format{Width: 64, Height: 32}, replies(func(r *sys.V4L2Rect) { r.Left = -4 }), frames, gstx.Rect{}},
		{"a part outside", v4l2test.ComposeFits, v4l2.Format{Width: 64, Height: 32}, replies(func(r *sys.V4L2Rect) { r.Width = 1<<32 - 1 }), frames, gstx.Rect{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, path := driver(t, v4l2test.Config{
				Formats: []string{"NV12"}, FreeRunning: true, Compose: c.compose, Alter: c.alter,
				Fields: []uint32{sys.V4L2_FIELD_NONE, sys.V4L2_FIELD_INTERLACED, sys.V4L2_FIELD_ALTERNATE},
			})
			c.format.FourCC, c.format.NPlanes = v4l2.MakeFourCC("NV12"), 1
			composes(t, d, &c.format, part)
			p, r := build(t, "fakev4l2metasrc device=%q num-buffers=%d ! capsfilter name=caps", path, 3*buffers)
			p.Element("caps").SetObjectProperty("caps", gst.CapsFromString(c.caps))
			p.SetState(gst.StatePlaying)
			p.EOS(patience)
			for i, f := range r.all() {
				has := uint32(0)
				if c.want != (gstx.Rect{}) {
					has = 1
				}
				if f.HasCrop != has || has == 1 && f.Crop != c.want {
					t.Errorf("frame %d: %d GstVideoCropMeta %v, want %d %v", i, f.HasCrop, f.Crop, has, c.want)
				}
				if l := f.layers.Layers.Layers[0]; l.Crop != (meta.Rect{W: l.Width, H: l.Height}) || l.Width != 64 {
					t.Errorf("frame %d: its layer is %+v, want the whole picture", i, l)
				}
			}
			if n := len(r.all()); n != 3*buffers {
				t.Errorf("%d frames", n)
			}
		})
	}
}
