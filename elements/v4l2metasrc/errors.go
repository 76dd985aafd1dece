package v4l2metasrc

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

// explain makes an error for the bus of one of package v4l2's: a sentence that
// names the device and the way out, and the cause.
func (s *source) explain(err error) error {
	var done *gstx.Error
	if errors.As(err, &done) {
		return err
	}
	dev := s.set.device
	say := func(code gstx.ErrorCode, format string, args ...any) error {
		return &gstx.Error{Code: code, Text: fmt.Sprintf(format, args...), Cause: err}
	}
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return say(gstx.ResourceNotFound, "There is no device %s; set the property device to one of: %s.", dev, here())
	case errors.Is(err, v4l2.ErrNotCapture):
		return say(gstx.ResourceNotFound, "%s is not a video capture device; set the property device to one of: %s.", dev, here())
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return say(gstx.ResourceNotAuthorized, "Access to %s is not permitted; add the user to the device's group (ls -l %s).", dev, dev)
	case errors.Is(err, v4l2.ErrBusy):
		return say(gstx.ResourceBusy, "Device %s is in use by another program; close that first (fuser %s tells which).", dev, dev)
	case errors.Is(err, v4l2.ErrGone):
		return say(gstx.ResourceRead, "Device %s is gone: unplugged, or its driver was removed; plug it in and start again.", dev)
	case errors.Is(err, v4l2.ErrStopped):
		return say(gstx.ResourceRead, "Device %s stopped with an error it cannot continue from; start again.", dev)
	case errors.Is(err, v4l2.ErrReply):
		return say(gstx.ResourceFailed, "The driver of %s answers what cannot be; the cause tells what. Please report it to the driver's maintainers.", dev)
	case errors.Is(err, errExport):
		return say(gstx.ResourceSettings, "The driver of %s cannot export its buffers as DMA-bufs, which this element needs; use v4l2src.", dev)
	case errors.Is(err, unix.ENOMEM), errors.Is(err, unix.ENOSPC):
		return say(gstx.ResourceNoSpaceLeft, "No memory for the buffers of %s; ask for a smaller picture.", dev)
	}
	return say(gstx.ResourceFailed, "Capturing from %s is not possible.", dev)
}

// errExport means that the driver has no VIDIOC_EXPBUF.
var errExport = errors.New("buffers cannot be exported")

// here lists the capture devices of this machine.
func here() string {
	var out []string
	for _, f := range v4l2.List() {
		out = append(out, fmt.Sprintf("%s (%s)", f.Path, f.Card))
	}
	if len(out) == 0 {
		return "none on this machine"
	}
	return strings.Join(out, ", ")
}
