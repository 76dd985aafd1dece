package hdrmetatestsrc

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/testpattern"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/udmabuf"
)

// A few frames are enough for a display; an encoder or a queue may hold many,
// and a source that waited for them would hang the pipeline.
const (
	firstFrames = 4
	maxFrames   = 32
)

// frames are the buffers of one negotiated layout.
type frames struct {
	dev    *udmabuf.Device // borrowed; nil: no DMA-bufs
	layout testpattern.Layout
	pool   *gstx.Pool

	made  int
	frame [maxFrames]struct {
		mem *udmabuf.Buffer
		was testpattern.Painted
	}
	free  [maxFrames]int // stack of made frames that nobody holds
	nfree int
}

func newFrames(dev *udmabuf.Device, l testpattern.Layout) (*frames, error) {
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
	f := &frames{dev: dev, layout: l, pool: pool}
	for range firstFrames {
		if err := f.add(); err != nil {
			f.close()
			return nil, err
		}
	}
	return f, nil
}

func (f *frames) add() error {
	mem, err := f.dev.New("hdrmetatestsrc", f.layout.Size)
	if err != nil {
		return fmt.Errorf("picture memory: %w", err)
	}
	if err := f.pool.Set(f.made, []gstx.PoolMemory{{FD: mem.FD(), DMABuf: mem.DMABuf(), Size: uint64(f.layout.Size)}}); err != nil {
		mem.Close()
		return err
	}
	f.frame[f.made].mem = mem
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

// paint paints frame number n into frame i.
func (f *frames) paint(p *testpattern.Painter, i int, n uint64) error {
	b := &f.frame[i]
	if err := b.mem.Begin(); err != nil {
		return err
	}
	p.Paint(b.mem.Bytes(), &b.was, n)
	return b.mem.End()
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
		errs = append(errs, f.frame[i].mem.Close())
	}
	f.made, f.nfree = 0, 0
	return errors.Join(errs...)
}
