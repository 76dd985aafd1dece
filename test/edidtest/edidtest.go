// Package edidtest makes EDIDs of monitors that do not exist.
package edidtest

import (
	"encoding/binary"
)

// Monitor is what an EDID is to say.
type Monitor struct {
	Make   string // three capital letters
	Model  string // up to 13 characters
	Serial string // up to 13 characters; "" for none

	// HDR is the HDR static metadata data block; nil for none.
	HDR *HDR
	// Colorimetry is the first byte of the colorimetry data block, which 0
	// leaves out.
	Colorimetry byte
}

// HDR is the HDR static metadata data block of CTA-861-H, 7.5.13, in its codes.
type HDR struct {
	EOTFs       byte // ET_0…
	Descriptors byte // SM_0…
	// Luminance are the desired content's maximum, maximum frame average and
	// minimum; the block ends after those there are.
	Luminance []byte
}

// Bits of the data blocks.
const (
	ETSDR, ETHDR, ETPQ, ETHLG = 1 << 0, 1 << 1, 1 << 2, 1 << 3
	SMType1                   = 1 << 0

	BT2020CYCC, BT2020YCC, BT2020RGB = 1 << 5, 1 << 6, 1 << 7
)

// TV is a monitor for all of HDR10 and HLG.
func TV() Monitor {
	return Monitor{
		Make: "GSM", Model: "Test TV", Serial: "0001",
		HDR:         &HDR{EOTFs: ETSDR | ETPQ | ETHLG, Descriptors: SMType1, Luminance: []byte{115, 90, 26}},
		Colorimetry: BT2020RGB | BT2020YCC,
	}
}

// Desk is a monitor for SDR and nothing else.
func Desk() Monitor { return Monitor{Make: "DEL", Model: "Test Desk"} }

// EDID makes the bytes: a base block of EDID 1.4 and, for what does not fit
// there, a CTA-861 extension block.
func (m Monitor) EDID() []byte {
	b := make([]byte, 128)
	copy(b, "\x00\xff\xff\xff\xff\xff\xff\x00")
	binary.BigEndian.PutUint16(b[8:], uint16(m.Make[0]-'@')<<10|uint16(m.Make[1]-'@')<<5|uint16(m.Make[2]-'@'))
	b[10], b[11] = 0x34, 0x12                                // product code
	b[16], b[17] = 1, 30                                     // made in the first week of 2020
	b[18], b[19] = 1, 4                                      // version
	b[20] = 0xb2                                             // digital, 10 bits, HDMI
	b[21], b[22] = 60, 34                                    // cm
	b[23] = 120                                              // gamma 2.2
	b[24] = 0x02 | 0x04                                      // preferred timing is the native one, sRGB
	copy(b[25:], "\xee\x91\xa3\x54\x4c\x99\x26\x0f\x50\x54") // sRGB's chromaticities
	b[35] = 0x20                                             // 640x480 at 60 Hz
	for i := 38; i < 54; i++ {
		b[i] = 1 // no standard timing
	}
	copy(b[54:], timing1080p)
	descriptors := b[72:126]
	for _, d := range []struct {
		tag  byte
		text string
	}{{0xfc, m.Model}, {0xff, m.Serial}, {0x10, ""}} {
		if d.text == "" {
			d.tag = 0x10 // a dummy
		}
		putText(descriptors[:18], d.tag, d.text)
		descriptors = descriptors[18:]
	}
	var blocks []byte
	if m.HDR != nil {
		blocks = dataBlock(blocks, 6, append([]byte{m.HDR.EOTFs, m.HDR.Descriptors}, m.HDR.Luminance...))
	}
	if m.Colorimetry != 0 {
		blocks = dataBlock(blocks, 5, []byte{m.Colorimetry, 0})
	}
	if blocks != nil {
		b[126] = 1
		b = append(b, cta(blocks)...)
	}
	return Seal(b)
}

// Seal makes the check sum of every block right.
func Seal(b []byte) []byte {
	for at := 0; at+128 <= len(b); at += 128 {
		sum := byte(0)
		for _, v := range b[at : at+127] {
			sum += v
		}
		b[at+127] = -sum
	}
	return b
}

// timing1080p is CTA-861's 1920x1080 at 60 Hz as a detailed timing.
const timing1080p = "\x02\x3a\x80\x18\x71\x38\x2d\x40\x58\x2c\x45\x00\x58\x54\x21\x00\x00\x1e"

// putText writes a display descriptor: text up to a line feed, then spaces.
func putText(d []byte, tag byte, text string) {
	d[3] = tag
	if tag == 0x10 {
		return
	}
	n := copy(d[5:], text)
	for i := 5 + n; i < len(d); i++ {
		d[i] = ' '
	}
	if n < 13 {
		d[5+n] = '\n'
	}
}

// dataBlock appends a data block with an extended tag.
func dataBlock(to []byte, tag byte, payload []byte) []byte {
	to = append(to, 7<<5|byte(1+len(payload)), tag)
	return append(to, payload...)
}

// cta is a CTA-861 extension block, of revision 3, for an HDMI monitor.
func cta(blocks []byte) []byte {
	b := make([]byte, 128)
	b[0], b[1] = 2, 3
	b[3] = 0x80 | 0x40                                 // underscan, basic audio
	body := append([]byte{2<<5 | 2, 16, 1}, blocks...) // video: 1080p60, 640x480
	body = append(body, "\x65\x03\x0c\x00\x10\x00"...) // vendor: HDMI, physical address 1.0.0.0
	body = append(body, "\x83\x01\x00\x00"...)         // speakers: front left and right
	body = append(body, "\x23\x09\x07\x07"...)         // audio: PCM, stereo
	b[2] = byte(4 + copy(b[4:], body))
	return b
}
