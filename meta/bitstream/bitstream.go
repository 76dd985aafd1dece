// Package bitstream knows where HDR metadata sits in compressed video: the SEI
// messages and NAL units of HEVC (ITU-T H.265) and AVC (H.264), in the byte
// stream format and length-prefixed as files have them, and the OBUs of AV1.
//
// A [Finder] lends each message of an access unit, a [Tracker] makes of access
// units in decoding order one [meta.Block] each, with every value that is in
// force for that picture, and an [Inserter] puts a block into an access unit.
//
// Slices and tile groups are skipped, never parsed, and an access unit is never
// copied. Broken input costs what is broken and nothing else: the rest of the
// access unit is delivered, and what was wrong comes back as a [DamageError].
package bitstream

import "fmt"

// Codec is a video codec.
type Codec uint8

// The codecs. The zero Codec is none.
const (
	HEVC Codec = iota + 1
	AVC
	AV1
)

// String gives the codec's usual name.
func (c Codec) String() string {
	switch c {
	case HEVC:
		return "HEVC"
	case AVC:
		return "AVC"
	case AV1:
		return "AV1"
	}
	return fmt.Sprintf("codec %d", uint8(c))
}

// Format is how access units are framed.
type Format struct {
	Codec Codec
	// LengthSize is how many bytes the length field before each NAL unit has: 1, 2
	// or 4, which ParseConfig tells; 0 is the byte stream format (H.265 and H.264
	// annex B). AV1 has none: its OBUs tell their own size, but for the last.
	LengthSize int
}

// check tells a format that cannot be walked.
func (f Format) check() error {
	switch {
	case f.Codec < HEVC || f.Codec > AV1:
		return fmt.Errorf("%w: %v", ErrFormat, f.Codec)
	case f.LengthSize < 0 || f.LengthSize > 4 || f.LengthSize == 3 || f.Codec == AV1 && f.LengthSize != 0:
		return fmt.Errorf("%w: %v with length fields of %d bytes", ErrFormat, f.Codec, f.LengthSize)
	}
	return nil
}

// Kind is what a message says.
type Kind uint8

// The kinds of message, with the payload each one has.
const (
	// T35 is user data registered by ITU-T T.35, from the country code on:
	// SEI 4, AV1 metadata type 4. HDR10+ is one of many; hdr10plus.Is tells.
	T35 Kind = iota + 1
	// MasteringDisplay is SEI 137 or AV1 metadata type 2; see DecodeMasteringDisplay.
	MasteringDisplay
	// ContentLight is SEI 144 or AV1 metadata type 1; see DecodeContentLight.
	ContentLight
	// AlternativeTransfer is SEI 147: one byte, the preferred transfer
	// characteristics of H.273.
	AlternativeTransfer
	// AmbientViewing is SEI 148; see DecodeAmbientViewing.
	AmbientViewing
	// DolbyVision is an RPU, unescaped, from its prefix 0x19 to its end 0x80,
	// with a correct CRC: NAL unit 62 of HEVC, 28 of AVC, a T.35 message of AV1.
	DolbyVision
	// FilmGrain is the payload of the film grain characteristics SEI, 19.
	FilmGrain
	// Sequence is what SequenceColor reads: a sequence parameter set, unescaped,
	// from behind its NAL unit header on, or an AV1 sequence header without its
	// OBU header.
	Sequence
)

var kindNames = [...]string{
	T35:                 "T.35",
	MasteringDisplay:    "mastering display",
	ContentLight:        "content light",
	AlternativeTransfer: "alternative transfer",
	AmbientViewing:      "ambient viewing",
	DolbyVision:         "Dolby Vision",
	FilmGrain:           "film grain",
	Sequence:            "sequence",
}

// String gives a name for a person.
func (k Kind) String() string {
	if k >= T35 && int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Message is one message of an access unit.
type Message struct {
	Kind Kind
	// Payload is lent: it lies in the access unit or in the Finder, and changes
	// when the function it was given to returns.
	Payload []byte
}

// Picture is what an access unit's slices or frame headers say of it.
type Picture struct {
	// RandomAccess says that decoding can start here: an IRAP picture of HEVC, an
	// IDR picture of AVC, a key frame of AV1 with its sequence header.
	RandomAccess bool
	// IDR says that nothing before it is referred to any more: an IDR picture of
	// HEVC or AVC, and every random access point of AV1.
	IDR bool
}
