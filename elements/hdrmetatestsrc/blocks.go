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

// layersBlock describes the planes: one layer, all in the first memory.
func layersBlock(l *testpattern.Layout) *meta.Block {
	w, h := uint32(l.Width), uint32(l.Height)
	out := &meta.Layers{Layers: []meta.Layer{{
		FourCC: l.Format.FourCC(), Role: meta.RoleVideo, Width: w, Height: h,
		Crop: meta.Rect{W: w, H: h}, Dst: meta.Place{W: w, H: h},
		Alpha: 65535, NPlanes: uint32(l.NPlanes),
	}}}
	for i := range l.NPlanes {
		end := l.Size
		if i+1 < l.NPlanes {
			end = l.Offset[i+1]
		}
		out.Planes = append(out.Planes, meta.Plane{
			Stride: uint32(l.Stride[i]), Offset: uint64(l.Offset[i]), Size: uint64(end - l.Offset[i]),
		})
	}
	return &meta.Block{Layers: out}
}
