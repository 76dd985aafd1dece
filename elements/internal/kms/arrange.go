package kms

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// layouts lists what to try for the picture in a window, best first. Leaving out
// its margins is nearly the last resort, leaving it unturned the very last.
func (o *Output) layouts(w Window) []layout {
	all := o.layoutsTurned(w, w.Orientation)
	if w.Orientation != Upright {
		all = append(all, o.layoutsTurned(w, Upright)...)
	}
	return all
}

func (o *Output) layoutsTurned(w Window, turned Orientation) []layout {
	var whole, cut []layout
	planes := o.candidates(&o.picture)
	at := w
	at.Orientation = turned
	for _, mode := range o.modes() {
		for _, place := range o.picture.places(&at, mode.Width(), mode.Height(), !o.cfg.NoScale) {
			to := &whole
			if place.cut {
				to = &cut
			}
			for _, p := range planes {
				for _, rotation := range p.rotations(turned) {
					l := layout{place: place, window: w, rotation: rotation, mode: mode, plane: p}
					*to = append(*to, l)
					if under := o.primary(); under != nil && under != p {
						l.under = under
						*to = append(*to, l)
					}
				}
			}
		}
	}
	return append(whole, cut...)
}

// arrange shows the first frame of a picture: it commits the first layout that
// passes a test, with the signal if the driver lets it. Everything is set, so
// that nothing a previous program left behind shines through.
func (o *Output) arrange(fb *Framebuffer) error {
	if len(o.modes()) == 0 {
		return fmt.Errorf("%s: no mode: %w", &o.Connector.Object, ErrNoConnector)
	}
	tries := o.layouts(o.window)
	if len(tries) == 0 { // a new mode has left the window outside
		w := o.window
		w.Rect = Rect{}
		tries = o.layouts(w)
		for i := range tries {
			tries[i].window = o.window
		}
	}
	var last error
	plan := o.plan()
	for _, s := range plan.fit.variants() {
		next, err := plan.prepare(o, s)
		if err != nil {
			return err
		}
		shown, refusal, err := o.tryAll(tries, next, fb)
		if refusal != nil {
			last = refusal
		}
		switch {
		case shown:
			o.adopt(next, last)
			return nil
		case err != nil:
			next.free(o.d)
			return err
		}
		next.free(o.d)
	}
	return fmt.Errorf("%s %dx%d on %s: %w: %w", FourCCName(o.picture.FourCC), o.picture.Width, o.picture.Height,
		&o.Connector.Object, ErrNoPlane, last)
}

// tryAll commits the first of the layouts that passes, with all of the user's
// settings or else with those that are not refused: the settings may be what every
// layout is refused for, and the second round tells which. The refusal is the last
// one before; the error one that ends the search.
func (o *Output) tryAll(tries []layout, s appliedState, fb *Framebuffer) (shown bool, refusal, err error) {
	for _, sift := range []bool{false, true} {
		switch err := o.tryLayouts(tries, s, fb, sift); {
		case err == nil:
			return true, refusal, nil
		case hopeless(err):
			return false, refusal, err
		default:
			refusal = err
		}
		if len(o.cfg.Assign) == 0 && !o.cfg.VRR {
			break
		}
	}
	return false, refusal, nil
}

// tryLayouts commits the first layout that passes its test. Where the main picture
// goes is not for the other layers to change: they are tried beside it, on
// whichever plane it may have there; then all is drawn together; then it is shown
// without them.
func (o *Output) tryLayouts(tries []layout, s appliedState, fb *Framebuffer, sift bool) error {
	last := ErrNoPlane
	main := -1 // the first layout that would do without other layers
	for i := range tries {
		l := &tries[i]
		if main >= 0 && (l.mode != tries[main].mode || l.place != tries[main].place) {
			break
		}
		how := beside
		if o.picture.Drawn {
			how = together
		}
		err := o.tryLayout(l, s, fb, how, sift)
		if err == nil {
			return nil
		}
		o.debugf("not %v: %v", l, err)
		switch last = err; {
		case hopeless(err):
			return err
		case errors.Is(err, errNoRoom) && main < 0:
			main = i
		}
	}
	if main < 0 {
		return last
	}
	for _, how := range []layering{together, without} {
		if last = o.tryLayout(&tries[main], s, fb, how, sift); last == nil || hopeless(last) {
			break
		}
		o.debugf("not %v: %v", &tries[main], last)
	}
	return last
}

// tryLayout tests a layout and, if it passes, commits it: with all of the user's
// settings, or, sifting, with those that the driver does not refuse.
func (o *Output) tryLayout(l *layout, s appliedState, fb *Framebuffer, how layering, sift bool) error {
	black := uint32(0)
	if l.under != nil {
		b, err := o.blackFor(l)
		if err != nil {
			return err
		}
		black = b.ID
	}
	modeBlob := uint32(0)
	if o.lit == nil || !o.lit.sameTiming(l.mode) {
		var err error
		if modeBlob, err = o.d.createBlob(l.mode.bytes()); err != nil {
			return err
		}
		defer o.d.destroyBlob(modeBlob)
	}
	r := o.req
	r.Reset()
	o.stagePipe(r, modeBlob)
	s.stage(r, o.Connector)
	o.stageAround(r, l.plane, l.under, black, l.mode)
	l.alone()
	if !o.picture.Drawn {
		o.stageFrame(l, fb)
		o.stageLook(&l.slots[0])
	}
	extras, ignored := o.extras(l.plane)
	if !sift {
		r.putAll(extras)
	}
	if !o.picture.Drawn {
		if err := r.Commit(Test|l.allow(), 0); err != nil {
			return err
		}
		if sift {
			var refused []string
			extras, refused = r.sift(extras, l.allow())
			ignored = append(ignored, refused...)
		}
	}
	if err := o.layer(l, fb, how, Test|l.allow()); err != nil {
		return err
	}
	if err := o.before.cover(o.d, r); err != nil {
		return err
	}
	o.draw(l, s.sent.kind())
	o.stageFrame(l, fb)
	o.cookie++
	if err := o.commit(l.allow()|FlipEvent, o.cookie); err != nil {
		return err
	}
	o.pending, o.ours = true, true
	if modeBlob != 0 {
		o.ownMode = true
	}
	o.lit, o.extra = l.mode, extras
	o.settle(l)
	o.ignored = append(ignored, o.ignored...)
	return nil
}

// settle notes that a layout was committed.
func (o *Output) settle(l *layout) {
	o.debugf("%v", l)
	o.layout, o.placed = l, o.stack
	o.arrangements++
	o.warnings = nil
	for i := range l.slots {
		s := &l.slots[i]
		o.light(s.plane)
		if s.canvas == nil {
			o.warnings = append(o.warnings, o.pictureOf(s.layer).colorGaps(s.plane)...)
		}
	}
	o.light(l.under)
	o.ignored = l.gaps()
	if l.unplaced {
		o.ignored = append(o.ignored, fmt.Sprintf("%d further layers of the frame find no plane of %v and cannot be drawn",
			o.stack.n, o.CRTC.String()))
	}
	o.canvases.adopt()
}

// gaps tells what of the window the layout leaves out.
func (l *layout) gaps() []string {
	var gaps []string
	if l.turned != l.window.Orientation {
		gaps = append(gaps, fmt.Sprintf("%v cannot show this picture %v: it is upright", &l.plane.Object, l.window.Orientation))
	}
	if w, h := l.mode.Width(), l.mode.Height(); l.window.Check(w, h) != nil {
		gaps = append(gaps, fmt.Sprintf("%v; the picture has the whole screen", l.window.Check(w, h)))
	}
	return gaps
}

// move shows fb in a changed window, or with other layers. The picture stays on
// its plane, without a mode set, if the driver lets it; else the layout is sought
// anew.
func (o *Output) move(fb *Framebuffer) error {
	for _, l := range o.layouts(o.window) {
		if o.picture.Drawn || l.mode != o.lit || l.plane != o.layout.plane || l.under != o.layout.under {
			continue
		}
		l.alone()
		o.req.Reset()
		for _, p := range o.lights {
			if !l.uses(p) && o.layout.uses(p) {
				stageOff(o.req, p)
			}
		}
		o.stageFrame(&l, fb)
		o.stageLook(&l.slots[0])
		o.req.putAll(o.extra)
		err := o.req.Commit(Test, 0)
		if err == nil {
			err = o.layer(&l, fb, beside, Test)
		}
		if err != nil {
			if hopeless(err) {
				return err
			}
			o.debugf("not %v: %v", &l, err)
			break
		}
		o.draw(&l, o.applied.sent.kind())
		o.stageFrame(&l, fb)
		if err := o.coverAnd(o.flip); err != nil {
			return err
		}
		o.settle(&l)
		return nil
	}
	return o.begin(fb)
}

// stagePipe lights the connector. Without a blob the mode stays.
func (o *Output) stagePipe(r *Request, modeBlob uint32) {
	crtc := &o.CRTC.Object
	r.Set(&o.Connector.Object, "CRTC_ID", uint64(crtc.ID))
	r.Set(crtc, "ACTIVE", 1)
	if modeBlob != 0 {
		r.Set(crtc, "MODE_ID", uint64(modeBlob))
	}
	if o.Connector.Value(linkStatus) != 0 {
		r.TryEnum(&o.Connector.Object, linkStatus, "Good")
	}
	// A desktop's night light or calibration would bend PQ code values.
	for _, lut := range []string{"DEGAMMA_LUT", "CTM", "GAMMA_LUT"} {
		if o.CRTC.Value(lut) != 0 {
			r.Try(crtc, lut, 0)
		}
	}
}

// stageAround turns off what else is lit, and puts a black framebuffer on the plane
// under that of the picture, if there is to be one.
func (o *Output) stageAround(r *Request, plane, under *Plane, black uint32, mode *Mode) {
	for _, p := range o.lights {
		if p != plane && p != under {
			stageOff(r, p)
		}
	}
	if under == nil {
		return
	}
	full := Rect{W: mode.Width(), H: mode.Height()}
	stagePlane(r, under, o.CRTC, black, full, full)
	stageNeutral(r, under)
	stageAbove(r, plane, under)
}

// stageNeutral undoes what a previous user of the plane may have left.
func stageNeutral(r *Request, p *Plane) {
	o := &p.Object
	if a := o.Property("alpha"); a != nil && o.Value("alpha") != a.Range[1] {
		r.Try(o, "alpha", a.Range[1])
	}
	r.TryEnum(o, "pixel blend mode", "Pre-multiplied")
	r.Try(o, "rotation", p.rotations(Upright)[0])
}

// stageAbove lifts a plane over another where the driver lets it be moved.
func stageAbove(r *Request, p, under *Plane) {
	z := p.Property("zpos")
	if z == nil || z.Immutable() {
		return
	}
	if floor := under.Value("zpos"); p.Value("zpos") <= floor && floor < z.Range[1] {
		r.Try(&p.Object, "zpos", floor+1)
	}
}

// light notes planes that are on the screen.
func (o *Output) light(planes ...*Plane) {
	for _, p := range planes {
		if p != nil && !slices.Contains(o.lights, p) {
			o.lights = append(o.lights, p)
		}
	}
}

// plainRGB are formats of which a primary plane takes one.
var plainRGB = []uint32{sys.DRM_FORMAT_XRGB8888, sys.DRM_FORMAT_XBGR8888, sys.DRM_FORMAT_RGB565}

// plainRGB is the one that the plane takes.
func (p *Plane) plainRGB() (fourcc uint32, ok bool) {
	i := slices.IndexFunc(plainRGB, func(f uint32) bool { return p.Supports(f, sys.DRM_FORMAT_MOD_INVALID) })
	if i < 0 {
		return 0, false
	}
	return plainRGB[i], true
}

// blackFor is a black framebuffer of the mode's size for the lower plane.
func (o *Output) blackFor(l *layout) (*Dumb, error) {
	w, h := l.mode.Width(), l.mode.Height()
	for _, b := range o.blacks {
		if b.Width == w && b.Height == h {
			return b, nil
		}
	}
	f, ok := l.under.plainRGB()
	if !ok {
		return nil, fmt.Errorf("%s takes no plain RGB format: %w", &l.under.Object, ErrNoPlane)
	}
	b, err := o.d.CreateDumb(f, w, h)
	if err != nil {
		return nil, err
	}
	o.blacks = append(o.blacks, b)
	return b, nil
}
