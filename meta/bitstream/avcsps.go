package bitstream

import "github.com/gst-shmmeta/gst-shmmeta/meta"

// avcColor reads seq_parameter_set_data() of H.264 7.3.2.1.1 up to the colour
// description.
func avcColor(r *bitReader, c *meta.Color) error {
	profile := r.u(8)
	r.skip(8 + 8) // constraint flags, level_idc
	r.ue()        // seq_parameter_set_id
	chroma := uint32(1)
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		if chroma = r.ue(); chroma == 3 {
			r.skip(1) // separate_colour_plane_flag
		}
		r.ue()        // bit_depth_luma_minus8
		r.ue()        // bit_depth_chroma_minus8
		r.skip(1)     // qpprime_y_zero_transform_bypass_flag
		if r.flag() { // seq_scaling_matrix_present_flag
			avcScalingLists(r, chroma)
		}
	}
	r.ue()          // log2_max_frame_num_minus4
	switch r.ue() { // pic_order_cnt_type
	case 0:
		r.ue() // log2_max_pic_order_cnt_lsb_minus4
	case 1:
		r.skip(1) // delta_pic_order_always_zero_flag
		r.se()
		r.se()
		n := r.ue()
		if n > 255 {
			return invalid("num_ref_frames_in_pic_order_cnt_cycle", n)
		}
		for range n {
			r.se()
		}
	}
	r.ue()         // max_num_ref_frames
	r.skip(1)      // gaps_in_frame_num_value_allowed_flag
	r.ue()         // pic_width_in_mbs_minus1
	r.ue()         // pic_height_in_map_units_minus1
	if !r.flag() { // frame_mbs_only_flag
		r.skip(1) // mb_adaptive_frame_field_flag
	}
	r.skip(1)     // direct_8x8_inference_flag
	if r.flag() { // frame_cropping_flag
		for range 4 {
			r.ue()
		}
	}
	if chroma == 1 {
		c.ChromaSite = meta.ChromaLeft // what chroma_sample_loc_type is inferred to be
	}
	if r.flag() { // vui_parameters_present_flag
		vui(r, c)
	}
	return nil
}

// avcScalingLists passes over the scaling lists, 7.3.2.1.1.1.
func avcScalingLists(r *bitReader, chroma uint32) {
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if !r.flag() { // seq_scaling_list_present_flag
			continue
		}
		n := 16
		if i >= 6 {
			n = 64
		}
		last, next := int32(8), int32(8)
		for range n {
			if next != 0 {
				next = (last + r.se()) & 0xff
			}
			if next != 0 {
				last = next
			}
		}
	}
}
