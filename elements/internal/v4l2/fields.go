package v4l2

import "github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"

// FrameHeight is how many lines a whole frame has: with a buffer for each of its
// fields, Height is a field's.
func (f *Format) FrameHeight() uint32 {
	if f.Field == sys.V4L2_FIELD_ALTERNATE {
		return 2 * f.Height
	}
	return f.Height
}

// BufferHeight is Height for frames of so many lines that come as a field says.
func BufferHeight(field, frame uint32) uint32 {
	if field == sys.V4L2_FIELD_ALTERNATE {
		return (frame + 1) / 2
	}
	return frame
}

// Sequential tells that both fields are in a buffer, one after the other.
func Sequential(field uint32) bool {
	return field == sys.V4L2_FIELD_SEQ_TB || field == sys.V4L2_FIELD_SEQ_BT
}

// Fields are the layouts of the two fields of a sequential picture: each plane has all
// lines of the first field and then those of the second. Not ok when one has no whole
// half of the lines.
func (l *Layout) Fields() (first, second Layout, ok bool) {
	first, second, ok = *l, *l, l.Pixel.Linear()
	for i := range l.N {
		p := &l.Planes[i]
		half := p.Size / 2
		ok = ok && half > 0 && half%p.Stride == 0
		first.Planes[i].Size, second.Planes[i].Size = half, half
		second.Planes[i].Offset += half
	}
	return first, second, ok
}
