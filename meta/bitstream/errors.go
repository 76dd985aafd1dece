package bitstream

import (
	"errors"
	"fmt"
)

// Sentinels, to be tested with errors.Is.
var (
	// ErrFormat is a Format that does not exist.
	ErrFormat = errors.New("bitstream: format not supported")
	// ErrTruncated is a unit or a field that leaves what it lies in.
	ErrTruncated = errors.New("bitstream: truncated")
	// ErrStartCode is a byte stream with something else than a start code where
	// one belongs.
	ErrStartCode = errors.New("bitstream: start code missing")
	// ErrNAL is a NAL unit with an invalid header.
	ErrNAL = errors.New("bitstream: invalid NAL unit")
	// ErrOBU is an OBU with an invalid header or end.
	ErrOBU = errors.New("bitstream: invalid OBU")
	// ErrSEI is an SEI message that is not what its type says.
	ErrSEI = errors.New("bitstream: invalid SEI message")
	// ErrConfig is codec data that is no hvcC, avcC or av1C.
	ErrConfig = errors.New("bitstream: invalid codec data")
	// ErrTooLarge is a message for which a block has no room, or a NAL unit for
	// which its length field has none.
	ErrTooLarge = errors.New("bitstream: too large")
	// ErrSequence is a sequence parameter set or sequence header that cannot be read.
	ErrSequence = errors.New("bitstream: invalid sequence parameters")
)

// DamageError is what was wrong with one access unit. All that was right has been
// delivered.
type DamageError struct {
	Count int   // how many things were wrong, ≥ 1
	First error // the first of them
}

func (e *DamageError) Error() string {
	if e.Count == 1 {
		return e.First.Error()
	}
	return fmt.Sprintf("%v, and %d more", e.First, e.Count-1)
}

func (e *DamageError) Unwrap() error { return e.First }

// damage collects what is wrong. Only the first is kept, as a hostile access
// unit can have one per byte.
type damage struct {
	count int
	first error
}

// add notes an error of the kind of sentinel at an offset of the access unit.
func (d *damage) add(sentinel error, offset int, format string, args ...any) {
	if d.count++; d.count == 1 {
		d.first = fmt.Errorf("%w at byte %d: %s", sentinel, offset, fmt.Sprintf(format, args...))
	}
}

// wrap notes an error that says itself what it is.
func (d *damage) wrap(err error, offset int, what string) {
	if d.count++; d.count == 1 {
		d.first = fmt.Errorf("%s at byte %d: %w", what, offset, err)
	}
}

// note notes an error that says itself where it is.
func (d *damage) note(err error) {
	d.merge(damage{1, err})
}

// merge notes what another one collected.
func (d *damage) merge(more damage) {
	if d.count == 0 {
		d.first = more.first
	}
	d.count += more.count
}

func (d *damage) err() error {
	if d.count == 0 {
		return nil
	}
	return &DamageError{Count: d.count, First: d.first}
}
