package dovi

import "fmt"

// The NAL units that hold an RPU: HEVC type UNSPEC62 and AVC type 28.
const (
	hevcType = 62
	avcType  = 28

	// MaxNALSize is the longest NAL unit of an RPU: escaping adds a byte to
	// every two at most.
	MaxNALSize = 2 + MaxSize + MaxSize/2 + 1
)

// Unescape appends src to dst without its emulation prevention bytes: the 3 of
// every 0 0 3 (H.264 and H.265 clause 7.3.1.1). It is total: what no encoder
// writes is copied as it is. The two must not overlap.
func Unescape(dst, src []byte) []byte {
	zeros := 0
	for _, b := range src {
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		dst = append(dst, b)
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return dst
}

// Escape appends src to dst with emulation prevention bytes, so that no start
// code is in it and it does not end with two zeros. The two must not overlap.
func Escape(dst, src []byte) []byte {
	zeros := 0
	for _, b := range src {
		if zeros == 2 && b <= 3 {
			dst = append(dst, 3)
			zeros = 0
		}
		dst = append(dst, b)
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	if zeros == 2 {
		dst = append(dst, 3)
	}
	return dst
}

// FromNAL appends the RPU in an HEVC NAL unit of type 62, which begins with its
// two bytes of header (7C 01), to dst. The RPU is checked as by Parse and what
// follows its end is left out. On an error dst is as it was. Errors:
// ErrNotDolbyVision and those of Parse. No more is allocated than dst needs.
func FromNAL(dst, nal []byte) ([]byte, error) {
	if len(nal) < 2 || nal[0]>>1&0x3f != hevcType {
		return dst, fmt.Errorf("%w: NAL unit %x", ErrNotDolbyVision, nal[:min(len(nal), 2)])
	}
	return fromEscaped(dst, nal[2:])
}

// FromAVC is FromNAL for an AVC NAL unit of type 28, whose header is one byte.
func FromAVC(dst, nal []byte) ([]byte, error) {
	if len(nal) < 1 || nal[0]&0x1f != avcType {
		return dst, fmt.Errorf("%w: NAL unit %x", ErrNotDolbyVision, nal[:min(len(nal), 1)])
	}
	return fromEscaped(dst, nal[1:])
}

func fromEscaped(dst, escaped []byte) ([]byte, error) {
	// What is longer is not an RPU, so it is not copied either.
	if len(escaped) > MaxNALSize {
		escaped = escaped[:MaxNALSize]
	}
	out := Unescape(dst, escaped)
	h, err := Parse(out[len(dst):])
	if err != nil {
		return dst, err
	}
	return out[:len(dst)+h.Size], nil
}

// AppendNAL appends rpu to dst as an HEVC NAL unit, without a start code or a
// length. It does not judge: what Parse accepts, FromNAL gives back.
func AppendNAL(dst, rpu []byte) []byte {
	return Escape(append(dst, hevcType<<1, 1), rpu)
}

// AppendAVC is AppendNAL for AVC, with the nal_ref_idc 0 of what no picture
// refers to.
func AppendAVC(dst, rpu []byte) []byte {
	return Escape(append(dst, avcType), rpu)
}
