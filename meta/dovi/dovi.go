// Package dovi takes Dolby Vision RPUs (reference processing units, the
// metadata of one picture) out of what carries them and puts them back: NAL
// units of HEVC and AVC, T.35 messages of AV1, RPU files.
//
// An RPU here is the unescaped byte string from the prefix 0x19 to the final
// 0x80, as section DOLBY_VISION_RPU of the sealed block holds it. It is carried
// whole: no more of it is understood than its header, and that its checksum is
// right.
//
// Sources: ETSI GS CCM 001 for the header's syntax and, for the carriers, the
// public implementations dovi_tool (NAL unit type 62, EMDF), FFmpeg (EMDF) and
// GPAC (AVC).
package dovi

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	prefix    = 0x19 // rpu_nal_prefix
	finalByte = 0x80
	crcSize   = 4
	// minSize is the prefix, the first fields of the header, checksum and end.
	minSize = 1 + 3 + crcSize + 1

	// MaxSize is the longest RPU that is accepted. The syntax has no limit; real
	// ones have 150 to 400 bytes, and a sealed block has room for 64 KiB.
	MaxSize = 32 << 10
)

// Sentinels, to be tested with errors.Is.
var (
	// ErrNotDolbyVision is a NAL unit or a T.35 message of something else.
	ErrNotDolbyVision = errors.New("dovi: not a Dolby Vision message")
	// ErrPrefix is an RPU that does not begin with 0x19.
	ErrPrefix = errors.New("dovi: wrong RPU prefix")
	// ErrTruncated is an RPU without its end, or whose header goes past it.
	ErrTruncated = errors.New("dovi: RPU is truncated")
	// ErrCRC is an RPU with an end but another checksum.
	ErrCRC = errors.New("dovi: wrong RPU checksum")
	// ErrInvalid is a header field with a value that is not allowed.
	ErrInvalid = errors.New("dovi: invalid value")
	// ErrTooLarge is an RPU of more than MaxSize bytes.
	ErrTooLarge = errors.New("dovi: RPU is too large")
	// ErrContainer is a T.35 message whose EMDF container cannot be read.
	ErrContainer = errors.New("dovi: invalid EMDF container")
	// ErrFile is a file that does not begin like an RPU file.
	ErrFile = errors.New("dovi: not an RPU file")
)

// Parse checks an unescaped RPU and reads its header. It allocates nothing
// unless it fails.
//
// The RPU ends at the first byte 0x80 up to which the checksum is right;
// Header.Size tells where. What follows is not looked at: carriers pad with
// zeros, and an intact RPU is not given up for the bytes behind it.
//
// On an error the Header is the zero value. Errors: ErrPrefix, ErrTruncated,
// ErrCRC, ErrTooLarge, ErrInvalid.
func Parse(rpu []byte) (Header, error) {
	if len(rpu) == 0 {
		return Header{}, fmt.Errorf("%w: 0 bytes", ErrTruncated)
	}
	if rpu[0] != prefix {
		return Header{}, fmt.Errorf("%w: %#02x, not %#02x", ErrPrefix, rpu[0], prefix)
	}
	size, err := end(rpu)
	if err != nil {
		return Header{}, err
	}
	h := Header{Size: size}
	if err := h.read(rpu[1 : size-crcSize-1]); err != nil {
		return Header{}, err
	}
	return h, nil
}

// end finds the size of the RPU in one pass: a checksum that runs over its own
// value becomes zero.
func end(rpu []byte) (int, error) {
	limited := rpu[:min(len(rpu), MaxSize)]
	crc := crcInit
	for i := 1; i < len(limited); i++ {
		b := limited[i]
		if crc == 0 && b == finalByte && i+1 >= minSize {
			return i + 1, nil
		}
		crc = crc<<8 ^ crcTable[byte(crc>>24)^b]
	}
	if len(rpu) > MaxSize {
		return 0, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, MaxSize)
	}
	n := len(rpu)
	for n > 0 && rpu[n-1] == 0 {
		n--
	}
	if n < minSize || rpu[n-1] != finalByte {
		return 0, fmt.Errorf("%w: %d bytes without an end", ErrTruncated, len(rpu))
	}
	body := n - 1 - crcSize
	return 0, fmt.Errorf("%w: %08x, computed %08x", ErrCRC, binary.BigEndian.Uint32(rpu[body:]), Checksum(rpu[1:body]))
}
