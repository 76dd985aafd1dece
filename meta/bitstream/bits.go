package bitstream

import "math/bits"

// bitReader reads the fields of parameter sets, most significant bit first. A
// read past the end gives 0 and sets short, which is looked at by loops and at
// the end.
type bitReader struct {
	p     []byte
	pos   int // in bits
	short bool
}

// peek gives the next 32 bits, with zeros for those past the end.
func (r *bitReader) peek() uint32 {
	var v uint64
	for i := range 5 {
		v <<= 8
		if k := r.pos>>3 + i; k < len(r.p) {
			v |= uint64(r.p[k])
		}
	}
	return uint32(v << (r.pos & 7) >> 8)
}

func (r *bitReader) skip(n int) {
	if n > len(r.p)*8-r.pos {
		r.pos, r.short = len(r.p)*8, true
		return
	}
	r.pos += n
}

// u reads n bits, 0..32.
func (r *bitReader) u(n int) uint32 {
	v := r.peek() >> (32 - n)
	if r.skip(n); r.short {
		return 0
	}
	return v
}

func (r *bitReader) flag() bool { return r.u(1) != 0 }

// ue reads an unsigned Exp-Golomb code (H.265 9.2, H.264 9.1) of at most 32 bits
// of value: the largest that an element can have is 2³²−2.
func (r *bitReader) ue() uint32 {
	zeros := bits.LeadingZeros32(r.peek())
	if zeros == 32 {
		r.short = true
		return 0
	}
	r.skip(zeros)
	v := r.u(zeros + 1)
	if r.short {
		return 0
	}
	return v - 1
}

// se reads a signed Exp-Golomb code.
func (r *bitReader) se() int32 {
	v := r.ue()
	if v&1 != 0 {
		return int32(v>>1 + 1)
	}
	return -int32(v >> 1)
}

// uvlc passes over AV1's variable length code (4.10.3), which is an Exp-Golomb
// code but for 32 and more zeros, which are a value of their own.
func (r *bitReader) uvlc() {
	zeros := 0
	for !r.flag() && !r.short {
		zeros++
	}
	if zeros < 32 {
		r.skip(zeros)
	}
}
