package meta

import "testing"

func TestCodePointsHaveTheirNames(t *testing.T) {
	for _, table := range []struct {
		name string
		of   func(uint8) string
		want map[uint8]string
	}{
		{"primaries", PrimariesName, map[uint8]string{1: "BT.709", 2: "unspecified", 5: "BT.470BG", 6: "SMPTE 170M",
			9: "BT.2020", 11: "DCI-P3", 12: "Display P3", 4: "BT.470M", 7: "SMPTE 240M", 8: "film", 10: "CIE XYZ", 22: "EBU 3213"}},
		{"transfer", TransferName, map[uint8]string{1: "BT.709", 2: "unspecified", 6: "SMPTE 170M", 8: "linear",
			13: "sRGB", 14: "BT.2020 10 bit", 15: "BT.2020 12 bit", 16: "PQ", 18: "HLG", 4: "gamma 2.2", 5: "gamma 2.8", 7: "SMPTE 240M", 9: "log 100", 10: "log 316", 11: "xvYCC",
			12: "BT.1361", 17: "SMPTE ST 428"}},
		{"matrix", MatrixName, map[uint8]string{0: "RGB", 1: "BT.709", 2: "unspecified", 5: "BT.470BG",
			6: "SMPTE 170M", 9: "BT.2020", 10: "BT.2020 constant luminance", 14: "ICtCp", 4: "FCC", 7: "SMPTE 240M",
			8: "YCgCo", 11: "SMPTE ST 2085", 12: "chromaticity-derived", 13: "chromaticity-derived constant luminance"}},
		{"chroma site", ChromaSiteName, map[uint8]string{0: "left", 1: "center", 2: "top-left", 3: "top",
			4: "bottom-left", 5: "bottom", 6: "unspecified"}},
	} {
		for code := range 256 {
			if got, want := table.of(uint8(code)), table.want[uint8(code)]; got != want {
				t.Errorf("%s %d: %q, want %q", table.name, code, got, want)
			}
		}
	}
}
