package meta

// Color describes the samples by the code points of ITU-T H.273.
type Color struct {
	Primaries  uint8
	Transfer   uint8
	Matrix     uint8
	FullRange  bool
	ChromaSite uint8 // ChromaLocType: 0 left, 1 centre, 2 top left, …
}

// Code points of H.273 that streams really use: tables 2 (primaries), 3
// (transfer characteristics), 4 (matrix coefficients), and 8.7 (chroma).
const (
	PrimariesBT709       = 1
	PrimariesUnspecified = 2
	PrimariesBT470BG     = 5 // 625 lines
	PrimariesSMPTE170M   = 6 // 525 lines
	PrimariesBT2020      = 9
	PrimariesDCIP3       = 11
	PrimariesDisplayP3   = 12

	TransferBT709       = 1
	TransferUnspecified = 2
	TransferSMPTE170M   = 6
	TransferLinear      = 8
	TransferSRGB        = 13
	TransferBT2020      = 14 // 10 bit
	TransferPQ          = 16 // SMPTE ST 2084
	TransferHLG         = 18 // ARIB STD-B67

	MatrixRGB         = 0
	MatrixBT709       = 1
	MatrixUnspecified = 2
	MatrixBT470BG     = 5
	MatrixSMPTE170M   = 6
	MatrixBT2020      = 9 // non-constant luminance

	ChromaLeft        = 0
	ChromaCenter      = 1
	ChromaTopLeft     = 2
	ChromaUnspecified = 6
)

// PrimariesName names a code point of H.273 table 2, as in "BT.2020". It is ""
// for one that the table does not define.
func PrimariesName(code uint8) string { return nameOf(primariesNames[:], code) }

// TransferName names a code point of H.273 table 3, as in "PQ". It is "" for
// one that the table does not define.
func TransferName(code uint8) string { return nameOf(transferNames[:], code) }

// MatrixName names a code point of H.273 table 4, as in "BT.2020". It is "" for
// one that the table does not define.
func MatrixName(code uint8) string { return nameOf(matrixNames[:], code) }

// ChromaSiteName names a ChromaLocType of H.273 8.7, as in "top-left", and
// ChromaUnspecified; it is "" for what is neither.
func ChromaSiteName(code uint8) string { return nameOf(chromaSiteNames[:], code) }

var (
	primariesNames = [...]string{
		PrimariesBT709: "BT.709", PrimariesUnspecified: "unspecified", PrimariesBT470BG: "BT.470BG",
		PrimariesSMPTE170M: "SMPTE 170M", PrimariesBT2020: "BT.2020", PrimariesDCIP3: "DCI-P3",
		PrimariesDisplayP3: "Display P3", 4: "BT.470M", 7: "SMPTE 240M", 8: "film", 10: "CIE XYZ", 22: "EBU 3213",
	}
	transferNames = [...]string{
		TransferBT709: "BT.709", TransferUnspecified: "unspecified", TransferSMPTE170M: "SMPTE 170M",
		TransferLinear: "linear", TransferSRGB: "sRGB", TransferBT2020: "BT.2020 10 bit", 15: "BT.2020 12 bit",
		TransferPQ: "PQ", TransferHLG: "HLG", 4: "gamma 2.2", 5: "gamma 2.8", 7: "SMPTE 240M", 9: "log 100",
		10: "log 316", 11: "xvYCC", 12: "BT.1361", 17: "SMPTE ST 428",
	}
	matrixNames = [...]string{
		MatrixRGB: "RGB", MatrixBT709: "BT.709", MatrixUnspecified: "unspecified", MatrixBT470BG: "BT.470BG",
		MatrixSMPTE170M: "SMPTE 170M", MatrixBT2020: "BT.2020", 10: "BT.2020 constant luminance", 14: "ICtCp",
		4: "FCC", 7: "SMPTE 240M", 8: "YCgCo", 11: "SMPTE ST 2085", 12: "chromaticity-derived",
		13: "chromaticity-derived constant luminance",
	}
	chromaSiteNames = [...]string{
		ChromaLeft: "left", ChromaCenter: "center", ChromaTopLeft: "top-left", 3: "top", 4: "bottom-left",
		5: "bottom", ChromaUnspecified: "unspecified",
	}
)

func nameOf(names []string, code uint8) string {
	if int(code) < len(names) {
		return names[code]
	}
	return ""
}

func (c *Color) appendTo(dst []byte) []byte {
	var full byte
	if c.FullRange {
		full = 1
	}
	return append(dst, c.Primaries, c.Transfer, c.Matrix, full, c.ChromaSite, 0, 0, 0)
}

func (c *Color) decode(p []byte) error {
	switch {
	case len(p) != colorSize:
		return sizeError(TypeColor, len(p))
	case p[colorFullRange] > 1:
		return sectionError(TypeColor, "full range is %d", p[colorFullRange])
	case !zero(p[colorReserved:]):
		return sectionError(TypeColor, "reserved bytes are % x", p[colorReserved:])
	}
	*c = Color{
		Primaries:  p[colorPrimaries],
		Transfer:   p[colorTransfer],
		Matrix:     p[colorMatrix],
		FullRange:  p[colorFullRange] == 1,
		ChromaSite: p[colorChromaSite],
	}
	return nil
}
