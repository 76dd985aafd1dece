package bitstream

import (
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/internal/bits"
)

// hevcColor reads seq_parameter_set_rbsp() of H.265 7.3.2.2 up to the colour
// description. Elements are named where they are needed; the others are read
// in order.
func hevcColor(r *bits.Reader, c *meta.Color) error {
	r.Skip(4) // sps_video_parameter_set_id
	subLayers := int(r.U(3))
	if subLayers > 6 {
		return invalid("sps_max_sub_layers_minus1", uint32(subLayers))
	}
	r.Skip(1) // sps_temporal_id_nesting_flag
	profileTierLevel(r, subLayers)
	r.UE() // sps_seq_parameter_set_id
	chroma := r.UE()
	if chroma == 3 {
		r.Skip(1) // separate_colour_plane_flag
	}
	r.UE()        // pic_width_in_luma_samples
	r.UE()        // pic_height_in_luma_samples
	if r.Flag() { // conformance_window_flag
		for range 4 {
			r.UE()
		}
	}
	r.UE() // bit_depth_luma_minus8
	r.UE() // bit_depth_chroma_minus8
	pocBits := r.UE() + 4
	if pocBits > 16 {
		return invalid("log2_max_pic_order_cnt_lsb_minus4", pocBits-4)
	}
	first := subLayers
	if r.Flag() { // sps_sub_layer_ordering_info_present_flag
		first = 0
	}
	for range 3 * (subLayers - first + 1) {
		r.UE()
	}
	for range 6 { // sizes of coding and transform blocks, transform depths
		r.UE()
	}
	if r.Flag() { // scaling_list_enabled_flag
		if r.Flag() { // sps_scaling_list_data_present_flag
			hevcScalingLists(r)
		}
	}
	r.Skip(2)     // amp_enabled_flag, sample_adaptive_offset_enabled_flag
	if r.Flag() { // pcm_enabled_flag
		r.Skip(4 + 4)
		r.UE()
		r.UE()
		r.Skip(1)
	}
	if err := refPicSets(r); err != nil {
		return err
	}
	if r.Flag() { // long_term_ref_pics_present_flag
		n := r.UE()
		if n > 32 {
			return invalid("num_long_term_ref_pics_sps", n)
		}
		r.Skip(int(n) * (int(pocBits) + 1))
	}
	r.Skip(2) // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
	vui(r, chroma, c)
	return nil
}

// profileTierLevel passes over profile_tier_level(1, subLayers), 7.3.3.
func profileTierLevel(r *bits.Reader, subLayers int) {
	const profile, level = 88, 8
	r.Skip(profile + level)
	if subLayers == 0 {
		return
	}
	n := 0
	for i := range 8 {
		present := r.U(2) // profile and level, or reserved
		if i < subLayers {
			n += int(present>>1)*profile + int(present&1)*level
		}
	}
	r.Skip(n)
}

// hevcScalingLists passes over scaling_list_data(), 7.3.4.
func hevcScalingLists(r *bits.Reader) {
	for size := range 4 {
		step := 1
		if size == 3 {
			step = 3
		}
		for matrix := 0; matrix < 6; matrix += step {
			if !r.Flag() { // scaling_list_pred_mode_flag
				r.UE()
				continue
			}
			n := min(64, 16<<(2*size))
			if size > 1 {
				n++ // scaling_list_dc_coef_minus8
			}
			for range n {
				r.SE()
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
func refPicSets(r *bits.Reader) error {
	count := r.UE()
	if count > 64 {
		return invalid("num_short_term_ref_pic_sets", count)
	}
	var set refPicSet
	for i := range int(count) {
		var err error
		if i > 0 && r.Flag() { // inter_ref_pic_set_prediction_flag
			err = set.predict(r)
		} else {
			err = set.read(r)
		}
		if err != nil || r.Short() {
			return err // SequenceColor looks at Short
		}
	}
	return nil
}

// read reads an explicit set, 7.3.7.
func (s *refPicSet) read(r *bits.Reader) error {
	negative, positive := r.UE(), r.UE()
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
		delta := r.UE()
		if delta > 1<<15-1 {
			return invalid("delta_poc_s0_minus1 or delta_poc_s1_minus1", delta)
		}
		if i < s.negative {
			poc -= int32(delta) + 1
		} else {
			poc += int32(delta) + 1
		}
		s.poc[i] = poc
		r.Skip(1) // used_by_curr_pic
	}
	return nil
}

// predict derives the set from the one before it, 7.3.7 and equations 7-61 and
// 7-62.
func (s *refPicSet) predict(r *bits.Reader) error {
	negate := r.Flag() // delta_rps_sign
	abs := r.UE()
	if abs > 1<<15-1 {
		return invalid("abs_delta_rps_minus1", abs)
	}
	delta := int32(abs) + 1
	if negate {
		delta = -delta
	}
	var use [maxRefPics + 1]bool
	for i := range s.n + 1 {
		use[i] = r.Flag() // used_by_curr_pic_flag
		if !use[i] {
			use[i] = r.Flag() // use_delta_flag
		}
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
