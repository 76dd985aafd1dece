package hdrmetaattach

import (
	"errors"
	"fmt"
	"io"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
)

var errNoFrames = errors.New("it has no entry")

// readRPU reads an RPU file. A broken RPU is one that its frame does not get:
// those behind it keep their places.
func (a *attacher) readRPU(t *track, r io.Reader) error {
	var first error
	broken := 0
	for in := dovi.NewReader(r); ; {
		rpu, err := in.Next()
		switch {
		case err == io.EOF:
			return a.endOfRPU(t, broken, first)
		case isBroken(err):
			if broken++; first == nil {
				first = err
			}
			rpu = nil
		case err != nil:
			return err
		}
		if err := t.add(rpu); err != nil {
			return err
		}
	}
}

// isBroken tells what is wrong with one RPU from what ends the file.
func isBroken(err error) bool {
	for _, e := range [...]error{dovi.ErrPrefix, dovi.ErrTruncated, dovi.ErrCRC, dovi.ErrTooLarge, dovi.ErrInvalid} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (a *attacher) endOfRPU(t *track, broken int, first error) error {
	switch {
	case len(t.frames) == 0:
		return errNoFrames
	case len(t.payloads) == 0:
		return fmt.Errorf("all %d RPUs are broken: %w", broken, first)
	case broken > 0:
		a.e.Warn(gstx.ResourceRead, &gstx.Error{Code: gstx.ResourceRead, Text: fmt.Sprintf(
			"%d of the %d RPUs of %s are broken; their frames get none.", broken, len(t.frames), t.location), Cause: first})
	}
	return nil
}
