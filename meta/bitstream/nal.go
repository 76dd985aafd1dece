package bitstream

import "bytes"

// NAL unit types of H.265 table 7-1 and H.264 table 7-1 that matter here.
const (
	hevcIRAPFirst = 16 // BLA_W_LP
	hevcIRAPLast  = 23 // RSV_IRAP_VCL23
	hevcIDRFirst  = 19 // IDR_W_RADL
	hevcIDRLast   = 20 // IDR_N_LP
	hevcVCLLast   = 31
	hevcVPS       = 32
	hevcSPS       = 33
	hevcAUD       = 35
	hevcEOS       = 36
	hevcEOB       = 37
	hevcPrefixSEI = 39
	hevcSuffixSEI = 40
	hevcDolbyRPU  = 62 // UNSPEC62

	avcSliceFirst = 1
	avcIDR        = 5
	avcSEI        = 6
	avcSPS        = 7
	avcDolbyRPU   = 28 // unspecified

	avcEndOfSequence = 10
	avcEndOfStream   = 11
	avcPrefix        = 14 // what the slice behind it is to a scalable or multiview decoder
	avcAuxSlice      = 19
	avcSliceExtLast  = 21 // the last type of slices of further layers and views
)

// startCode finds the first 00 00 01 at or behind from, or gives -1.
func startCode(p []byte, from int) int {
	i := bytes.Index(p[from:], []byte{0, 0, 1})
	if i < 0 {
		return -1
	}
	return from + i
}

// nextStartCode moves to the next NAL unit of a byte stream. It ends before the
// next start code, wherever that is, and loses its trailing zeros: a NAL unit
// never ends with one. Some streams have zeros inside that should have been
// escaped; they do no harm.
func (w *units) nextStartCode() bool {
	for w.pos < len(w.au) {
		prefix := w.pos
		code := startCode(w.au, prefix)
		if code < 0 {
			code = len(w.au)
		}
		// Only zeros may stand before the first; later ones were found already.
		if lead := bytes.TrimRight(w.au[prefix:code], "\x00"); len(lead) > 0 {
			w.damage.add(ErrStartCode, prefix, "%d bytes belong to no NAL unit", len(lead))
			prefix += len(lead)
		}
		if code == len(w.au) {
			w.pos = len(w.au)
			return false
		}
		w.prefix, w.start = prefix, code+3
		end := startCode(w.au, w.start)
		if end < 0 {
			end = len(w.au)
		}
		w.end = w.start + len(trimZeros(w.au[w.start:end]))
		w.pos = w.end
		if w.header() {
			return true
		}
	}
	return false
}

// nextLength moves to the next length-prefixed NAL unit. One that is longer
// than what is left ends there.
func (w *units) nextLength() bool {
	n := w.format.LengthSize
	for w.pos < len(w.au) {
		w.prefix, w.start = w.pos, w.pos+n
		if w.start > len(w.au) {
			w.damage.add(ErrTruncated, w.pos, "%d bytes of a length field of %d", len(w.au)-w.pos, n)
			w.pos = len(w.au)
			return false
		}
		var size uint64
		for _, b := range w.au[w.prefix:w.start] {
			size = size<<8 | uint64(b)
		}
		left := len(w.au) - w.start
		if size > uint64(left) {
			w.damage.add(ErrTruncated, w.pos, "NAL unit of %d bytes, %d left", size, left)
			size = uint64(left)
		}
		w.end = w.start + int(size)
		w.pos = w.end
		if w.header() {
			return true
		}
	}
	return false
}

// whole takes all of the access unit as one NAL unit without framing.
func (w *units) whole() bool {
	w.prefix, w.start, w.end = 0, 0, len(w.au)
	w.pos = w.end
	return w.header()
}

// header reads the NAL unit header, two bytes in HEVC (H.265 7.3.1.2) and one
// in AVC (H.264 7.3.1).
func (w *units) header() bool {
	n := 2
	if w.format.Codec == AVC {
		n = 1
	}
	if w.body = w.start + n; w.body > w.end {
		w.damage.add(ErrNAL, w.start, "%d bytes", w.end-w.start)
		return false
	}
	b := w.au[w.start]
	if b&0x80 != 0 {
		w.damage.add(ErrNAL, w.start, "forbidden_zero_bit is set, header %#x", b)
		return false
	}
	if w.format.Codec == AVC {
		w.typ, w.layer = b&0x1f, 0
	} else {
		w.typ, w.layer = b>>1&0x3f, b&1<<5|w.au[w.start+1]>>3
	}
	return true
}

func trimZeros(p []byte) []byte {
	n := len(p)
	for n > 0 && p[n-1] == 0 {
		n--
	}
	return p[:n]
}
