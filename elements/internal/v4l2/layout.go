package v4l2

import "fmt"

// Layout is where the colour planes of a format lie.
type Layout struct {
	Pixel  *Pixel
	N      int // colour planes, 1..4
	Planes [4]Plane
}

// Plane is one colour plane.
type Plane struct {
	Memory int    // index of the memory it is in
	Offset uint32 // bytes, from where the memory's picture starts (FramePlane.Offset)
	Stride uint32 // bytes from one line to the next
	Size   uint32 // bytes from its first line's begin to its last line's end
}

// Layout places the colour planes of f. ErrFormat when the format is not known,
// ErrReply when strides and sizes cannot hold the picture.
func (f *Format) Layout() (Layout, error) {
	p := PixelOf(f.FourCC)
	if p == nil {
		return Layout{}, fmt.Errorf("%w: %v", ErrFormat, f.FourCC)
	}
	if f.NPlanes != p.Memories {
		return Layout{}, fmt.Errorf("%w: %v in %d memories, not %d", ErrReply, f, f.NPlanes, p.Memories)
	}
	if f.Width == 0 || f.Height == 0 || f.Width > maxSide || f.Height > maxSide {
		return Layout{}, fmt.Errorf("%w: %v", ErrReply, f)
	}
	l := Layout{Pixel: p, N: len(p.planes)}
	var used [MaxPlanes]uint64 // of each memory
	for i, c := range p.planes {
		memory := 0
		stride := uint64(f.Planes[0].Stride) * uint64(c.num) / uint64(c.den)
		if p.Memories > 1 {
			memory = i
			stride = uint64(f.Planes[i].Stride)
		}
		least := (uint64(f.Width)*uint64(p.planes[0].bits)*uint64(c.num) + 8*uint64(c.den) - 1) / (8 * uint64(c.den))
		if stride < least {
			return Layout{}, fmt.Errorf("%w: %v plane %d has lines of %d bytes, at least %d are needed",
				ErrReply, f, i, stride, least)
		}
		lines := (uint64(f.Height) + uint64(c.vsub) - 1) / uint64(c.vsub)
		lines = (lines + uint64(p.tile) - 1) / uint64(p.tile) * uint64(p.tile)
		size := stride * lines // at most 2^32 * 2^16
		offset := used[memory]
		used[memory] += size
		if used[memory] > uint64(f.Planes[memory].Size) {
			return Layout{}, fmt.Errorf("%w: %v plane %d ends at %d in a memory of %d bytes",
				ErrReply, f, i, used[memory], f.Planes[memory].Size)
		}
		l.Planes[i] = Plane{memory, uint32(offset), uint32(stride), uint32(size)}
	}
	return l, nil
}
