package kms

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// faultTimeout is how long a display is waited for whose hardware fails. Drivers
// reset what hangs by themselves, within a second or two, and refuse commits
// meanwhile; for memory, too, they may have to wait.
const faultTimeout = 5 * time.Second

// endures tells whether a failure that time may mend is waited out, while frames are
// dropped as for a display that is lost. One of a display that has not shown anything
// is not: nothing says that it ever could.
func (o *Output) endures(err error, shown bool) bool {
	switch {
	case !errors.Is(err, ErrFault) && !errors.Is(err, unix.ENOMEM):
		return false
	case !o.faultSince.IsZero():
	case !shown:
		return false
	default:
		o.faultSince = time.Now()
	}
	return time.Since(o.faultSince) < faultTimeout
}

// kindOfLoss is what lost displays are told apart by.
func kindOfLoss(why error) error {
	for _, kind := range []error{ErrNotMaster, ErrFault, unix.ENOMEM} {
		if errors.Is(why, kind) {
			return kind
		}
	}
	return ErrNoConnector
}
