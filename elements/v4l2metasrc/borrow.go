package v4l2metasrc

import (
	"errors"
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

// poolPause, in ms, is how long to wait until a pool that had no buffer is asked again.
const poolPause = 5

// borrowed are the buffers of a stream into memory of downstream's.
type borrowed struct {
	pool     *gstx.Borrowed
	out      [v4l2.MaxBuffers]gstx.Buffer // with the driver, by its numbers
	n        int                          // of those numbers
	frame    gstx.Frame                   // of the last one acquired
	memories [v4l2.MaxPlanes]v4l2.Imported
	sizes    [v4l2.MaxPlanes]uint32 // of the pictures, in each memory
}

var errNoPool = errors.New("it offers no pool of buffers")

// borrow gets the driver ready to fill downstream's memory, and gives it some. With an
// error nothing has changed but, maybe, the strides.
func (s *source) borrow(st *stream) (err error) {
	if s.borrowed == nil {
		return errNoPool
	}
	in := &borrowed{pool: s.borrowed}
	s.borrowed = nil
	defer func() {
		if err != nil {
			st.dev.StreamOff()
			st.dev.Request(0)
			in.close()
		}
	}()
	first := in.pool.Acquire(&in.frame)
	if first.IsNil() {
		return errNoPool
	}
	defer first.Unref()
	if err := st.fit(&in.frame); err != nil {
		return err
	}
	if in.n, err = st.dev.RequestImport(s.count); err != nil {
		return err
	}
	if err := in.give(st, 0, first.Ref()); err != nil {
		return err
	}
	for _, p := range st.geometry.Layout.Planes[:st.geometry.Layout.N] {
		in.sizes[p.Memory] = max(in.sizes[p.Memory], p.Offset+p.Size)
	}
	st.into = in
	s.tellLatency(st, in.n)
	s.element.Infof("%d buffers of the next element's memory", in.n)
	return nil
}

// fit has the driver lay its pictures out as a buffer of downstream's wants them.
func (st *stream) fit(f *gstx.Frame) error {
	if int(f.NMem) != st.format.NPlanes {
		return fmt.Errorf("it has buffers of %d memories for frames of %d", f.NMem, st.format.NPlanes)
	}
	want := st.format
	padded := false
	for i := range int(f.NMem) {
		m := &f.Mem[i]
		if m.DMABuf == 0 || m.Offset != 0 {
			return errors.New("its buffers are no DMA-bufs, whole")
		}
	}
	for i := range min(int(f.NPlanes), st.geometry.Layout.N) {
		p := &st.geometry.Layout.Planes[i]
		if m := p.Memory; p.Offset == 0 && f.Stride[i] > 0 && uint32(f.Stride[i]) != p.Stride {
			want.Planes[m], padded = v4l2.PlaneFormat{Stride: uint32(f.Stride[i])}, true
		}
	}
	if padded {
		got, err := st.dev.SetFormat(want)
		if err != nil {
			return err
		}
		layout, err := got.Layout()
		if err != nil {
			return err
		}
		st.format, st.geometry.Layout = got, layout
	}
	if int(f.NPlanes) != st.geometry.Layout.N {
		return fmt.Errorf("it has %d planes for %d", f.NPlanes, st.geometry.Layout.N)
	}
	for i, p := range st.geometry.Layout.Planes[:st.geometry.Layout.N] {
		if int(f.PlaneMem[i]) != p.Memory || f.PlaneOffset[i] != uint64(p.Offset) || uint32(f.Stride[i]) != p.Stride {
			return fmt.Errorf("plane %d is at byte %d of memory %d with lines of %d, the device's at byte %d of memory %d with lines of %d",
				i, f.PlaneOffset[i], f.PlaneMem[i], f.Stride[i], p.Offset, p.Memory, p.Stride)
		}
	}
	return nil
}

// give has the driver fill a buffer, which is taken.
func (in *borrowed) give(st *stream, i int, b gstx.Buffer) error {
	for m := range in.frame.NMem {
		in.memories[m] = v4l2.Imported{FD: int(in.frame.Mem[m].FD), Length: st.format.Planes[m].Size}
	}
	if err := st.dev.QueueImport(i, in.memories[:in.frame.NMem]); err != nil {
		b.Unref()
		return err
	}
	in.out[i] = b
	return nil
}

// refill gives the driver what the pool has.
func (s *source) refill(st *stream) error {
	in := st.into
	for i := range in.n {
		if !in.out[i].IsNil() {
			continue
		}
		b := in.pool.Acquire(&in.frame)
		if b.IsNil() {
			return nil
		}
		if int(in.frame.NMem) != st.format.NPlanes {
			b.Unref()
			return fmt.Errorf("%w: a buffer of %d memories after those of %d", errNoPool, in.frame.NMem, st.format.NPlanes)
		}
		if err := in.give(st, i, b); err != nil {
			return err
		}
	}
	return nil
}

// filled makes a frame of the stream of the buffer that was dequeued.
func (s *source) filled(st *stream, pts uint64) (gstx.Buffer, error) {
	f := &st.frame
	in := st.into
	b := in.out[f.Index]
	if b.IsNil() {
		return b, fmt.Errorf("%w: buffer %d, which it did not have", v4l2.ErrReply, f.Index)
	}
	in.out[f.Index] = gstx.Buffer{}
	var start [v4l2.MaxPlanes]uint32
	for i := range f.NPlanes {
		start[i] = f.Planes[i].Offset
	}
	if st.blocks.Layers.IsNil() || start != st.geometry.Start {
		st.geometry.Start = start
		if err := st.blocks.Place(&st.geometry); err != nil {
			b.Unref()
			return gstx.Buffer{}, err
		}
	}
	b.SetContent(start[:f.NPlanes], in.sizes[:f.NPlanes])
	b.Stamp(st.says(pts))
	return b, nil
}

// close gives back what the driver had; the stream is off.
func (in *borrowed) close() {
	if in == nil {
		return
	}
	for i := range in.out {
		in.out[i].Unref()
		in.out[i] = gstx.Buffer{}
	}
	in.pool.Close()
}
