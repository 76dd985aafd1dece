package v4l2metasrc

import (
	"slices"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2element"
)

// interlace is what the caps say of a V4L2 field.
func interlace(field uint32) string {
	text := ", interlace-mode = (string) " + string(v4l2element.ScanOf(field))
	switch field {
	case sys.V4L2_FIELD_INTERLACED_TB:
		text += ", field-order = (string) top-field-first"
	case sys.V4L2_FIELD_INTERLACED_BT:
		text += ", field-order = (string) bottom-field-first"
	}
	return text
}

// others are the scans that the input has besides a format's own, each with the field to
// ask for. They are found by one format: which they are is a matter of the signal. A
// device without fields is not asked more than that.
func others(d *v4l2.Device, m *mode) (fields []uint32) {
	earlier, later := uint32(sys.V4L2_FIELD_SEQ_TB), uint32(sys.V4L2_FIELD_SEQ_BT)
	if bottomFirst(d) {
		earlier, later = later, earlier
	}
	has := []v4l2element.Scan{v4l2element.ScanOf(m.field)}
	for _, field := range [...]uint32{sys.V4L2_FIELD_INTERLACED, sys.V4L2_FIELD_ALTERNATE, earlier, later} {
		if scan := v4l2element.ScanOf(field); !slices.Contains(has, scan) && can(d, m, field) {
			has, fields = append(has, scan), append(fields, field)
		}
	}
	return fields
}

// can tells that the device has a mode with another field: the largest picture comes as it
// is asked for. There are drivers that fail for fields they do not know.
func can(d *v4l2.Device, m *mode, field uint32) bool {
	width, height := m.size.Width.Max, v4l2.BufferHeight(field, m.size.Height.Max)
	f, err := d.TryFormat(v4l2.Format{FourCC: m.pixel.FourCC, Width: width, Height: height, NPlanes: 1, Field: field})
	return err == nil && f.FourCC == m.pixel.FourCC && f.Field == field && f.Width == width && f.Height == height
}

// bottomFirst tells that the bottom field is the first in time, as is the standard's
// (V4L2_FIELD_INTERLACED in the V4L2 documentation).
func bottomFirst(d *v4l2.Device) bool {
	std, err := d.Standard()
	return err == nil && std&sys.V4L2_STD_525_60 != 0
}

// order is that of the fields that come one by one. The two of a frame have the same
// number, and which of them is the first is seen where both come.
type order struct {
	last  uint32 // V4L2_FIELD_TOP or _BOTTOM; 0 before the first
	first uint32 // of a frame; 0 when not known
}

// missing is how many fields were lost before a field, the frame's number of which is so
// many on.
func (o *order) missing(gap int32, field uint32) (n uint64) {
	last := o.last
	o.last = field
	switch {
	case last == 0, gap < 0: // the first, or numbered anew
	case gap == 0:
		o.first = last
	case field == last:
		return 2*uint64(gap) - 1
	case last == o.first: // and the second of a later frame
		return 2 * uint64(gap)
	default:
		return 2*uint64(gap) - 2
	}
	return 0
}
