package kms

import (
	"encoding/binary"
	"math/bits"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// parseInFormats decodes an IN_FORMATS blob (struct drm_format_modifier_blob):
//
//	 0 u32 version = 1     4 u32 flags
//	 8 u32 count_formats  12 u32 formats_offset     u32 fourcc each
//	16 u32 count_modifiers 20 u32 modifiers_offset  24 bytes each:
//	   u64 bits, u32 first, u32 pad, u64 modifier: format first+n for bit n
func parseInFormats(b []byte) ([]PlaneFormat, error) {
	const (
		header   = int(unsafe.Sizeof(sys.DRMFormatModifierBlob{}))
		modifier = int(unsafe.Sizeof(sys.DRMFormatModifier{}))
	)
	le := binary.NativeEndian
	if len(b) < header {
		return nil, malformed("IN_FORMATS of %d bytes", len(b))
	}
	if v := le.Uint32(b); v != sys.FORMAT_BLOB_CURRENT {
		return nil, malformed("IN_FORMATS version %d", v)
	}
	table := func(at, size int) ([]byte, uint32, error) {
		count, offset := le.Uint32(b[at:]), le.Uint32(b[at+4:])
		end := uint64(offset) + uint64(count)*uint64(size)
		if count > maxFormats || end > uint64(len(b)) {
			return nil, 0, malformed("IN_FORMATS has %d entries at %d in %d bytes", count, offset, len(b))
		}
		return b[offset:end], count, nil
	}
	fourccs, nf, err := table(8, 4)
	if err != nil {
		return nil, err
	}
	modifiers, nm, err := table(16, modifier)
	if err != nil {
		return nil, err
	}
	formats := make([]PlaneFormat, nf)
	for i := range formats {
		formats[i].FourCC = le.Uint32(fourccs[4*i:])
	}
	for i := range int(nm) {
		m := modifiers[modifier*i:]
		first := uint64(le.Uint32(m[8:]))
		for set := le.Uint64(m); set != 0; set &= set - 1 {
			n := first + uint64(bits.TrailingZeros64(set))
			if n >= uint64(nf) {
				return nil, malformed("IN_FORMATS names format %d of %d", n, nf)
			}
			formats[n].Modifiers = append(formats[n].Modifiers, le.Uint64(m[16:]))
		}
	}
	return formats, nil
}
