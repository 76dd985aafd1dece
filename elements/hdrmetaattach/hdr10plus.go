package hdrmetaattach

import (
	"fmt"
	"io"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
)

// readHDR10Plus reads an HDR10+ JSON file. With by=scene the frames of a scene get
// what its first one has. Values that ST 2094-40 does not allow are for displays
// to judge: they are told and attached.
func (a *attacher) readHDR10Plus(t *track, r io.Reader) error {
	var payload []byte
	var first error // that is not valid
	invalid := 0
	for in := hdr10plus.NewJSONReader(r); ; {
		f, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if a.set.by == byFrame || f.InScene == 0 {
			if payload, err = f.Metadata.Append(payload[:0]); err != nil {
				return fmt.Errorf("frame %d: %w", f.Sequence, err)
			}
		}
		if err := f.Metadata.Validate(); err != nil {
			if invalid++; first == nil {
				first = fmt.Errorf("frame %d: %w", f.Sequence, err)
			}
		}
		if err := t.add(payload); err != nil {
			return err
		}
	}
	switch {
	case len(t.frames) == 0:
		return errNoFrames
	case invalid > 0:
		a.e.Warn(gstx.ResourceRead, &gstx.Error{Code: gstx.ResourceRead, Text: fmt.Sprintf(
			"%d of the %d frames of %s have values that HDR10+ does not allow; they are attached as they are.",
			invalid, len(t.frames), t.location), Cause: first})
	}
	return nil
}
