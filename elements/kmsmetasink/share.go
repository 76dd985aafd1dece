package kmsmetasink

import (
	"errors"
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
)

// Upstream is offered buffers of the display's own memory, so that what software
// draws or decodes is scanned out from where it was written. They come back as
// any DMA-buf does, see images.

// Holds: the buffer on the screen and the one about to be.
func (s *sink) Holds() int { return len(s.held) }

var errStopped = errors.New("the display is closed")

// Share makes memory for one picture that upstream writes and the display reads.
func (s *sink) Share(format string, width, height uint32) (gstx.Shared, error) {
	// The lock is Stop's too, so the device stays open meanwhile.
	s.sharedMu.Lock()
	defer s.sharedMu.Unlock()
	if s.shared == nil {
		return gstx.Shared{}, errStopped
	}
	fourcc, known := s.codes[format]
	if !known {
		return gstx.Shared{}, fmt.Errorf("format %s is not one of the display's", format)
	}
	m, err := s.dev.Share(fourcc, width, height)
	if err != nil {
		return gstx.Shared{}, err
	}
	out := gstx.Shared{FD: m.FD.Release(), Size: m.Size, NPlanes: m.Planes}
	for i := range m.Planes {
		out.Offset[i], out.Stride[i] = uint64(m.Offset[i]), int32(m.Stride[i])
	}
	return out, nil
}

// Drain gives upstream its buffers back. What is on the screen stays there: the
// driver has the memory, and its framebuffer is removed when others have replaced it.
func (s *sink) Drain() {
	s.turn.Lock()
	defer s.release()
	s.forgetPreroll()
	for i := range s.held {
		s.held[i].Unref()
		s.held[i] = gstx.Buffer{}
	}
	if s.images != nil {
		s.images.wait()
	}
	if len(s.layers) > 0 { // it cannot be drawn again without its buffer
		s.last = shownFrame{}
	}
}
