package hdrmetaattach

import (
	"math"
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
	sought     bool   // so the count may be anything
	first      bool   // after the seek comes next
}

// number is the number of the frame, which is the next one in the stream. It is
// not ok for a frame whose time is needed and unknown.
func (c *numbering) number(f *gstx.Frame) (n int64, ok bool) {
	if c.byTime || c.sought {
		if n, ok = c.timed(f.StreamTime); ok && c.first {
			n = c.uncut(n, f)
		}
		c.first = false
		if ok || c.byTime {
			return n + c.offset, ok
		}
	}
	n = c.next
	c.next++
	return n + c.offset, true
}

// flush follows a seek, and maybe only the restart of a stream without times.
func (c *numbering) flush() { c.sought, c.first, c.next = true, true, 0 }

// uncut corrects the number of the frame that a seek went into the middle of.
// Decoders cut off what lies before the target (gst_video_decoder_clip_and_push_buf),
// so of such a frame only the end is where it was.
func (c *numbering) uncut(n int64, f *gstx.Frame) int64 {
	if f.Duration == 0 || f.Duration == gstx.None || f.Duration > math.MaxUint64-f.StreamTime {
		return n
	}
	if end, ok := c.timed(f.StreamTime + f.Duration); ok && end == n {
		return max(n-1, 0)
	}
	return n
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
