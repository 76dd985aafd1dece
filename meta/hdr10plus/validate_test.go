package hdr10plus

import (
	"errors"
	"strings"
	"testing"
)

func TestValidateNamesTheOffendingValue(t *testing.T) {
	for _, c := range []struct {
		says string
		edit func(*Metadata)
	}{
		{"version not supported: 3", func(m *Metadata) { m.Version = 3 }},
		{"0 windows", func(m *Metadata) { m.NumWindows = 0 }},
		{"4 windows", func(m *Metadata) { m.NumWindows = 4 }},
		{"2 windows in a version 1 message", func(m *Metadata) { m.NumWindows = 2 }},
		{"10001 cd/m²", func(m *Metadata) { m.TargetMaxLuminance = 10001 }},
		{"maxscl B 100001", func(m *Metadata) { m.Windows[0].MaxSCL[2] = 100001 }},
		{"average maxrgb 100002", func(m *Metadata) { m.Windows[0].AverageMaxRGB = 100002 }},
		{"16 percentiles", func(m *Metadata) { m.Windows[0].NumPercentiles = 16 }},
		{"percentage 101", func(m *Metadata) { m.Windows[0].Percentiles[0].Percentage = 101 }},
		{"percentile 50 % is 100003", func(m *Metadata) { m.Windows[0].Percentiles[4].Value = 100003 }},
		{"[1 5 10 25 50 75 90 95 98], not", func(m *Metadata) { m.Windows[0].Percentiles[8].Percentage = 98 }},
		{"bright pixels 1001", func(m *Metadata) { m.Windows[0].FractionBright = 1001 }},
		{"knee point 4096, 240", func(m *Metadata) { m.Windows[0].Knee.X = 4096 }},
		{"10 anchors", func(m *Metadata) { m.Windows[0].NumAnchors = 10 }},
		{"anchor 1024", func(m *Metadata) { m.Windows[0].Anchors[8] = 1024 }},
		{"0 cd/m²", func(m *Metadata) { m.TargetMaxLuminance = 0 }},
		{"400 cd/m² without a tone curve", func(m *Metadata) { m.Windows[0].ToneMapping = false }},
		{"saturation weight 7 in a version 1 message", func(m *Metadata) { m.Windows[0].SaturationMapping, m.Windows[0].SaturationWeight = true, 7 }},
		{"saturation weight 64, above", func(m *Metadata) { m.Windows[0].SaturationMapping, m.Windows[0].SaturationWeight = true, 64 }},
		{"targeted display grid of 2 × 3 in a version 1", func(m *Metadata) { m.TargetPeak = PeakGrid{Present: true, Rows: 2, Cols: 3} }},
		{"mastering display grid of 3 × 2 in a version 1", func(m *Metadata) { m.MasteringPeak = PeakGrid{Present: true, Rows: 3, Cols: 2} }},
		{"targeted display grid of 1 × 3", func(m *Metadata) { m.TargetPeak = PeakGrid{Present: true, Rows: 1, Cols: 3} }},
		{"mastering display peak 16 in row 1, column 0", func(m *Metadata) {
			m.MasteringPeak = PeakGrid{Present: true, Rows: 2, Cols: 2}
			m.MasteringPeak.Values[1][0] = 16
		}},
		{"window 1 from 9,0 to 8,0", func(m *Metadata) { m.Version, m.NumWindows, m.Windows[1].Region = 0, 2, Region{Left: 9, Right: 8} }},
		{"window 2 rotation 181°", func(m *Metadata) { m.Version, m.NumWindows, m.Windows[2].Region.Rotation = 0, 3, 181 }},
		{"axis 5 is longer than the external one, 4", func(m *Metadata) {
			m.Version, m.NumWindows = 0, 2
			m.Windows[1].Region.SemimajorInternal, m.Windows[1].Region.SemimajorExternal = 5, 4
		}},
	} {
		m := mustDecode(t, unhex(t, goldenB))
		c.edit(m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), c.says) ||
			!errors.Is(err, ErrInvalid) && !errors.Is(err, ErrVersion) {
			t.Errorf("error %v, want one that says %q", err, c.says)
		}
	}
}

func TestVersion0MayDoWhatVersion1MayNot(t *testing.T) {
	m := mustDecode(t, unhex(t, goldenB))
	m.Version, m.NumWindows = 0, 3
	m.TargetPeak = PeakGrid{Present: true, Rows: 2, Cols: 25}
	m.Windows[2].SaturationMapping, m.Windows[2].SaturationWeight = true, 63
	if err := m.Validate(); err != nil {
		t.Errorf("Validate: %v", err)
	}
	if got := m.Profile(); got != ProfileNone {
		t.Errorf("profile %v, want none", got)
	}
}
