package kmsmetasink

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
)

// lostPause, in ms, keeps a pipeline without clock from rushing through its
// stream while nothing holds it up; it is below a frame's time at 60 Hz.
const lostPause = 10

// lose drops a frame that there is no display for. The bus hears of the first:
// a stream outlives a switch of the virtual terminal or a television in standby,
// as a compositor's picture does.
func (s *sink) lose(err error) {
	s.dropped.Add(1)
	unlock := s.out.Wake()
	s.element.WaitFor(lostPause, gstx.WaitFD{FD: unlock, Events: unix.POLLIN})
	if s.lost {
		return
	}
	s.lost = true
	s.element.Warn(gstx.ResourceBusy, s.explainLoss(err))
	s.tellDisplay("lost", err.Error())
}

// found follows a frame that was shown.
func (s *sink) found() {
	if !s.lost {
		return
	}
	s.lost = false
	s.tellDisplay("back", "")
}

func (s *sink) tellDisplay(state, reason string) {
	s.element.Infof("display %s %s", state, reason)
	if err := s.element.Post("kms-display",
		gstx.Field{Name: "state", Value: state},
		gstx.Field{Name: "connector", Value: s.out.Connector.Label},
		gstx.Field{Name: "reason", Value: reason},
		gstx.Field{Name: "frames-dropped", Value: s.dropped.Load()},
	); err != nil {
		s.element.Warningf("%v", err)
	}
}

func (s *sink) explainLoss(err error) error {
	e := &gstx.Error{Code: gstx.ResourceNotFound, Cause: err,
		Text: fmt.Sprintf("No display is connected to %s of %s any more; frames are dropped until there is one.", s.out.Connector.Label, s.card())}
	switch {
	case errors.Is(err, kms.ErrFault):
		e.Code = gstx.ResourceFailed
		e.Text = fmt.Sprintf("The display hardware of %s failed or is being reset; frames are dropped until it works again, for some seconds.", s.card())
	case errors.Is(err, unix.ENOMEM):
		e.Code = gstx.ResourceNoSpaceLeft
		e.Text = fmt.Sprintf("No memory left on %s for the picture; frames are dropped until there is, for some seconds.", s.card())
	case errors.Is(err, kms.ErrNotMaster):
		e.Code = gstx.ResourceBusy
		e.Text = fmt.Sprintf("Another program has the display of %s now; frames are dropped until it gives it back.", s.card())
	}
	return e
}
