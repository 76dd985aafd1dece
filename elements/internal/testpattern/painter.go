// Package testpattern paints a moving HDR test picture and knows its true
// metadata: what the HDR10+ and content-light figures of the picture are is
// measured on the very pixels it paints.
package testpattern

import (
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
)

// Painter paints frames of one size, format and range of light. It is immutable
// after New and may be used by several goroutines, each with its own buffers.
type Painter struct {
	Layout      Layout
	Range       Range
	sceneLength uint64
	geometry    geometry
	scenes      [Scenes]*scene
	measured    [Scenes]measurement
}

// New prepares all scenes. sceneLength is the number of frames of a scene; with
// 0 the first scene lasts for ever. Buffers must have at least layout.Size
// bytes and the strides of layout, which NewLayout makes.
func New(layout Layout, r Range, sceneLength uint64) *Painter {
	p := &Painter{Layout: layout, Range: r, sceneLength: sceneLength, geometry: newGeometry(layout.Width, layout.Height)}
	c := coder{r, layout.Format, layout.Width}
	for i, peak := range looks[r].peaks {
		if i > 0 && sceneLength == 0 {
			p.scenes[i], p.measured[i] = p.scenes[0], p.measured[0]
			continue
		}
		p.scenes[i] = newScene(c, p.geometry, layout.Height, &looks[r], peak)
		p.measured[i] = p.measure(c, p.scenes[i])
	}
	return p
}

// Scene tells which scene a frame belongs to, 0 to Scenes-1.
func (p *Painter) Scene(frame uint64) int {
	if p.sceneLength == 0 {
		return 0
	}
	return int(frame / p.sceneLength % Scenes)
}

// Painted is what a buffer shows; the zero value is a buffer of unknown content.
type Painted struct {
	valid bool
	scene int
	x, y  int // the square
}

// Paint paints a frame into buf, which shows was: only what differs is painted,
// as long as the scene is the same. It does not allocate.
func (p *Painter) Paint(buf []byte, was *Painted, frame uint64) {
	n := p.Scene(frame)
	s := p.scenes[n]
	if !was.valid || was.scene != n {
		p.paintScene(buf, s)
	} else {
		p.paintSquare(buf, s.dark, was.x, was.y)
	}
	x, y := p.Square(frame)
	p.paintSquare(buf, s.lit, x, y)
	p.paintCode(buf, s, uint32(frame))
	*was = Painted{true, n, x, y}
}

func (p *Painter) paintScene(buf []byte, s *scene) {
	y := 0
	for i := range s.spans {
		r := &s.spans[i].row
		for end := y + s.spans[i].lines; y < end; y++ {
			copy(p.Layout.line(buf, 0, y), r.luma)
			if y&1 == 0 && r.chroma != nil {
				copy(p.Layout.line(buf, 1, y/2), r.chroma)
			}
		}
	}
}

// paintSquare paints the square's place: grey on grey, so chroma stays.
func (p *Painter) paintSquare(buf []byte, r row, x, y int) {
	n := p.Layout.Format.pixel()
	for end := y + p.geometry.side; y < end; y++ {
		copy(p.Layout.line(buf, 0, y)[x*n:], r.luma[:p.geometry.side*n])
	}
}

// Square tells where the top left corner of the moving square is in a frame. It
// crosses the picture once in about 120 frames, and bounces.
func (p *Painter) Square(frame uint64) (x, y int) {
	g := &p.geometry
	return bounce(frame, p.Layout.Width-g.side, 120), g.bandTop + bounce(frame, g.bandHeight-g.side, 50)
}

// bounce goes from 0 to room and back in 2 × frames steps.
func bounce(frame uint64, room, frames int) int {
	at := int(frame % uint64(2*frames))
	return room * min(at, 2*frames-at) / frames
}

// HDR10Plus gives the dynamic metadata of a scene: application version 1,
// profile A.
func (p *Painter) HDR10Plus(scene int) hdr10plus.Metadata { return p.measured[scene].dynamic }

// ContentLight gives MaxCLL and MaxFALL over all scenes.
func (p *Painter) ContentLight() (l meta.ContentLight) {
	for i := range p.measured {
		l.MaxCLL = max(l.MaxCLL, p.measured[i].maxCLL)
		l.MaxFALL = max(l.MaxFALL, p.measured[i].maxFALL)
	}
	return l
}

// MasteringDisplay is the display the picture is made for: BT.2020 primaries,
// D65, 1000 cd/m² and 0.0001 cd/m².
func MasteringDisplay() meta.MasteringDisplay {
	return meta.MasteringDisplay{
		Red:          meta.Chromaticity{X: 35400, Y: 14600},
		Green:        meta.Chromaticity{X: 8500, Y: 39850},
		Blue:         meta.Chromaticity{X: 6550, Y: 2300},
		White:        meta.Chromaticity{X: 15635, Y: 16450},
		MaxLuminance: 1000_0000,
		MinLuminance: 1,
	}
}
