package bitstream

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

var be = binary.BigEndian

// How many bytes the static messages have, in SEI and AV1 alike.
const (
	masteringSize = 24
	lightSize     = 4
	ambientSize   = 8
)

// DecodeMasteringDisplay reads the payload of a MasteringDisplay message. SEI
// (H.265 D.3.28) has the units of meta.MasteringDisplay and the order green,
// blue, red. AV1 (6.7.4) has red, green, blue in 1/65536, the maximum in 1/256
// and the minimum in 1/16384 cd/m²; they are rounded, and what does not fit is
// the largest value. A payload that is too short is ErrTruncated.
func DecodeMasteringDisplay(codec Codec, p []byte) (meta.MasteringDisplay, error) {
	if len(p) < masteringSize {
		return meta.MasteringDisplay{}, short(MasteringDisplay, p, masteringSize)
	}
	point := func(i int) meta.Chromaticity {
		c := meta.Chromaticity{X: be.Uint16(p[4*i:]), Y: be.Uint16(p[4*i+2:])}
		if codec == AV1 {
			c.X, c.Y = uint16(scale(uint32(c.X), 50000, 16)), uint16(scale(uint32(c.Y), 50000, 16))
		}
		return c
	}
	m := meta.MasteringDisplay{White: point(3), MaxLuminance: be.Uint32(p[16:]), MinLuminance: be.Uint32(p[20:])}
	if codec == AV1 {
		m.Red, m.Green, m.Blue = point(0), point(1), point(2)
		m.MaxLuminance = scale(m.MaxLuminance, 10000, 8)
		m.MinLuminance = scale(m.MinLuminance, 10000, 14)
	} else {
		m.Green, m.Blue, m.Red = point(0), point(1), point(2)
	}
	return m, nil
}

// scale gives v·unit/2^shift, rounded.
func scale(v, unit uint32, shift int) uint32 {
	return uint32(min((uint64(v)*uint64(unit)+1<<(shift-1))>>shift, math.MaxUint32))
}

// DecodeContentLight reads the payload of a ContentLight message, which is the
// same in SEI (H.265 D.3.35) and AV1 (6.7.3). A payload that is too short is
// ErrTruncated.
func DecodeContentLight(p []byte) (meta.ContentLight, error) {
	if len(p) < lightSize {
		return meta.ContentLight{}, short(ContentLight, p, lightSize)
	}
	return meta.ContentLight{MaxCLL: be.Uint16(p), MaxFALL: be.Uint16(p[2:])}, nil
}

// DecodeAmbientViewing reads the payload of an AmbientViewing message (H.265
// D.3.39). A payload that is too short is ErrTruncated.
func DecodeAmbientViewing(p []byte) (meta.AmbientViewing, error) {
	if len(p) < ambientSize {
		return meta.AmbientViewing{}, short(AmbientViewing, p, ambientSize)
	}
	return meta.AmbientViewing{
		Illuminance: be.Uint32(p),
		Light:       meta.Chromaticity{X: be.Uint16(p[4:]), Y: be.Uint16(p[6:])},
	}, nil
}

func short(kind Kind, p []byte, want int) error {
	return fmt.Errorf("%w: %v message of %d bytes, not %d", ErrTruncated, kind, len(p), want)
}
