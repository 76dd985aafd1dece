package kmsmetasink

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// plan is a block about layers in terms of the display. It is made when the block
// changes, which is seldom.
type plan struct {
	// plain frames are nothing but the picture that caps and GstVideoMeta
	// describe.
	plain  bool
	main   planned
	second planned // the other field, shown after main; without planes: none
	others [meta.MaxLayers]planned
	n      int
}

// planned is a layer of a plan.
type planned struct {
	role    meta.Role
	picture kms.Picture
	z       int32
	planes  [meta.MaxLayerPlanes]meta.Plane
	nplanes int
	// refused is why its memory cannot be scanned out, skipped why it cannot be
	// shown at all. Both hold until the block changes.
	refused, skipped error
	told             bool // why it is skipped
}

var errBadLayer = errors.New("a layer that does not fit its buffer")

// planOf arranges the layers of a block.
func (s *sink) planOf(b *meta.Layers) plan {
	order := make([]int, 0, meta.MaxLayers)
	for i := range b.Layers {
		if shown(b, i) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(b.Layers[x].ZPos, b.Layers[y].ZPos) })
	main, second := mainOf(b, order)
	if main < 0 || s.isPlain(b, order) {
		return plan{plain: true}
	}
	p := plan{main: s.planned(b, main, 0)}
	if second >= 0 {
		p.second = s.planned(b, second, 0)
	}
	at := slices.Index(order, main)
	for i, n := range order {
		if n != main && n != second {
			p.others[p.n] = s.planned(b, n, i-at)
			p.n++
		}
	}
	return p
}

// shown tells whether a layer is for the screen, and not another view of what is
// there already.
func shown(b *meta.Layers, i int) bool {
	l := &b.Layers[i]
	switch l.Role {
	case meta.RoleAuxiliary, meta.RoleAlpha:
		return false
	case meta.RoleRightEye: // beside the left one, but not in its place
		return !slices.ContainsFunc(b.Layers, func(o meta.Layer) bool { return o.Role == meta.RoleLeftEye && o.Dst == l.Dst })
	}
	return true
}

// mainOf finds the layer that is the video, and its second field; -1 for none.
func mainOf(b *meta.Layers, order []int) (main, second int) {
	find := func(roles ...meta.Role) int {
		for _, r := range roles {
			for _, i := range order {
				if b.Layers[i].Role == r {
					return i
				}
			}
		}
		return -1
	}
	main, second = find(meta.RoleVideo, meta.RoleTopField, meta.RoleBottomField, meta.RoleLeftEye, meta.RoleRightEye, meta.RoleOverlay), -1
	if main >= 0 && b.Layers[main].Role == meta.RoleTopField {
		second = find(meta.RoleBottomField)
	}
	return main, second
}

// isPlain tells whether a block says no more than that the frame is one picture.
func (s *sink) isPlain(b *meta.Layers, order []int) bool {
	f := s.format
	if len(order) != 1 || f.NPlanes == 0 && f.DMADRM && len(b.Planes) > meta.MaxLayerPlanes {
		return false
	}
	l := &b.Layers[order[0]]
	w, h := uint32(f.Width), uint32(f.Height)
	return l.Role == meta.RoleVideo && l.FourCC == f.FourCC && l.Alpha == 0xffff && l.Width == w && l.Height == h &&
		l.Crop == meta.Rect{W: w, H: h} && l.Dst == meta.Place{W: w, H: h}
}

// planned describes layer i of the block, z places above the main one.
func (s *sink) planned(b *meta.Layers, i, z int) planned {
	l := &b.Layers[i]
	p := planned{role: l.Role, z: int32(z)}
	p.nplanes = copy(p.planes[:], b.PlanesOf(l))
	p.picture = kms.Picture{
		FourCC: l.FourCC, Modifier: p.planes[0].Modifier, Width: l.Width, Height: l.Height,
		Crop: kms.Rect{X: int32(min(l.Crop.X, 1<<16)), Y: int32(min(l.Crop.Y, 1<<16)), W: l.Crop.W, H: l.Crop.H},
		Dst:  kms.Rect{X: l.Dst.X, Y: l.Dst.Y, W: l.Dst.W, H: l.Dst.H},
		PARN: s.picture.PARN, PARD: s.picture.PARD, FPSN: s.picture.FPSN, FPSD: s.picture.FPSD,
		FrameWidth: s.picture.Width, FrameHeight: s.picture.Height,
		FullRange: s.picture.FullRange, Transparency: 0xffff - l.Alpha,
	}
	if format, known := kms.FormatOf(l.FourCC); !known || format.YUV {
		p.picture.Encoding = encodingOf(s.format)
	}
	p.picture.Fixed = !drawable(&p.picture)
	check := kms.Layer{Picture: p.picture}
	check.Drawn = true
	if err := check.Check(); err != nil {
		p.skipped = err
	}
	return p
}

// drawable tells whether software can read a picture's pixels.
func drawable(p *kms.Picture) bool {
	return nameOf(p.FourCC) != "" && (p.Modifier == sys.DRM_FORMAT_MOD_LINEAR || p.Modifier == sys.DRM_FORMAT_MOD_INVALID)
}

// fits checks a layer's planes against the buffer that came with them.
func (p *planned) fits(f *gstx.Frame) error {
	for i := range p.nplanes {
		plane := &p.planes[i]
		if plane.Memory >= min(f.NMem, uint32(len(f.Mem))) {
			return fmt.Errorf("plane %d is in memory %d of %d: %w", i, plane.Memory, f.NMem, errBadLayer)
		}
		mem := &f.Mem[plane.Memory]
		if plane.Offset > mem.Size || plane.Size > mem.Size-plane.Offset {
			return fmt.Errorf("plane %d has bytes %d to %d of a memory of %d: %w", i, plane.Offset, plane.Offset+plane.Size, mem.Size, errBadLayer)
		}
		if err := p.spans(i); err != nil {
			return err
		}
	}
	return nil
}

// spans checks that a plane of a format that is known has the bytes it needs.
func (p *planned) spans(i int) error {
	format, known := kms.FormatOf(p.picture.FourCC)
	if !known || p.picture.Fixed { // the driver knows
		return nil
	}
	plane := &p.planes[i]
	if p.nplanes != format.Planes {
		return fmt.Errorf("%s has %d planes, not %d: %w", kms.FourCCName(format.FourCC), format.Planes, p.nplanes, errBadLayer)
	}
	row, rows := uint64(format.RowBytes(i, p.picture.Width)), uint64(format.Rows(i, p.picture.Height))
	if uint64(plane.Stride) < row || (rows-1)*uint64(plane.Stride)+row > plane.Size {
		return fmt.Errorf("plane %d of %d bytes with stride %d for %d rows of %d: %w", i, plane.Size, plane.Stride, rows, row, errBadLayer)
	}
	return nil
}
