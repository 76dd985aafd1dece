package v4l2_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/test/abi"
)

// GStreamer's own tables are the judge of names, planes and DRM codes.
func TestPixelTableAgreesWithGStreamer(t *testing.T) {
	if exec.Command("pkg-config", "--atleast-version=1.26", "gstreamer-video-1.0").Run() != nil {
		t.Skip("no GStreamer 1.26 development files: run through test/env/run")
	}
	flags, err := exec.Command("pkg-config", "--cflags", "--libs", "gstreamer-video-1.0").Output()
	if err != nil {
		t.Fatal(err)
	}
	var rows []abi.Row
	row := func(value uint64, format string, args ...any) {
		rows = append(rows, abi.Row{C: fmt.Sprintf(format, args...), Go: value})
	}
	for _, p := range v4l2.Pixels() {
		if p.Name == "" {
			continue
		}
		format := fmt.Sprintf("gst_video_format_from_string(%q)", p.Name)
		info := "gst_video_format_get_info(" + format + ")"
		row(uint64(p.Planes()), "GST_VIDEO_FORMAT_INFO_N_PLANES(%s)", info)
		rgb := uint64(0)
		if p.RGB {
			rgb = 1
		}
		row(rgb, "!!GST_VIDEO_FORMAT_INFO_IS_RGB(%s)", info)
		// GStreamer names no DRM code for some formats that DRM has.
		fourcc := "gst_video_dma_drm_format_from_gst_format(" + format + ", &modifier)"
		row(uint64(p.DRM), "%s ? %s : %dU", fourcc, fourcc, p.DRM)
		row(p.Modifier, "%s ? modifier : %dU", fourcc, p.Modifier)
		if !p.Linear() {
			continue
		}
		// A linear format's planes in the least memory, for a size no
		// alignment changes.
		const w, h = 256, 64
		f := v4l2.Format{FourCC: p.FourCC, Width: w, Height: h, NPlanes: p.Memories}
		for i := range p.Memories {
			f.Planes[i] = v4l2.PlaneFormat{Stride: 8 * w, Size: 8 * w * h * 3}
		}
		l, err := f.Layout()
		if err != nil {
			t.Fatalf("%v: %v", p.FourCC, err)
		}
		for i := range l.N {
			lines := l.Planes[i].Size / l.Planes[i].Stride
			row(uint64(lines), "(gst_video_info_set_format(&vi, %s, %d, %d), GST_VIDEO_INFO_COMP_HEIGHT(&vi, %d))", format, w, h, i)
			if p.Memories == 1 {
				row(uint64(l.Planes[i].Stride)*uint64(8), "8 * 8 * %d * GST_VIDEO_INFO_PLANE_STRIDE(&vi, %d) / GST_VIDEO_INFO_PLANE_STRIDE(&vi, 0)", w, i)
			}
		}
	}
	header := filepath.Join(t.TempDir(), "variables.h")
	text := "#include <gst/video/video.h>\nstatic GstVideoInfo vi;\nstatic guint64 modifier;\n"
	if err := os.WriteFile(header, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	abi.Compare(t, nil, append([]abi.Row{{C: "(gst_init(0, 0), 0)"}}, rows...),
		append(strings.Fields(string(flags)), "-include", header)...)
}
