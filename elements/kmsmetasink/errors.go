package kmsmetasink

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
)

// explain makes an error for the bus of one of package kms': a sentence that
// names the device and the way out, and the cause.
func (s *sink) explain(err error) error {
	var done *gstx.Error
	if errors.As(err, &done) {
		return err
	}
	var choice *kms.ChoiceError
	card := s.card()
	say := func(code gstx.ErrorCode, format string, args ...any) error {
		return &gstx.Error{Code: code, Text: fmt.Sprintf(format, args...), Cause: err}
	}
	switch {
	case errors.Is(err, kms.ErrNotMaster):
		return say(gstx.ResourceBusy, "Another program, a desktop session for example, is DRM master of %s; stop it or switch to a free virtual terminal.", card)
	case errors.Is(err, kms.ErrNotAtomic):
		return say(gstx.ResourceSettings, "The driver of %s has no atomic mode setting, which this element needs; use kmssink.", card)
	case errors.Is(err, os.ErrPermission):
		return say(gstx.ResourceNotAuthorized, "Access to %s is not permitted; add the user to its group, usually video.", card)
	case errors.Is(err, kms.ErrNoDevice):
		return say(gstx.ResourceNotFound, "There is no such display device: %s; ls /dev/dri tells which there are.", card)
	case errors.As(err, &choice) && errors.Is(err, kms.ErrNoMode):
		return say(gstx.ResourceSettings, "On %s, %v.", card, choice)
	case errors.As(err, &choice):
		return say(gstx.ResourceNotFound, "On %s, %v.", card, choice)
	case errors.Is(err, kms.ErrNoMode):
		return say(gstx.ResourceSettings, "Property mode: %v.", err)
	case errors.Is(err, kms.ErrNoConnector):
		return say(gstx.ResourceNotFound, "No display is connected to %s; plug one in, or name its connector-id.", card)
	case errors.Is(err, kms.ErrNoCRTC):
		return say(gstx.ResourceBusy, "Every display pipe of %s is in use by another display.", card)
	case errors.Is(err, kms.ErrGone):
		return say(gstx.ResourceWrite, "Display device %s is gone: unplugged, or its driver was removed.", card)
	case errors.Is(err, kms.ErrRevoked):
		return say(gstx.ResourceBusy, "The program that leased the display of %s to this one has taken it back.", card)
	case errors.Is(err, kms.ErrFault):
		return say(gstx.ResourceWrite, "The display hardware of %s failed or is being reset; the kernel's log tells more.", card)
	case errors.Is(err, unix.ENOMEM):
		return say(gstx.ResourceNoSpaceLeft, "No memory left on %s for the picture.", card)
	case errors.Is(err, kms.ErrBusy) && !errors.Is(err, kms.ErrNoPlane):
		return say(gstx.ResourceBusy, "%s stays busy; another program may use it through the same file, or its driver hangs.", card)
	case errors.Is(err, kms.ErrNoFlip):
		return say(gstx.ResourceWrite, "%s does not report that a frame was shown; its driver hangs.", card)
	case errors.Is(err, errNoLayout):
		return say(gstx.StreamFormat, "A buffer does not say how its picture lies in its memory, so it cannot be shown.")
	case errors.Is(err, kms.ErrNoPlane) && s.format == nil && s.set.plane > 0:
		return say(gstx.ResourceNotFound, "Plane %d of %s does not exist or cannot show this picture; drm_info tells what it can.", s.set.plane, card)
	case errors.Is(err, kms.ErrNoPlane):
		return say(gstx.StreamFormat, "No plane of %s can show this picture; put videoconvert, videoscale in front.", card)
	case errors.Is(err, kms.ErrMalformed):
		return say(gstx.ResourceFailed, "The driver of %s answers what cannot be; please report it to the driver's maintainers.", card)
	case errors.Is(err, unix.EBADF), errors.Is(err, unix.ENOTTY):
		return say(gstx.ResourceSettings, "%s is not an open DRM device.", card)
	case errors.Is(err, unix.ENOSPC):
		return say(gstx.ResourceNoSpaceLeft, "No memory left on %s for the picture.", card)
	}
	return say(gstx.ResourceWrite, "Showing video on %s is not possible.", card)
}

// explainRestore is for the display that could not be put back.
func (s *sink) explainRestore(err error) error {
	if errors.Is(err, kms.ErrNotMaster) || errors.Is(err, kms.ErrGone) {
		return &gstx.Error{Code: gstx.ResourceSettings,
			Text: fmt.Sprintf("The display of %s was not put back as it was: it is another program's now, or gone.", s.card()), Cause: err}
	}
	return &gstx.Error{Code: gstx.ResourceSettings,
		Text: fmt.Sprintf("The display of %s could not be put back as it was.", s.card()), Cause: err}
}

// card names the device by what is known of it.
func (s *sink) card() string {
	switch {
	case s.dev != nil && s.set.fd >= 0:
		return fmt.Sprintf("file descriptor %d (%s)", s.set.fd, s.dev)
	case s.dev != nil:
		return s.dev.String()
	case s.set.fd >= 0:
		return fmt.Sprintf("file descriptor %d", s.set.fd)
	case s.set.device != "":
		return s.set.device
	}
	w := kms.Want{Driver: s.set.driver, BusID: s.set.bus}
	if text := w.String(); text != "" {
		return text
	}
	return "any card"
}
