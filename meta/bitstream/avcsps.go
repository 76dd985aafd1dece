package bitstream

import (
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/internal/bits"
)

// avcColor reads seq_parameter_set_data() of H.264 7.3.2.1.1 up to the colour
// description.
func avcColor(r *bits.Reader, c *meta.Color) error {
	profile := r.U(8)
	r.Skip(8 + 8) // constraint flags, level_idc
	r.UE()        // seq_parameter_set_id
	chroma := uint32(1)
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		if chroma = r.UE(); chroma == 3 {
			r.Skip(1) // separate_colour_plane_flag
		}
		r.UE()        // bit_depth_luma_minus8
		r.UE()        // bit_depth_chroma_minus8
		r.Skip(1)     // qpprime_y_zero_transform_bypass_flag
		if r.Flag() { // seq_scaling_matrix_present_flag
			avcScalingLists(r, chroma)
		}
	}
	r.UE()          // log2_max_frame_num_minus4
	switch r.UE() { // pic_order_cnt_type
	case 0:
		r.UE() // log2_max_pic_order_cnt_lsb_minus4
	case 1:
		r.Skip(1) // delta_pic_order_always_zero_flag
		r.SE()
		r.SE()
		n := r.UE()
		if n > 255 {
			return invalid("num_ref_frames_in_pic_order_cnt_cycle", n)
		}
		for range n {
			r.SE()
		}
	}
	r.UE()         // max_num_ref_frames
	r.Skip(1)      // gaps_in_frame_num_value_allowed_flag
	r.UE()         // pic_width_in_mbs_minus1
	r.UE()         // pic_height_in_map_units_minus1
	if !r.Flag() { // frame_mbs_only_flag
		r.Skip(1) // mb_adaptive_frame_field_flag
	}
	r.Skip(1)     // direct_8x8_inference_flag
	if r.Flag() { // frame_cropping_flag
		for range 4 {
			r.UE()
		}
	}
	vui(r, chroma, c)
	return nil
}

// avcScalingLists passes over the scaling lists, 7.3.2.1.1.1.
func avcScalingLists(r *bits.Reader, chroma uint32) {
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if !r.Flag() { // seq_scaling_list_present_flag
			continue
		}
		n := 16
		if i >= 6 {
			n = 64
		}
		last, next := int32(8), int32(8)
		for range n {
			if next != 0 {
				next = (last + r.SE()) & 0xff
			}
			if next != 0 {
				last = next
			}
		}
	}
}
