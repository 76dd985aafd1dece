package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/term"

	"github.com/gst-shmmeta/gst-shmmeta/examples/internal/bus"
)

const (
	sinkName    = "display"
	stopTimeout = 5 * time.Second
	ctrlC       = 3
)

// watch plays until the end, an error, q or ctx, and keeps the status line.
func watch(ctx context.Context, p gst.Pipeline, pressed <-chan byte) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	messages := make(chan *gst.Message)
	all := p.GetBus().Messages(ctx) // listens from here on, before anything plays
	go func() {
		defer close(messages)
		for m := range all {
			select {
			case messages <- m:
			case <-ctx.Done():
			}
		}
	}()

	width, every := 0, 2*time.Second
	if term.IsTerminal(int(os.Stdout.Fd())) {
		every = 500 * time.Millisecond
		if width, _, _ = term.GetSize(int(os.Stdout.Fd())); width < 20 {
			width = 80
		}
		defer fmt.Println()
	}
	s := status{updated: time.Now()}
	defer func() {
		if s.update(p); s.shown > 0 {
			s.line(os.Stdout, width)
		}
	}()
	tick := time.NewTicker(every)
	defer tick.Stop()

	// A failure is on the bus with more words than the state change has.
	p.SetState(gst.StatePlaying)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.update(p)
			s.line(os.Stdout, width)
		case key := <-pressed:
			switch key {
			case 'q', 'Q', ctrlC:
				return nil
			case ' ':
				s.paused = !s.paused
				if s.paused {
					p.SetState(gst.StatePaused)
				} else {
					p.SetState(gst.StatePlaying)
				}
			}
		case m, ok := <-messages:
			if !ok {
				return nil
			}
			if done, err := s.message(m, p); done {
				return err
			}
		}
	}
}

// message takes one bus message and tells whether playing is over.
func (s *status) message(m *gst.Message, p gst.Pipeline) (done bool, err error) {
	switch m.Type() {
	case gst.MessageEOS:
		return true, nil
	case gst.MessageError:
		return true, bus.Error(m)
	case gst.MessageWarning:
		note("warning: %v", bus.Error(m))
	case gst.MessageLatency:
		p.RecalculateLatency()
	case gst.MessageElement:
		switch t := m.GetStructure(); {
		case t == nil:
		case t.HasName("shm-hdr-status"):
			if reason := s.hdrStatus(t); reason != "" {
				note("%s", reason)
			}
		case t.HasName("hdr-metadata"):
			s.metadata(t)
		}
	}
	return false, nil
}

// note writes a line of its own above the status line.
func note(format string, args ...any) {
	text := "player: " + fmt.Sprintf(format, args...)
	if term.IsTerminal(int(os.Stderr.Fd())) {
		text = "\r" + text + "\x1b[K"
	}
	fmt.Fprintln(os.Stderr, text)
}
