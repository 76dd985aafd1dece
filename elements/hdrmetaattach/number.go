package hdrmetaattach

import (
	"math/bits"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
)

const second = 1_000_000_000 // ns

// numbering gives frames their numbers in the files.
type numbering struct {
	byTime     bool
	offset     int64
	fpsN, fpsD uint64 // 0/1 when unknown
	next       int64  // of the count
	sought     bool   // the count goes on from the next frame's time
}

// number is the number of the frame, which is the next one in the stream. It is
// not ok for a frame whose time is needed and unknown.
func (c *numbering) number(f *gstx.Frame) (n int64, ok bool) {
	if c.byTime {
		n, ok = c.timed(f.StreamTime)
		return n + c.offset, ok
	}
	if c.sought {
		c.sought = false
		c.next, _ = c.timed(f.StreamTime)
	}
	n = c.next
	c.next++
	return n + c.offset, true
}

// timed rounds to the nearest frame: timestamps are rounded too, to milliseconds
// in some containers.
func (c *numbering) timed(t uint64) (n int64, ok bool) {
	if t == gstx.None || c.fpsN == 0 {
		return 0, false
	}
	unit := c.fpsD * second // 31 bits and 30
	hi, lo := bits.Mul64(t, c.fpsN)
	lo, carry := bits.Add64(lo, unit/2, 0)
	hi += carry
	if hi >= unit {
		return 0, false // more than 64 bits
	}
	q, _ := bits.Div64(hi, lo, unit)
	if q >= 1<<62 {
		return 0, false
	}
	return int64(q), true
}
