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
