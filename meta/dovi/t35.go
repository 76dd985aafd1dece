package dovi

import (
	"bytes"
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/meta/internal/bits"
)

// In AV1 an RPU travels in a T.35 message: country code (United States),
// terminal provider (Dolby), provider oriented code, then an EMDF container
// (ETSI TS 102 366 annex H) in which all but the size of the payload is fixed:
//
//	u2 version 0, u3 key_id 6, u5 payload id 31 + var5 225, u1 × 4 no sample
//	offset, duration, group, codec data, u1 discard unknown payload 1,
//	var8 size, size × u8 RPU without its prefix,
//	u5 payload id 0 (the end), u2 protection length 1, u2 0, u8 protection 0
//
// The last byte is filled up with ones. Since its head is 27 bits, the RPU lies
// across byte boundaries.
const (
	emdfHeader     = 0x37CD0820 // its first 32 bits; the last 5 belong to the size
	emdfHeaderBits = 27
	emdfEnd        = 0x400
	emdfEndBits    = 17
)

var t35Head = []byte{0xB5, 0x00, 0x3B, 0x00, 0x00, 0x08, 0x00, 0x37, 0xCD, 0x08}

const emdfStart = 7 // where in t35Head the container begins

// IsT35 reports whether the T.35 payload p, which begins with the country code,
// is one with an RPU.
func IsT35(p []byte) bool { return bytes.HasPrefix(p, t35Head) }

// FromT35 appends the RPU in a T.35 payload, which begins with the country code
// 0xB5, to dst, its prefix 0x19 included. The RPU is checked as by Parse; the
// container's end, which says nothing, is not. On an error dst is as it was.
// Errors: ErrNotDolbyVision, ErrContainer and those of Parse. No more is
// allocated than dst needs.
func FromT35(dst, payload []byte) ([]byte, error) {
	if !IsT35(payload) {
		return dst, fmt.Errorf("%w: T.35 payload %x", ErrNotDolbyVision, payload[:min(len(payload), len(t35Head))])
	}
	r := bits.NewReader(payload)
	r.Skip(emdfStart * 8)
	if head := r.U(emdfHeaderBits); head != emdfHeader>>(32-emdfHeaderBits) && !r.Short() {
		return dst, fmt.Errorf("%w: header %07x", ErrContainer, head)
	}
	// variable_bits(8): each further byte adds 256 times one more than before.
	size := r.U(8)
	for r.Flag() {
		if size = (size+1)<<8 | r.U(8); size > MaxSize {
			return dst, fmt.Errorf("%w: payload of %d bytes", ErrTooLarge, size)
		}
	}
	if left := r.Left() / 8; r.Short() || int(size) > left {
		return dst, fmt.Errorf("%w: payload of %d bytes in %d", ErrTruncated, size, left)
	}
	out := append(dst, prefix)
	from, shift := payload[r.Pos()>>3:], r.Pos()&7
	for i := range int(size) {
		v := uint16(from[i]) << 8
		if shift != 0 {
			v |= uint16(from[i+1])
		}
		out = append(out, byte(v>>(8-shift)))
	}
	h, err := Parse(out[len(dst):])
	if err != nil {
		return dst, err
	}
	return out[:len(dst)+h.Size], nil
}

// AppendT35 appends rpu to dst as a T.35 payload, country code first. What
// follows the end of the RPU is left out. It fails with dst unchanged, and
// Parse's errors, for what is not an RPU.
func AppendT35(dst, rpu []byte) ([]byte, error) {
	h, err := Parse(rpu)
	if err != nil {
		return dst, err
	}
	rpu = rpu[1:h.Size]
	w := bits.NewWriter(append(dst, t35Head[:emdfStart]...))
	w.U(emdfHeaderBits, emdfHeader>>(32-emdfHeaderBits))
	n := uint32(len(rpu))
	if n >= 256 {
		w.U(9, (n>>8-1)<<1|1)
	}
	w.U(9, n&0xff<<1)
	for _, b := range rpu {
		w.U(8, uint32(b))
	}
	w.U(emdfEndBits, emdfEnd)
	w.Align(0xff)
	return w.Bytes(), nil
}
