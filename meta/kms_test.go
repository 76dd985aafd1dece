package meta

import (
	"encoding/hex"
	"math"
	"strings"
	"testing"
)

func pq() *Color {
	return &Color{Primaries: PrimariesBT2020, Transfer: TransferPQ, Matrix: MatrixBT2020}
}
func hlg() *Color {
	return &Color{Primaries: PrimariesBT2020, Transfer: TransferHLG, Matrix: MatrixBT2020}
}

// The expected bytes were put together by hand from drm_mode.h, for a
// little-endian machine: metadata_type, eotf, type, then u16 pairs R, G, B,
// white, then max, min, cll, fall, then padding.
func TestHDROutputMetadata(t *testing.T) {
	if bigEndian() {
		t.Skip("the expected bytes are little-endian")
	}
	const none = "0000 0000"
	const primaries = "488a 0839  3421 aa9b  9619 fc08  133d 4240"
	for name, c := range map[string]struct {
		b    Block
		want string // empty: not HDR
	}{
		"PQ with everything": {Block{Color: pq(), MasteringDisplay: &bt2020, ContentLight: &ContentLight{1000, 400}},
			"00000000 02 00 " + primaries + " e803 0100 e803 9001 0000"},
		"PQ alone": {Block{Color: pq()},
			"00000000 02 00 " + none + none + none + none + "0000 0000 0000 0000 0000"},
		"PQ without content light": {Block{Color: pq(), MasteringDisplay: &bt2020},
			"00000000 02 00 " + primaries + " e803 0100 0000 0000 0000"},
		"HLG alone": {Block{Color: hlg()},
			"00000000 03 00 " + none + none + none + none + "0000 0000 0000 0000 0000"},
		"luminances are rounded": {Block{Color: pq(), MasteringDisplay: &MasteringDisplay{MaxLuminance: 6194999, MinLuminance: 50}},
			"00000000 02 00 " + none + none + none + none + "6b02 3200 0000 0000 0000"}, // 619.4999
		"half is rounded up": {Block{Color: pq(), MasteringDisplay: &MasteringDisplay{MaxLuminance: 6195000}},
			"00000000 02 00 " + none + none + none + none + "6c02 0000 0000 0000 0000"},
		"luminances are clamped": {Block{Color: pq(), MasteringDisplay: &MasteringDisplay{MaxLuminance: 655354999, MinLuminance: 65535}},
			"00000000 02 00 " + none + none + none + none + "ffff ffff 0000 0000 0000"},
		"the largest values": {Block{Color: pq(), MasteringDisplay: &MasteringDisplay{MaxLuminance: math.MaxUint32, MinLuminance: math.MaxUint32}},
			"00000000 02 00 " + none + none + none + none + "ffff ffff 0000 0000 0000"},
		"SDR with mastering display": {Block{Color: &Color{Transfer: TransferBT709}, MasteringDisplay: &bt2020}, ""},
		"no color":                   {Block{MasteringDisplay: &bt2020}, ""},
		"nothing":                    {Block{}, ""},
	} {
		blob, ok := c.b.HDROutputMetadata()
		want := strings.ReplaceAll(c.want, " ", "")
		if ok != (want != "") {
			t.Errorf("%s: ok is %v", name, ok)
			continue
		}
		if got := hex.EncodeToString(blob[:]); ok && got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		} else if !ok && got != strings.Repeat("00", HDROutputMetadataSize) {
			t.Errorf("%s: not HDR, but %s", name, got)
		}
	}
}
