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
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// layersPart follows GstShmLayersMeta: what it makes of a frame.
type layersPart struct {
	reader *gstmeta.Reader
	stale  bool // the caps have changed since the plan was made
	plan   plan
	broken bool // the last buffer's block was refused
}

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
}

var errBadLayer = errors.New("a layer that does not fit its buffer")

func (l *layersPart) close() {
	l.reader.Close()
	*l = layersPart{reader: l.reader, stale: true}
}

// layout reads what the frame's memory holds. A block that cannot be trusted, or
// that says nothing to be shown, leaves what the caps say.
func (s *sink) layout(f *gstx.Frame) *plan {
	l := s.layersPart
	block, changed, err := l.reader.Read(f.Buffer.Pointer())
	if err != nil && !l.broken {
		s.element.Warn(gstx.StreamFormat, &gstx.Error{Code: gstx.StreamFormat,
			Text: "A buffer's layers cannot be trusted; caps and GstVideoMeta count instead.", Cause: err})
	}
	l.broken = err != nil
	if changed || l.stale {
		l.stale = false
		l.plan = plan{plain: true}
		if block != nil && block.Layers != nil {
			l.plan = s.planOf(block.Layers)
		}
	}
	return &l.plan
}

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

// layerOf gives a planned layer in this frame to the display, as it is or to be
// drawn. It is not ok when it has to be left out.
func (s *sink) layerOf(f *gstx.Frame, p *planned) (l kms.Layer, ok bool) {
	if p.skipped == nil {
		p.skipped = p.fits(f)
	}
	if p.skipped != nil {
		return l, false
	}
	l = kms.Layer{Picture: p.picture, Z: p.z, Content: s.serial}
	if p.refused == nil {
		var err error
		if l.FB, err = s.images.layer(f, p); err == nil {
			return l, true
		}
		p.refused = err
	}
	if p.picture.Fixed {
		p.skipped = p.refused
		return l, false
	}
	l.Drawn = true
	return l, true
}

// skip counts a layer that is left out, and says so once for a block.
func (s *sink) skip(p *planned) {
	s.skipped.Add(1)
	if s.told[p.skipped.Error()] {
		return
	}
	s.told[p.skipped.Error()] = true
	s.element.Warn(gstx.StreamFormat, &gstx.Error{Code: gstx.StreamFormat, Cause: p.skipped,
		Text: "A layer of the frames (" + p.role.String() + ") cannot be shown and is left out; the others are shown."})
}

// gather collects what goes with the main picture: the other layers, and graphics.
func (s *sink) gather(f *gstx.Frame, p *plan) []kms.Layer {
	s.layers, s.sources = s.layers[:0], s.sources[:0]
	for i := range p.n {
		o := &p.others[i]
		if l, ok := s.layerOf(f, o); ok {
			s.layers, s.sources = append(s.layers, l), append(s.sources, o)
		} else {
			s.skip(o)
		}
	}
	if l, ok := s.graphics.layer(f, s.picture.Width, s.picture.Height); ok {
		s.layers = append(s.layers, l)
	}
	return s.layers
}

// errNothing: nothing of the frame can be shown, and that has been told.
var errNothing = errors.New("nothing of the frame can be shown")

// showLayers shows a frame whose block has something to say. Of two fields the one
// that is first in time is shown first, the other at the vertical blank after it.
func (s *sink) showLayers(f *gstx.Frame, p *plan) error {
	main, second := &p.main, &p.second
	if f.Flags&bufferInterlaced != 0 && f.Flags&bufferTFF == 0 && second.nplanes > 0 {
		main, second = second, main
	}
	if err := s.showMain(f, p, main); err != nil {
		return err
	}
	if second.nplanes == 0 || second.picture != main.picture || !s.hasTimeForFields() {
		return nil
	}
	if err := s.showMain(f, p, second); err != errNothing {
		return err
	}
	return nil
}

// GstVideoBufferFlags.
const (
	bufferInterlaced = 1 << 20
	bufferTFF        = 1 << 21
)

// hasTimeForFields tells whether the display refreshes more than once in a frame;
// frames are not late for the sake of their second field.
func (s *sink) hasTimeForFields() bool {
	p := &s.picture
	if p.FPSN == 0 || p.FPSD == 0 {
		return true
	}
	fps := uint64(p.FPSN) * 1000 / uint64(p.FPSD) // mHz
	return uint64(s.out.Refresh()) >= fps*3/2
}

// showMain shows one layer as the main picture, with the others.
func (s *sink) showMain(f *gstx.Frame, p *plan, main *planned) error {
	l, ok := s.layerOf(f, main)
	if !ok {
		s.skip(main)
		if f.NPlanes == 0 {
			return errNothing
		}
		return s.showPlain(f, p)
	}
	s.mainSource = main
	err := s.showWith(f, p, &l)
	if err != nil && !l.Drawn && !main.picture.Fixed && refusal(err) {
		// As with a plain frame: what the driver does not take can be drawn.
		main.refused = err
		l.Drawn, l.FB = true, nil
		err = s.showWith(f, p, &l)
	}
	if err != nil {
		return err
	}
	if l.Drawn {
		s.copied.Add(1)
	} else {
		s.imported.Add(1)
	}
	s.shownIs(f, l.FB, true)
	return nil
}

func (s *sink) showWith(f *gstx.Frame, p *plan, main *kms.Layer) error {
	if err := s.out.Configure(main.Picture); err != nil {
		return err
	}
	if err := s.out.SetLayers(s.gather(f, p)); err != nil {
		return err
	}
	return s.out.Show(main.FB)
}
