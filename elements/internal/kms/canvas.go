package kms

import (
	"fmt"
	"slices"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Part is what of a layer is drawn, and where.
type Part struct {
	Layer int  // as in SetLayers, or Main
	Src   Rect // in the layer's pixels
	Dst   Rect // on the canvas, all of it inside
}

// canvas is what software draws layers into. Two buffers take turns, since the
// one before is on the screen.
type canvas struct {
	bufs  [2]*Dumb
	turn  int
	dst   Rect // on the screen
	parts []Part
	main  bool // one of the parts

	drawn    bool // and of what:
	kind     [2]uint8
	contents [MaxLayers + 1]uint64
}

func (c *canvas) front() *Framebuffer { return &c.bufs[c.turn].Framebuffer }

// Formats of a canvas: those that show what lies beneath, and, before plainRGB, those
// for a main picture of more than 8 bits, which keeps 10.
var (
	clearCanvas = []uint32{sys.DRM_FORMAT_ARGB8888, sys.DRM_FORMAT_ABGR8888}
	deepCanvas  = []uint32{sys.DRM_FORMAT_XRGB2101010, sys.DRM_FORMAT_XBGR2101010}
)

// canvas tells whether the plane can show what the main picture is drawn into.
func (p *Plane) canvas() bool {
	return slices.ContainsFunc(plainRGB, func(f uint32) bool { return p.Supports(f, sys.DRM_FORMAT_MOD_LINEAR) })
}

// canvasFor finds or makes a canvas around what a group shows of itself; nil when
// that is nothing. It is upright: the plane turns it.
func (o *Output) canvasFor(l *layout, g *sharing) (*canvas, error) {
	var parts []Part
	var box Rect
	for _, i := range g.members {
		src, dst, ok := l.put(o.pictureOf(i))
		if !ok {
			continue
		}
		if len(parts) == 0 {
			box = dst
		}
		parts, box = append(parts, Part{i, src, dst}), box.Union(dst)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	w, h := box.W, box.H
	if l.turned.Transposed() {
		w, h = h, w
	}
	for i := range parts {
		d := &parts[i].Dst
		d.X, d.Y = d.X-box.X, d.Y-box.Y
		*d = l.turned.back(*d, w, h)
	}
	fourcc, err := o.canvasFormat(l, g)
	if err != nil {
		return nil, err
	}
	c, err := o.takeCanvas(fourcc, w, h)
	if err != nil {
		return nil, err
	}
	c.dst, c.parts, c.main, c.drawn = box, parts, g.hasMain(), false
	o.canvases.tried = append(o.canvases.tried, c)
	return c, nil
}

// canvasFormat is the first format that some plane has for the group.
func (o *Output) canvasFormat(l *layout, g *sharing) (uint32, error) {
	formats := clearCanvas
	if g.hasMain() {
		formats = plainRGB
		if f, known := FormatOf(o.picture.FourCC); known && f.deep() {
			formats = append(deepCanvas[:2:2], plainRGB...)
		}
	}
	for _, f := range formats {
		for _, p := range o.planes {
			if p.Supports(f, sys.DRM_FORMAT_MOD_LINEAR) && (!g.hasMain() || p == l.plane) {
				return f, nil
			}
		}
	}
	return 0, fmt.Errorf("no plane takes what software draws: %w", ErrNoPlane)
}

// takeCanvas takes one of that size that a search has left, or makes one.
func (o *Output) takeCanvas(fourcc, w, h uint32) (*canvas, error) {
	all := &o.canvases
	for i, c := range all.left {
		if b := c.bufs[0]; b.FourCC == fourcc && b.Width == w && b.Height == h {
			all.left = slices.Delete(all.left, i, i+1)
			return c, nil
		}
	}
	c := &canvas{}
	for i := range c.bufs {
		b, err := o.d.CreateDumb(fourcc, w, h)
		if err != nil {
			c.close()
			return nil, err
		}
		c.bufs[i] = b
	}
	return c, nil
}

func (c *canvas) close() {
	for _, b := range c.bufs {
		if b != nil {
			b.Close()
		}
	}
}

// canvases are all there are of an output.
type canvases struct {
	shown   []*canvas // the layout's
	leaving []*canvas // on the screen until the flip under way
	tried   []*canvas // what a search has in hand
	left    []*canvas // what it has put aside
}

// discard puts aside what was tried.
func (c *canvases) discard() { c.left, c.tried = append(c.left, c.tried...), nil }

// adopt follows the commit of what was tried.
func (c *canvases) adopt() {
	c.leaving = append(c.leaving, c.shown...)
	c.shown, c.tried = c.tried, nil
	free(&c.left)
}

// flipped follows the flip.
func (c *canvases) flipped() { free(&c.leaving) }

func (c *canvases) close() {
	for _, all := range []*[]*canvas{&c.shown, &c.leaving, &c.tried, &c.left} {
		free(all)
	}
}

func free(all *[]*canvas) {
	for _, c := range *all {
		c.close()
	}
	*all = nil
}

// draw has the layout's canvases drawn, as far as what they show has changed. kind
// is of the signal that goes with them.
func (o *Output) draw(l *layout, kind [2]uint8) {
	for i := range l.slots {
		if c := l.slots[i].canvas; c != nil && o.stale(c, kind) {
			c.turn ^= 1
			o.cfg.Compose(c.bufs[c.turn], c.parts, kind)
		}
	}
}

// stale tells whether a canvas must be drawn again, and takes it as done.
func (o *Output) stale(c *canvas, kind [2]uint8) bool {
	stale := !c.drawn || c.main || c.kind != kind
	for i := range c.parts {
		if n := c.parts[i].Layer; n != Main {
			content := o.stack.layers[n].Content
			stale = stale || c.contents[i] != content
			c.contents[i] = content
		}
	}
	c.drawn, c.kind = true, kind
	return stale
}

// Drawn tells what software draws of the current frame, for a person; empty when
// nothing but what has no framebuffer.
func (o *Output) Drawn() string {
	if o.layout == nil {
		return ""
	}
	n := 0
	for i := range o.layout.slots {
		if c := o.layout.slots[i].canvas; c != nil {
			for j := range c.parts {
				if c.main || !o.pictureOf(c.parts[j].Layer).Drawn {
					n++
				}
			}
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d layers are drawn by software: %s has no plane that takes them as they are", n, o.stack.n+1, o.CRTC.String())
}
