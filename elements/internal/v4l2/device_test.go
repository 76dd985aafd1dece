package v4l2_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
)

func TestOpenSaysWhatIsWrongWithTheNode(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		want error
	}{
		{filepath.Join(t.TempDir(), "video99"), unix.ENOENT},
		{file, v4l2.ErrNotCapture},
		{"/dev/null", v4l2.ErrNotCapture},
	} {
		dev, err := v4l2.Open(c.path)
		if !errors.Is(err, c.want) || dev != nil {
			t.Errorf("%s: got %v, %v; want %v", c.path, dev, err, c.want)
		}
		if err != nil && strings.Count(err.Error(), c.path) != 1 {
			t.Errorf("%s: the message does not name the device once: %v", c.path, err)
		}
	}
}

func TestFromFDDuplicatesItsDescriptor(t *testing.T) {
	if _, err := v4l2.FromFD(-1); !errors.Is(err, unix.EBADF) {
		t.Errorf("closed descriptor: got %v, want EBADF", err)
	}
	f, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := v4l2.FromFD(int(f.Fd())); !errors.Is(err, v4l2.ErrNotCapture) {
		t.Errorf("/dev/null: got %v, want ErrNotCapture", err)
	}
	if _, err := f.Stat(); err != nil {
		t.Errorf("the lender's descriptor: %v", err)
	}
}

func TestCapabilityIsOfTheNodeNotTheWholeDevice(t *testing.T) {
	dev, _ := fake(t, v4l2test.Config{Card: "Front camera"})
	c := dev.Capability()
	if c.Card != "Front camera" || c.Driver != "fake" || c.Bus != "platform:fake-000" {
		t.Errorf("got %+v", c)
	}
	if c.Flags&sys.V4L2_CAP_VIDEO_OUTPUT != 0 {
		t.Errorf("flags %#x contain those of another node", c.Flags)
	}
	if c.All&(sys.V4L2_CAP_VIDEO_OUTPUT|sys.V4L2_CAP_VIDEO_CAPTURE) != sys.V4L2_CAP_VIDEO_OUTPUT|sys.V4L2_CAP_VIDEO_CAPTURE {
		t.Errorf("flags %#x of all nodes lack those of one", c.All)
	}
	if dev.Multiplanar() {
		t.Error("single-planar device taken for a multi-planar one")
	}
}

func TestCloseIsIdempotent(t *testing.T) {
	dev, _ := fake(t, v4l2test.Config{})
	for range 3 {
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}
	if dev.FD() != -1 {
		t.Errorf("descriptor %d after Close", dev.FD())
	}
	if _, err := dev.Wait(wake(t), -1, 1000); !errors.Is(err, unix.EBADF) {
		t.Errorf("wait on a closed device: got %v, want EBADF", err)
	}
	var none *v4l2.Device
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}

func TestFormatsSizesAndIntervals(t *testing.T) {
	dev, _ := fake(t, v4l2test.Config{Formats: []string{"NV12", "MJPG"}})
	formats, err := dev.Formats()
	want := []v4l2.FormatDesc{
		{FourCC: v4l2.MakeFourCC("NV12"), Description: "NV12"},
		{FourCC: v4l2.MakeFourCC("MJPG"), Description: "MJPG", Compressed: true},
	}
	if err != nil || !reflect.DeepEqual(formats, want) {
		t.Errorf("formats: got %+v, %v", formats, err)
	}
	sizes, err := dev.Sizes(formats[0].FourCC)
	if err != nil || len(sizes) != 1 || sizes[0].Width != (v4l2.Range{Min: 16, Max: 1920, Step: 2}) {
		t.Errorf("sizes: got %+v, %v", sizes, err)
	}
	intervals, err := dev.Intervals(formats[0].FourCC, 640, 480)
	if err != nil || len(intervals) != 2 || intervals[0].Max != (v4l2.Fraction{Num: 1, Den: 60}) {
		t.Errorf("intervals: got %+v, %v", intervals, err)
	}
}

func TestListsThatDoNotExistAreEmpty(t *testing.T) {
	dev, _ := fake(t, v4l2test.Config{NoSizes: true})
	if s, err := dev.Sizes(v4l2.MakeFourCC("YUYV")); len(s) != 0 || err != nil {
		t.Errorf("sizes: got %v, %v", s, err)
	}
	if s, err := dev.Intervals(v4l2.MakeFourCC("YUYV"), 64, 64); len(s) != 0 || err != nil {
		t.Errorf("intervals: got %v, %v", s, err)
	}
}

func TestSetFormatReturnsWhatTheDriverMadeOfIt(t *testing.T) {
	for _, c := range []struct {
		name, code string
		mplane     bool
		planes     []v4l2.PlaneFormat
	}{
		{"single-planar", "NV12", false, []v4l2.PlaneFormat{{Stride: 640, Size: 640 * 480 * 3 / 2}}},
		{"multi-planar, one memory", "NV12", true, []v4l2.PlaneFormat{{Stride: 640, Size: 640 * 480 * 3 / 2}}},
		{"multi-planar, two memories", "NM12", true, []v4l2.PlaneFormat{{Stride: 640, Size: 640 * 480}, {Stride: 640, Size: 640 * 240}}},
		{"multi-planar, three memories", "YM12", true, []v4l2.PlaneFormat{{Stride: 640, Size: 640 * 480}, {Stride: 320, Size: 320 * 240}, {Stride: 320, Size: 320 * 240}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			colors := v4l2.Colorimetry{Colorspace: 10, Transfer: 7, Encoding: 6, Quantization: 2}
			dev, _ := fake(t, v4l2test.Config{Multiplanar: c.mplane, Formats: []string{c.code}, Colorimetry: colors})
			want := v4l2.Format{FourCC: v4l2.MakeFourCC(c.code), Width: 641, Height: 480, NPlanes: len(c.planes)}
			before, err := dev.Format()
			if err != nil {
				t.Fatal(err)
			}
			try, err := dev.TryFormat(want)
			if err != nil {
				t.Fatal(err)
			}
			if now, _ := dev.Format(); now != before || now == try {
				t.Error("TryFormat changed the format")
			}
			got, err := dev.SetFormat(want)
			if err != nil || got != try {
				t.Errorf("set %+v, %v; try %+v", got, err, try)
			}
			if now, err := dev.Format(); err != nil || now != got {
				t.Errorf("get %+v, %v; set %+v", now, err, got)
			}
			if got.Width != 640 || got.Colorimetry != colors || !reflect.DeepEqual(got.Planes[:got.NPlanes], c.planes) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestComposed(t *testing.T) {
	for name, mplane := range map[string]bool{"single-planar": false, "multi-planar": true} {
		t.Run(name, func(t *testing.T) {
			dev, _ := fake(t, v4l2test.Config{Multiplanar: mplane, Compose: v4l2test.ComposeFits})
			f, err := dev.Format()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := dev.Composed(&f); err != nil || got != (v4l2.Rect{Width: f.Width, Height: f.Height}) {
				t.Errorf("got %v, %v; want the whole of %v", got, err, &f)
			}
			want := v4l2.Rect{Left: 16, Top: 8, Width: f.Width - 16, Height: f.Height - 8}
			if err := dev.SetCompose(want); err != nil {
				t.Fatal(err)
			}
			if got, err := dev.Composed(&f); err != nil || got != want {
				t.Errorf("got %v, %v; want %v", got, err, want)
			}
		})
	}
	dev, _ := fake(t, v4l2test.Config{})
	if got, err := dev.Composed(&v4l2.Format{Width: 64, Height: 32}); !errors.Is(err, v4l2.ErrUnsupported) {
		t.Errorf("of a device that does not compose: %v, %v", got, err)
	}
}

func TestFrameInterval(t *testing.T) {
	dev, _ := fake(t, v4l2test.Config{})
	if got, err := dev.SetFrameInterval(v4l2.Fraction{Num: 1, Den: 50}); err != nil || got.Den != 50 {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := dev.FrameInterval(); err != nil || got.Den != 50 {
		t.Errorf("got %v, %v", got, err)
	}
	none, _ := fake(t, v4l2test.Config{Alter: func(req uintptr, arg unsafe.Pointer) error {
		if req == sys.VIDIOC_S_PARM || req == sys.VIDIOC_G_PARM {
			*(*sys.V4L2StreamParm)(arg).Capture() = sys.V4L2CaptureParm{}
		}
		return nil
	}})
	if _, err := none.SetFrameInterval(v4l2.Fraction{Num: 1, Den: 50}); !errors.Is(err, v4l2.ErrUnsupported) {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
	if _, err := none.FrameInterval(); !errors.Is(err, v4l2.ErrUnsupported) {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
}

func TestControls(t *testing.T) {
	dev, _ := fake(t, v4l2test.Config{Controls: map[uint32]int32{0x980900: 7, 0x980910: 9}})
	all, err := dev.Controls()
	if err != nil || len(all) != 2 || all[0].ID != 0x980900 || all[1].ID != 0x980910 || all[1].Name != "Control" {
		t.Errorf("got %+v, %v", all, err)
	}
	if v, err := dev.SetControl(0x980910, 11); err != nil || v != 11 {
		t.Errorf("got %d, %v", v, err)
	}
	if v, err := dev.Control(0x980910); err != nil || v != 11 {
		t.Errorf("got %d, %v", v, err)
	}
	if _, err := dev.Control(1); !errors.Is(err, v4l2.ErrUnsupported) {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
}

func TestHDR10Controls(t *testing.T) {
	light := sys.V4L2CtrlHDR10CLLInfo{MaxContentLightLevel: 1000, MaxPicAverageLightLevel: 400}
	mastering := sys.V4L2CtrlHDR10MasteringDisplay{
		DisplayPrimariesX: [3]uint16{8500, 6550, 35400}, DisplayPrimariesY: [3]uint16{39850, 2300, 14600},
		WhitePointX: 15635, WhitePointY: 16450,
		MaxDisplayMasteringLuminance: 10000000, MinDisplayMasteringLuminance: 1,
	}
	dev, _ := fake(t, v4l2test.Config{Light: &light, HDR10: &mastering})
	if v, ok, err := dev.ContentLight(); err != nil || !ok || v != *(*v4l2.ContentLight)(unsafe.Pointer(&light)) {
		t.Errorf("got %x, %v, %v", v, ok, err)
	}
	if v, ok, err := dev.MasteringDisplay(); err != nil || !ok || v != *(*v4l2.MasteringDisplay)(unsafe.Pointer(&mastering)) {
		t.Errorf("got %x, %v, %v", v, ok, err)
	}

	none, drv := fake(t, v4l2test.Config{})
	if _, ok, err := none.ContentLight(); ok || err != nil {
		t.Errorf("no control: got %v, %v", ok, err)
	}
	if _, ok, err := none.MasteringDisplay(); ok || err != nil {
		t.Errorf("no control: got %v, %v", ok, err)
	}
	drv.Unplug()
	if _, ok, err := none.ContentLight(); ok || !errors.Is(err, v4l2.ErrGone) {
		t.Errorf("gone: got %v, %v", ok, err)
	}
}

func TestAnotherProgramStreams(t *testing.T) {
	a, drv := fake(t, v4l2test.Config{})
	start(t, a, 2)
	b, err := drv.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.SetFormat(v4l2.Format{Width: 64, Height: 64}); !errors.Is(err, v4l2.ErrBusy) || !errors.Is(err, unix.EBUSY) {
		t.Errorf("format: got %v, want ErrBusy", err)
	}
	if _, err := b.Request(2); !errors.Is(err, v4l2.ErrBusy) {
		t.Errorf("buffers: got %v, want ErrBusy", err)
	}
}
