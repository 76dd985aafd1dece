package bitstream

import "bytes"

// unescape appends the RBSP of a NAL unit's payload to dst: without the
// emulation prevention bytes, 03 behind 00 00 (H.265 and H.264 7.3.1.1). What
// should have been escaped and was not is kept.
func unescape(dst, p []byte) []byte {
	for {
		i := bytes.Index(p, []byte{0, 0, 3})
		if i < 0 {
			return append(dst, p...)
		}
		dst = append(dst, p[:i+2]...)
		p = p[i+3:]
	}
}
