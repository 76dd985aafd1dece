package meta

import "encoding/binary"

// HDROutputMetadataSize is sizeof(struct hdr_output_metadata) of drm_mode.h:
// 30 bytes of fields and 2 of padding.
const HDROutputMetadataSize = 32

// EOTF values of CTA-861.3, as struct hdr_metadata_infoframe has them.
const (
	eotfPQ  = 2
	eotfHLG = 3
)

// HDROutputMetadata gives the value of the KMS connector property
// HDR_OUTPUT_METADATA for the static metadata in b, in the byte order of this
// machine. It is not ok if the content is not HDR, by COLOR's transfer
// characteristics: the property then has to be cleared.
//
// PQ and HLG without mastering display or content light are valid, the zeros
// mean unknown. Luminance that does not fit is brought to the nearest value
// that does.
func (b *Block) HDROutputMetadata() (blob [HDROutputMetadataSize]byte, ok bool) {
	if b.Color == nil {
		return blob, false
	}
	const (
		eotf    = 4  // after u32 metadata_type = 0 (static metadata type 1)
		display = 6  // after u8 metadata_type = 0; u16 x, y of R, G, B, white
		maxLuma = 22 // u16, cd/m²
		minLuma = 24 // u16, 0.0001 cd/m²
	)
	switch b.Color.Transfer {
	case TransferPQ:
		blob[eotf] = eotfPQ
	case TransferHLG:
		blob[eotf] = eotfHLG
	default:
		return blob, false
	}
	put := func(at int, v uint16) { binary.NativeEndian.PutUint16(blob[at:], v) }
	if m := b.MasteringDisplay; m != nil {
		for i, c := range [...]Chromaticity{m.Red, m.Green, m.Blue, m.White} {
			put(display+4*i, c.X)
			put(display+4*i+2, c.Y)
		}
		put(maxLuma, clamp16((uint64(m.MaxLuminance)+5000)/10000))
		put(minLuma, clamp16(uint64(m.MinLuminance)))
	}
	if l := b.ContentLight; l != nil {
		PutContentLight(&blob, *l)
	}
	return blob, true
}

// PutContentLight replaces the light levels in a value of HDROutputMetadata.
func PutContentLight(blob *[HDROutputMetadataSize]byte, l ContentLight) {
	const (
		maxCLL  = 26
		maxFALL = 28
	)
	binary.NativeEndian.PutUint16(blob[maxCLL:], l.MaxCLL)
	binary.NativeEndian.PutUint16(blob[maxFALL:], l.MaxFALL)
}

func clamp16(v uint64) uint16 { return uint16(min(v, 0xffff)) }
