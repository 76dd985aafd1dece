package kms

// view is how a frame stands on the screen.
type view struct {
	seen   Rect // the part of the frame
	at     Rect // where that goes
	clip   Rect // what of it is on the screen, and in the window
	turned Orientation
	cut    bool // margins are left out to save scaling
}

// place is a picture in a view of its frame: a part of it, in its own pixels,
// and where on the screen that is.
type place struct {
	view
	src, dst Rect
}

// views are the ways to show the picture's frame, best first: as large as the
// window lets it, then unscaled in the middle of it.
func (p *Picture) views(w *Window, width, height uint32, scale bool) []view {
	screen := Rect{W: width, H: height}
	box := w.Rect
	if box == (Rect{}) {
		box = screen
	}
	seen := p.frame()
	// From here on the frame is as it is seen: turned already.
	fw, fh, parn, pard := seen.W, seen.H, p.PARN, p.PARD
	if w.Orientation.Transposed() {
		fw, fh, parn, pard = fh, fw, pard, parn
	}
	clip, _ := box.Overlap(screen)
	v := view{seen: seen, clip: clip, turned: w.Orientation}
	var all []view
	if scale {
		bw, bh := box.W, box.H
		if !w.Stretch {
			bw, bh = fit(fw, fh, parn, pard, box.W, box.H)
		}
		v.at = middle(bw, bh, box)
		all = append(all, v)
	}
	v.at, v.cut = middle(fw, fh, box), fw > box.W || fh > box.H
	return append(all, v)
}

// places are where to try the picture, best first, see views. None when nothing
// of it would be visible.
func (p *Picture) places(w *Window, width, height uint32, scale bool) []place {
	var all []place
	for _, v := range p.views(w, width, height, scale) {
		src, dst, ok := v.put(p)
		if ok && (len(all) == 0 || all[0].src != src || all[0].dst != dst) {
			all = append(all, place{v, src, dst})
		}
	}
	return all
}

// put is the part of a picture that is visible, and where on the screen; not ok
// when nothing is. Not every driver clips, so that is done here.
func (v *view) put(p *Picture) (src, dst Rect, ok bool) {
	all := v.screen(p.target())
	dst, _ = all.Overlap(v.clip)
	if dst, ok = dst.Overlap(v.at); !ok {
		return src, dst, false
	}
	w, h := p.Crop.W, p.Crop.H
	if v.turned.Transposed() {
		w, h = h, w
	}
	x := part(span{0, w}, span{all.X, all.W}, span{dst.X, dst.W})
	y := part(span{0, h}, span{all.Y, all.H}, span{dst.Y, dst.H})
	src = v.turned.back(Rect{x.at, y.at, x.n, y.n}, p.Crop.W, p.Crop.H)
	if format, known := FormatOf(p.FourCC); !known || format.YUV {
		src.X, src.Y = src.X&^1, src.Y&^1 // chroma samples stay whole
	}
	src.X, src.Y = p.Crop.X+src.X, p.Crop.Y+src.Y
	return src, dst, true
}

// screen is where a rectangle of the frame is on the screen. Edges that meet in
// the frame meet there.
func (v *view) screen(r Rect) Rect {
	r.X, r.Y = r.X-v.seen.X, r.Y-v.seen.Y
	w, h := v.seen.W, v.seen.H
	r = v.turned.turn(r, w, h)
	if v.turned.Transposed() {
		w, h = h, w
	}
	x, y := scaled(span{r.X, r.W}, w, v.at.W), scaled(span{r.Y, r.H}, h, v.at.H)
	return Rect{v.at.X + x.at, v.at.Y + y.at, x.n, y.n}
}

// scaled stretches from…to a scale of from pixels to one of to, to whole pixels,
// at least one.
func scaled(s span, from, to uint32) span {
	edge := func(at int64) int64 { return floor(2*at*int64(to)+int64(from), 2*int64(from)) }
	// The limits are far outside of any screen, and in place of what no int32
	// can say.
	const far = 1 << 30
	a := max(edge(int64(s.at)), -far)
	b := min(edge(int64(s.at)+int64(s.n)), far)
	a = min(a, far)
	return span{int32(a), uint32(max(b-a, 1))}
}

func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Overlap is what two rectangles share; not ok for nothing.
func (r Rect) Overlap(o Rect) (Rect, bool) {
	x, y := common(span{r.X, r.W}, span{o.X, o.W}), common(span{r.Y, r.H}, span{o.Y, o.H})
	if x.n == 0 || y.n == 0 {
		return Rect{}, false
	}
	return Rect{x.at, y.at, x.n, y.n}, true
}

// Union is the least rectangle around two.
func (r Rect) Union(o Rect) Rect {
	x0, y0 := min(r.X, o.X), min(r.Y, o.Y)
	x1 := max(int64(r.X)+int64(r.W), int64(o.X)+int64(o.W))
	y1 := max(int64(r.Y)+int64(r.H), int64(o.Y)+int64(o.H))
	return Rect{x0, y0, uint32(x1 - int64(x0)), uint32(y1 - int64(y0))}
}

func common(a, b span) span {
	from := max(int64(a.at), int64(b.at))
	to := min(int64(a.at)+int64(a.n), int64(b.at)+int64(b.n))
	if from >= to {
		return span{}
	}
	return span{int32(from), uint32(to - from)}
}

// View is how the frame that is shown stands on the screen. It does not change.
type View struct{ v view }

// View is that of the layout that is shown; not ok before the first frame.
func (o *Output) View() (View, bool) {
	if o.layout == nil {
		return View{}, false
	}
	return View{o.layout.view}, true
}

// Frame is what of the frame, in its pixels, is at a place on the screen.
func (v *View) Frame(x, y float64) (float64, float64) {
	at, seen, t := &v.v.at, &v.v.seen, &orientations[v.v.turned]
	x, y = (x-float64(at.X))/float64(at.W), (y-float64(at.Y))/float64(at.H)
	if t.transposed {
		x, y = y, x
	}
	if t.backX {
		x = 1 - x
	}
	if t.backY {
		y = 1 - y
	}
	return float64(seen.X) + x*float64(seen.W), float64(seen.Y) + y*float64(seen.H)
}
