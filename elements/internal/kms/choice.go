package kms

import (
	"fmt"
	"strings"
)

// ChoiceError is a thing that was asked for and does not exist. It says what
// there is instead, and is the sentinel of its kind for errors.Is.
type ChoiceError struct {
	What string   // "connector HDMI-A-9", "mode 1x1 of HDMI-A-1"
	Why  string   // "does not exist"
	Has  []string // what can be had
	Kind error    // ErrNoConnector, ErrNoPlane, ErrNoMode
}

func (e *ChoiceError) Error() string {
	has := "nothing"
	if len(e.Has) > 0 {
		has = strings.Join(e.Has, ", ")
	}
	return fmt.Sprintf("%s %s; there is: %s", e.What, e.Why, has)
}

func (e *ChoiceError) Unwrap() error { return e.Kind }

func (r *Resources) connectorNames() []string {
	var all []string
	for _, c := range r.Connectors {
		state := "disconnected"
		switch {
		case c.Connected():
			state = "connected"
		case len(c.Modes) > 0:
			state = "maybe connected"
		}
		all = append(all, fmt.Sprintf("%s (id %d, %s)", c.Label, c.ID, state))
	}
	return all
}

func planeName(p *Plane) string {
	switch {
	case p.Primary():
		return fmt.Sprintf("plane %d (primary)", p.ID)
	case p.Cursor():
		return fmt.Sprintf("plane %d (cursor)", p.ID)
	}
	return fmt.Sprintf("plane %d (overlay)", p.ID)
}

func (c *Connector) modeNames() []string {
	var all []string
	for i := range c.Modes {
		all = append(all, c.Modes[i].String())
	}
	return all
}
