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
	if c.X < 0 || c.Y < 0 || c.W == 0 || c.H == 0 ||
		uint64(c.X)+uint64(c.W) > uint64(p.Width) || uint64(c.Y)+uint64(c.H) > uint64(p.Height) {
		return fmt.Errorf("crop %v of a picture of %dx%d: %w", c, p.Width, p.Height, ErrNoPlane)
	}
	return nil
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

// place is where a part of the picture stands on the screen.
type place struct{ src, dst Rect }

// places are the positions to try, best first: as large as it gets with the
// aspect kept, then unscaled in the middle.
func (p *Picture) places(width, height uint32, scale bool) []place {
	fit, centre := p.fit(width, height), p.centre(width, height)
	if !scale || fit == centre {
		return []place{centre}
	}
	return []place{fit, centre}
}

func (p *Picture) fit(width, height uint32) place {
	// Cross-multiplied: the picture's width and height in screen pixels. Both
	// are below 2^48, the products with a screen size below 2^64.
	pw, ph := uint64(p.Crop.W)*uint64(p.PARN), uint64(p.Crop.H)*uint64(p.PARD)
	if p.PARN > 1<<16 || p.PARD > 1<<16 { // nonsense; take pixels as square
		pw, ph = uint64(p.Crop.W), uint64(p.Crop.H)
	}
	w, h := uint64(width), uint64(height)
	if pw*h > ph*w {
		h = max((ph*w+pw/2)/pw, 1)
	} else {
		w = max((pw*h+ph/2)/ph, 1)
	}
	return place{p.Crop, middle(uint32(w), uint32(h), width, height)}
}

// centre leaves out the margins of a picture larger than the screen.
func (p *Picture) centre(width, height uint32) place {
	src := p.Crop
	if src.W > width {
		// Chroma samples stay whole.
		src.X, src.W = src.X+int32((src.W-width)/2)&^1, width
	}
	if src.H > height {
		src.Y, src.H = src.Y+int32((src.H-height)/2)&^1, height
	}
	return place{src, middle(src.W, src.H, width, height)}
}

func middle(w, h, width, height uint32) Rect {
	return Rect{int32(width-w) / 2, int32(height-h) / 2, w, h}
}
