package bitstream

import (
	"bytes"
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/meta/internal/bits"
)

// grain holds the film grain characteristics message in force.
type grain struct {
	data     []byte
	persists bool
	// of the access unit in hand:
	seen, changed bool
}

func (g *grain) clear() { *g = grain{data: g.data[:0]} }

// begin begins an access unit.
func (g *grain) begin() { g.seen, g.changed = false, false }

// set takes a message.
func (g *grain) set(codec Codec, p []byte) error {
	cancel, persists, err := grainHead(codec, p)
	if err != nil {
		return err
	}
	if cancel {
		p = nil
	}
	g.seen, g.persists = true, persists
	g.changed = g.changed || !bytes.Equal(g.data, p)
	g.data = append(g.data[:0], p...)
	return nil
}

// end ends the access unit, with an IDR picture or not, and tells whether what is
// in force is not what was.
func (g *grain) end(idr bool) (changed bool) {
	if !g.seen && len(g.data) > 0 && (!g.persists || idr) {
		g.data, g.changed = g.data[:0], true
	}
	return g.changed
}

// grainHead reads of film_grain_characteristics() (H.265 D.2.20, H.264 D.1.21)
// whether it cancels what was, and whether it holds for more than its picture,
// which the last element tells.
func grainHead(codec Codec, p []byte) (cancel, persists bool, err error) {
	r := bits.NewReader(p)
	if r.Flag() { // film_grain_characteristics_cancel_flag
		return true, false, nil
	}
	r.Skip(2)     // film_grain_model_id
	if r.Flag() { // separate_colour_description_present_flag
		r.Skip(3 + 3 + 1 + 8 + 8 + 8)
	}
	r.Skip(2 + 4) // blending_mode_id, log2_scale_factor
	components := r.U(3)
	for c := range 3 {
		if components>>(2-c)&1 == 0 { // comp_model_present_flag
			continue
		}
		intervals, values := int(r.U(8))+1, int(r.U(3))+1
		for range intervals {
			r.Skip(8 + 8) // bounds
			for range values {
				r.SE()
			}
		}
	}
	if codec == AVC {
		persists = r.UE() != 0 // film_grain_characteristics_repetition_period
	} else {
		persists = r.Flag() // film_grain_characteristics_persistence_flag
	}
	if r.Short() {
		return false, false, fmt.Errorf("%w: film grain ends after %d bytes", ErrTruncated, len(p))
	}
	return false, persists, nil
}
