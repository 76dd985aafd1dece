package bitstream

import "github.com/gst-shmmeta/gst-shmmeta/meta"

// hevcColor reads seq_parameter_set_rbsp() of H.265 7.3.2.2 up to the colour
// description. Elements are named where they are needed; the others are read
// in order.
func hevcColor(r *bitReader, c *meta.Color) error {
	r.skip(4) // sps_video_parameter_set_id
	subLayers := int(r.u(3))
	if subLayers > 6 {
		return invalid("sps_max_sub_layers_minus1", uint32(subLayers))
	}
	r.skip(1) // sps_temporal_id_nesting_flag
	profileTierLevel(r, subLayers)
	r.ue() // sps_seq_parameter_set_id
	chroma := r.ue()
	if chroma == 3 {
		r.skip(1) // separate_colour_plane_flag
	}
	r.ue()        // pic_width_in_luma_samples
	r.ue()        // pic_height_in_luma_samples
	if r.flag() { // conformance_window_flag
		for range 4 {
			r.ue()
		}
	}
	r.ue() // bit_depth_luma_minus8
	r.ue() // bit_depth_chroma_minus8
	pocBits := r.ue() + 4
	if pocBits > 16 {
		return invalid("log2_max_pic_order_cnt_lsb_minus4", pocBits-4)
	}
	first := subLayers
	if r.flag() { // sps_sub_layer_ordering_info_present_flag
		first = 0
	}
	for range 3 * (subLayers - first + 1) {
		r.ue()
	}
	for range 6 { // sizes of coding and transform blocks, transform depths
		r.ue()
	}
	if r.flag() && r.flag() { // scaling_list_enabled_flag, sps_scaling_list_data_present_flag
		hevcScalingLists(r)
	}
	r.skip(2)     // amp_enabled_flag, sample_adaptive_offset_enabled_flag
	if r.flag() { // pcm_enabled_flag
		r.skip(4 + 4)
		r.ue()
		r.ue()
		r.skip(1)
	}
	if err := refPicSets(r); err != nil {
		return err
	}
	if r.flag() { // long_term_ref_pics_present_flag
		n := r.ue()
		if n > 32 {
			return invalid("num_long_term_ref_pics_sps", n)
		}
		r.skip(int(n) * (int(pocBits) + 1))
	}
	r.skip(2) // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
	if chroma == 1 {
		c.ChromaSite = meta.ChromaLeft // what chroma_sample_loc_type is inferred to be
	}
	if r.flag() { // vui_parameters_present_flag
		vui(r, c)
	}
	return nil
}

// profileTierLevel passes over profile_tier_level(1, subLayers), 7.3.3.
func profileTierLevel(r *bitReader, subLayers int) {
	const profile, level = 88, 8
	r.skip(profile + level)
	if subLayers == 0 {
		return
	}
	bits := 0
	for i := range 8 {
		present := r.u(2) // profile and level, or reserved
		if i < subLayers {
			bits += int(present>>1)*profile + int(present&1)*level
		}
	}
	r.skip(bits)
}

// hevcScalingLists passes over scaling_list_data(), 7.3.4.
func hevcScalingLists(r *bitReader) {
	for size := range 4 {
		step := 1
		if size == 3 {
			step = 3
		}
		for matrix := 0; matrix < 6; matrix += step {
			if !r.flag() { // scaling_list_pred_mode_flag
				r.ue()
				continue
			}
			n := min(64, 16<<(2*size))
			if size > 1 {
				n++ // scaling_list_dc_coef_minus8
			}
			for range n {
				r.se()
			}
		}
	}
}

// maxRefPics is the largest sps_max_dec_pic_buffering_minus1: no set has more.
const maxRefPics = 16

// refPicSet is what the next set may be predicted from: distances in output
// order, first the negative, then the positive ones, each from near to far.
type refPicSet struct {
	poc         [maxRefPics]int32
	n, negative int
}

// refPicSets passes over the short-term reference picture sets. Predicted ones
// have as many bits as the set before has pictures, so sets have to be derived.
func refPicSets(r *bitReader) error {
	count := r.ue()
	if count > 64 {
		return invalid("num_short_term_ref_pic_sets", count)
	}
	var set refPicSet
	for i := range int(count) {
		var err error
		if i > 0 && r.flag() { // inter_ref_pic_set_prediction_flag
			err = set.predict(r)
		} else {
			err = set.read(r)
		}
		if err != nil || r.short {
			return err // SequenceColor looks at short
		}
	}
	return nil
}

// read reads an explicit set, 7.3.7.
func (s *refPicSet) read(r *bitReader) error {
	negative, positive := r.ue(), r.ue()
	if negative > maxRefPics {
		return invalid("num_negative_pics", negative)
	}
	if positive > maxRefPics-negative {
		return invalid("num_positive_pics", positive)
	}
	*s = refPicSet{n: int(negative + positive), negative: int(negative)}
	var poc int32
	for i := range s.n {
		if i == s.negative {
			poc = 0
		}
		delta := r.ue()
		if delta > 1<<15-1 {
			return invalid("delta_poc_s0_minus1 or delta_poc_s1_minus1", delta)
		}
		if i < s.negative {
			poc -= int32(delta) + 1
		} else {
			poc += int32(delta) + 1
		}
		s.poc[i] = poc
		r.skip(1) // used_by_curr_pic
	}
	return nil
}

// predict derives the set from the one before it, 7.3.7 and equations 7-61 and
// 7-62.
func (s *refPicSet) predict(r *bitReader) error {
	negate := r.flag() // delta_rps_sign
	abs := r.ue()
	if abs > 1<<15-1 {
		return invalid("abs_delta_rps_minus1", abs)
	}
	delta := int32(abs) + 1
	if negate {
		delta = -delta
	}
	var use [maxRefPics + 1]bool
	for i := range s.n + 1 {
		use[i] = r.flag() || r.flag() // used_by_curr_pic_flag, else use_delta_flag
	}
	ref := *s
	*s = refPicSet{}
	var err error
	add := func(i int, negative bool) {
		poc := delta
		if i < ref.n {
			poc += ref.poc[i]
		}
		if !use[i] || poc == 0 || (poc < 0) != negative {
			return
		}
		if s.n == maxRefPics {
			err = invalid("number of pictures in a reference picture set", maxRefPics+1)
			return
		}
		s.poc[s.n] = poc
		s.n++
	}
	for i := ref.n - 1; i >= ref.negative; i-- {
		add(i, true)
	}
	add(ref.n, true)
	for i := range ref.negative {
		add(i, true)
	}
	s.negative = s.n
	for i := ref.negative - 1; i >= 0; i-- {
		add(i, false)
	}
	add(ref.n, false)
	for i := ref.negative; i < ref.n; i++ {
		add(i, false)
	}
	return err
}
