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
	err = errors.Join(ParseField(f.Mastering, meta.ParseMasteringDisplay, &b.MasteringDisplay),
		ParseField(f.Light, meta.ParseContentLight, &b.ContentLight))
	return b, err
}

// ParseField sets *to from the text of a caps field or a property, to nil from
// none; it leaves *to alone on an error.
func ParseField[T any](text string, parser func(string) (T, error), to **T) error {
	if text == "" {
		*to = nil
		return nil
	}
	v, err := parser(text)
	if err != nil {
		return err
	}
	*to = &v
	return nil
}

// specified says whether an H.273 code point says anything. 0 is reserved but
// for the matrix of RGB, which says nothing alone.
func specified(codePoint uint8) bool {
	return codePoint != 0 && codePoint != meta.PrimariesUnspecified
}
