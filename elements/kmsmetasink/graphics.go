package kmsmetasink

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/hdrgraphics"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// graphics follows GstVideoOverlayComposition: subtitles and the like, which are
// one more layer, above all others.
type graphics struct {
	// box is what the graphics have taken of the frame since they appeared. It
	// does not shrink, so that a text that grows and shrinks keeps its plane.
	box kms.Rect
}

const aboveAll = 1 << 20

// layer is that of the frame's graphics; not ok without any.
func (g *graphics) layer(f *gstx.Frame, width, height uint32) (l kms.Layer, ok bool) {
	if f.Graphics == 0 {
		g.box = kms.Rect{}
		return l, false
	}
	b := &f.GraphicsBox
	box, visible := kms.Rect{X: b.X, Y: b.Y, W: b.W, H: b.H}.Overlap(kms.Rect{W: width, H: height})
	switch {
	case !visible:
		return l, false
	case g.box == kms.Rect{}:
		g.box = box
	default:
		g.box = g.box.Union(box)
	}
	return kms.Layer{
		Picture: kms.Picture{FourCC: sys.DRM_FORMAT_ARGB8888, Width: g.box.W, Height: g.box.H, Dst: g.box, Drawn: true},
		Z:       aboveAll, Content: f.Graphics,
	}, true
}

// compose draws layers that have no plane of their own. It runs within Show, for
// the frame that is shown.
func (s *sink) compose(dst *kms.Dumb, parts []kms.Part, kind [2]uint8) {
	f := s.drawing
	on := &s.canvas
	*on = gstx.Canvas{Format: nameOf(dst.FourCC), Width: dst.Width, Height: dst.Height, Stride: dst.Stride[0], Pixels: dst.Map}
	on.Clear()
	for i := range parts {
		p := &parts[i]
		to := gstx.DstRect{X: p.Dst.X, Y: p.Dst.Y, W: p.Dst.W, H: p.Dst.H}
		done := false
		switch {
		case p.Layer == kms.Main && s.mainSource != nil:
			done = s.drawLayer(on, f, s.mainSource, p, to)
		case p.Layer == kms.Main:
			done = s.drawPlain(on, f, p, to)
		case p.Layer < len(s.sources):
			done = s.drawLayer(on, f, s.sources[p.Layer], p, to)
		default:
			box := &s.graphics.box
			from := gstx.DstRect{X: box.X + p.Src.X, Y: box.Y + p.Src.Y, W: p.Src.W, H: p.Src.H}
			done = s.compositor.DrawGraphics(on, f, from, to, graphicsLight(kind))
		}
		if !done {
			s.undrawn = true
		}
	}
}

// graphicsLight says what graphics, which are SDR, are drawn for.
func graphicsLight(kind [2]uint8) hdrgraphics.Light {
	switch kind[0] { // 1 + the EOTF of CTA-861.3
	case 3:
		return hdrgraphics.PQ
	case 4:
		return hdrgraphics.HLG
	}
	return hdrgraphics.SDR
}

func (s *sink) drawLayer(on *gstx.Canvas, f *gstx.Frame, l *planned, p *kms.Part, to gstx.DstRect) bool {
	src := &s.source
	pic := &l.picture
	*src = gstx.Source{Format: nameOf(pic.FourCC), Width: pic.Width, Height: pic.Height, NPlanes: uint32(l.nplanes),
		Matrix: s.format.Matrix, FullRange: pic.FullRange}
	for i := range l.nplanes {
		plane := &l.planes[i]
		src.Mem[i], src.Stride[i] = plane.Memory, plane.Stride
		src.Offset[i] = f.Mem[plane.Memory].Offset + plane.Offset
	}
	return s.compositor.Draw(on, f, src, cropOf(p), to, 0xffff-pic.Transparency)
}

// drawPlain draws a frame that is one picture, as caps and GstVideoMeta say.
func (s *sink) drawPlain(on *gstx.Canvas, f *gstx.Frame, p *kms.Part, to gstx.DstRect) bool {
	src := &s.source
	*src = gstx.Source{Format: s.format.Format, Width: uint32(s.format.Width), Height: uint32(s.format.Height), NPlanes: f.NPlanes,
		Mem: f.PlaneMem, Offset: f.PlaneOffset, Matrix: s.format.Matrix, FullRange: s.format.FullRange}
	for i := range src.Stride {
		src.Stride[i] = uint32(max(f.Stride[i], 0))
	}
	return s.compositor.Draw(on, f, src, cropOf(p), to, 0xffff)
}

func cropOf(p *kms.Part) gstx.Rect {
	return gstx.Rect{X: uint32(p.Src.X), Y: uint32(p.Src.Y), W: p.Src.W, H: p.Src.H}
}
