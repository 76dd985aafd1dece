// Package v4l2element has what elements on V4L2 devices have in common: their words
// for what goes wrong, and how a device's frames become buffers with metadata.
package v4l2element

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

// Words are an element's.
type Words struct {
	Device string              // path
	Kind   string              // "video capture device"
	Does   string              // "Capturing from"
	Stock  string              // GStreamer's own element for the same: "v4l2src"
	Here   func() []v4l2.Found // the devices of that kind
}

// ErrExport means that the driver has no VIDIOC_EXPBUF.
var ErrExport = errors.New("buffers cannot be exported")

// Explain makes an error for the bus of one of package v4l2's: a sentence that
// names the device and the way out, and the cause.
func (w Words) Explain(err error) error {
	var done *gstx.Error
	if errors.As(err, &done) {
		return err
	}
	dev := w.Device
	say := func(code gstx.ErrorCode, format string, args ...any) error {
		return &gstx.Error{Code: code, Text: fmt.Sprintf(format, args...), Cause: err}
	}
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return say(gstx.ResourceNotFound, "There is no device %s; set the property device to one of: %s.", dev, w.here())
	case errors.Is(err, v4l2.ErrNotCapture), errors.Is(err, v4l2.ErrNotDecoder):
		return say(gstx.ResourceNotFound, "%s is not a %s; set the property device to one of: %s.", dev, w.Kind, w.here())
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
	case errors.Is(err, ErrExport):
		return say(gstx.ResourceSettings, "The driver of %s cannot export its buffers as DMA-bufs, which this element needs; use %s.", dev, w.Stock)
	case errors.Is(err, unix.ENOMEM), errors.Is(err, unix.ENOSPC):
		return say(gstx.ResourceNoSpaceLeft, "No memory for the buffers of %s; ask for a smaller picture.", dev)
	}
	return say(gstx.ResourceFailed, "%s %s is not possible.", w.Does, dev)
}

// here lists the devices of this machine.
func (w Words) here() string {
	var out []string
	for _, f := range w.Here() {
		out = append(out, fmt.Sprintf("%s (%s)", f.Path, f.Card))
	}
	if len(out) == 0 {
		return "none on this machine"
	}
	return strings.Join(out, ", ")
}
