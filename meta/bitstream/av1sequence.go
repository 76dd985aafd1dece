package bitstream

import "github.com/gst-shmmeta/gst-shmmeta/meta"

// av1Color reads sequence_header_obu() of AV1 5.5.1 up to color_config().
func av1Color(r *bitReader, c *meta.Color) {
	profile := r.u(3)
	r.skip(1) // still_picture
	reduced := r.flag()
	if reduced {
		r.skip(5) // seq_level_idx
	} else {
		av1OperatingPoints(r)
	}
	width, height := int(r.u(4))+1, int(r.u(4))+1
	r.skip(width + height)
	if !reduced && r.flag() { // frame_id_numbers_present_flag
		r.skip(4 + 3)
	}
	r.skip(3) // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
	if !reduced {
		av1Tools(r)
	}
	r.skip(3) // enable_superres, enable_cdef, enable_restoration
	av1ColorConfig(r, profile, c)
}

func av1OperatingPoints(r *bitReader) {
	var decoderModel bool
	var delayBits int
	if r.flag() { // timing_info_present_flag
		r.skip(32 + 32)
		if r.flag() { // equal_picture_interval
			r.uvlc()
		}
		if decoderModel = r.flag(); decoderModel {
			delayBits = int(r.u(5)) + 1
			r.skip(32 + 5 + 5)
		}
	}
	displayDelay := r.flag()
	for range r.u(5) + 1 {
		r.skip(12)      // operating_point_idc
		if r.u(5) > 7 { // seq_level_idx
			r.skip(1) // seq_tier
		}
		if decoderModel && r.flag() {
			r.skip(2*delayBits + 1)
		}
		if displayDelay && r.flag() {
			r.skip(4)
		}
	}
}

// av1Tools passes over the flags that a reduced header has not.
func av1Tools(r *bitReader) {
	r.skip(4) // interintra and masked compound, warped motion, dual filter
	orderHint := r.flag()
	if orderHint {
		r.skip(2) // enable_jnt_comp, enable_ref_frame_mvs
	}
	// seq_choose_screen_content_tools, else seq_force_screen_content_tools; then
	// seq_choose_integer_mv, else seq_force_integer_mv.
	if (r.flag() || r.flag()) && !r.flag() {
		r.skip(1)
	}
	if orderHint {
		r.skip(3) // order_hint_bits_minus_1
	}
}

// av1ColorConfig reads color_config(), 5.5.2.
func av1ColorConfig(r *bitReader, profile uint32, c *meta.Color) {
	const professional = 2
	high := r.flag()
	twelve := profile == professional && high && r.flag()
	mono := profile != 1 && r.flag()
	if r.flag() { // color_description_present_flag
		c.Primaries, c.Transfer, c.Matrix = uint8(r.u(8)), uint8(r.u(8)), uint8(r.u(8))
	}
	if !mono && c.Primaries == meta.PrimariesBT709 && c.Transfer == meta.TransferSRGB && c.Matrix == meta.MatrixRGB {
		c.FullRange = true
		return
	}
	c.FullRange = r.flag()
	if mono {
		return
	}
	halfX, halfY := profile != 1, profile == 0
	if twelve {
		halfX = r.flag()
		halfY = halfX && r.flag()
	}
	if halfX && halfY {
		switch r.u(2) { // chroma_sample_position
		case 1: // CSP_VERTICAL
			c.ChromaSite = meta.ChromaLeft
		case 2: // CSP_COLOCATED
			c.ChromaSite = meta.ChromaTopLeft
		}
	}
}
