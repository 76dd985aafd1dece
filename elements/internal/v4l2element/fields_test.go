package v4l2element

import (
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

func TestFields(t *testing.T) {
	const interlaced, top, one = gstx.VideoInterlaced, gstx.VideoTFF, gstx.VideoOneField
	for _, c := range []struct {
		field       uint32
		bottomFirst bool
		scan        Scan
		flags       uint32
	}{
		{sys.V4L2_FIELD_ANY, false, Progressive, 0},
		{sys.V4L2_FIELD_NONE, true, Progressive, 0},
		{sys.V4L2_FIELD_INTERLACED, false, Interleaved, interlaced | top},
		{sys.V4L2_FIELD_INTERLACED, true, Interleaved, interlaced},
		{sys.V4L2_FIELD_INTERLACED_TB, true, Interleaved, interlaced | top},
		{sys.V4L2_FIELD_INTERLACED_BT, false, Interleaved, interlaced},
		{sys.V4L2_FIELD_ALTERNATE, false, Alternate, 0}, // frames are TOP or BOTTOM
		{sys.V4L2_FIELD_TOP, true, "", interlaced | one | top},
		{sys.V4L2_FIELD_BOTTOM, false, "", interlaced | one},
		{sys.V4L2_FIELD_SEQ_TB, true, Sequential, interlaced | top},
		{sys.V4L2_FIELD_SEQ_BT, false, Sequential, interlaced},
		{99, false, "", 0},
	} {
		if got := ScanOf(c.field); got != c.scan {
			t.Errorf("field %d: scan %q, want %q", c.field, got, c.scan)
		}
		if got := FieldFlags(c.field, c.bottomFirst); got != c.flags {
			t.Errorf("field %d, bottom first %v: flags %#x, want %#x", c.field, c.bottomFirst, got, c.flags)
		}
	}
}
