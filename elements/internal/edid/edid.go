// Package edid reads what a monitor says of itself: its name, and what it can
// show beyond standard dynamic range. The reading is libdisplay-info's.
package edid

/*
#cgo pkg-config: libdisplay-info
#include <errno.h>
#include <stdlib.h>
#include <libdisplay-info/info.h>
*/
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unsafe"
)

// ErrInvalid is what is not an EDID: of a wrong size, without its header, with a
// wrong check sum in a block that is not CTA-861's, or of a version that is not 1.
var ErrInvalid = errors.New("not an EDID")

// Size of a block, and of the 256 of them that there can be (VESA E-EDID 1.4,
// section 2.2).
const (
	BlockSize = 128
	MaxSize   = 256 * BlockSize
)

// Monitor is what a monitor says of itself. The value can be compared with ==.
type Monitor struct {
	// For a person; "" where the monitor does not say.
	Make   string // "Dell Inc.", or "PNP(XYZ)" for an unregistered identifier
	Model  string
	Serial string

	// EOTFs are the transfer functions it takes (CTA-861-H, 7.5.13). Without
	// an HDR static metadata data block that is traditional gamma, SDR.
	EOTFs EOTF
	// StaticType1 says that it evaluates static metadata, those of
	// HDR_OUTPUT_METADATA.
	StaticType1 bool
	// What content should keep to, in cd/m²; 0 where the monitor does not say.
	MaxLuminance, MaxFrameAverage, MinLuminance float32

	// Colorimetry lists what it takes beside its default RGB (7.5.5).
	Colorimetry Colorimetry

	// Faults is where the EDID departs from its specifications, as many do; one
	// per line, for a log.
	Faults string
}

// EOTF is a set of transfer functions.
type EOTF uint8

const (
	SDR            EOTF = 1 << iota // traditional gamma, SDR luminance range
	TraditionalHDR                  // traditional gamma, HDR luminance range
	PQ                              // SMPTE ST 2084
	HLG                             // ITU-R BT.2100
)

// Colorimetry is a set of signal colorimetries.
type Colorimetry uint8

const (
	BT2020CYCC Colorimetry = 1 << iota // ITU-R BT.2020, constant luminance
	BT2020YCC                          // ITU-R BT.2020 Y'C'bC'r
	BT2020RGB                          // ITU-R BT.2020 R'G'B'
	ST2113RGB                          // SMPTE ST 2113, P3
	ICtCp                              // ITU-R BT.2100
)

// Parse reads an EDID. The bytes may be anything. Errors: ErrInvalid.
func Parse(b []byte) (*Monitor, error) {
	if len(b) == 0 || len(b) > MaxSize || len(b)%BlockSize != 0 {
		return nil, fmt.Errorf("%w: %d bytes, not 1 to 256 times %d", ErrInvalid, len(b), BlockSize)
	}
	b, mended := mend(b)
	info, err := C.di_info_parse_edid(unsafe.Pointer(&b[0]), C.size_t(len(b)))
	if info == nil {
		return nil, fmt.Errorf("%w (%w)", ErrInvalid, err)
	}
	defer C.di_info_destroy(info)
	hdr := C.di_info_get_hdr_static_metadata(info)
	color := C.di_info_get_supported_signal_colorimetry(info)
	m := &Monitor{
		Make:   taken(C.di_info_get_make(info)),
		Model:  taken(C.di_info_get_model(info)),
		Serial: taken(C.di_info_get_serial(info)),
		EOTFs: in(hdr.traditional_sdr, SDR) | in(hdr.traditional_hdr, TraditionalHDR) |
			in(hdr.pq, PQ) | in(hdr.hlg, HLG),
		StaticType1:     bool(hdr.type1),
		MaxLuminance:    float32(hdr.desired_content_max_luminance),
		MaxFrameAverage: float32(hdr.desired_content_max_frame_avg_luminance),
		MinLuminance:    float32(hdr.desired_content_min_luminance),
		Colorimetry: in(color.bt2020_cycc, BT2020CYCC) | in(color.bt2020_ycc, BT2020YCC) |
			in(color.bt2020_rgb, BT2020RGB) | in(color.st2113_rgb, ST2113RGB) | in(color.ictcp, ICtCp),
		Faults: strings.TrimSpace(C.GoString(C.di_info_get_failure_msg(info))),
	}
	if mended {
		m.Faults = strings.TrimSpace("The check sum of a CTA-861 block is wrong.\n" + m.Faults)
	}
	return m, nil
}

// mend corrects check sums of CTA-861 extension blocks, in a copy. Switches and
// receivers between computer and monitor edit these and forget the sum, so the
// kernel lets it pass (drm_edid.c); the library refuses the whole EDID for it.
func mend(b []byte) (_ []byte, mended bool) {
	const cta = 2
	for at := BlockSize; at < len(b); at += BlockSize {
		sum := byte(0)
		for _, v := range b[at : at+BlockSize] {
			sum += v
		}
		if b[at] != cta || sum == 0 {
			continue
		}
		if !mended {
			b, mended = bytes.Clone(b), true
		}
		b[at+BlockSize-1] -= sum
	}
	return b, mended
}

// String names the monitor: make and model, as far as it tells them.
func (m *Monitor) String() string {
	if name := strings.TrimSpace(m.Make + " " + m.Model); name != "" {
		return name
	}
	return "a monitor without a name"
}

func in[T ~uint8](has C.bool, bit T) T {
	if has {
		return bit
	}
	return 0
}

// taken frees a string of the library. What the monitor put into it ends in
// messages, so only what can be printed stays.
func taken(s *C.char) string {
	defer C.free(unsafe.Pointer(s))
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(C.GoString(s), "")))
}
