package v4l2element

import (
	"errors"
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// Geometry is where the planes of a device's pictures lie.
type Geometry struct {
	Layout        v4l2.Layout
	Memories      int
	Width, Height uint32 // of what is to be seen, of frames
	// Field is how buffers have the two fields of a frame: V4L2_FIELD_* of the format;
	// zero is the same as all values that mean a whole picture.
	Field uint32
	// Start is where pictures start in each memory, which the multi-planar API
	// tells with the first frame only.
	Start [v4l2.MaxPlanes]uint32
}

// Buffers is the geometry as GstBuffers have it, with the size of each memory.
func (g *Geometry) Buffers() (layout gstx.PoolLayout, size [v4l2.MaxPlanes]uint64) {
	layout = gstx.PoolLayout{
		Format: g.Layout.Pixel.Name, Width: g.Width, Height: g.Height, NPlanes: g.Layout.N,
	}
	if !g.Layout.Pixel.Linear() || layout.Format == "" {
		layout.Format = "DMA_DRM"
	}
	if v4l2.Sequential(g.Field) { // twice the planes that one GstVideoMeta can say
		layout.NPlanes = 0
	}
	// A memory ends with its last plane, so that plain readers get no padding.
	var before [v4l2.MaxPlanes]uint64
	for _, p := range g.Layout.Planes[:g.Layout.N] {
		size[p.Memory] = max(size[p.Memory], uint64(g.Start[p.Memory])+uint64(p.Offset)+uint64(p.Size))
	}
	for m := 1; m < g.Memories; m++ {
		before[m] = before[m-1] + size[m-1]
	}
	for i, p := range g.Layout.Planes[:layout.NPlanes] {
		layout.Offset[i] = before[p.Memory] + uint64(g.Start[p.Memory]) + uint64(p.Offset)
		layout.Stride[i] = int32(p.Stride)
	}
	return layout, size
}

// Pool makes buffers of the descriptors of each frame's memories, which it
// duplicates.
func (g *Geometry) Pool(fds [][]*sys.FD, dmabuf bool) (*gstx.Pool, gstx.PoolLayout, error) {
	layout, size := g.Buffers()
	frames := make([][]gstx.PoolMemory, len(fds))
	for i, memories := range fds {
		for m, fd := range memories {
			frames[i] = append(frames[i], gstx.PoolMemory{FD: fd.Int(), DMABuf: dmabuf, Size: size[m]})
		}
	}
	pool, err := gstx.NewPool(layout, frames)
	return pool, layout, err
}

// Layers describes the memory of a buffer with this field: one layer with the planes of
// the frame or of the one field that is there, or a layer for each field, in the order
// of time. It is nil for formats that DRM has no code for.
func (g *Geometry) Layers(field uint32) *meta.Layers {
	if g.Layout.Pixel.DRM == 0 {
		return nil
	}
	l := new(meta.Layers)
	half := (g.Height + 1) / 2
	switch first, second, _ := g.Layout.Fields(); field {
	case sys.V4L2_FIELD_TOP:
		g.add(l, meta.RoleTopField, &g.Layout, half)
	case sys.V4L2_FIELD_BOTTOM:
		g.add(l, meta.RoleBottomField, &g.Layout, half)
	case sys.V4L2_FIELD_SEQ_TB:
		g.add(l, meta.RoleTopField, &first, half)
		g.add(l, meta.RoleBottomField, &second, half)
	case sys.V4L2_FIELD_SEQ_BT:
		g.add(l, meta.RoleBottomField, &first, half)
		g.add(l, meta.RoleTopField, &second, half)
	default:
		g.add(l, meta.RoleVideo, &g.Layout, g.Height)
	}
	return l
}

// add adds a layer of so many lines, which covers the frame.
func (g *Geometry) add(l *meta.Layers, role meta.Role, layout *v4l2.Layout, lines uint32) {
	l.Layers = append(l.Layers, meta.Layer{
		FourCC: uint32(layout.Pixel.DRM), Role: role, Width: g.Width, Height: lines,
		Crop: meta.Rect{W: g.Width, H: lines}, Dst: meta.Place{W: g.Width, H: g.Height},
		Alpha: 65535, FirstPlane: uint32(len(l.Planes)), NPlanes: uint32(layout.N),
	})
	for _, p := range layout.Planes[:layout.N] {
		l.Planes = append(l.Planes, meta.Plane{
			Memory: uint32(p.Memory), Stride: p.Stride,
			Offset: uint64(g.Start[p.Memory]) + uint64(p.Offset), Size: uint64(p.Size),
			Modifier: layout.Pixel.Modifier,
		})
	}
}

// Holds tells that a frame has the fields that the format promised. Where that is a
// whole picture, drivers' words for it differ.
func (g *Geometry) Holds(f *v4l2.Frame) error {
	switch {
	case g.Field == sys.V4L2_FIELD_ALTERNATE:
		if f.Field == sys.V4L2_FIELD_TOP || f.Field == sys.V4L2_FIELD_BOTTOM {
			return nil
		}
	case !v4l2.Sequential(g.Field), f.Field == g.Field:
		return nil
	}
	return fmt.Errorf("%w: field %d in a frame of a format with field %d (V4L2_FIELD_*)", v4l2.ErrReply, f.Field, g.Field)
}

// Places tells that a frame is where the geometry has it.
func (g *Geometry) Places(f *v4l2.Frame) error {
	for i := range f.NPlanes {
		if f.Planes[i].Offset != g.Start[i] {
			return fmt.Errorf("%w: pictures start at byte %d of memory %d, then at %d",
				v4l2.ErrReply, g.Start[i], i, f.Planes[i].Offset)
		}
	}
	return nil
}

// Short tells that the driver used fewer bytes than the picture has.
func (g *Geometry) Short(f *v4l2.Frame) bool {
	for _, p := range g.Layout.Planes[:g.Layout.N] {
		m := f.Planes[p.Memory]
		if uint64(m.Offset)+uint64(p.Offset)+uint64(p.Size) > uint64(m.Used) {
			return true
		}
	}
	return false
}

// Export makes DMA-bufs of all memories of all buffers; the caller closes what
// there is, with an error too.
func Export(d *v4l2.Device) (fds [][]*sys.FD, err error) {
	for i := range d.Buffers() {
		fds = append(fds, nil)
		for m := range d.Memories() {
			fd, err := d.Export(i, m)
			if errors.Is(err, v4l2.ErrUnsupported) {
				err = fmt.Errorf("%w: %w", ErrExport, err)
			}
			if err != nil {
				return fds, err
			}
			fds[i] = append(fds[i], fd)
		}
	}
	return fds, nil
}

// Static is the HDR10 metadata of the device's controls; nil where it has none.
func Static(d *v4l2.Device) (mastering *meta.MasteringDisplay, light *meta.ContentLight, err error) {
	switch v, ok, err := d.MasteringDisplay(); {
	case err != nil:
		return nil, nil, err
	case ok:
		// Outside the control's own limits are the zeros of a source that has
		// not told any.
		m := meta.MasteringDisplayFromV4L2(v)
		if _, valid := m.V4L2(); valid {
			mastering = &m
		}
	}
	switch v, ok, err := d.ContentLight(); {
	case err != nil:
		return nil, nil, err
	case ok:
		if l := meta.ContentLightFromV4L2(v); l != (meta.ContentLight{}) {
			light = &l
		}
	}
	return mastering, light, nil
}
