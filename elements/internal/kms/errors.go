package kms

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Errors of this package; errors.Is finds both them and the errno behind.
var (
	ErrNoDevice    = errors.New("no usable display device")
	ErrNotAtomic   = errors.New("the driver has no atomic mode setting")
	ErrNotMaster   = errors.New("not DRM master: another program, e.g. a desktop session, holds the display; stop it, switch to a free virtual terminal, or pass its DRM fd")
	ErrBusy        = errors.New("display device is busy")
	ErrGone        = errors.New("display device is gone")
	ErrLost        = errors.New("the display cannot be shown on for now")
	ErrRevoked     = errors.New("the DRM lease was revoked")
	ErrFault       = errors.New("the display hardware failed, or is being reset")
	ErrNoConnector = errors.New("no display is connected")
	ErrNoCRTC      = errors.New("every display pipe is in use")
	ErrNoPlane     = errors.New("no plane can show this picture")
	ErrNoProperty  = errors.New("no such property")
	ErrNoImport    = errors.New("the driver cannot import DMA-bufs")
	ErrNoShare     = errors.New("the driver has no memory to share with programs that read and write it")
	ErrMalformed   = errors.New("malformed reply from the driver")
	ErrNoFlip      = errors.New("the driver does not report that the frame was shown")
)

// opError is a failed operation: the errno stays reachable, and with it the
// error of this package that it stands for.
type opError struct {
	op   string
	kind error // one of the above, or nil
	err  error
}

func (e *opError) Error() string {
	if e.kind != nil {
		return fmt.Sprintf("%s: %v (%v)", e.op, e.kind, e.err)
	}
	return fmt.Sprintf("%s: %v", e.op, e.err)
}

func (e *opError) Unwrap() []error {
	if e.kind != nil {
		return []error{e.kind, e.err}
	}
	return []error{e.err}
}

// failed wraps the error of a kernel call. What an errno means here follows
// drm_ioctl.c: EACCES and EPERM on a mode-setting call say that the caller is
// not the master, ENODEV that the device was unplugged; with EIO drivers say
// that the hardware hangs.
func failed(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &opError{op: fmt.Sprintf(format, args...), kind: kindOf(err), err: err}
}

func kindOf(err error) error {
	var errno unix.Errno
	if !errors.As(err, &errno) {
		return nil
	}
	switch errno {
	case unix.EACCES, unix.EPERM:
		return ErrNotMaster
	case unix.EBUSY:
		return ErrBusy
	case unix.ENODEV, unix.ENXIO:
		return ErrGone
	case unix.EIO:
		return ErrFault
	}
	return nil
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// hopeless tells errors that no other arrangement of planes can mend. That the
// device is busy is an answer to a test, but an end to a commit, see
// Output.commit.
func hopeless(err error) bool {
	for _, end := range []error{ErrNotMaster, ErrGone, sys.ErrWoken} {
		if errors.Is(err, end) {
			return true
		}
	}
	var c *CommitError
	return errors.As(err, &c) && c.Flags&Test == 0 && busy(err)
}
