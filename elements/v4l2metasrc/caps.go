package v4l2metasrc

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2element"
)

// mode is one format of the device at one size or range of sizes.
type mode struct {
	pixel  *v4l2.Pixel
	size   v4l2.SizeRange // of frames
	rates  string         // caps value of framerate
	colors string         // caps value of colorimetry
	field  uint32         // V4L2_FIELD_* to ask for
}

// probe asks the device for its modes. Formats that GStreamer has no name for,
// and fields that it cannot express, are left out.
//
// fixed is the interval of the signal that comes in, zero when the device itself
// makes the pictures.
func probe(d *v4l2.Device, fixed v4l2.Fraction) ([]mode, error) {
	formats, err := d.Formats()
	if err != nil {
		return nil, err
	}
	var out []mode
	var fields []uint32 // besides a format's own
	for _, f := range formats {
		p := v4l2.PixelOf(f.FourCC)
		if p == nil {
			continue
		}
		sizes, err := d.Sizes(f.FourCC)
		if err == nil && len(sizes) == 0 {
			sizes, err = reach(d, f.FourCC)
		}
		if err != nil {
			return nil, err
		}
		for _, size := range sizes {
			m, ok, err := probeSize(d, p, size, fixed)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			if out == nil {
				fields = others(d, &m)
			}
			out = append(out, m)
			for _, field := range fields {
				if can(d, &m, field) {
					m.field = field
					out = append(out, m)
				}
			}
		}
	}
	return out, nil
}

// reach finds the sizes of a driver that lists none, from what it makes of the
// smallest and the largest.
func reach(d *v4l2.Device, f v4l2.FourCC) ([]v4l2.SizeRange, error) {
	least, err := d.TryFormat(v4l2.Format{FourCC: f, Width: 1, Height: 1, NPlanes: 1})
	if err != nil {
		return nil, err
	}
	most, err := d.TryFormat(v4l2.Format{FourCC: f, Width: 1 << 15, Height: 1 << 15, NPlanes: 1})
	if err != nil {
		return nil, err
	}
	if least.FourCC != f || most.FourCC != f || least.Width > most.Width || least.FrameHeight() > most.FrameHeight() {
		return nil, nil
	}
	return []v4l2.SizeRange{{
		Width:  v4l2.Range{Min: least.Width, Max: most.Width, Step: 1},
		Height: v4l2.Range{Min: least.FrameHeight(), Max: most.FrameHeight(), Step: 1},
	}}, nil
}

// probeSize tries a format at the ends of a range of sizes.
func probeSize(d *v4l2.Device, p *v4l2.Pixel, size v4l2.SizeRange, fixed v4l2.Fraction) (m mode, ok bool, err error) {
	m = mode{pixel: p, size: size}
	var colors []string
	for _, end := range [...][2]uint32{{size.Width.Max, size.Height.Max}, {size.Width.Min, size.Height.Min}} {
		f, err := d.TryFormat(v4l2.Format{
			FourCC: p.FourCC, Width: end[0], Height: end[1], NPlanes: 1, Field: sys.V4L2_FIELD_NONE,
		})
		if err != nil {
			return m, false, err
		}
		if v4l2element.ScanOf(f.Field) == "" || f.FourCC != p.FourCC {
			return m, false, nil
		}
		if m.field = f.Field; v4l2element.ScanOf(f.Field) == v4l2element.Progressive {
			m.field = sys.V4L2_FIELD_NONE // not ANY
		}
		c := f.Color()
		if s := gstx.Colorimetry(c.Primaries, c.Transfer, c.Matrix, c.FullRange); !slices.Contains(colors, s) {
			colors = append(colors, s)
		}
	}
	m.colors = list(colors)
	intervals, err := d.Intervals(p.FourCC, size.Width.Max, size.Height.Max)
	if err != nil {
		return m, false, err
	}
	if len(intervals) == 0 && fixed != (v4l2.Fraction{}) {
		intervals = []v4l2.IntervalRange{{Min: fixed, Max: fixed}}
	}
	m.rates = rates(intervals)
	return m, true, nil
}

// rates turns frame intervals into the caps value of framerate.
func rates(intervals []v4l2.IntervalRange) string {
	rate := func(f v4l2.Fraction) (string, bool) {
		return fmt.Sprintf("%d/%d", f.Den, f.Num), f.Den <= math.MaxInt32 && f.Num <= math.MaxInt32
	}
	var single []string
	for _, r := range intervals {
		fast, ok1 := rate(r.Min)
		slow, ok2 := rate(r.Max)
		switch {
		case !ok1 || !ok2:
		case fast == slow:
			single = append(single, fast)
		default:
			return "[ " + slow + ", " + fast + " ]"
		}
	}
	if len(single) == 0 {
		return "[ 0/1, 2147483647/1 ]"
	}
	return list(single)
}

func list(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return "{ " + strings.Join(values, ", ") + " }"
}

func span(r v4l2.Range) string {
	switch {
	case r.Min == r.Max:
		return fmt.Sprint(r.Min)
	case r.Step > 1:
		return fmt.Sprintf("[ %d, %d, %d ]", r.Min, r.Max, r.Step)
	}
	return fmt.Sprintf("[ %d, %d ]", r.Min, r.Max)
}

// capsOf writes the modes as caps: those of whole pictures, of single fields, of two
// fields one after the other, and of each DMA-bufs first where they are wanted. What
// the device does now comes first, then larger sizes before smaller ones and
// formats in the pixel table's order. Formats with the same sizes, rates and
// colours share a structure; extra is appended to each.
func capsOf(modes []mode, now v4l2.Format, aspect v4l2.Fraction, dmabuf bool, extra string) string {
	rank := func(m mode) int { // of a format
		if m.pixel.FourCC == now.FourCC {
			return -1
		}
		return slices.IndexFunc(v4l2.Pixels(), func(p v4l2.Pixel) bool { return p.FourCC == m.pixel.FourCC })
	}
	elsewhere := func(m mode) int { // 0 for the current size
		in := func(r v4l2.Range, v uint32) bool { return v >= r.Min && v <= r.Max }
		if in(m.size.Width, now.Width) && in(m.size.Height, now.FrameHeight()) {
			return 0
		}
		return 1
	}
	area := func(m mode) int { return int(m.size.Width.Max) * int(m.size.Height.Max) }
	modes = slices.Clone(modes)
	slices.SortStableFunc(modes, func(a, b mode) int {
		for _, d := range [...]int{elsewhere(a) - elsewhere(b), area(b) - area(a), rank(a) - rank(b)} {
			if d != 0 {
				return d
			}
		}
		return 0
	})

	var out []string
	write := func(head string, name func(*v4l2.Pixel) string, scans ...v4l2element.Scan) {
		var order []string
		formats := map[string][]string{}
		for _, m := range modes {
			n := name(m.pixel)
			if n == "" || !slices.Contains(scans, v4l2element.ScanOf(m.field)) {
				continue
			}
			rest := fmt.Sprintf(", width = (int) %s, height = (int) %s, framerate = (fraction) %s, colorimetry = (string) %s, pixel-aspect-ratio = (fraction) %d/%d%s%s",
				span(m.size.Width), span(m.size.Height), m.rates, m.colors, aspect.Num, aspect.Den, interlace(m.field), extra)
			if formats[rest] == nil {
				order = append(order, rest)
			}
			if !slices.Contains(formats[rest], n) {
				formats[rest] = append(formats[rest], n)
			}
		}
		for _, rest := range order {
			out = append(out, head+list(formats[rest])+rest)
		}
	}
	plain := func(p *v4l2.Pixel) string {
		if !p.Linear() { // the strides of tiles mean something else there
			return ""
		}
		return p.Name
	}
	if dmabuf {
		write("video/x-raw(memory:DMABuf), format = (string) DMA_DRM, drm-format = (string) ", drmFormat, v4l2element.Progressive, v4l2element.Interleaved)
	}
	write("video/x-raw, format = (string) ", plain, v4l2element.Progressive, v4l2element.Interleaved)
	if dmabuf {
		write("video/x-raw(memory:DMABuf, format:Interlaced), format = (string) DMA_DRM, drm-format = (string) ", drmFormat, v4l2element.Alternate)
	}
	write("video/x-raw(format:Interlaced), format = (string) ", plain, v4l2element.Alternate)
	if dmabuf { // only a block has room for the planes of both fields; a tile can be in both
		write("video/x-raw(memory:DMABuf), format = (string) DMA_DRM, drm-format = (string) ", func(p *v4l2.Pixel) string {
			if !p.Linear() {
				return ""
			}
			return drmFormat(p)
		}, v4l2element.Sequential)
	}
	return strings.Join(out, "; ")
}

// drmFormat is the caps field drm-format, "" for formats it cannot express.
func drmFormat(p *v4l2.Pixel) string {
	if !p.NamedByDRM() {
		return ""
	}
	code := string([]byte{byte(p.DRM), byte(p.DRM >> 8), byte(p.DRM >> 16), byte(p.DRM >> 24)})
	if !p.Linear() {
		code += fmt.Sprintf(":0x%016x", p.Modifier)
	}
	return `"` + code + `"`
}

// candidate is a format of the device and how fields are in it.
type candidate struct {
	*v4l2.Pixel
	field uint32 // V4L2_FIELD_*
}

// candidates are the device's formats that negotiated caps can mean, the better
// ones first.
func candidates(modes []mode, f *gstx.VideoFormat) (out []candidate) {
	want := v4l2element.Scan(f.InterlaceMode)
	if want == "" {
		want = v4l2element.Progressive
	}
	pixels := v4l2.Pixels()
	for i := range pixels {
		p := &pixels[i]
		fits := p.Linear() && p.Name == f.Format
		if f.DMADRM {
			fits = uint32(p.DRM) == f.FourCC && p.Modifier == f.Modifier
		}
		i := slices.IndexFunc(modes, func(m mode) bool { return m.pixel.FourCC == p.FourCC && v4l2element.ScanOf(m.field) == want })
		if fits && i >= 0 {
			out = append(out, candidate{p, modes[i].field})
		}
	}
	return out
}
