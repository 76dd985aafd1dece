package gstx

// #cgo noescape gstx_compositor_draw
// #cgo nocallback gstx_compositor_draw
// #cgo noescape gstx_compositor_rectangle
// #cgo nocallback gstx_compositor_rectangle
// #cgo noescape gstx_compositor_blend
// #cgo nocallback gstx_compositor_blend
// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"encoding/binary"
	"structs"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/hdrgraphics"
)

// Canvas is memory that layers are drawn into, the lowest first. Alpha, where its
// format has any, is premultiplied.
type Canvas struct {
	Format        string // GStreamer's name of a format of one plane: "BGRA", "BGRx", "BGR10A2_LE"…
	Width, Height uint32 // at most 16384
	Stride        uint32 // bytes
	Pixels        []byte // C's or mapped memory, at least Stride × Height
}

// Clear makes it transparent, or black where the display sees no alpha.
func (c *Canvas) Clear() {
	clear(c.Pixels)
	// To gst-video's blender the bits that are not looked at are an alpha; for what
	// is blended to come out as over black, it has to be opaque.
	opaque := uint32(0)
	switch c.Format {
	case "BGRx", "RGBx":
		opaque = 0xff << 24
	case "BGR10A2_LE", "RGB10A2_LE":
		opaque = 3 << 30
	default:
		return
	}
	for p := c.Pixels; len(p) >= 4; p = p[4:] {
		binary.LittleEndian.PutUint32(p, opaque)
	}
}

// Source is the picture of a layer in a frame's memories.
type Source struct {
	Format        string // GStreamer's name, of a linear layout
	Width, Height uint32
	NPlanes       uint32
	Mem           [4]uint32 // index into Frame.Mem
	Offset        [4]uint64 // from that memory's fd's start
	Stride        [4]uint32 // bytes
	// Of YCbCr: a code point of H.273 table 4, and the range.
	Matrix    uint8
	FullRange bool
}

// DstRect is a rectangle that may lie partly outside, in pixels.
type DstRect struct {
	_    structs.HostLayout
	X, Y int32
	W, H uint32
}

// Light is what graphics, which are SDR, are drawn for.
type Light = hdrgraphics.Light

// Compositor draws layers with gst-video's converter and blender, and keeps what
// it makes for that from frame to frame. For one goroutine at a time. Drawing
// allocates nothing in Go.
type Compositor struct {
	c       *C.GstxCompositor
	formats map[string]*C.char // names, for C
	canvas  C.GstxCanvas
	source  C.GstxLayerSource
	layer   C.GstxLayerPixels
}

// NewCompositor makes a Compositor, to be closed.
func NewCompositor() *Compositor {
	return &Compositor{c: C.gstx_compositor_new(), formats: map[string]*C.char{}}
}

// Close frees it; c may be nil or closed.
func (c *Compositor) Close() {
	if c == nil || c.c == nil {
		return
	}
	C.gstx_compositor_free(c.c)
	for _, s := range c.formats {
		C.free(unsafe.Pointer(s))
	}
	*c = Compositor{}
}

func (c *Compositor) name(format string) *C.char {
	s, ok := c.formats[format]
	if !ok {
		s = C.CString(format)
		c.formats[format] = s
	}
	return s
}

func (c *Compositor) on(on *Canvas) {
	c.canvas = C.GstxCanvas{format: c.name(on.Format), width: C.guint32(on.Width), height: C.guint32(on.Height),
		stride: C.guint32(on.Stride), size: C.guint64(len(on.Pixels)), pixels: (*C.guint8)(unsafe.SliceData(on.Pixels))}
}

// Draw blends the part crop of a layer over the canvas, scaled to dst, with an
// alpha of 65535 for opaque. It is false, and nothing was drawn, where the memory
// cannot be read, the layer does not fit it, or a rectangle leaves its picture.
func (c *Compositor) Draw(on *Canvas, f *Frame, src *Source, crop Rect, dst DstRect, alpha uint16) bool {
	const most = 1 << 14
	if crop.X > most || crop.Y > most || crop.W > most || crop.H > most || dst.W > most || dst.H > most {
		return false
	}
	c.on(on)
	s := &c.source
	*s = C.GstxLayerSource{format: c.name(src.Format), width: C.guint32(src.Width), height: C.guint32(src.Height),
		n_planes: C.guint32(src.NPlanes), matrix: C.guint32(src.Matrix), full_range: C.gint32(gboolean(src.FullRange))}
	for i := range src.Mem {
		s.mem[i], s.offset[i], s.stride[i] = C.guint32(src.Mem[i]), C.guint64(src.Offset[i]), C.guint32(src.Stride[i])
	}
	from := [4]C.gint32{C.gint32(crop.X), C.gint32(crop.Y), C.gint32(crop.W), C.gint32(crop.H)}
	to := dst.c()
	return C.gstx_compositor_draw(c.c, (*C.GstBuffer)(f.Buffer.p), &c.canvas, &c.source, &from[0], &to[0], C.guint16(alpha)) != 0
}

// DrawGraphics blends the frame's graphics over the canvas: what is at from in the
// frame's pixels comes to dst on the canvas. It is false for a canvas that cannot
// be.
func (c *Compositor) DrawGraphics(on *Canvas, f *Frame, from, dst DstRect, light Light) bool {
	c.on(on)
	ok := true
	a, b := from.c(), dst.c()
	for n := C.guint(0); C.gstx_compositor_rectangle(c.c, (*C.GstBuffer)(f.Buffer.p), n, &a[0], &b[0], &c.layer) != 0; n++ {
		if c.layer.pixels == nil {
			continue
		}
		hdrgraphics.Convert(unsafe.Slice((*byte)(c.layer.pixels), c.layer.size), light)
		ok = C.gstx_compositor_blend(c.c, &c.canvas, &c.layer) != 0 && ok
	}
	return ok
}

func (r *DstRect) c() [4]C.gint32 {
	const most = 1 << 30
	return [4]C.gint32{C.gint32(r.X), C.gint32(r.Y), C.gint32(min(r.W, most)), C.gint32(min(r.H, most))}
}
