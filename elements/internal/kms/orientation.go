package kms

// Orientation is how a picture is turned on its way to the screen. The numbers
// are those of GstVideoOrientationMethod.
type Orientation uint8

const (
	Upright       Orientation = iota
	Clockwise                 // by 90°
	UpsideDown                // by 180°
	Anticlockwise             // by 90°
	MirrorX                   // left and right change places
	MirrorY                   // top and bottom change places
	Transpose                 // about the diagonal from the upper left
	Transverse                // about the diagonal from the upper right
)

func (o Orientation) String() string {
	if int(o) >= len(orientations) {
		return "unknown orientation"
	}
	return orientations[o].name
}

// orientations takes each apart: whether rows become columns, and which of the
// picture's own axes run backwards on the screen; and into what the property
// rotation says, where a reflection comes before an anticlockwise rotation
// (drm_blend.c). Two combinations give the same picture, and a driver may have
// only one.
var orientations = [...]struct {
	name                     string
	transposed, backX, backY bool
	forms                    [][]string
}{
	Upright:       {"upright", false, false, false, [][]string{{"rotate-0"}}},
	Clockwise:     {"turned clockwise", true, false, true, [][]string{{"rotate-270"}, {"rotate-90", "reflect-x", "reflect-y"}}},
	UpsideDown:    {"upside down", false, true, true, [][]string{{"rotate-180"}, {"rotate-0", "reflect-x", "reflect-y"}}},
	Anticlockwise: {"turned anticlockwise", true, true, false, [][]string{{"rotate-90"}, {"rotate-270", "reflect-x", "reflect-y"}}},
	MirrorX:       {"mirrored left to right", false, true, false, [][]string{{"rotate-0", "reflect-x"}, {"rotate-180", "reflect-y"}}},
	MirrorY:       {"mirrored top to bottom", false, false, true, [][]string{{"rotate-0", "reflect-y"}, {"rotate-180", "reflect-x"}}},
	Transpose:     {"transposed", true, false, false, [][]string{{"rotate-90", "reflect-x"}, {"rotate-270", "reflect-y"}}},
	Transverse:    {"transposed the other way", true, true, true, [][]string{{"rotate-90", "reflect-y"}, {"rotate-270", "reflect-x"}}},
}

// Transposed tells whether width and height change places.
func (o Orientation) Transposed() bool { return orientations[o].transposed }

// back finds the part of a picture of w × h that is at r once it is turned.
func (o Orientation) back(r Rect, w, h uint32) Rect {
	t := &orientations[o]
	if t.transposed {
		r = Rect{r.Y, r.X, r.H, r.W}
	}
	if t.backX {
		r.X = int32(w-r.W) - r.X
	}
	if t.backY {
		r.Y = int32(h-r.H) - r.Y
	}
	return r
}

// turn is where in the turned picture a rectangle of one of w × h is.
func (o Orientation) turn(r Rect, w, h uint32) Rect {
	switch o { // the others are their own inverse
	case Clockwise:
		o = Anticlockwise
	case Anticlockwise:
		o = Clockwise
	}
	if o.Transposed() {
		w, h = h, w
	}
	return o.back(r, w, h)
}

// rotations are the values of the plane's property rotation that turn a picture
// so; none when the plane cannot. A plane without the property can upright.
func (p *Plane) rotations(o Orientation) []uint64 {
	prop := p.Property("rotation")
	if prop == nil || prop.Immutable() {
		if o == Upright {
			return []uint64{0}
		}
		return nil
	}
	var values []uint64
forms:
	for _, form := range orientations[o].forms {
		v := uint64(0)
		for _, name := range form {
			bit, ok := prop.Enum(name)
			if !ok || bit > 63 {
				continue forms
			}
			v |= 1 << bit
		}
		values = append(values, v)
	}
	if o == Upright && values == nil {
		values = []uint64{p.Value("rotation")} // the driver has no name for it
	}
	return values
}
