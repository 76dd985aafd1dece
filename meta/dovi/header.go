package dovi

import (
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/meta/internal/bits"
)

// Header is rpu_data_header() of an RPU. Only type 2 is defined; of any other
// nothing but Size, Type and Format is read.
type Header struct {
	// Size is the RPU's, from the prefix to the final 0x80, in bytes.
	Size int

	Type    uint8  // rpu_type, 0..63
	Format  uint16 // rpu_format, 0..2047
	Profile uint8  // vdr_rpu_profile, 0..15; not the stream's, which is StreamProfile
	Level   uint8  // vdr_rpu_level, 0..15

	// Sequence tells whether the fields up to DisableResidual are there.
	Sequence             bool  // vdr_seq_info_present_flag
	ExplicitChromaFilter bool  // chroma_resampling_explicit_filter_flag
	CoefficientType      uint8 // coefficient_data_type: 0 fixed point, 1 32-bit floating point
	CoefficientDenom     uint8 // coefficient_log2_denom, 0..32, of fixed point
	NormalizedIDC        uint8 // vdr_rpu_normalized_idc, 0..3
	FullRange            bool  // BL_video_full_range_flag

	// Bits per sample of base layer, enhancement layer and reconstructed signal,
	// 8..16; all 0 in formats without them.
	BaseDepth, EnhancementDepth, SignalDepth uint8
	ExtendedMapping                          uint8 // ext_mapping_idc
	SpatialResampling                        bool  // spatial_resampling_filter_flag
	EnhancementResampling                    bool  // el_spatial_resampling_filter_flag
	DisableResidual                          bool  // disable_residual_flag: the enhancement layer adds nothing

	DisplayManagement bool  // vdr_dm_metadata_present_flag
	UsePrevious       bool  // use_prev_vdr_rpu_flag
	PreviousID        uint8 // prev_vdr_rpu_id, 0..15
}

// StreamProfile is the Dolby Vision profile of a HEVC stream with such RPUs: 4,
// 5, 7 or 8, and 0 when the header does not tell. In AV1 profile 10 is divided
// in the same way: 5 has no compatible base layer, 8 has one.
func (h *Header) StreamProfile() int {
	switch {
	case h.Type != 2:
		return 0
	case h.Profile == 0 && h.FullRange:
		return 5
	case h.Profile != 1:
		return 0
	case !h.EnhancementResampling || h.DisableResidual:
		return 8
	case h.SignalDepth == 12:
		return 7
	}
	return 4
}

// read reads the header from p, which begins behind the prefix.
func (h *Header) read(p []byte) error {
	r := bits.NewReader(p)
	h.Type, h.Format = uint8(r.U(6)), uint16(r.U(11))
	if h.Type == 2 {
		h.Profile, h.Level = uint8(r.U(4)), uint8(r.U(4))
		if h.Sequence = r.Flag(); h.Sequence {
			if err := h.readSequence(&r); err != nil {
				return err
			}
		}
		h.DisplayManagement = r.Flag()
		if h.UsePrevious = r.Flag(); h.UsePrevious {
			id := r.UE()
			if id > 15 {
				return fmt.Errorf("%w: previous RPU %d, not 0..15", ErrInvalid, id)
			}
			h.PreviousID = uint8(id)
		}
	}
	if r.Short() {
		return fmt.Errorf("%w: header in %d bytes", ErrTruncated, len(p))
	}
	return nil
}

func (h *Header) readSequence(r *bits.Reader) error {
	h.ExplicitChromaFilter = r.Flag()
	h.CoefficientType = uint8(r.U(2))
	switch h.CoefficientType {
	case 0:
		denom := r.UE()
		if denom > 32 {
			return fmt.Errorf("%w: coefficient denominator 2^%d, not up to 2^32", ErrInvalid, denom)
		}
		h.CoefficientDenom = uint8(denom)
	case 1:
	default:
		return fmt.Errorf("%w: coefficient type %d, not 0 or 1", ErrInvalid, h.CoefficientType)
	}
	h.NormalizedIDC = uint8(r.U(2))
	h.FullRange = r.Flag()
	if h.Format&0x700 != 0 {
		return nil
	}
	base, enhancement, signal := r.UE(), r.UE(), r.UE()
	// The bits above the depth are a later extension of the syntax.
	extended := enhancement >> 8
	enhancement &= 0xff
	for _, depth := range [...]uint32{base, enhancement, signal} {
		if depth > 8 {
			return fmt.Errorf("%w: bit depth %d, not 8..16", ErrInvalid, uint64(depth)+8)
		}
	}
	if extended > 0xff {
		return fmt.Errorf("%w: extended mapping %d, not 0..255", ErrInvalid, extended)
	}
	h.BaseDepth, h.EnhancementDepth, h.SignalDepth = uint8(base)+8, uint8(enhancement)+8, uint8(signal)+8
	h.ExtendedMapping = uint8(extended)
	h.SpatialResampling = r.Flag()
	r.Skip(3) // reserved
	h.EnhancementResampling = r.Flag()
	h.DisableResidual = r.Flag()
	return nil
}
