package bitstream

import (
	"encoding/hex"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
)

// What access units of the tests are built from.

const (
	// Two HDR10+ payloads of real streams, profiles A and B.
	hdr10plusA = "b5003c00010401400000008b4c41ff1bd601036408000c28db205000acc800e190036e581032d02a6af848f318e1b40000"
	hdr10plusB = "b5003c0001040140000c803cb019bd0d800041e4080000285f00500170c800059000125801aed00b5af81be3185b4c0042903c248f4a9bf942dbd837be57aa00"
	// P3 with D65 white, 1000 and 0.0001 cd/m²; 1000 and 400 cd/m²; 314 lx, D65.
	masteringSEI = "33c286c41d4c0bb884d03e803d1340420098968000000001"
	masteringAV1 = "ae1451ec43d7b0a426660f5c500d54390003e80000000002"
	lightSEI     = "03e80190"
	ambientSEI   = "002fe9a03d134042"
	captionsHex  = "b500314741393403d1fffc9420"
	vividHex     = "260004000501"
	st2094Hex    = "b50090000100"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// seiNAL builds an SEI NAL unit with a header of one or two bytes.
func seiNAL(header []byte, messages ...[]byte) []byte {
	var rbsp []byte
	for _, m := range messages {
		rbsp = append(rbsp, m...)
	}
	return dovi.Escape(append([]byte(nil), header...), append(rbsp, 0x80))
}

func message(typ int, payload []byte) []byte {
	var p []byte
	for _, v := range []int{typ, len(payload)} {
		for ; v >= 255; v -= 255 {
			p = append(p, 255)
		}
		p = append(p, byte(v))
	}
	return append(p, payload...)
}

var (
	hevcPrefix = []byte{hevcPrefixSEI << 1, 1}
	hevcSuffix = []byte{hevcSuffixSEI << 1, 1}
	hevcIDRNAL = []byte{20 << 1, 1, 0xac, 9}
	hevcSlice  = []byte{1 << 1, 1, 0xd0, 9}
	avcSEIHead = []byte{avcSEI}
	avcIDRNAL  = []byte{0x65, 0x88}
	avcSlice   = []byte{0x41, 0x9a}
)

// join puts NAL units into a format, or OBUs one behind the other.
func join(f Format, units ...[]byte) (au []byte) {
	for i, u := range units {
		switch {
		case f.Codec == AV1:
		case f.LengthSize != 0:
			for k := f.LengthSize - 1; k >= 0; k-- {
				au = append(au, byte(len(u)>>(8*k)))
			}
		case i%2 == 0:
			au = append(au, 0, 0, 0, 1)
		default:
			au = append(au, 0, 0, 1)
		}
		au = append(au, u...)
	}
	return au
}

// obu builds an OBU with a size field.
func obu(typ uint8, payload []byte) []byte {
	return append(leb128Bytes([]byte{typ<<3 | 2}, len(payload)), payload...)
}

func leb128Bytes(p []byte, v int) []byte {
	for ; v >= 0x80; v >>= 7 {
		p = append(p, byte(v)|0x80)
	}
	return append(p, byte(v))
}

// metadataOBU builds one with trailing bits.
func metadataOBU(typ int, payload []byte) []byte {
	return obu(obuMetadata, append(append(leb128Bytes(nil, typ), payload...), 0x80))
}

// rpu makes a Dolby Vision RPU around n bytes that nobody reads.
func rpu(n int, fill byte) []byte {
	// type 2, format 18, profile 1, level 0; no sequence information, dm
	// metadata present, not the previous one
	p := []byte{0x19, 0x08, 0x09, 0x08, 0x20}
	for range n {
		p = append(p, fill)
	}
	crc := dovi.Checksum(p[1:])
	return append(p, byte(crc>>24), byte(crc>>16), byte(crc>>8), byte(crc), 0x80)
}
