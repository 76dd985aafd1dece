package bits

import "encoding/binary"

// Writer appends fields to bytes. The zero Writer appends to none.
type Writer struct {
	p   []byte
	acc uint64 // its low n bits are not in p yet
	n   int    // < 32 between calls
}

// NewWriter begins behind dst, which it takes.
func NewWriter(dst []byte) Writer { return Writer{p: dst} }

// U appends the low n bits of v, 0..32.
func (w *Writer) U(n int, v uint32) {
	k := uint(n) & 63 // for the compiler, which checks a shift by an int
	w.acc = w.acc<<k | uint64(v)&(1<<k-1)
	if w.n += n; w.n >= 32 {
		w.n -= 32
		w.p = binary.BigEndian.AppendUint32(w.p, uint32(w.acc>>(uint(w.n)&63)))
	}
}

// Flag appends one bit.
func (w *Writer) Flag(b bool) {
	var v uint32
	if b {
		v = 1
	}
	w.U(1, v)
}

// Align fills the byte that has been begun up with the low bits of fill: 0 for
// zeros, 0xff for ones.
func (w *Writer) Align(fill uint8) { w.U(-w.n&7, uint32(fill)) }

// Bytes is what Writer began with and the whole bytes behind it: what Align has
// not filled up is not in it.
func (w *Writer) Bytes() []byte {
	for w.n >= 8 {
		w.n -= 8
		w.p = append(w.p, byte(w.acc>>w.n))
	}
	return w.p
}
