package kms

import (
	"cmp"
	"fmt"
	"slices"
)

// Layer is one more picture of a frame, over or beneath the main one. Its
// pixels' alpha, where they have any, is premultiplied, as is DRM's custom.
type Layer struct {
	// Picture says where in the main picture's frame the layer goes (Dst). Frame
	// size, pixel aspect and rate are the main picture's and do not count.
	Picture
	FB *Framebuffer // unless Drawn
	Z  int32        // below 0: beneath the main picture; among equals later ones are above
	// Content tells one state of the pixels from the next, for Config.Compose.
	Content uint64
}

const (
	// MaxLayers beside the main picture: 3 of a GstShmLayersMeta, and graphics.
	MaxLayers = 4
	// Main stands for the main picture among the layers.
	Main = -1
)

// stack is the layers of a frame.
type stack struct {
	layers [MaxLayers]Layer
	n      int
}

// SetLayers says which layers go with the frames to come. The framebuffers are
// borrowed, like those of Show. A layer that cannot be is an error, and those
// before stay.
func (o *Output) SetLayers(layers []Layer) error {
	if len(layers) > MaxLayers {
		return fmt.Errorf("%d layers, of at most %d: %w", len(layers), MaxLayers, ErrNoPlane)
	}
	for i := range layers {
		if err := layers[i].Check(); err != nil {
			return fmt.Errorf("layer %d: %w", i, err)
		}
	}
	clear(o.stack.layers[copy(o.stack.layers[:], layers):])
	o.stack.n = len(layers)
	for i := range o.stack.n {
		o.stack.layers[i].normalize()
	}
	return nil
}

// Check finds what is wrong with a layer, whatever the frame it is in.
func (l *Layer) Check() error {
	p := l.Picture
	p.normalize()
	p.FrameWidth, p.FrameHeight = 1, 1
	if l.FB == nil && !l.Drawn {
		return fmt.Errorf("a layer without a framebuffer: %w", ErrNoPlane)
	}
	return p.check()
}

// sameShape tells whether two stacks differ in nothing but their pixels.
func (s *stack) sameShape(t *stack) bool {
	if s.n != t.n {
		return false
	}
	for i := range s.n {
		a, b := &s.layers[i], &t.layers[i]
		if a.Picture != b.Picture || a.Z != b.Z {
			return false
		}
	}
	return true
}

// order lists the layers from the lowest to the highest, Main among them.
func (s *stack) order() []int {
	all := make([]int, 0, s.n+1)
	for i := range s.n {
		all = append(all, i)
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(s.layers[a].Z, s.layers[b].Z) })
	above := slices.IndexFunc(all, func(i int) bool { return s.layers[i].Z >= 0 })
	if above < 0 {
		above = len(all)
	}
	return slices.Insert(all, above, Main)
}
