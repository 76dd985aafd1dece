package testpattern

import (
	"encoding/binary"
	"errors"
)

// The frame number stands in the picture: 32 bits, most significant first, each
// in two cells, "white black" for 1 and "black white" for 0. So every number has
// the same light, and the picture's statistics do not depend on it.

const (
	codeBits  = 32
	codeCells = 2 * codeBits
)

// ErrNoCode is a picture without a readable frame number.
var ErrNoCode = errors.New("testpattern: no frame number in the picture")

func (p *Painter) paintCode(buf []byte, s *scene, number uint32) {
	g := &p.geometry
	if g.cell == 0 {
		return
	}
	n := g.cell * p.Layout.Format.pixel()
	for y := g.codeTop; y < g.codeTop+g.codeHeight; y++ {
		line := p.Layout.line(buf, 0, y)
		for bit := range codeBits {
			first, second := s.zero.luma, s.white.luma
			if number>>(codeBits-1-bit)&1 == 1 {
				first, second = second, first
			}
			copy(line[2*bit*n:], first[:n])
			copy(line[(2*bit+1)*n:], second[:n])
		}
	}
}

// FrameNumber reads the number of the frame in buf, modulo 2³². It looks at the
// centre of each cell and wants every pair to differ, so a picture that is not
// one of ours, or is torn or scaled, is ErrNoCode.
func (p *Painter) FrameNumber(buf []byte) (uint32, error) {
	g := &p.geometry
	if g.cell == 0 || g.codeHeight == 0 || len(buf) < p.Layout.Size {
		return 0, ErrNoCode
	}
	line := p.Layout.line(buf, 0, g.codeTop+g.codeHeight/2)
	level := func(cell int) int {
		x := cell*g.cell + g.cell/2
		if p.Layout.Format == BGRx {
			return int(line[x*4+1])
		}
		return int(binary.LittleEndian.Uint16(line[x*2:]) >> 8)
	}
	var number uint32
	for bit := range codeBits {
		d := level(2*bit) - level(2*bit+1)
		if -32 < d && d < 32 {
			return 0, ErrNoCode
		}
		number <<= 1
		if d > 0 {
			number |= 1
		}
	}
	return number, nil
}
