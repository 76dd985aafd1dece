package kms

import (
	"fmt"
	"slices"
	"time"
)

// slot is a plane and what it shows.
type slot struct {
	src, dst Rect   // a part of the framebuffer, on the screen
	rotation uint64 // what the plane is told
	plane    *Plane
	layer    int     // whose framebuffer, or Main
	canvas   *canvas // instead of a framebuffer: what software draws
	zpos     uint64  // where the plane is movable
}

// layout is how a frame is put on the screen.
type layout struct {
	place
	window   Window
	rotation uint64 // for the place's turn, upright where no plane can turn as the window says
	mode     *Mode
	plane    *Plane // of the main picture
	under    *Plane // the primary plane, black, when another one shows the picture
	seamless bool   // only if that takes no mode set

	slots    []slot // the main picture's, or what it is drawn into, and the other layers'
	unplaced bool   // the other layers are not shown
}

func (l *layout) String() string {
	s := fmt.Sprintf("%v of the picture at %v in %v on %v", l.src, l.dst, l.mode, &l.plane.Object)
	if l.turned != Upright {
		s += ", " + l.turned.String()
	}
	if l.under != nil {
		s += fmt.Sprintf(" over black on %v", &l.under.Object)
	}
	for i := range l.slots {
		if t := &l.slots[i]; t.layer != Main || t.canvas != nil {
			s += fmt.Sprintf(", %v", t)
		}
	}
	return s
}

func (s *slot) String() string {
	if s.canvas != nil {
		return fmt.Sprintf("%d layers drawn at %v on %v", len(s.canvas.parts), s.dst, &s.plane.Object)
	}
	return fmt.Sprintf("layer %d: %v at %v on %v", s.layer, s.src, s.dst, &s.plane.Object)
}

// alone is the layout of a frame of the main picture only.
func (l *layout) alone() {
	l.slots = []slot{{src: l.src, dst: l.dst, rotation: l.rotation, plane: l.plane, layer: Main}}
}

// uses tells whether a plane is part of the layout.
func (l *layout) uses(p *Plane) bool {
	return p == l.under || slices.ContainsFunc(l.slots, func(s slot) bool { return s.plane == p })
}

// stageFrame puts the framebuffers of all layers into the request, and where they are
// shown.
func (o *Output) stageFrame(l *layout, fb *Framebuffer) {
	for i := range l.slots {
		s := &l.slots[i]
		stagePlane(o.req, s.plane, o.CRTC, o.shownBy(s, fb), s.src, s.dst)
	}
}

// unwatched is how long a display that this program is master of, and shows frames on,
// may be without one and is still taken to be as it left it.
const unwatched = 100 * time.Millisecond

// stageNext stages a frame that is shown where the one before was. Right after that
// one it is new framebuffers and nothing else; later all of it is said again, so that
// it is right whatever another master did in between.
func (o *Output) stageNext(l *layout, fb *Framebuffer) {
	r := o.req
	known := r.of == l && r.err == nil && o.now-o.staged < unwatched
	o.staged = o.now
	if !known {
		r.Reset()
		o.stageFrame(l, fb)
		r.group()
		r.of = l
		return
	}
	if !r.short {
		r.shorten(len(l.slots))
	}
	each := len(r.sets) / len(l.slots)
	for i := range l.slots {
		id := uint64(o.shownBy(&l.slots[i], fb))
		r.sets[i*each].value, r.values[i] = id, id
	}
}

// shownBy is the framebuffer of a slot when fb is that of the main picture.
func (o *Output) shownBy(s *slot, fb *Framebuffer) uint32 {
	switch {
	case s.canvas != nil:
		return s.canvas.front().ID
	case s.layer != Main:
		return o.stack.layers[s.layer].FB.ID
	}
	return fb.ID
}

func stagePlane(r *Request, p *Plane, crtc *CRTC, fb uint32, src, dst Rect) {
	o := &p.Object
	r.Set(o, "FB_ID", uint64(fb)) // first, see shorten
	r.Set(o, "CRTC_ID", uint64(crtc.ID))
	r.Set(o, "SRC_X", uint64(src.X)<<16) // 16.16 fixed point
	r.Set(o, "SRC_Y", uint64(src.Y)<<16)
	r.Set(o, "SRC_W", uint64(src.W)<<16)
	r.Set(o, "SRC_H", uint64(src.H)<<16)
	r.Set(o, "CRTC_X", uint64(int64(dst.X)))
	r.Set(o, "CRTC_Y", uint64(int64(dst.Y)))
	r.Set(o, "CRTC_W", uint64(dst.W))
	r.Set(o, "CRTC_H", uint64(dst.H))
}

func stageOff(r *Request, p *Plane) {
	r.Set(&p.Object, "FB_ID", 0)
	r.Set(&p.Object, "CRTC_ID", 0)
}
