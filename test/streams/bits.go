package streams

import "math/bits"

// bitWriter writes most-significant-bit-first fields and Exp-Golomb codes. It is
// not the one of meta/internal/bits on purpose: these streams judge what is read
// with that package, so nothing of it may be in them.
type bitWriter struct {
	p    []byte
	free int // bits left in the last byte
}

func (w *bitWriter) u(n int, v uint32) {
	for n--; n >= 0; n-- {
		if w.free == 0 {
			w.p, w.free = append(w.p, 0), 8
		}
		w.free--
		w.p[len(w.p)-1] |= byte(v>>n&1) << w.free
	}
}

func (w *bitWriter) s16(v int16) { w.u(16, uint32(uint16(v))) }

func (w *bitWriter) ue(v uint32) {
	n := bits.Len32(v + 1)
	w.u(2*n-1, v+1)
}

func (w *bitWriter) se(v int32) {
	if v > 0 {
		w.ue(uint32(2*v - 1))
	} else {
		w.ue(uint32(-2 * v))
	}
}

func (w *bitWriter) align() { w.free = 0 }

// len is how many bits have been written.
func (w *bitWriter) len() int { return 8*len(w.p) - w.free }
