package kms

import "fmt"

// Encoding is the matrix between YCbCr and RGB.
type Encoding uint8

const (
	BT601 Encoding = iota + 1
	BT709
	BT2020
)

// Picture describes frames, apart from their memory.
type Picture struct {
	FourCC        uint32
	Modifier      uint64 // DRM_FORMAT_MOD_INVALID: what the driver implies
	Width, Height uint32
	Crop          Rect     // zero: all of it
	PARN, PARD    uint32   // pixel aspect ratio; zero: square
	FPSN, FPSD    uint32   // zero: unknown
	Encoding      Encoding // 0 for RGB
	FullRange     bool

	// Of a picture that is a part of its frame: the frame's size, which is what
	// pixel aspect and rate are of, and where in it the picture goes. Zero: the
	// picture is the frame.
	FrameWidth, FrameHeight uint32
	Dst                     Rect
	// Transparency is 65535 less its alpha: 0 is opaque.
	Transparency uint16
	// Drawn pictures have no framebuffer: Config.Compose draws them. Fixed ones it
	// cannot draw.
	Drawn, Fixed bool
}

// Rect is a rectangle in pixels.
type Rect struct {
	X, Y int32
	W, H uint32
}

func (r Rect) String() string { return fmt.Sprintf("%dx%d%+d%+d", r.W, r.H, r.X, r.Y) }

func (p *Picture) normalize() {
	if p.Crop == (Rect{}) {
		p.Crop = Rect{W: p.Width, H: p.Height}
	}
	if p.PARN == 0 || p.PARD == 0 {
		p.PARN, p.PARD = 1, 1
	}
}

// check guards the fixed-point numbers that follow.
func (p *Picture) check() error {
	c := p.Crop
	const most = 1<<16 - 1 // SRC_* has 16 integer bits
	if int(p.Encoding) >= len(encodingNames) {
		return fmt.Errorf("colour encoding %d: %w", p.Encoding, ErrNoPlane)
	}
	if p.Width == 0 || p.Height == 0 || p.Width > most || p.Height > most {
		return fmt.Errorf("a picture of %dx%d: %w", p.Width, p.Height, ErrNoPlane)
	}
	if p.FrameWidth != 0 || p.FrameHeight != 0 {
		const far = 1 << 24 // keeps what is computed of it within 64 bits
		d := p.Dst
		if p.FrameWidth == 0 || p.FrameHeight == 0 || p.FrameWidth > most || p.FrameHeight > most {
			return fmt.Errorf("a frame of %dx%d: %w", p.FrameWidth, p.FrameHeight, ErrNoPlane)
		}
		if d.W == 0 || d.H == 0 || d.W > far || d.H > far || d.X < -far || d.X > far || d.Y < -far || d.Y > far {
			return fmt.Errorf("a picture at %v of its frame: %w", d, ErrNoPlane)
		}
	}
	if c.X < 0 || c.Y < 0 || c.W == 0 || c.H == 0 ||
		uint64(c.X)+uint64(c.W) > uint64(p.Width) || uint64(c.Y)+uint64(c.H) > uint64(p.Height) {
		return fmt.Errorf("crop %v of a picture of %dx%d: %w", c, p.Width, p.Height, ErrNoPlane)
	}
	return nil
}

// frame is the part of the frame that is seen.
func (p *Picture) frame() Rect {
	if p.FrameWidth == 0 {
		return p.Crop
	}
	return Rect{W: p.FrameWidth, H: p.FrameHeight}
}

// target is where in the frame the picture goes.
func (p *Picture) target() Rect {
	if p.Dst == (Rect{}) {
		return p.Crop
	}
	return p.Dst
}

// fps is in mHz, 0 when unknown.
func (p *Picture) fps() uint32 {
	if p.FPSD == 0 {
		return 0
	}
	return uint32(min(uint64(p.FPSN)*1000/uint64(p.FPSD), 1e6))
}

var encodingNames = [...]string{
	BT601:  "ITU-R BT.601 YCbCr",
	BT709:  "ITU-R BT.709 YCbCr",
	BT2020: "ITU-R BT.2020 YCbCr",
}

// stageColor tells the plane how to turn YCbCr into RGB.
func (p *Picture) stageColor(r *Request, plane *Plane) {
	if p.Encoding != 0 {
		r.TryEnum(&plane.Object, "COLOR_ENCODING", encodingNames[p.Encoding])
		r.TryEnum(&plane.Object, "COLOR_RANGE", p.rangeName())
	}
}

func (p *Picture) rangeName() string {
	if p.FullRange {
		return "YCbCr full range"
	}
	return "YCbCr limited range"
}

// colorGaps names what stageColor could not tell.
func (p *Picture) colorGaps(plane *Plane) []string {
	if p.Encoding == 0 {
		return nil
	}
	var gaps []string
	for _, c := range [][2]string{{"COLOR_ENCODING", encodingNames[p.Encoding]}, {"COLOR_RANGE", p.rangeName()}} {
		prop := plane.Property(c[0])
		if prop == nil {
			gaps = append(gaps, fmt.Sprintf("%s has no %s: the driver decides on its own", &plane.Object, c[0]))
		} else if _, ok := prop.Enum(c[1]); !ok {
			gaps = append(gaps, fmt.Sprintf("%s: %s has no %q: colours will be off", &plane.Object, c[0], c[1]))
		}
	}
	return gaps
}
