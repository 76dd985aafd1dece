package v4l2

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Conditions a caller can act on. Each is also its errno for errors.Is, so
// that errors.Is(err, ErrGone) and errors.Is(err, unix.ENODEV) agree.
var (
	ErrAgain       error = &condition{"nothing ready", unix.EAGAIN}
	ErrGone        error = &condition{"device gone", unix.ENODEV}
	ErrBusy        error = &condition{"device busy", unix.EBUSY}
	ErrUnsupported error = &condition{"not supported by the driver", unix.ENOTTY}
	// Of a stream only:
	ErrEnd     error = &condition{"end of stream", unix.EPIPE}
	ErrStopped error = &condition{"driver stopped the stream", unix.EIO}
)

// Conditions that have no errno of their own.
var (
	// ErrReply means that the driver answered what cannot be; the text says what.
	ErrReply = errors.New("driver's reply makes no sense")
	// ErrNotCapture means that the node is no video capture device with
	// streaming I/O.
	ErrNotCapture = errors.New("not a video capture device")
	// ErrFormat means that a format is not one this package can describe.
	ErrFormat = errors.New("pixel format not known")
)

type condition struct {
	text  string
	errno unix.Errno
}

func (c *condition) Error() string        { return c.text }
func (c *condition) Is(target error) bool { return target == c.errno }

// Error says on which device what was being done. Its cause is one of this
// package's conditions or a unix.Errno.
type Error struct {
	Device string // path, or "fd N" for a borrowed descriptor
	Op     string
	Err    error
}

func (e *Error) Error() string { return e.Device + ": " + e.Op + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// fail wraps err, putting a condition in the place of an errno that has one.
func fail(device, op string, err error) error {
	// EIO and EPIPE mean other things outside streaming (a camera that stalls a
	// control, say): Dequeue and Wait name theirs themselves.
	for _, c := range [...]error{ErrGone, ErrBusy, ErrUnsupported} {
		if err == error(c.(*condition).errno) {
			err = c
		}
	}
	return &Error{device, op, err}
}

func (d *Device) fail(op string, err error) error { return fail(d.name, op, err) }

// nonsense is an ErrReply that says what was answered.
func (d *Device) nonsense(op, format string, args ...any) error {
	return d.fail(op, fmt.Errorf("%w: "+format, append([]any{ErrReply}, args...)...))
}
