package hdrmetatestsrc

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/testpattern"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/udmabuf"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// A few frames are enough for a display; an encoder or a queue may hold many,
// and a source that waited for them would hang the pipeline.
const (
	firstFrames = 4
	maxFrames   = 32
)

// frames are the buffers of one negotiated layout.
type frames struct {
	dev     *udmabuf.Device      // borrowed; nil: no DMA-bufs
	layouts []testpattern.Layout // of the layers, each in a memory of its own
	pool    *gstx.Pool

	made  int
	frame [maxFrames][meta.MaxLayers]struct {
		mem *udmabuf.Buffer
		was testpattern.Painted
	}
	free  [maxFrames]int // stack of made frames that nobody holds
	nfree int
}

// newFrames makes frames of the layers; GstVideoMeta is about the first.
func newFrames(dev *udmabuf.Device, layouts []testpattern.Layout) (*frames, error) {
	l := &layouts[0]
	layout := gstx.PoolLayout{
		Format: l.Format.String(), Width: uint32(l.Width), Height: uint32(l.Height), NPlanes: l.NPlanes,
	}
	for i := range l.NPlanes {
		layout.Offset[i], layout.Stride[i] = uint64(l.Offset[i]), int32(l.Stride[i])
	}
	pool, err := gstx.NewPool(layout, make([][]gstx.PoolMemory, maxFrames))
	if err != nil {
		return nil, err
	}
	f := &frames{dev: dev, layouts: layouts, pool: pool}
	for range firstFrames {
		if err := f.add(); err != nil {
			f.close()
			return nil, err
		}
	}
	return f, nil
}

func (f *frames) add() error {
	layers := f.frame[f.made][:len(f.layouts)]
	var mems []gstx.PoolMemory
	err := func() error {
		for i := range layers {
			mem, err := f.dev.New("hdrmetatestsrc", f.layouts[i].Size)
			if err != nil {
				return fmt.Errorf("picture memory: %w", err)
			}
			layers[i].mem = mem
			mems = append(mems, gstx.PoolMemory{FD: mem.FD(), DMABuf: mem.DMABuf(), Size: uint64(f.layouts[i].Size)})
		}
		return f.pool.Set(f.made, mems)
	}()
	if err != nil {
		for i := range mems {
			layers[i].mem.Close()
			layers[i].mem = nil
		}
		return err
	}
	f.put(f.made)
	f.made++
	return nil
}

func (f *frames) put(i int) {
	f.free[f.nfree] = i
	f.nfree++
}

// take gives a frame that nobody holds: an old one, else a new one, else it waits
// for an old one. It returns sys.ErrWoken when w ends the wait.
func (f *frames) take(w *sys.Wake) (int, error) {
	for {
		for i, ok := f.pool.Returned(); ok; i, ok = f.pool.Returned() {
			f.put(i)
		}
		if f.nfree == 0 && f.made < maxFrames {
			if err := f.add(); err != nil {
				return 0, err
			}
		}
		if f.nfree > 0 {
			f.nfree--
			return f.free[f.nfree], nil
		}
		if _, err := w.Wait(f.pool.WakeFD(), unix.POLLIN, -1); err != nil {
			return 0, err
		}
	}
}

// paint paints frame number n into frame i, with one painter for each layer.
func (f *frames) paint(painters []*testpattern.Painter, i int, n uint64) error {
	for k, p := range painters {
		b := &f.frame[i][k]
		if err := b.mem.Begin(); err != nil {
			return err
		}
		p.Paint(b.mem.Bytes(), &b.was, n)
		if err := b.mem.End(); err != nil {
			return err
		}
	}
	return nil
}

// close gives the frames up; those that are still out stay valid for their
// holders. f may be nil.
func (f *frames) close() error {
	if f == nil {
		return nil
	}
	f.pool.Close()
	var errs []error
	for i := range f.made {
		for k := range f.layouts {
			errs = append(errs, f.frame[i][k].mem.Close())
		}
	}
	f.made, f.nfree = 0, 0
	return errors.Join(errs...)
}
