package kms

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Flip tells when a frame came onto the screen.
type Flip struct {
	UserData uint64 // of the commit
	CRTC     uint32 // 0 before Linux 4.12
	Sequence uint32 // vertical blanks of the CRTC, modulo 2^32
	Time     int64  // start of scan-out in ns of CLOCK_MONOTONIC
}

const (
	eventHeader = int(unsafe.Sizeof(sys.DRMEvent{}))
	vblankEvent = int(unsafe.Sizeof(sys.DRMEventVBlank{}))
)

// readFlips appends the flips that are waiting to be read; nothing waiting is
// no error. It allocates only when flips must grow.
func (d *Device) readFlips(flips []Flip) ([]Flip, error) {
	n, err := d.k.Read(d.eventBuf[:])
	switch {
	case err == unix.EAGAIN:
		return flips, nil
	case err != nil:
		return flips, failed(err, "%s: read events", d)
	case n < 0 || n > len(d.eventBuf):
		return flips, malformed("%d bytes of events", n)
	}
	for b := d.eventBuf[:n]; len(b) > 0; {
		f, isFlip, rest, err := parseEvent(b)
		if err != nil {
			return flips, err
		}
		if isFlip {
			flips = append(flips, f)
		}
		b = rest
	}
	return flips, nil
}

// parseEvent takes the first event off b:
//
//	0 u32 type  4 u32 length, this header included
//	flip complete: 8 u64 user_data  16 u32 s  20 u32 µs  24 u32 sequence  28 u32 crtc
func parseEvent(b []byte) (f Flip, isFlip bool, rest []byte, err error) {
	ne := binary.NativeEndian
	if len(b) < eventHeader {
		return f, false, nil, malformed("an event of %d bytes", len(b))
	}
	typ, length := ne.Uint32(b), ne.Uint32(b[4:])
	if length < uint32(eventHeader) || uint64(length) > uint64(len(b)) {
		return f, false, nil, malformed("an event says %d bytes of %d", length, len(b))
	}
	rest = b[length:]
	if typ != sys.DRM_EVENT_FLIP_COMPLETE {
		return f, false, rest, nil
	}
	if int(length) < vblankEvent {
		return f, false, nil, malformed("a flip event of %d bytes", length)
	}
	return Flip{
		UserData: ne.Uint64(b[8:]),
		Time:     int64(ne.Uint32(b[16:]))*1e9 + int64(ne.Uint32(b[20:]))*1e3,
		Sequence: ne.Uint32(b[24:]),
		CRTC:     ne.Uint32(b[28:]),
	}, true, rest, nil
}
