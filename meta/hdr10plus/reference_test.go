package hdr10plus

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// A second reader, which shares nothing with the first: the payload becomes a
// string of '0' and '1', and the syntax table of ST 2094-40 is walked over it.
// It gives every field as "name=value" in stream order.

type refReader struct {
	bits   string
	fields []string
}

func (r *refReader) read(name string, n int) int {
	v, err := strconv.ParseInt(r.bits[:n], 2, 64)
	if err != nil {
		panic(err)
	}
	r.bits = r.bits[n:]
	r.fields = append(r.fields, fmt.Sprintf("%s=%d", name, v))
	return int(v)
}

// reference reads a payload that is known to be complete.
func reference(p []byte) []string {
	var b strings.Builder
	for _, c := range p {
		fmt.Fprintf(&b, "%08b", c)
	}
	r := &refReader{bits: b.String()}
	for _, n := range []int{8, 16, 16, 8} {
		r.read("head", n)
	}
	r.read("version", 8)
	windows := r.read("windows", 2)
	for w := 1; w < windows; w++ {
		for _, f := range []struct {
			name string
			n    int
		}{
			{"left", 16}, {"top", 16}, {"right", 16}, {"bottom", 16}, {"cx", 16}, {"cy", 16},
			{"angle", 8}, {"major_in", 16}, {"major_out", 16}, {"minor_out", 16}, {"overlap", 1},
		} {
			r.read(f.name, f.n)
		}
	}
	grid := func(name string) {
		if r.read(name, 1) == 1 {
			rows, cols := r.read("rows", 5), r.read("cols", 5)
			for i := 0; i < rows*cols; i++ {
				r.read("peak", 4)
			}
		}
	}
	r.read("target", 27)
	grid("target_grid")
	for w := 0; w < windows; w++ {
		for c := 0; c < 3; c++ {
			r.read("maxscl", 17)
		}
		r.read("average", 17)
		for n := r.read("percentiles", 4); n > 0; n-- {
			r.read("percentage", 7)
			r.read("percentile", 17)
		}
		r.read("fraction", 10)
	}
	grid("mastering_grid")
	for w := 0; w < windows; w++ {
		if r.read("tone", 1) == 1 {
			r.read("knee_x", 12)
			r.read("knee_y", 12)
			for n := r.read("anchors", 4); n > 0; n-- {
				r.read("anchor", 10)
			}
		}
		if r.read("saturation", 1) == 1 {
			r.read("weight", 6)
		}
	}
	return r.fields
}

// flatten gives the fields of a decoded message in the order and form of
// reference.
func flatten(m *Metadata) []string {
	var out []string
	add := func(name string, v any) { out = append(out, fmt.Sprintf("%s=%d", name, v)) }
	flag := func(name string, b bool) bool {
		if b {
			add(name, 1)
		} else {
			add(name, 0)
		}
		return b
	}
	for _, v := range []int{0xB5, 0x3C, 1, 4} {
		add("head", v)
	}
	add("version", m.Version)
	add("windows", m.NumWindows)
	for i := 1; i < int(m.NumWindows); i++ {
		g := m.Windows[i].Region
		add("left", g.Left)
		add("top", g.Top)
		add("right", g.Right)
		add("bottom", g.Bottom)
		add("cx", g.CenterX)
		add("cy", g.CenterY)
		add("angle", g.Rotation)
		add("major_in", g.SemimajorInternal)
		add("major_out", g.SemimajorExternal)
		add("minor_out", g.SemiminorExternal)
		flag("overlap", g.Layering)
	}
	grid := func(name string, g PeakGrid) {
		if flag(name, g.Present) {
			add("rows", g.Rows)
			add("cols", g.Cols)
			for r := 0; r < int(g.Rows); r++ {
				for c := 0; c < int(g.Cols); c++ {
					add("peak", g.Values[r][c])
				}
			}
		}
	}
	add("target", m.TargetMaxLuminance)
	grid("target_grid", m.TargetPeak)
	for _, w := range m.Windows[:m.NumWindows] {
		for _, v := range w.MaxSCL {
			add("maxscl", v)
		}
		add("average", w.AverageMaxRGB)
		add("percentiles", w.NumPercentiles)
		for _, p := range w.Percentiles[:w.NumPercentiles] {
			add("percentage", p.Percentage)
			add("percentile", p.Value)
		}
		add("fraction", w.FractionBright)
	}
	grid("mastering_grid", m.MasteringPeak)
	for _, w := range m.Windows[:m.NumWindows] {
		if flag("tone", w.ToneMapping) {
			add("knee_x", w.Knee.X)
			add("knee_y", w.Knee.Y)
			add("anchors", w.NumAnchors)
			for _, a := range w.Anchors[:w.NumAnchors] {
				add("anchor", a)
			}
		}
		if flag("saturation", w.SaturationMapping) {
			add("weight", w.SaturationWeight)
		}
	}
	return out
}

func compareWithReference(t *testing.T, m *Metadata, p []byte) {
	t.Helper()
	got, want := flatten(m), reference(p)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("field %d of %x:\n got %v\nwant %v", i, p, got[min(i, len(got)):], want[min(i, len(want)):])
		}
	}
}
