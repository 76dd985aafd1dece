package testpattern

import (
	"errors"
	"fmt"
)

// Format is a pixel format.
type Format uint8

const (
	// P010 is 4:2:0 with 10 bits in the upper bits of 16, little-endian, limited
	// range: GStreamer P010_10LE, DRM P010.
	P010 Format = iota
	// BGRx is 8-bit R'G'B', full range: GStreamer BGRx, DRM XR24.
	BGRx
)

// String is GStreamer's name.
func (f Format) String() string {
	if f == BGRx {
		return "BGRx"
	}
	return "P010_10LE"
}

// FourCC is the DRM format.
func (f Format) FourCC() uint32 {
	s := "P010"
	if f == BGRx {
		s = "XR24"
	}
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// pixel is the bytes of a pixel in the first plane.
func (f Format) pixel() int {
	if f == BGRx {
		return 4
	}
	return 2
}

// Layout says where the pixels lie in a buffer.
type Layout struct {
	Format        Format
	Width, Height int
	NPlanes       int
	Offset        [2]int
	Stride        [2]int
	Size          int
}

// MaxSide is the largest width and height.
const MaxSide = 16384

// strideAlign is the pitch alignment for linear scan-out that every display
// driver takes; amdgpu asks for the most.
const strideAlign = 256

// ErrSize is a picture size that cannot be painted.
var ErrSize = errors.New("testpattern: impossible picture size")

// NewLayout packs the planes of a picture one after the other, with rows that
// display hardware can scan out.
func NewLayout(f Format, width, height int) (Layout, error) {
	if width < 1 || height < 1 || width > MaxSide || height > MaxSide {
		return Layout{}, fmt.Errorf("%w: %d × %d, not 1 to %d", ErrSize, width, height, MaxSide)
	}
	l := Layout{Format: f, Width: width, Height: height, NPlanes: 1}
	l.Stride[0] = align(width * f.pixel())
	l.Size = l.Stride[0] * height
	if f == P010 {
		l.NPlanes = 2
		l.Stride[1] = align((width + 1) / 2 * 4)
		l.Offset[1] = l.Size
		l.Size += l.Stride[1] * ((height + 1) / 2)
	}
	return l, nil
}

func align(n int) int { return (n + strideAlign - 1) &^ (strideAlign - 1) }

// line gives the bytes of one row of a plane.
func (l *Layout) line(p []byte, plane, y int) []byte {
	p = p[l.Offset[plane]+y*l.Stride[plane]:]
	if plane == 1 {
		return p[:(l.Width+1)/2*4]
	}
	return p[:l.Width*l.Format.pixel()]
}
