package hdr10plus

import (
	"fmt"
	"slices"
)

// Ranges of ST 2094-40.
const (
	maxLight      = 100000 // 10000 cd/m² in 0.1 cd/m²
	maxTarget     = 10000  // cd/m²
	maxFraction   = 1000
	maxPercentage = 100
	maxRotation   = 180
	maxKnee       = 4095
	maxAnchor     = 1023
	maxWeight     = 63
	validAnchors  = 9
)

// The two lists of percentages a version-1 message may have.
var (
	percentages9  = []uint8{1, 5, 10, 25, 50, 75, 90, 95, 99}
	percentages10 = []uint8{1, 5, 10, 25, 50, 75, 90, 95, 98, 99}
)

// Validate checks the message against the specification and, for version 1, the
// HDR10+ programme's narrower rules. The error wraps ErrInvalid (or ErrVersion)
// and names the field and the offending value.
func (m *Metadata) Validate() error {
	if m.Version > 1 {
		return fmt.Errorf("%w: %d", ErrVersion, m.Version)
	}
	if m.NumWindows < 1 || m.NumWindows > MaxWindows {
		return invalid("%d windows, not 1..%d", m.NumWindows, MaxWindows)
	}
	if m.TargetMaxLuminance > maxTarget {
		return invalid("targeted display luminance %d cd/m², above %d", m.TargetMaxLuminance, maxTarget)
	}
	if err := m.TargetPeak.validate("targeted"); err != nil {
		return err
	}
	if err := m.MasteringPeak.validate("mastering"); err != nil {
		return err
	}
	for i := range m.Windows[:m.NumWindows] {
		w := &m.Windows[i]
		if err := w.validate(i); err != nil {
			return err
		}
		if i > 0 {
			if err := w.Region.validate(i); err != nil {
				return err
			}
		}
	}
	if m.Version == 1 {
		return m.validateVersion1()
	}
	return nil
}

func (m *Metadata) validateVersion1() error {
	w := &m.Windows[0]
	switch {
	case m.NumWindows != 1:
		return invalid("%d windows in a version 1 message, not 1", m.NumWindows)
	case m.TargetPeak.Present:
		return invalid("targeted display grid of %d × %d in a version 1 message", m.TargetPeak.Rows, m.TargetPeak.Cols)
	case m.MasteringPeak.Present:
		return invalid("mastering display grid of %d × %d in a version 1 message", m.MasteringPeak.Rows, m.MasteringPeak.Cols)
	case w.SaturationMapping:
		return invalid("saturation weight %d in a version 1 message", w.SaturationWeight)
	case w.ToneMapping && m.TargetMaxLuminance == 0:
		return invalid("tone curve for a targeted display of 0 cd/m²")
	case !w.ToneMapping && m.TargetMaxLuminance != 0:
		return invalid("targeted display luminance %d cd/m² without a tone curve", m.TargetMaxLuminance)
	}
	if list := w.Percentiles[:w.NumPercentiles]; !has(list, percentages9) && !has(list, percentages10) {
		var got []uint8
		for _, p := range list {
			got = append(got, p.Percentage)
		}
		return invalid("percentages %d, not %d nor %d", got, percentages9, percentages10)
	}
	return nil
}

func has(list []Percentile, percentages []uint8) bool {
	return slices.EqualFunc(list, percentages, func(p Percentile, want uint8) bool { return p.Percentage == want })
}

func (w *Window) validate(i int) error {
	for c, v := range w.MaxSCL {
		if v > maxLight {
			return invalid("window %d maxscl %c %d, above %d", i, "RGB"[c], v, maxLight)
		}
	}
	if w.AverageMaxRGB > maxLight {
		return invalid("window %d average maxrgb %d, above %d", i, w.AverageMaxRGB, maxLight)
	}
	if w.NumPercentiles > MaxPercentiles {
		return invalid("window %d has %d percentiles, more than %d", i, w.NumPercentiles, MaxPercentiles)
	}
	for _, p := range w.Percentiles[:w.NumPercentiles] {
		if p.Percentage > maxPercentage {
			return invalid("window %d percentage %d, above %d", i, p.Percentage, maxPercentage)
		}
		if p.Value > maxLight {
			return invalid("window %d percentile %d %% is %d, above %d", i, p.Percentage, p.Value, maxLight)
		}
	}
	if w.FractionBright > maxFraction {
		return invalid("window %d fraction of bright pixels %d, above %d", i, w.FractionBright, maxFraction)
	}
	if w.SaturationMapping && w.SaturationWeight > maxWeight {
		return invalid("window %d saturation weight %d, above %d", i, w.SaturationWeight, maxWeight)
	}
	if !w.ToneMapping {
		return nil
	}
	if w.Knee.X > maxKnee || w.Knee.Y > maxKnee {
		return invalid("window %d knee point %d, %d, above %d", i, w.Knee.X, w.Knee.Y, maxKnee)
	}
	if w.NumAnchors > validAnchors {
		return invalid("window %d has %d anchors, more than %d", i, w.NumAnchors, validAnchors)
	}
	for _, a := range w.Anchors[:w.NumAnchors] {
		if a > maxAnchor {
			return invalid("window %d anchor %d, above %d", i, a, maxAnchor)
		}
	}
	return nil
}

func (g *Region) validate(i int) error {
	switch {
	case g.Left > g.Right || g.Top > g.Bottom:
		return invalid("window %d from %d,%d to %d,%d has no pixels", i, g.Left, g.Top, g.Right, g.Bottom)
	case g.Rotation > maxRotation:
		return invalid("window %d rotation %d°, above %d°", i, g.Rotation, maxRotation)
	case g.SemimajorInternal > g.SemimajorExternal:
		return invalid("window %d internal semi-major axis %d is longer than the external one, %d", i, g.SemimajorInternal, g.SemimajorExternal)
	}
	return nil
}

func (g *PeakGrid) validate(display string) error {
	if !g.Present {
		return nil
	}
	if !g.fits() {
		return invalid("%s display grid of %d × %d, not 2..%d", display, g.Rows, g.Cols, MaxGrid)
	}
	for r := range g.Values[:g.Rows] {
		for c, v := range g.Values[r][:g.Cols] {
			if v > 15 {
				return invalid("%s display peak %d in row %d, column %d, above 15", display, v, r, c)
			}
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
}
