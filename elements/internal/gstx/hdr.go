package gstx

import (
	"errors"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// HDR is what the caps say of the picture: COLOR, MASTERING_DISPLAY and
// CONTENT_LIGHT. A field that cannot be read is left out, and the error says so.
func (f *VideoFormat) HDR() (b meta.Block, err error) {
	if specified(f.Primaries) || specified(f.Transfer) || specified(f.Matrix) {
		b.Color = &meta.Color{Primaries: f.Primaries, Transfer: f.Transfer, Matrix: f.Matrix,
			FullRange: f.FullRange, ChromaSite: meta.ChromaUnspecified}
		if f.ChromaSite > 0 {
			b.Color.ChromaSite = f.ChromaSite - 1
		}
	}
	if f.Mastering != "" {
		m, e := meta.ParseMasteringDisplay(f.Mastering)
		if e == nil {
			b.MasteringDisplay = &m
		}
		err = errors.Join(err, e)
	}
	if f.Light != "" {
		l, e := meta.ParseContentLight(f.Light)
		if e == nil {
			b.ContentLight = &l
		}
		err = errors.Join(err, e)
	}
	return b, err
}

// specified says whether an H.273 code point says anything. 0 is reserved but
// for the matrix of RGB, which says nothing alone.
func specified(codePoint uint8) bool {
	return codePoint != 0 && codePoint != meta.PrimariesUnspecified
}
