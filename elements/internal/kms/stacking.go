package kms

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// How the layers of a frame find their planes. Neighbours in the stack may share
// a plane when software draws them together: blending is associative. What is to
// be drawn costs time, the main picture most, so the cheapest division of the
// stack that the driver takes is the one. libliftoff searches in the same way, but
// draws everything that finds no plane into the lowest one, which for a subtitle
// would mean to draw the video.

// layering says which divisions are tried.
type layering int

const (
	beside   layering = iota // the main picture's framebuffer on its plane
	together                 // the main picture is drawn, with others or not
	without                  // the main picture only
)

// errNoRoom: the main picture passes a test, all layers together do not.
var errNoRoom = errors.New("no room for the other layers")

// A driver is asked so many times for one arrangement; each takes less than a
// millisecond, and the search is over divisions and planes, so it could be long.
const maxStackTests = 128

// sharing is neighbours in the stack that share a plane.
type sharing struct {
	members []int // as in stack.order
	drawn   bool
}

func (g *sharing) hasMain() bool { return slices.Contains(g.members, Main) }

// divisions are the ways to divide a stack, cheapest first.
func (o *Output) divisions(stack []int, how layering) [][]sharing {
	type division struct {
		groups []sharing
		cost   int
	}
	var all []division
	var extend func(rest []int, groups []sharing, cost int)
	extend = func(rest []int, groups []sharing, cost int) {
		if len(rest) == 0 {
			all = append(all, division{slices.Clone(groups), cost})
			return
		}
		if i := rest[0]; !o.pictureOf(i).Drawn && (i != Main || how != together) {
			extend(rest[1:], append(groups, sharing{members: rest[:1]}), cost)
		}
		for n := 1; n <= len(rest) && o.cfg.Compose != nil; n++ {
			if i := rest[n-1]; i == Main && how == beside || o.pictureOf(i).Fixed {
				break
			}
			extend(rest[n:], append(groups, sharing{rest[:n], true}), cost+o.drawing(rest[:n]))
		}
	}
	extend(stack, nil, 0)
	slices.SortStableFunc(all, func(a, b division) int { return a.cost - b.cost })
	groups := make([][]sharing, len(all))
	for i := range all {
		groups[i] = all[i].groups
	}
	return groups
}

// drawing is what it costs to draw layers; those that have to be drawn anyway
// cost nothing, and the main picture is the largest.
func (o *Output) drawing(members []int) (cost int) {
	for _, i := range members {
		switch {
		case i == Main:
			cost += 100
		case !o.stack.layers[i].Drawn:
			cost += 10
		}
	}
	return cost
}

// pictureOf describes a layer, or Main.
func (o *Output) pictureOf(layer int) *Picture {
	if layer == Main {
		return &o.picture
	}
	return &o.stack.layers[layer].Picture
}

// layer finds planes for the layers beside a main picture that is staged and, for
// how beside, tested. It leaves the request as it is then to be committed, or, with
// an error, as it was.
func (o *Output) layer(l *layout, fb *Framebuffer, how layering, flags Flags) error {
	stack := o.stack.order()
	if how == without {
		l.unplaced, stack = len(stack) > 1, []int{Main}
	}
	if len(stack) == 1 && how != together && !o.picture.Drawn {
		return nil
	}
	before := slices.Clone(o.req.sets)
	last := errors.New("there are no planes left")
	tests := 0
	for _, groups := range o.divisions(stack, how) {
		slots, ok := o.fill(l, groups)
		if !ok { // nothing of it is on the screen, or a plane could not show it anyway
			continue
		}
		if len(slots) == 0 {
			return nil
		}
		err := o.assignPlanes(l, slots, func() error {
			if tests++; tests > maxStackTests {
				return fmt.Errorf("after %d tests: %w", maxStackTests, last)
			}
			o.req.sets = append(o.req.sets[:0], before...)
			kept := l.slots
			l.slots = slots
			o.stageStack(l, fb)
			err := o.req.Commit(flags, 0)
			if err != nil {
				l.slots = kept
			}
			return err
		})
		switch {
		case err == nil:
			return nil
		case hopeless(err):
			return err
		case err != errNoAssignment:
			last = err
		}
		if tests > maxStackTests {
			break
		}
	}
	o.canvases.discard()
	o.req.sets = append(o.req.sets[:0], before...)
	return fmt.Errorf("%w: %w", errNoRoom, last)
}

// fill makes a slot of each group, without planes; groups that are not visible
// have none. Not ok when a group cannot be drawn.
func (o *Output) fill(l *layout, groups []sharing) (slots []slot, ok bool) {
	o.canvases.discard()
	for i := range groups {
		g := &groups[i]
		s := slot{layer: g.members[0]}
		if !g.drawn {
			if s.src, s.dst, ok = l.put(o.pictureOf(s.layer)); !ok {
				continue
			}
		} else {
			var err error
			if s.canvas, err = o.canvasFor(l, g); err != nil {
				o.debugf("%v", err)
				return nil, false
			}
			if s.canvas == nil {
				continue
			}
			s.src, s.dst = Rect{W: s.canvas.bufs[0].Width, H: s.canvas.bufs[0].Height}, s.canvas.dst
			if g.hasMain() {
				s.layer = Main
			}
		}
		slots = append(slots, s)
	}
	return slots, true
}

var errNoAssignment = errors.New("no planes for all layers")

// assignPlanes gives the slots, from the lowest on, planes that lie in the same
// order, and calls test with each assignment until it passes.
func (o *Output) assignPlanes(l *layout, slots []slot, test func() error) error {
	planes := o.stacked()
	last := errNoAssignment
	var next func(i int, floor int64, rank int) error
	next = func(i int, floor int64, rank int) error {
		if i == len(slots) {
			return test()
		}
		s := &slots[i]
		for _, p := range planes {
			if p == l.under || (s.layer == Main) != (p == l.plane) ||
				slices.ContainsFunc(slots[:i], func(t slot) bool { return t.plane == p }) || !o.suits(p, s, l) {
				continue
			}
			s.plane, s.rotation = p, p.rotations(l.turned)[0]
			z, r := p.above(floor, rank)
			if z < 0 {
				continue
			}
			s.zpos = uint64(z)
			err := next(i+1, z, r)
			if err == nil || hopeless(err) {
				return err
			}
			if err != errNoAssignment {
				last = err
			}
		}
		return last
	}
	floor, rank := int64(-1), -1
	if l.under != nil {
		floor, rank = l.under.above(floor, rank)
	}
	return next(0, floor, rank)
}

// stacked are the planes from the lowest to the highest. Drivers that do not say
// (zpos) stack them by type, and those of a type by id (drm_blend.c sorts equal
// ones so).
func (o *Output) stacked() []*Plane {
	all := slices.Clone(o.planes)
	slices.SortStableFunc(all, func(a, b *Plane) int {
		if z := int(a.Value("zpos")) - int(b.Value("zpos")); z != 0 {
			return z
		}
		return a.rank() - b.rank()
	})
	return all
}

// rank orders planes without zpos.
func (p *Plane) rank() int {
	switch {
	case p.Primary():
		return int(p.ID)
	case p.Cursor():
		return 2<<32 + int(p.ID)
	}
	return 1<<32 + int(p.ID)
}

// movable tells whether the plane's place in the stack can be set.
func (p *Plane) movable() bool {
	z := p.Property("zpos")
	return z != nil && !z.Immutable()
}

// above is the lowest place in the stack that the plane can have above another's,
// and negative when it can have none.
func (p *Plane) above(floor int64, rank int) (int64, int) {
	z := p.Property("zpos")
	switch {
	case z == nil:
		if r := p.rank(); r > rank {
			return max(floor, 0), r
		}
		return -1, rank
	case !z.Immutable():
		if at := max(floor+1, int64(z.Range[0])); at <= int64(z.Range[1]) {
			return at, rank
		}
		return -1, rank
	}
	if at := int64(p.Value("zpos")); at > floor {
		return at, rank
	}
	return -1, rank
}

// suits tells whether a plane has what a slot needs, as far as the driver says.
func (o *Output) suits(p *Plane, s *slot, l *layout) bool {
	if len(p.rotations(l.turned)) == 0 {
		return false
	}
	if s.canvas != nil {
		return p.Supports(s.canvas.bufs[0].FourCC, sys.DRM_FORMAT_MOD_LINEAR)
	}
	pic := o.pictureOf(s.layer)
	return p.Supports(pic.FourCC, pic.Modifier) && (pic.Transparency == 0 || p.Property("alpha") != nil)
}

// stageStack puts a whole layout into the request, and the planes in order.
func (o *Output) stageStack(l *layout, fb *Framebuffer) {
	o.stageFrame(l, fb)
	for i := range l.slots {
		s := &l.slots[i]
		o.stageLook(s)
		if s.plane.movable() {
			o.req.Try(&s.plane.Object, "zpos", s.zpos)
		}
	}
	if l.under != nil && l.under.movable() {
		z, _ := l.under.above(-1, -1)
		o.req.Try(&l.under.Object, "zpos", uint64(z))
	}
}

// stageLook says how a plane shows what it shows, apart from where.
func (o *Output) stageLook(s *slot) {
	r := o.req
	stageNeutral(r, s.plane)
	r.Try(&s.plane.Object, "rotation", s.rotation)
	if s.canvas != nil {
		return
	}
	p := o.pictureOf(s.layer)
	p.stageColor(r, s.plane)
	if p.Transparency != 0 {
		r.Try(&s.plane.Object, "alpha", uint64(0xffff-p.Transparency))
	}
}
