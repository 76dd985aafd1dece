package bitstream

// OBU types (AV1 6.2.2) and metadata types (6.7.1) that matter here.
const (
	obuSequenceHeader    = 1
	obuTemporalDelimiter = 2
	obuFrameHeader       = 3
	obuTileGroup         = 4
	obuMetadata          = 5
	obuFrame             = 6

	metadataContentLight     = 1 // METADATA_TYPE_HDR_CLL
	metadataMasteringDisplay = 2 // METADATA_TYPE_HDR_MDCV
	metadataT35              = 4 // METADATA_TYPE_ITUT_T35
)

// nextOBU moves to the next OBU of a temporal unit (AV1 5.3). An OBU without
// size field ends with the temporal unit, so it is the last one.
func (w *units) nextOBU() bool {
	if w.pos >= len(w.au) {
		return false
	}
	p := w.au[w.pos:]
	w.prefix, w.start = w.pos, w.pos
	n := 1
	w.typ = p[0] >> 3 & 0xf
	if p[0]&0x80 != 0 { // then the size field is not trusted either
		w.damage.add(ErrOBU, w.pos, "obu_forbidden_bit is set, header %#x", p[0])
		w.pos = len(w.au)
		return false
	}
	if p[0]&4 != 0 { // obu_extension_flag
		n++
	}
	if n > len(p) {
		w.damage.add(ErrTruncated, w.pos, "OBU header of %d bytes, %d left", n, len(p))
		w.pos = len(w.au)
		return false
	}
	size := uint64(len(p) - n)
	if p[0]&2 != 0 { // obu_has_size_field
		v, k := leb128(p[n:])
		if k == 0 {
			w.damage.add(ErrOBU, w.pos, "size field is no leb128: % x", p[n:min(n+8, len(p))])
			w.pos = len(w.au)
			return false
		}
		n += k
		if left := uint64(len(p) - n); v > left {
			w.damage.add(ErrTruncated, w.pos, "OBU of %d bytes, %d left", v, left)
			v = left
		}
		size = v
	}
	w.body = w.start + n
	w.end = w.body + int(size)
	w.pos = w.end
	return true
}

// leb128 reads a number (AV1 4.10.5) and how many bytes it takes, 0 if p does
// not begin with one: at most 8 bytes and a value below 2³².
func leb128(p []byte) (v uint64, n int) {
	for i, b := range p[:min(8, len(p))] {
		v |= uint64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			if v > 1<<32-1 {
				return 0, 0
			}
			return v, i + 1
		}
	}
	return 0, 0
}

// hasHeader says whether p, the payload of a sequence or frame header, has the
// byte that is read of it; without it is damage.
func (w *units) hasHeader(p []byte, what string) bool {
	if len(p) == 0 {
		w.damage.add(ErrOBU, w.start, "%s header is empty", what)
		return false
	}
	return true
}

// reducedHeader is reduced_still_picture_header of a sequence header that is not
// empty; it stands behind seq_profile (3) and still_picture (1).
func reducedHeader(p []byte) bool { return p[0]>>3&1 != 0 }
