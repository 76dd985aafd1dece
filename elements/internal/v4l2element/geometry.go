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
	Width, Height uint32 // of what is to be seen
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
	// A memory ends with its last plane, so that plain readers get no padding.
	var before [v4l2.MaxPlanes]uint64
	for _, p := range g.Layout.Planes[:g.Layout.N] {
		size[p.Memory] = max(size[p.Memory], uint64(g.Start[p.Memory])+uint64(p.Offset)+uint64(p.Size))
	}
	for m := 1; m < g.Memories; m++ {
		before[m] = before[m-1] + size[m-1]
	}
	for i, p := range g.Layout.Planes[:g.Layout.N] {
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

// Layers describes the memory: one layer with the frame's planes. It is nil for
// formats that DRM has no code for.
func (g *Geometry) Layers() *meta.Layers {
	pixel := g.Layout.Pixel
	if pixel.DRM == 0 {
		return nil
	}
	w, h := g.Width, g.Height
	l := &meta.Layers{Layers: []meta.Layer{{
		FourCC: uint32(pixel.DRM), Role: meta.RoleVideo, Width: w, Height: h,
		Crop: meta.Rect{W: w, H: h}, Dst: meta.Place{W: w, H: h},
		Alpha: 65535, NPlanes: uint32(g.Layout.N),
	}}}
	for _, p := range g.Layout.Planes[:g.Layout.N] {
		l.Planes = append(l.Planes, meta.Plane{
			Memory: uint32(p.Memory), Stride: p.Stride,
			Offset: uint64(g.Start[p.Memory]) + uint64(p.Offset), Size: uint64(p.Size),
			Modifier: pixel.Modifier,
		})
	}
	return l
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
