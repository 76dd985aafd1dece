package kms

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrNoMode is a display mode that the connector does not have, or that is
// written wrongly.
var ErrNoMode = errors.New("no such display mode")

// ModeWish is the display mode that the user wants. The zero value leaves the
// one that is set.
type ModeWish struct {
	Width, Height uint32 // 0: any
	Interlaced    bool
	Refresh       uint32 // mHz, 0: what suits the picture's rate best
	Tolerance     uint32 // of Refresh, in mHz

	// FollowRate keeps the display's size and takes the refresh rate that suits
	// the picture's best.
	FollowRate bool
}

// ParseModeWish reads "", "auto", "1920x1080", "1920x1080i", "3840x2160@60" and
// "3840x2160@23.976". A rate without decimals also means its neighbour, as 60
// does 59.94.
func ParseModeWish(s string) (w ModeWish, err error) {
	wrong := func() (ModeWish, error) {
		return ModeWish{}, fmt.Errorf("%q is not WIDTHxHEIGHT, WIDTHxHEIGHT@RATE or auto: %w", s, ErrNoMode)
	}
	switch s {
	case "":
		return w, nil
	case "auto":
		return ModeWish{FollowRate: true}, nil
	}
	size, rate, hasRate := strings.Cut(s, "@")
	size, w.Interlaced = strings.CutSuffix(size, "i")
	width, height, ok := strings.Cut(size, "x")
	x, e1 := strconv.ParseUint(width, 10, 16)
	y, e2 := strconv.ParseUint(height, 10, 16)
	if !ok || e1 != nil || e2 != nil || x == 0 || y == 0 {
		return wrong()
	}
	w.Width, w.Height = uint32(x), uint32(y)
	if !hasRate {
		return w, nil
	}
	whole, decimals, fraction := strings.Cut(rate, ".")
	n, e1 := strconv.ParseUint(whole, 10, 32)
	if e1 != nil || n > 10000 || len(decimals) > 3 || fraction && decimals == "" {
		return wrong()
	}
	m, e2 := strconv.ParseUint((decimals + "000")[:3], 10, 32)
	if e2 != nil || n+m == 0 {
		return wrong()
	}
	w.Refresh, w.Tolerance = uint32(n*1000+m), 500
	if fraction {
		w.Tolerance = 15 // tells 59.94 from 60, and 23.98 is 23.976
	}
	return w, nil
}

func (w *ModeWish) String() string {
	s := fmt.Sprintf("%dx%d", w.Width, w.Height)
	if w.Interlaced {
		s += "i"
	}
	if w.Refresh != 0 {
		s += fmt.Sprintf("@%d.%03d", w.Refresh/1000, w.Refresh%1000)
	}
	return s
}

// among keeps the modes that are wanted: all of the size, or, with a refresh
// rate, the nearest.
func (w *ModeWish) among(modes []Mode) []Mode {
	var fit []Mode
	nearest := w.Tolerance + 1
	for i := range modes {
		m := &modes[i]
		if m.Width() != w.Width || m.Height() != w.Height || w.Interlaced && !m.interlaced() {
			continue
		}
		if w.Refresh == 0 {
			fit = append(fit, *m)
			continue
		}
		off := max(m.Refresh(), w.Refresh) - min(m.Refresh(), w.Refresh)
		if off < nearest {
			fit, nearest = nil, off
		}
		if off == nearest && off <= w.Tolerance {
			fit = append(fit, *m)
		}
	}
	return fit
}

// wishedModes are the connector's that the user's wish leaves; nil without a
// wish for a size.
func (o *Output) wishedModes() ([]Mode, error) {
	w := &o.cfg.Mode
	if w.Width == 0 {
		return nil, nil
	}
	if fit := w.among(o.Connector.Modes); len(fit) > 0 {
		return fit, nil
	}
	return nil, &ChoiceError{What: "mode " + w.String(), Why: "is none of " + o.Connector.String(),
		Has: o.Connector.modeNames(), Kind: ErrNoMode}
}
