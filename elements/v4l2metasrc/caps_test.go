package v4l2metasrc

import (
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
)

func pixel(t testing.TB, code string) *v4l2.Pixel {
	t.Helper()
	p := v4l2.PixelOf(v4l2.MakeFourCC(code))
	if p == nil {
		t.Fatalf("no pixel format %s", code)
	}
	return p
}

func discrete(w, h uint32) v4l2.SizeRange {
	return v4l2.SizeRange{Width: v4l2.Range{Min: w, Max: w, Step: 1}, Height: v4l2.Range{Min: h, Max: h, Step: 1}}
}

func TestCapsGroupFormatsAndOrderSizes(t *testing.T) {
	m := func(code string, w, h uint32, colors string) mode {
		return mode{pixel(t, code), discrete(w, h), "{ 60/1, 30/1 }", colors, sys.V4L2_FIELD_NONE}
	}
	modes := []mode{
		m("YUYV", 640, 480, "bt601"), m("NV12", 640, 480, "bt601"), m("XR24", 640, 480, "sRGB"),
		m("YUYV", 1920, 1080, "bt601"), m("NM12", 1920, 1080, "bt601"), m("NV12", 1920, 1080, "bt601"),
		m("VT12", 320, 240, "bt601"), m("AYUV", 320, 240, "bt601"),
	}
	now := v4l2.Format{FourCC: v4l2.MakeFourCC("YUYV"), Width: 640, Height: 480}
	rest := func(w, h, colors string) string {
		return ", width = (int) " + w + ", height = (int) " + h + ", framerate = (fraction) { 60/1, 30/1 }, colorimetry = (string) " +
			colors + ", pixel-aspect-ratio = (fraction) 1/1, interlace-mode = (string) progressive, extra = 1"
	}
	dma, raw := "video/x-raw(memory:DMABuf), format = (string) DMA_DRM, drm-format = (string) ", "video/x-raw, format = (string) "
	plain := []string{
		raw + "{ YUY2, NV12 }" + rest("640", "480", "bt601"),
		raw + "BGRx" + rest("640", "480", "sRGB"),
		raw + "{ YUY2, NV12 }" + rest("1920", "1080", "bt601"),
		raw + "AYUV" + rest("320", "240", "bt601"), // tiles have no plain caps
	}
	drm := []string{
		dma + `{ "YUYV", "NV12" }` + rest("640", "480", "bt601"),
		dma + `"XR24"` + rest("640", "480", "sRGB"),
		dma + `{ "YUYV", "NV12" }` + rest("1920", "1080", "bt601"),
		dma + `"NV12:0x0600000000000001"` + rest("320", "240", "bt601"), // AYUV's bytes have no DRM code
	}
	for _, c := range []struct {
		dmabuf bool
		want   []string
	}{{false, plain}, {true, append(drm, plain...)}} {
		got := capsOf(modes, now, v4l2.Fraction{Num: 1, Den: 1}, c.dmabuf, ", extra = 1")
		if want := strings.Join(c.want, "; "); got != want {
			t.Errorf("dmabuf %v: got\n%s\nwant\n%s", c.dmabuf, strings.ReplaceAll(got, "; ", ";\n"), strings.ReplaceAll(want, "; ", ";\n"))
		}
	}
}

func TestRates(t *testing.T) {
	f := func(n, d uint32) v4l2.Fraction { return v4l2.Fraction{Num: n, Den: d} }
	for _, c := range []struct {
		name string
		in   []v4l2.IntervalRange
		want string
	}{
		{"not told", nil, "[ 0/1, 2147483647/1 ]"},
		{"one", []v4l2.IntervalRange{{Min: f(1, 30), Max: f(1, 30)}}, "30/1"},
		{"several", []v4l2.IntervalRange{{Min: f(1001, 60000), Max: f(1001, 60000)}, {Min: f(1, 25), Max: f(1, 25)}}, "{ 60000/1001, 25/1 }"},
		{"range", []v4l2.IntervalRange{{Min: f(1, 120), Max: f(1, 5), Step: f(1, 1)}}, "[ 5/1, 120/1 ]"},
		{"beyond what caps can say", []v4l2.IntervalRange{{Min: f(1, 1<<31), Max: f(1, 1<<31)}}, "[ 0/1, 2147483647/1 ]"},
	} {
		if got := rates(c.in); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSpan(t *testing.T) {
	for want, r := range map[string]v4l2.Range{
		"640":              {Min: 640, Max: 640, Step: 1},
		"[ 16, 1920 ]":     {Min: 16, Max: 1920, Step: 1},
		"[ 16, 1920, 16 ]": {Min: 16, Max: 1920, Step: 16},
	} {
		if got := span(r); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  v4l2test.Config
		want []mode
	}{
		{"sizes told, unknown formats left out", v4l2test.Config{Formats: []string{"MJPG", "NV12"}}, []mode{{
			pixel(t, "NV12"),
			v4l2.SizeRange{Width: v4l2.Range{Min: 16, Max: 1920, Step: 2}, Height: v4l2.Range{Min: 16, Max: 1080, Step: 2}},
			"{ 60/1, 30/1 }", "{ bt709, bt601 }", sys.V4L2_FIELD_NONE,
		}}},
		{"sizes not told", v4l2test.Config{Formats: []string{"YM12"}, Multiplanar: true, NoSizes: true,
			Colorimetry: v4l2.Colorimetry{Colorspace: sys.V4L2_COLORSPACE_BT2020, Transfer: sys.V4L2_XFER_FUNC_SMPTE2084}}, []mode{{
			pixel(t, "YM12"),
			v4l2.SizeRange{Width: v4l2.Range{Min: 16, Max: 1920, Step: 1}, Height: v4l2.Range{Min: 16, Max: 1080, Step: 1}},
			"[ 0/1, 2147483647/1 ]", "bt2100-pq", sys.V4L2_FIELD_NONE,
		}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := modesOf(t, c.cfg)
			if err != nil || len(got) != len(c.want) {
				t.Fatalf("got %+v, %v", got, err)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("got %+v, want %+v", got[i], c.want[i])
				}
			}
		})
	}
}

func TestCandidatesFollowTheTable(t *testing.T) {
	modes := []mode{{pixel: pixel(t, "NM12")}, {pixel: pixel(t, "NV12")}, {pixel: pixel(t, "BGR4")}, {pixel: pixel(t, "VT12")}}
	for _, c := range []struct {
		f    gstx.VideoFormat
		want string
	}{
		{gstx.VideoFormat{Format: "NV12"}, "NV12 NM12"},
		{gstx.VideoFormat{Format: "BGRx"}, "BGR4"},
		{gstx.VideoFormat{Format: "NV12", DMADRM: true, FourCC: uint32(v4l2.MakeFourCC("NV12"))}, "NV12 NM12"},
		{gstx.VideoFormat{DMADRM: true, FourCC: uint32(v4l2.MakeFourCC("NV12")), Modifier: 6<<56 | 1}, "VT12"},
		{gstx.VideoFormat{Format: "I420"}, ""},
	} {
		var got []string
		for _, p := range candidates(modes, &c.f) {
			got = append(got, p.FourCC.String())
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%+v: got %s, want %s", c.f, s, c.want)
		}
	}
}
