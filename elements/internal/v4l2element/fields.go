package v4l2element

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Scan is how the lines of a picture come: a value of interlace-mode.
type Scan string

const (
	Progressive Scan = "progressive"
	Interleaved Scan = "interleaved"
	Alternate   Scan = "alternate" // each field in a buffer of its own
	Sequential  Scan = "fields"    // both in one buffer, the earlier one first
)

// ScanOf translates a V4L2 field; "" for one that caps cannot say: frames of which only
// one field comes.
func ScanOf(field uint32) Scan {
	switch field {
	case sys.V4L2_FIELD_NONE, sys.V4L2_FIELD_ANY:
		return Progressive
	case sys.V4L2_FIELD_INTERLACED, sys.V4L2_FIELD_INTERLACED_TB, sys.V4L2_FIELD_INTERLACED_BT:
		return Interleaved
	case sys.V4L2_FIELD_ALTERNATE:
		return Alternate
	case sys.V4L2_FIELD_SEQ_TB, sys.V4L2_FIELD_SEQ_BT:
		return Sequential
	}
	return ""
}

// FieldFlags are the GstVideoBufferFlags of a frame with a V4L2 field. bottomFirst is the
// order of fields where the driver leaves it to the video standard.
func FieldFlags(field uint32, bottomFirst bool) uint32 {
	switch field {
	case sys.V4L2_FIELD_INTERLACED:
		if bottomFirst {
			return gstx.VideoInterlaced
		}
		return gstx.VideoInterlaced | gstx.VideoTFF
	case sys.V4L2_FIELD_INTERLACED_TB, sys.V4L2_FIELD_SEQ_TB:
		return gstx.VideoInterlaced | gstx.VideoTFF
	case sys.V4L2_FIELD_INTERLACED_BT, sys.V4L2_FIELD_SEQ_BT:
		return gstx.VideoInterlaced
	case sys.V4L2_FIELD_TOP:
		return gstx.VideoInterlaced | gstx.VideoOneField | gstx.VideoTFF
	case sys.V4L2_FIELD_BOTTOM:
		return gstx.VideoInterlaced | gstx.VideoOneField
	}
	return 0
}
