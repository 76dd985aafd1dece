package streams

import (
	"strconv"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
)

func (s *section) int(t testing.TB, key string) int {
	t.Helper()
	return number(t, key, s.get(key), 1)
}

// rational gives a value in units of 1/unit, rounded.
func (s *section) rational(t testing.TB, key string, unit int) int {
	t.Helper()
	return number(t, key, s.get(key), unit)
}

// number reads "3" or "30/10" and gives it in units of 1/unit, rounded.
func number(t testing.TB, key, text string, unit int) int {
	t.Helper()
	above, below, ok := strings.Cut(text, "/")
	if !ok {
		below = "1"
	}
	n, err := strconv.Atoi(above)
	d, err2 := strconv.Atoi(below)
	if err != nil || err2 != nil || d <= 0 {
		t.Fatalf("ffprobe: %s is %q, not a number", key, text)
	}
	return (n*unit + d/2) / d
}

// hdr10plus reads the fields in the order in which ffprobe prints them, which
// is that of the syntax. It does not print which window a tone curve or a
// saturation belongs to: either every window has one or none.
func (s *section) hdr10plus(t testing.TB) *hdr10plus.Metadata {
	t.Helper()
	m := new(hdr10plus.Metadata)
	var (
		region, light, curve, saturation = 0, 0, -1, -1 // window of the latest field
		percentile, anchor, peak         int            // entry of it
		lefts, scls                      int            // fields of that name so far
	)
	window := func(i int) *hdr10plus.Window {
		if i < 0 || i >= hdr10plus.MaxWindows {
			t.Fatalf("ffprobe: HDR10+ field of window %d", i)
		}
		return &m.Windows[i]
	}
	for _, f := range s.fields {
		key := f[0]
		v := func(unit int) int { return number(t, key, f[1], unit) }
		u16 := func() uint16 { return uint16(v(1)) }
		grid := func(g *hdr10plus.PeakGrid) {
			g.Values[peak/int(g.Cols)][peak%int(g.Cols)] = uint8(v(15))
			peak++
		}
		switch key {
		case "side_data_type":
		case "application version":
			m.Version = uint8(v(1))
		case "num_windows":
			m.NumWindows = uint8(v(1))

		case "window_upper_left_corner_x": // printed twice, before and after the other corner
			region = lefts/2 + 1
			lefts++
			window(region).Region.Left = u16()
		case "window_upper_left_corner_y":
			window(region).Region.Top = u16()
		case "window_lower_right_corner_x":
			window(region).Region.Right = u16()
		case "window_lower_right_corner_y":
			window(region).Region.Bottom = u16()
		case "center_of_ellipse_x":
			window(region).Region.CenterX = u16()
		case "center_of_ellipse_y":
			window(region).Region.CenterY = u16()
		case "rotation_angle":
			window(region).Region.Rotation = uint8(v(1))
		case "semimajor_axis_internal_ellipse":
			window(region).Region.SemimajorInternal = u16()
		case "semimajor_axis_external_ellipse":
			window(region).Region.SemimajorExternal = u16()
		case "semiminor_axis_external_ellipse":
			window(region).Region.SemiminorExternal = u16()
		case "overlap_process_option":
			window(region).Region.Layering = v(1) != 0

		case "targeted_system_display_maximum_luminance":
			m.TargetMaxLuminance = uint32(v(1))
		case "num_rows_targeted_system_display_actual_peak_luminance":
			m.TargetPeak.Present, m.TargetPeak.Rows, peak = true, uint8(v(1)), 0
		case "num_cols_targeted_system_display_actual_peak_luminance":
			m.TargetPeak.Cols = uint8(v(1))
		case "targeted_system_display_actual_peak_luminance":
			grid(&m.TargetPeak)
		case "num_rows_mastering_display_actual_peak_luminance":
			m.MasteringPeak.Present, m.MasteringPeak.Rows, peak = true, uint8(v(1)), 0
		case "num_cols_mastering_display_actual_peak_luminance":
			m.MasteringPeak.Cols = uint8(v(1))
		case "mastering_display_actual_peak_luminance":
			grid(&m.MasteringPeak)

		case "maxscl":
			light = scls / 3
			window(light).MaxSCL[scls%3] = uint32(v(100000))
			scls++
		case "average_maxrgb":
			window(light).AverageMaxRGB = uint32(v(100000))
		case "num_distribution_maxrgb_percentiles":
			window(light).NumPercentiles, percentile = uint8(v(1)), 0
		case "distribution_maxrgb_percentage":
			window(light).Percentiles[percentile].Percentage = uint8(v(1))
		case "distribution_maxrgb_percentile":
			window(light).Percentiles[percentile].Value = uint32(v(100000))
			percentile++
		case "fraction_bright_pixels":
			window(light).FractionBright = uint16(v(1000))

		case "knee_point_x":
			curve++
			window(curve).ToneMapping, window(curve).Knee.X = true, uint16(v(4095))
		case "knee_point_y":
			window(curve).Knee.Y = uint16(v(4095))
		case "num_bezier_curve_anchors":
			window(curve).NumAnchors, anchor = uint8(v(1)), 0
		case "bezier_curve_anchors":
			window(curve).Anchors[anchor] = uint16(v(1023))
			anchor++
		case "color_saturation_weight":
			saturation++
			window(saturation).SaturationMapping, window(saturation).SaturationWeight = true, uint8(v(8))
		default:
			t.Fatalf("ffprobe: HDR10+ field %s=%s is not known", key, f[1])
		}
	}
	return m
}
