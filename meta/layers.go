package meta

import "math"

// Layers says how up to 8 planes of memory make up to 4 layers of at most 4
// planes each: a DRM framebuffer has no more than 4, a V4L2 frame up to 8.
type Layers struct {
	Layers []Layer
	Planes []Plane
}

// Layer is one framebuffer's worth of planes and where it goes. Rectangles and
// positions are in the frame's pixels.
type Layer struct {
	FourCC        uint32 // DRM format
	Role          Role
	Width, Height uint32
	Crop          Rect
	Dst           Place
	ZPos          uint32
	Alpha         uint16 // 65535 is opaque
	FirstPlane    uint32 // index into Layers.Planes
	NPlanes       uint32 // 1..4
}

// Rect is a part of a layer.
type Rect struct{ X, Y, W, H uint32 }

// Place is where a layer appears; it may lie partly outside the frame.
type Place struct {
	X, Y int32
	W, H uint32
}

// Plane is one plane of pixels. No descriptor is ever written into a block:
// Memory is an index into the memories of the buffer the block travels with,
// and whoever uses it checks it, Offset and Size against that buffer.
type Plane struct {
	Memory   uint32
	Stride   uint32
	Offset   uint64
	Size     uint64
	Modifier uint64
}

// Role is what a layer is for.
type Role uint32

const (
	RoleVideo Role = iota
	RoleOverlay
	RoleTopField
	RoleBottomField
	RoleLeftEye
	RoleRightEye
	RoleAlpha
	RoleAuxiliary // not for scan-out
)

var roleNames = [...]string{"video", "overlay", "top-field", "bottom-field", "left-eye", "right-eye", "alpha", "auxiliary"}

func (r Role) String() string {
	if int64(r) < int64(len(roleNames)) {
		return roleNames[r]
	}
	return "unknown"
}

// PlanesOf gives the planes of a layer of l. It is empty for a layer that
// refers to planes that do not exist; decoded layers never do.
func (l *Layers) PlanesOf(layer *Layer) []Plane {
	first, n := uint64(layer.FirstPlane), uint64(layer.NPlanes)
	if first+n > uint64(len(l.Planes)) {
		return nil
	}
	return l.Planes[first : first+n]
}

// check holds the counts, and what one number must be in the light of others.
func (l *Layers) check() error {
	if n := len(l.Layers); n < 1 || n > MaxLayers {
		return sectionError(TypeLayers, "%d layers, not 1 to %d", n, MaxLayers)
	}
	if n := len(l.Planes); n < 1 || n > MaxPlanes {
		return sectionError(TypeLayers, "%d planes, not 1 to %d", n, MaxPlanes)
	}
	for i := range l.Layers {
		a := &l.Layers[i]
		switch {
		case a.Role > RoleAuxiliary:
			return sectionError(TypeLayers, "layer %d: role %d", i, uint32(a.Role))
		case a.NPlanes < 1 || a.NPlanes > MaxLayerPlanes || len(l.PlanesOf(a)) == 0:
			return sectionError(TypeLayers, "layer %d: planes %d+%d of %d", i, a.FirstPlane, a.NPlanes, len(l.Planes))
		case a.Width == 0 || a.Height == 0:
			return sectionError(TypeLayers, "layer %d: size %dx%d", i, a.Width, a.Height)
		case !span(a.Crop.X, a.Crop.W, a.Width) || !span(a.Crop.Y, a.Crop.H, a.Height):
			return sectionError(TypeLayers, "layer %d: crop %+v of %dx%d", i, a.Crop, a.Width, a.Height)
		case !place(a.Dst.X, a.Dst.W) || !place(a.Dst.Y, a.Dst.H):
			return sectionError(TypeLayers, "layer %d: destination %+v", i, a.Dst)
		}
	}
	for i := range l.Planes {
		if p := &l.Planes[i]; p.Offset > math.MaxUint64-p.Size {
			return sectionError(TypeLayers, "plane %d: offset %d + size %d overflows", i, p.Offset, p.Size)
		}
	}
	return nil
}

// span: [at, at+n) is not empty and inside [0, limit).
func span(at, n, limit uint32) bool { return n > 0 && uint64(at)+uint64(n) <= uint64(limit) }

// place: [at, at+n) is not empty and can be counted in an int32, as DRM does.
func place(at int32, n uint32) bool { return n > 0 && int64(at)+int64(n) <= math.MaxInt32 }

func (l *Layers) appendTo(dst []byte) []byte {
	dst = le.AppendUint32(dst, uint32(len(l.Layers)))
	dst = le.AppendUint32(dst, uint32(len(l.Planes)))
	for i := range l.Layers {
		a := &l.Layers[i]
		for _, v := range [...]uint32{
			a.FourCC, uint32(a.Role), a.Width, a.Height,
			a.Crop.X, a.Crop.Y, a.Crop.W, a.Crop.H,
			uint32(a.Dst.X), uint32(a.Dst.Y), a.Dst.W, a.Dst.H,
			a.ZPos, uint32(a.Alpha), a.FirstPlane, a.NPlanes,
		} {
			dst = le.AppendUint32(dst, v)
		}
	}
	for i := range l.Planes {
		p := &l.Planes[i]
		dst = le.AppendUint32(le.AppendUint32(dst, p.Memory), p.Stride)
		dst = le.AppendUint64(le.AppendUint64(dst, p.Offset), p.Size)
		dst = le.AppendUint64(dst, p.Modifier)
	}
	return dst
}

// decode appends to the slices of l, which the caller has emptied.
func (l *Layers) decode(p []byte) error {
	if len(p) < layersSize {
		return sizeError(TypeLayers, len(p))
	}
	nl, np := le.Uint32(p[layersNLayers:]), le.Uint32(p[layersNPlanes:])
	if nl > MaxLayers || np > MaxPlanes {
		return sectionError(TypeLayers, "%d layers and %d planes", nl, np)
	}
	if len(p) != layersSize+int(nl)*layerSize+int(np)*planeSize {
		return sizeError(TypeLayers, len(p))
	}
	p = p[layersSize:]
	for ; nl > 0; nl, p = nl-1, p[layerSize:] {
		crop, dst := p[layerCrop:layerDst], p[layerDst:layerZPos]
		alpha := le.Uint32(p[layerAlpha:])
		if alpha > math.MaxUint16 {
			return sectionError(TypeLayers, "alpha %d", alpha)
		}
		l.Layers = append(l.Layers, Layer{
			FourCC:     le.Uint32(p[layerFourCC:]),
			Role:       Role(le.Uint32(p[layerRole:])),
			Width:      le.Uint32(p[layerWidth:]),
			Height:     le.Uint32(p[layerHeight:]),
			Crop:       Rect{le.Uint32(crop), le.Uint32(crop[4:]), le.Uint32(crop[8:]), le.Uint32(crop[12:])},
			Dst:        Place{int32(le.Uint32(dst)), int32(le.Uint32(dst[4:])), le.Uint32(dst[8:]), le.Uint32(dst[12:])},
			ZPos:       le.Uint32(p[layerZPos:]),
			Alpha:      uint16(alpha),
			FirstPlane: le.Uint32(p[layerFirstPlane:]),
			NPlanes:    le.Uint32(p[layerNPlanes:]),
		})
	}
	for ; np > 0; np, p = np-1, p[planeSize:] {
		l.Planes = append(l.Planes, Plane{
			Memory:   le.Uint32(p[planeMemory:]),
			Stride:   le.Uint32(p[planeStride:]),
			Offset:   le.Uint64(p[planeOffset:]),
			Size:     le.Uint64(p[planeBytes:]),
			Modifier: le.Uint64(p[planeModifier:]),
		})
	}
	return l.check()
}
