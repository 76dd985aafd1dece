package v4l2_test

import (
	"errors"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
)

// planesOf is the plane array a multi-planar buffer request points at.
func planesOf(arg unsafe.Pointer) *[8]sys.V4L2Plane {
	return *(**[8]sys.V4L2Plane)(unsafe.Pointer(&(*sys.V4L2Buffer)(arg).M))
}

// Every reply that cannot be is ErrReply, with the rest of the device usable.
func TestRepliesThatCannotBe(t *testing.T) {
	buffer := func(arg unsafe.Pointer) *sys.V4L2Buffer { return (*sys.V4L2Buffer)(arg) }
	pixMP := func(arg unsafe.Pointer) *sys.V4L2PixFormatMplane { return (*sys.V4L2Format)(arg).PixMP() }
	pix := func(arg unsafe.Pointer) *sys.V4L2PixFormat { return (*sys.V4L2Format)(arg).Pix() }
	format := func(d *v4l2.Device) error { _, err := d.Format(); return err }
	request := func(d *v4l2.Device) error { _, err := d.Request(4); return err }
	part := func(arg unsafe.Pointer) *sys.V4L2Rect { return &(*sys.V4L2Selection)(arg).R }
	composed := func(d *v4l2.Device) error {
		f, err := d.Format()
		if err == nil {
			_, err = d.Composed(&f)
		}
		return err
	}
	frame := func(d *v4l2.Device) error {
		var f v4l2.Frame
		return d.Dequeue(&f)
	}
	for _, c := range []struct {
		name   string
		mplane bool
		req    uintptr
		alter  func(arg unsafe.Pointer)
		do     func(*v4l2.Device) error
	}{
		{"no width", false, sys.VIDIOC_G_FMT, func(a unsafe.Pointer) { pix(a).Width = 0 }, format},
		{"no height", true, sys.VIDIOC_G_FMT, func(a unsafe.Pointer) { pixMP(a).Height = 0 }, format},
		{"huge width", false, sys.VIDIOC_G_FMT, func(a unsafe.Pointer) { pix(a).Width = 1 << 31 }, format},
		{"no image size", false, sys.VIDIOC_G_FMT, func(a unsafe.Pointer) { pix(a).SizeImage = 0 }, format},
		{"no plane size", true, sys.VIDIOC_G_FMT, func(a unsafe.Pointer) { pixMP(a).PlaneFmt[1].SizeImage = 0 }, format},
		{"no planes", true, sys.VIDIOC_G_FMT, func(a unsafe.Pointer) { pixMP(a).NumPlanes = 0 }, format},
		{"nine planes", true, sys.VIDIOC_G_FMT, func(a unsafe.Pointer) { pixMP(a).NumPlanes = 9 }, format},
		{"255 planes", true, sys.VIDIOC_G_FMT, func(a unsafe.Pointer) { pixMP(a).NumPlanes = 255 }, request},
		{"33 buffers", false, sys.VIDIOC_REQBUFS, func(a unsafe.Pointer) { (*sys.V4L2RequestBuffers)(a).Count = 33 }, request},
		{"2^32-1 buffers", true, sys.VIDIOC_REQBUFS, func(a unsafe.Pointer) { (*sys.V4L2RequestBuffers)(a).Count = 1<<32 - 1 }, request},
		{"another buffer", false, sys.VIDIOC_QUERYBUF, func(a unsafe.Pointer) { buffer(a).Index = 7 }, request},
		{"no length", false, sys.VIDIOC_QUERYBUF, func(a unsafe.Pointer) { buffer(a).Length = 0 }, request},
		{"no plane length", true, sys.VIDIOC_QUERYBUF, func(a unsafe.Pointer) { planesOf(a)[1].Length = 0 }, request},
		{"buffer with nine planes", true, sys.VIDIOC_QUERYBUF, func(a unsafe.Pointer) { buffer(a).Length = 9 }, request},
		{"buffer with fewer planes", true, sys.VIDIOC_QUERYBUF, func(a unsafe.Pointer) { buffer(a).Length = 1 }, request},
		{"frame in no buffer", false, sys.VIDIOC_DQBUF, func(a unsafe.Pointer) { buffer(a).Index = 4 }, frame},
		{"frame far out", true, sys.VIDIOC_DQBUF, func(a unsafe.Pointer) { buffer(a).Index = 1<<32 - 1 }, frame},
		{"frame in a buffer it has not", false, sys.VIDIOC_DQBUF, func(a unsafe.Pointer) { buffer(a).Index = 3 }, frame},
		{"more used than there is", false, sys.VIDIOC_DQBUF, func(a unsafe.Pointer) { buffer(a).BytesUsed++ }, frame},
		{"more used than the plane has", true, sys.VIDIOC_DQBUF, func(a unsafe.Pointer) { planesOf(a)[1].BytesUsed = 1<<32 - 1 }, frame},
		{"offset behind the end", true, sys.VIDIOC_DQBUF, func(a unsafe.Pointer) { planesOf(a)[0].DataOffset = planesOf(a)[0].BytesUsed + 1 }, frame},
		{"frame with nine planes", true, sys.VIDIOC_DQBUF, func(a unsafe.Pointer) { buffer(a).Length = 9 }, frame},
		{"frame without planes", true, sys.VIDIOC_DQBUF, func(a unsafe.Pointer) { buffer(a).Length = 0 }, frame},
		{"exports nothing", false, sys.VIDIOC_EXPBUF, func(a unsafe.Pointer) {
			unix.Close(int((*sys.V4L2ExportBuffer)(a).FD))
			(*sys.V4L2ExportBuffer)(a).FD = -1
		},
			func(d *v4l2.Device) error { _, err := d.Export(0, 0); return err }},
		{"interval of nothing", false, sys.VIDIOC_S_PARM, func(a unsafe.Pointer) { (*sys.V4L2StreamParm)(a).Capture().TimePerFrame.Denominator = 0 },
			func(d *v4l2.Device) error { _, err := d.SetFrameInterval(v4l2.Fraction{Num: 1, Den: 25}); return err }},
		{"endless formats", false, sys.VIDIOC_ENUM_FMT, func(unsafe.Pointer) {}, func(d *v4l2.Device) error { _, err := d.Formats(); return err }},
		{"a size type that is none", false, sys.VIDIOC_ENUM_FRAMESIZES, func(a unsafe.Pointer) { (*sys.V4L2FrmSizeEnum)(a).Type = 9 },
			func(d *v4l2.Device) error { _, err := d.Sizes(1); return err }},
		{"sizes without a step", false, sys.VIDIOC_ENUM_FRAMESIZES, func(a unsafe.Pointer) { (*sys.V4L2FrmSizeEnum)(a).Stepwise().StepWidth = 0 },
			func(d *v4l2.Device) error { _, err := d.Sizes(1); return err }},
		{"sizes that end before they begin", false, sys.VIDIOC_ENUM_FRAMESIZES, func(a unsafe.Pointer) { (*sys.V4L2FrmSizeEnum)(a).Stepwise().MaxHeight = 1 },
			func(d *v4l2.Device) error { _, err := d.Sizes(1); return err }},
		{"an interval that is none", false, sys.VIDIOC_ENUM_FRAMEINTERVALS, func(a unsafe.Pointer) { (*sys.V4L2FrmIvalEnum)(a).Stepwise().Min = sys.V4L2Fract{} },
			func(d *v4l2.Device) error { _, err := d.Intervals(1, 64, 64); return err }},
		{"a part to the left of the picture", false, sys.VIDIOC_G_SELECTION, func(a unsafe.Pointer) { part(a).Left = -1 }, composed},
		{"a part above the picture", true, sys.VIDIOC_G_SELECTION, func(a unsafe.Pointer) { part(a).Top = -1 << 31 }, composed},
		{"a part without width", false, sys.VIDIOC_G_SELECTION, func(a unsafe.Pointer) { part(a).Width = 0 }, composed},
		{"a part without height", false, sys.VIDIOC_G_SELECTION, func(a unsafe.Pointer) { part(a).Height = 0 }, composed},
		{"a part that ends outside of the picture", true, sys.VIDIOC_G_SELECTION, func(a unsafe.Pointer) { part(a).Left = 2 }, composed},
		{"a part below the picture", false, sys.VIDIOC_G_SELECTION, func(a unsafe.Pointer) { part(a).Top = 1<<31 - 1 }, composed},
		{"a part with 2^32-1 lines", false, sys.VIDIOC_G_SELECTION, func(a unsafe.Pointer) { part(a).Top, part(a).Height = 1, 1<<32-1 }, composed},
		{"controls in a circle", false, sys.VIDIOC_QUERYCTRL, func(a unsafe.Pointer) { (*sys.V4L2QueryCtrl)(a).ID = 1 },
			func(d *v4l2.Device) error { _, err := d.Controls(); return err }},
	} {
		t.Run(c.name, func(t *testing.T) {
			lying := false
			cfg := v4l2test.Config{Multiplanar: c.mplane, Compose: v4l2test.ComposeFits, Controls: map[uint32]int32{1: 1, 2: 2}}
			if c.mplane {
				cfg.Formats = []string{"NM12"}
			}
			if c.req == sys.VIDIOC_ENUM_FMT {
				for range 2000 {
					cfg.Formats = append(cfg.Formats, "YUYV")
				}
			}
			cfg.Alter = func(req uintptr, arg unsafe.Pointer) error {
				if lying && req == c.req {
					c.alter(arg)
				}
				return nil
			}
			dev, drv := fake(t, cfg)
			start(t, dev, 4)
			drv.Frame(0, 0)
			switch c.name { // a buffer the driver does not have, a stream that is off
			case "frame in a buffer it has not":
				var f v4l2.Frame
				for range 3 {
					drv.Frame(0, 0)
				}
				for range 4 {
					if err := dev.Dequeue(&f); err != nil {
						t.Fatal(err)
					}
				}
				if err := dev.Queue(0); err != nil {
					t.Fatal(err)
				}
				drv.Frame(0, 0)
			}
			if c.req == sys.VIDIOC_REQBUFS || c.req == sys.VIDIOC_QUERYBUF || c.name == "255 planes" {
				if err := dev.StreamOff(); err != nil {
					t.Fatal(err)
				}
			}
			lying = true
			if err := c.do(dev); !errors.Is(err, v4l2.ErrReply) {
				t.Errorf("got %v, want ErrReply", err)
			}
			lying = false
			if err := dev.StreamOff(); err != nil {
				t.Error(err)
			}
			if n, err := dev.Request(2); err != nil || n != 2 {
				t.Errorf("afterwards: got %d, %v", n, err)
			}
		})
	}
}

func TestEmptyFramesAreDamaged(t *testing.T) {
	dev, drv := fake(t, v4l2test.Config{Alter: func(req uintptr, arg unsafe.Pointer) error {
		if req == sys.VIDIOC_DQBUF {
			(*sys.V4L2Buffer)(arg).BytesUsed = 0
		}
		return nil
	}})
	start(t, dev, 2)
	drv.Frame(0, 0)
	var f v4l2.Frame
	if err := dev.Dequeue(&f); err != nil || !f.Damaged {
		t.Errorf("got %+v, %v", f, err)
	}
}
