package kms

import (
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Shared is linear memory for one picture, to be written by whoever holds the
// DMA-buf and scanned out by the display that imports it.
type Shared struct {
	FD     *sys.FD // the DMA-buf, the caller's; the last one that is closed frees the memory
	Size   uint64  // bytes; all planes lie in them
	Planes int
	Stride [4]uint32
	Offset [4]uint32
}

// Share makes plain memory and gives it out as a DMA-buf. The device keeps
// nothing of it. It may be called from any goroutine, until Close.
//
// ErrNoShare: the driver cannot, or programs that read the memory would be slow.
func (d *Device) Share(fourcc, width, height uint32) (*Shared, error) {
	switch {
	case !d.canExport || !d.canImport:
		return nil, fmt.Errorf("%s exports and imports no DMA-bufs: %w", d, ErrNoShare)
	case d.shadow:
		return nil, fmt.Errorf("%s prefers a copy in order (DUMB_PREFER_SHADOW): %w", d, ErrNoShare)
	}
	b, size, err := d.newDumb(fourcc, width, height)
	if err != nil {
		return nil, err
	}
	// Nobody else can know the handle: the file descriptor it is found by has not
	// been made. So it is in no list, and no lock is needed.
	defer d.closeHandle(b.handle)
	fd, err := b.Export()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoShare, err)
	}
	return &Shared{FD: fd, Size: size, Planes: b.Format.Planes, Stride: b.Stride, Offset: b.Offset}, nil
}
