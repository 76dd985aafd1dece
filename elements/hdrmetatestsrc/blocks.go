package hdrmetatestsrc

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/testpattern"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// sceneBlock is what the frames of a scene carry.
func sceneBlock(s *settings, p *testpattern.Painter, scene int) (*meta.Block, error) {
	color := p.Range.Color(p.Layout.Format)
	b := &meta.Block{
		Color:            &color,
		MasteringDisplay: s.masteringDisplay(),
		ContentLight:     s.contentLight(p.ContentLight()),
	}
	if s.hdr == hdrHDR10Plus {
		m := p.HDR10Plus(scene)
		var err error
		if b.HDR10Plus, err = m.Append(nil); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// place is where in the frame a layer goes.
type place struct {
	dst   meta.Place
	alpha uint16
}

// layersOf lays out n layers: the picture, and smaller ones of the same pattern in
// a row over its lower part, the last one translucent. Those that would have no
// pixel are left out.
func layersOf(picture testpattern.Layout, n int) (layouts []testpattern.Layout, places []place, err error) {
	w, h := picture.Width, picture.Height
	layouts = []testpattern.Layout{picture}
	places = []place{{meta.Place{W: uint32(w), H: uint32(h)}, 0xffff}}
	lw, lh := w/4&^1, h/4&^1
	for i := 1; i < n && lw > 0 && lh > 0; i++ {
		l, err := testpattern.NewLayout(picture.Format, lw, lh)
		if err != nil {
			return nil, nil, err
		}
		p := place{meta.Place{X: int32(w * (5*i - 4) / 16 &^ 1), Y: int32(h * 11 / 16 &^ 1), W: uint32(lw), H: uint32(lh)}, 0xffff}
		if i == meta.MaxLayers-1 {
			p.alpha = 0x8000
		}
		layouts, places = append(layouts, l), append(places, p)
	}
	return layouts, places, nil
}

// layersBlock describes the layers, each in a memory of its own.
func layersBlock(layouts []testpattern.Layout, places []place) *meta.Block {
	out := &meta.Layers{}
	for k := range layouts {
		l := &layouts[k]
		w, h := uint32(l.Width), uint32(l.Height)
		role := meta.RoleVideo
		if k > 0 {
			role = meta.RoleOverlay
		}
		out.Layers = append(out.Layers, meta.Layer{
			FourCC: l.Format.FourCC(), Role: role, Width: w, Height: h,
			Crop: meta.Rect{W: w, H: h}, Dst: places[k].dst, ZPos: uint32(k),
			Alpha: places[k].alpha, FirstPlane: uint32(len(out.Planes)), NPlanes: uint32(l.NPlanes),
		})
		for i := range l.NPlanes {
			end := l.Size
			if i+1 < l.NPlanes {
				end = l.Offset[i+1]
			}
			out.Planes = append(out.Planes, meta.Plane{
				Memory: uint32(k), Stride: uint32(l.Stride[i]), Offset: uint64(l.Offset[i]), Size: uint64(end - l.Offset[i]),
			})
		}
	}
	return &meta.Block{Layers: out}
}
