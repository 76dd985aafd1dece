package streams

// RPU gives an unescaped Dolby Vision RPU, 0x19 … 0x80, for picture n: profile
// 8.1, an identity mapping, a brightness (level 1 and the source's range) that is
// another for every picture up to 500, and 0 to 8 trims, which make it 150 to 310
// bytes long. RPUFacts(n) says what ffprobe must show for it.
//
// The syntax is that of ETSI GS CCM 001 as libavcodec/dovi_rpudec.c reads it.
func RPU(n int) []byte {
	var w bitWriter
	w.u(6, rpuType)
	w.u(11, rpuFormat)
	w.u(4, rpuProfile)
	w.u(4, 0) // level
	// Sequence information.
	w.u(1, 1) // is there
	w.u(1, 0) // no explicit chroma filter
	w.u(2, 0) // coefficients are fixed point
	w.ue(coefficientBits)
	w.u(2, 1) // normalised
	w.u(1, 0) // base layer in limited range
	w.ue(10 - 8)
	w.ue(10 - 8)
	w.ue(12 - 8)
	w.u(1, 0) // no spatial resampling
	w.u(3, 0)
	w.u(1, 0) // none of the enhancement layer either
	w.u(1, 1) // no residual: there is no enhancement layer
	w.u(1, 1) // display management data follows the mapping
	w.u(1, 0) // not the previous mapping
	w.ue(0)   // its id
	// The mapping: one identity line per component.
	w.ue(0) // YCbCr
	w.ue(0) // 4:2:0
	for range 3 {
		w.ue(0) // 2 pivots
		w.u(10, 0)
		w.u(10, 1023)
	}
	w.ue(0) // 1 × 1 partition
	w.ue(0)
	for range 3 {
		w.ue(0)   // polynomial
		w.ue(0)   // of order 1
		w.u(1, 0) // with coefficients
		w.se(0)
		w.u(coefficientBits, 0)
		w.se(1)
		w.u(coefficientBits, 0)
	}
	displayManagement(&w, n)
	w.align()
	rpu := append(w.p, 0, 0, 0, 0, 0x80)
	crc := crc32MPEG2(w.p)
	for i := range 4 {
		rpu[len(w.p)+i] = byte(crc >> (24 - 8*i))
	}
	return append([]byte{0x19}, rpu...)
}

const (
	rpuType         = 2
	rpuFormat       = 18
	rpuProfile      = 1 // of the RPU's syntax; profiles 7 and 8 of the stream
	coefficientBits = 23
	sourceDiagonal  = 42 // inches
)

// displayManagement writes the colour description and the levels.
func displayManagement(w *bitWriter, n int) {
	f := RPUFacts(n)
	w.ue(0) // affected and
	w.ue(0) // current id
	if f.SceneRefresh {
		w.ue(1)
	} else {
		w.ue(0)
	}
	for _, row := range yccToRGB {
		w.s16(row)
	}
	w.u(32, 1<<28>>4) // offsets in 1/2^28: black at 64 of 1023,
	w.u(32, 1<<27)    // chroma around the middle
	w.u(32, 1<<27)
	for _, row := range rgbToLMS {
		w.s16(row)
	}
	w.u(16, 0xffff) // PQ
	w.u(16, 0)
	w.u(16, 0)
	w.u(32, 0)
	w.u(5, 12) // bit depth
	w.u(2, 0)  // YCbCr
	w.u(2, 0)  // 4:2:0
	w.u(2, 1)  // full range
	w.u(12, uint32(f.SourceMinPQ))
	w.u(12, uint32(f.SourceMaxPQ))
	w.u(10, sourceDiagonal)

	levels(w, n)
}

var (
	// BT.2020 YCbCr of 12-bit narrow range to full-range RGB, in 1/8192:
	// 4095/3504, and 1.4746, 0.16455, 0.57135, 1.8814 times 4095/3584.
	yccToRGB = [9]int16{9574, 0, 13802, 9574, -1540, -5348, 9574, 17610, 0}
	// BT.2100 table 7, its 1/4096 in 1/16384.
	rgbToLMS = [9]int16{4 * 1688, 4 * 2146, 4 * 262, 4 * 683, 4 * 2951, 4 * 462, 4 * 99, 4 * 309, 4 * 3688}
)

// DolbyVision is what ffprobe shows of an RPU and RPU makes different from
// picture to picture or stream to stream.
type DolbyVision struct {
	Type, Format             int
	Profile, Level           int
	BaseDepth, EnhancedDepth int
	SceneRefresh             bool
	SourceMinPQ, SourceMaxPQ int // 12-bit PQ code values
	SourceDiagonal           int // inches
}

// RPUFacts is what ffprobe must show for RPU(n).
func RPUFacts(n int) DolbyVision {
	return DolbyVision{
		Type: rpuType, Format: rpuFormat, Profile: rpuProfile,
		BaseDepth: 10, EnhancedDepth: 12,
		SceneRefresh: n%KeyInterval == 0,
		SourceMinPQ:  n % 2 * 7,
		// Steps of 8 pass byte values of 0 in both of the field's places.
		SourceMaxPQ: n * 8 % 4096, SourceDiagonal: sourceDiagonal,
	}
}

// RPUFile gives the RPUs of pictures 0..n-1 as a file that x265 and the RPU
// tools read: each after a start code, escaped, without a NAL header.
func RPUFile(n int) []byte {
	var out []byte
	for i := range n {
		out = append(out, 0, 0, 0, 1)
		zeros := 0
		for _, b := range RPU(i) {
			if zeros >= 2 && b <= 3 {
				out, zeros = append(out, 3), 0
			}
			out = append(out, b)
			if zeros++; b != 0 {
				zeros = 0
			}
		}
	}
	return out
}

// crc32MPEG2 is polynomial 04C11DB7, first bit first, from all ones.
func crc32MPEG2(p []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range p {
		crc ^= uint32(b) << 24
		for range 8 {
			top := crc>>31 != 0
			if crc <<= 1; top {
				crc ^= 0x04c11db7
			}
		}
	}
	return crc
}
