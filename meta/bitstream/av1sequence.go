package bitstream

import (
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/internal/bits"
)

// av1Color reads sequence_header_obu() of AV1 5.5.1 up to color_config().
func av1Color(r *bits.Reader, c *meta.Color) {
	profile := r.U(3)
	r.Skip(1) // still_picture
	reduced := r.Flag()
	if reduced {
		r.Skip(5) // seq_level_idx
	} else {
		av1OperatingPoints(r)
	}
	width, height := int(r.U(4))+1, int(r.U(4))+1
	r.Skip(width + height)
	if !reduced && r.Flag() { // frame_id_numbers_present_flag
		r.Skip(4 + 3)
	}
	r.Skip(3) // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
	if !reduced {
		av1Tools(r)
	}
	r.Skip(3) // enable_superres, enable_cdef, enable_restoration
	av1ColorConfig(r, profile, c)
}

func av1OperatingPoints(r *bits.Reader) {
	var decoderModel bool
	var delayBits int
	if r.Flag() { // timing_info_present_flag
		r.Skip(32 + 32)
		if r.Flag() { // equal_picture_interval
			uvlc(r)
		}
		if decoderModel = r.Flag(); decoderModel {
			delayBits = int(r.U(5)) + 1
			r.Skip(32 + 5 + 5)
		}
	}
	displayDelay := r.Flag()
	for range r.U(5) + 1 {
		r.Skip(12)      // operating_point_idc
		if r.U(5) > 7 { // seq_level_idx
			r.Skip(1) // seq_tier
		}
		if decoderModel && r.Flag() {
			r.Skip(2*delayBits + 1)
		}
		if displayDelay && r.Flag() {
			r.Skip(4)
		}
	}
}

// uvlc passes over a variable length code, 4.10.3. It is an Exp-Golomb code but
// for 32 and more zeros, which are a value of their own.
func uvlc(r *bits.Reader) {
	zeros := 0
	for !r.Flag() && !r.Short() {
		zeros++
	}
	if zeros < 32 {
		r.Skip(zeros)
	}
}

// av1Tools passes over the flags that a reduced header has not.
func av1Tools(r *bits.Reader) {
	r.Skip(4) // interintra and masked compound, warped motion, dual filter
	orderHint := r.Flag()
	if orderHint {
		r.Skip(2) // enable_jnt_comp, enable_ref_frame_mvs
	}
	screenContent := r.Flag() // seq_choose_screen_content_tools
	if !screenContent {
		screenContent = r.Flag() // seq_force_screen_content_tools
	}
	if screenContent {
		if !r.Flag() { // seq_choose_integer_mv
			r.Skip(1) // seq_force_integer_mv
		}
	}
	if orderHint {
		r.Skip(3) // order_hint_bits_minus_1
	}
}

// av1ColorConfig reads color_config(), 5.5.2.
func av1ColorConfig(r *bits.Reader, profile uint32, c *meta.Color) {
	const professional = 2
	high := r.Flag()
	twelve := profile == professional && high && r.Flag()
	mono := profile != 1 && r.Flag()
	if r.Flag() { // color_description_present_flag
		c.Primaries, c.Transfer, c.Matrix = uint8(r.U(8)), uint8(r.U(8)), uint8(r.U(8))
	}
	if !mono && c.Primaries == meta.PrimariesBT709 && c.Transfer == meta.TransferSRGB && c.Matrix == meta.MatrixRGB {
		c.FullRange = true
		return
	}
	c.FullRange = r.Flag()
	if mono {
		return
	}
	halfX, halfY := profile != 1, profile == 0
	if twelve {
		halfX = r.Flag()
		halfY = halfX && r.Flag()
	}
	if halfX && halfY {
		switch r.U(2) { // chroma_sample_position
		case 1: // CSP_VERTICAL
			c.ChromaSite = meta.ChromaLeft
		case 2: // CSP_COLOCATED
			c.ChromaSite = meta.ChromaTopLeft
		}
	}
}
