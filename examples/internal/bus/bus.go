// Package bus puts into words what elements tell on a pipeline's bus.
package bus

import (
	"fmt"
	"strings"

	"github.com/go-gst/go-gst/pkg/gst"
)

// Error gives the error or the warning that a message tells, with its cause where
// the element says one; nil for other messages.
func Error(m *gst.Message) error {
	switch m.Type() {
	case gst.MessageError:
		debug, err := m.ParseError()
		return withCause(err, debug)
	case gst.MessageWarning:
		debug, err := m.ParseWarning()
		return withCause(err, debug)
	}
	return nil
}

// withCause adds what an element wrote behind the first line of the debug text,
// which is GStreamer's own: where in the sources it was.
func withCause(err error, debug string) error {
	_, cause, _ := strings.Cut(debug, "\n")
	if cause = strings.TrimSpace(cause); cause == "" {
		return err
	}
	return fmt.Errorf("%w (%s)", err, cause)
}
