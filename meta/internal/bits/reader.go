// Package bits reads and writes the fields that video syntax consists of: most
// significant bit first, of any width, and Exp-Golomb codes.
package bits

import (
	"encoding/binary"
	"math/bits"
)

// Reader reads fields from bytes that anybody may have made. A field that does
// not end within them is 0, and so is all that is read afterwards, so that a
// caller looks at Short once at the end, and in loops whose count is large. The
// zero Reader has nothing to read.
type Reader struct {
	p     []byte
	pos   int // in bits, 0..8·len(p)
	short bool
}

// NewReader begins at the first bit of p, which it borrows.
func NewReader(p []byte) Reader { return Reader{p: p} }

// Short tells whether a field did not end within the bytes.
func (r *Reader) Short() bool { return r.short }

// Pos is how many bits have been read; all of them once Short.
func (r *Reader) Pos() int { return r.pos }

// Left is how many bits there are still to read.
func (r *Reader) Left() int { return len(r.p)*8 - r.pos }

func (r *Reader) end() { r.pos, r.short = len(r.p)*8, true }

// U reads n bits, 0..32.
func (r *Reader) U(n int) uint32 {
	i := r.pos >> 3
	if i+8 > len(r.p) {
		return r.last(n)
	}
	// Two shifts by less than 64, which the compiler need not check, are one by
	// 64-n.
	v := binary.BigEndian.Uint64(r.p[i:]) << (r.pos & 7) >> 1 >> (uint(63-n) & 63)
	r.pos += n
	return uint32(v)
}

// last is U where fewer than 8 bytes are left.
func (r *Reader) last(n int) uint32 {
	if n > r.Left() {
		r.end()
		return 0
	}
	v := r.peek() >> (64 - n)
	r.pos += n
	return uint32(v)
}

// peek gives the next 57 bits or more at the top, with zeros for those past the
// end.
func (r *Reader) peek() uint64 {
	var v uint64
	if p := r.p[r.pos>>3:]; len(p) >= 8 {
		v = binary.BigEndian.Uint64(p)
	} else {
		for k, b := range p {
			v |= uint64(b) << (56 - 8*k)
		}
	}
	return v << (r.pos & 7)
}

// Flag reads one bit.
func (r *Reader) Flag() bool { return r.U(1) != 0 }

// Skip passes over n bits, 0 or more.
func (r *Reader) Skip(n int) {
	if n > r.Left() {
		r.end()
		return
	}
	r.pos += n
}

// Align reads what is left of the byte that has been begun: 0..7 bits.
func (r *Reader) Align() uint32 { return r.U(-r.pos & 7) }

// UE reads an unsigned Exp-Golomb code, ue(v) of H.264 9.1 and H.265 9.2:
// 0..2³²−2. A code of a larger value, which no syntax has, is read as one that
// does not end.
func (r *Reader) UE() uint32 {
	zeros := bits.LeadingZeros64(r.peek())
	if zeros > 31 {
		r.end()
		return 0
	}
	r.Skip(zeros)
	v := r.U(zeros + 1)
	if r.short {
		return 0
	}
	return v - 1
}

// SE reads a signed Exp-Golomb code, se(v) of H.264 9.1.1 and H.265 9.2.2:
// ±(2³¹−1).
func (r *Reader) SE() int32 {
	v := r.UE()
	if v&1 != 0 {
		return int32(v>>1 + 1)
	}
	return -int32(v >> 1)
}
