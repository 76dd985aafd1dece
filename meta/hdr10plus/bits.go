package hdr10plus

import "encoding/binary"

// bitReader reads most-significant-bit-first fields. A read past the end gives
// 0 and sets short, which is looked at once at the end: all loops of the syntax
// are bounded by their own field's width.
type bitReader struct {
	p     []byte
	pos   int // in bits
	short bool
}

// u reads n bits, 1..27 in this syntax (up to 57 would do).
func (r *bitReader) u(n int) uint32 {
	i := r.pos >> 3
	if r.pos+n > len(r.p)*8 {
		r.short = true
		return 0
	}
	var v uint64
	if i+8 <= len(r.p) {
		v = binary.BigEndian.Uint64(r.p[i:])
	} else {
		for k, b := range r.p[i:] {
			v |= uint64(b) << (56 - 8*k)
		}
	}
	v = v << (r.pos & 7) >> (64 - n)
	r.pos += n
	return uint32(v)
}

func (r *bitReader) flag() bool { return r.u(1) != 0 }

// bitWriter appends most-significant-bit-first fields. The first value that
// does not fit its field is kept as the error.
type bitWriter struct {
	p   []byte
	acc uint64
	n   int // bits in acc, < 8 between calls
	err error
}

func (w *bitWriter) u(n int, v uint32, name string) {
	if v>>n != 0 {
		w.fail("%s %d does not fit its %d bits", name, v, n)
		return
	}
	w.acc = w.acc<<n | uint64(v)
	for w.n += n; w.n >= 8; {
		w.n -= 8
		w.p = append(w.p, byte(w.acc>>w.n))
	}
}

func (w *bitWriter) fail(format string, args ...any) {
	if w.err == nil {
		w.err = invalid(format, args...)
	}
}

func (w *bitWriter) flag(b bool) {
	if b {
		w.u(1, 1, "")
	} else {
		w.u(1, 0, "")
	}
}

// align fills up the last byte with zero bits.
func (w *bitWriter) align() {
	if w.n > 0 {
		w.u(8-w.n, 0, "")
	}
}
