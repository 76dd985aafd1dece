package hdr10plus

import (
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/meta/internal/bits"
)

// The head of every message: country code (United States), terminal provider
// (Samsung), provider oriented code, application identifier.
const (
	t35Country      = 0xB5
	t35Provider     = 0x003C
	t35OrientedCode = 0x0001
	applicationID   = 4
	headSize        = 7 // up to and with the application version
)

// Is reports whether p begins like an HDR10+ message of any version. It is how
// one is told from the other T.35 messages.
func Is(p []byte) bool {
	return len(p) >= headSize-1 && p[0] == t35Country &&
		p[1] == t35Provider>>8 && p[2] == t35Provider&0xff &&
		p[3] == t35OrientedCode>>8 && p[4] == t35OrientedCode&0xff && p[5] == applicationID
}

// Decode reads the T.35 payload p, which begins with the country code 0xB5, and
// returns how many bytes the message takes. What follows it is not looked at:
// carriers pad, and the specification leaves room for extensions. It allocates
// nothing and reads every message the syntax allows, out-of-range values
// included; Validate judges those.
//
// On an error *m is the zero value. Errors: ErrNotHDR10Plus, ErrVersion,
// ErrTruncated, and ErrInvalid for a count that leaves the rest of the message
// without meaning (no window, a grid outside 2..25, padding that is not zero).
func (m *Metadata) Decode(p []byte) (int, error) {
	*m = Metadata{}
	n, err := m.decode(p)
	if err != nil {
		*m = Metadata{}
		return 0, err
	}
	return n, nil
}

func (m *Metadata) decode(p []byte) (int, error) {
	if !Is(p) {
		return 0, ErrNotHDR10Plus
	}
	if len(p) < headSize {
		return 0, ErrTruncated
	}
	if p[6] > 1 {
		return 0, fmt.Errorf("%w: %d", ErrVersion, p[6])
	}
	m.Version = p[6]
	r := bits.NewReader(p)
	r.Skip(headSize * 8)

	m.NumWindows = uint8(r.U(2))
	for i := 1; i < int(m.NumWindows); i++ {
		m.Windows[i].Region.read(&r)
	}
	m.TargetMaxLuminance = r.U(27)
	if err := m.TargetPeak.read(&r, "targeted"); err != nil {
		return 0, err
	}
	for i := range m.Windows[:m.NumWindows] {
		m.Windows[i].readLight(&r)
	}
	if err := m.MasteringPeak.read(&r, "mastering"); err != nil {
		return 0, err
	}
	for i := range m.Windows[:m.NumWindows] {
		m.Windows[i].readTone(&r)
	}

	switch {
	case r.Short():
		return 0, fmt.Errorf("%w: %d bytes", ErrTruncated, len(p))
	case m.NumWindows == 0:
		return 0, fmt.Errorf("%w: 0 windows", ErrInvalid)
	}
	if v := r.Align(); v != 0 {
		return 0, fmt.Errorf("%w: padding %#x is not zero", ErrInvalid, v)
	}
	return r.Pos() / 8, nil
}

func (g *Region) read(r *bits.Reader) {
	g.Left, g.Top = uint16(r.U(16)), uint16(r.U(16))
	g.Right, g.Bottom = uint16(r.U(16)), uint16(r.U(16))
	g.CenterX, g.CenterY = uint16(r.U(16)), uint16(r.U(16))
	g.Rotation = uint8(r.U(8))
	g.SemimajorInternal = uint16(r.U(16))
	g.SemimajorExternal = uint16(r.U(16))
	g.SemiminorExternal = uint16(r.U(16))
	g.Layering = r.Flag()
}

func (g *PeakGrid) read(r *bits.Reader, display string) error {
	if g.Present = r.Flag(); !g.Present {
		return nil
	}
	g.Rows, g.Cols = uint8(r.U(5)), uint8(r.U(5))
	if r.Short() {
		return ErrTruncated
	}
	if !g.fits() {
		return fmt.Errorf("%w: %s display grid of %d × %d, not 2..%d", ErrInvalid, display, g.Rows, g.Cols, MaxGrid)
	}
	for i := range g.Values[:g.Rows] {
		row := g.Values[i][:g.Cols]
		for k := range row {
			row[k] = uint8(r.U(4))
		}
	}
	return nil
}

func (g *PeakGrid) fits() bool {
	return g.Rows >= 2 && g.Rows <= MaxGrid && g.Cols >= 2 && g.Cols <= MaxGrid
}

func (w *Window) readLight(r *bits.Reader) {
	for i := range w.MaxSCL {
		w.MaxSCL[i] = r.U(17)
	}
	w.AverageMaxRGB = r.U(17)
	w.NumPercentiles = uint8(r.U(4))
	for i := range w.Percentiles[:w.NumPercentiles] {
		w.Percentiles[i] = Percentile{uint8(r.U(7)), r.U(17)}
	}
	w.FractionBright = uint16(r.U(10))
}

func (w *Window) readTone(r *bits.Reader) {
	if w.ToneMapping = r.Flag(); w.ToneMapping {
		w.Knee.X, w.Knee.Y = uint16(r.U(12)), uint16(r.U(12))
		w.NumAnchors = uint8(r.U(4))
		for i := range w.Anchors[:w.NumAnchors] {
			w.Anchors[i] = uint16(r.U(10))
		}
	}
	// One per window, and outside the tone branch.
	if w.SaturationMapping = r.Flag(); w.SaturationMapping {
		w.SaturationWeight = uint8(r.U(6))
	}
}

// Append appends the message as a T.35 payload, country code first, to dst. For
// every payload that Decode reads it gives the same bytes back. It fails with
// ErrVersion or ErrInvalid, and dst unchanged, for what the syntax cannot
// express; whether a value is allowed is Validate's to say.
func (m *Metadata) Append(dst []byte) ([]byte, error) {
	switch {
	case m.Version > 1:
		return dst, fmt.Errorf("%w: %d", ErrVersion, m.Version)
	case m.NumWindows < 1 || m.NumWindows > MaxWindows:
		return dst, fmt.Errorf("%w: %d windows, not 1..%d", ErrInvalid, m.NumWindows, MaxWindows)
	}
	w := writer{Writer: bits.NewWriter(append(dst, t35Country, t35Provider>>8, t35Provider&0xff,
		t35OrientedCode>>8, t35OrientedCode&0xff, applicationID, m.Version))}

	w.U(2, uint32(m.NumWindows))
	for i := 1; i < int(m.NumWindows); i++ {
		m.Windows[i].Region.write(&w)
	}
	w.field(27, m.TargetMaxLuminance, "targeted display luminance")
	m.TargetPeak.write(&w, "targeted")
	for i := range m.Windows[:m.NumWindows] {
		m.Windows[i].writeLight(&w)
	}
	m.MasteringPeak.write(&w, "mastering")
	for i := range m.Windows[:m.NumWindows] {
		m.Windows[i].writeTone(&w)
	}
	w.Align(0)
	if w.err != nil {
		return dst, w.err
	}
	return w.Bytes(), nil
}

// writer keeps as the error what the syntax cannot express, the first of it.
type writer struct {
	bits.Writer
	err error
}

// field appends a value that may not fit its n bits; U is for all others.
func (w *writer) field(n int, v uint32, name string) {
	if v>>n != 0 {
		w.fail("%s %d does not fit its %d bits", name, v, n)
		return
	}
	w.U(n, v)
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = invalid(format, args...)
	}
}

func (g *Region) write(w *writer) {
	for _, v := range [...]uint16{g.Left, g.Top, g.Right, g.Bottom, g.CenterX, g.CenterY} {
		w.U(16, uint32(v))
	}
	w.U(8, uint32(g.Rotation))
	for _, v := range [...]uint16{g.SemimajorInternal, g.SemimajorExternal, g.SemiminorExternal} {
		w.U(16, uint32(v))
	}
	w.Flag(g.Layering)
}

func (g *PeakGrid) write(w *writer, display string) {
	w.Flag(g.Present)
	if !g.Present {
		return
	}
	if !g.fits() {
		w.fail("%s display grid of %d × %d, not 2..%d", display, g.Rows, g.Cols, MaxGrid)
		return
	}
	w.U(5, uint32(g.Rows))
	w.U(5, uint32(g.Cols))
	for i := range g.Values[:g.Rows] {
		for _, v := range g.Values[i][:g.Cols] {
			w.field(4, uint32(v), "peak luminance")
		}
	}
}

func (w *Window) writeLight(b *writer) {
	for _, v := range w.MaxSCL {
		b.field(17, v, "maxscl")
	}
	b.field(17, w.AverageMaxRGB, "average maxrgb")
	if w.NumPercentiles > MaxPercentiles {
		b.fail("%d percentiles, more than %d", w.NumPercentiles, MaxPercentiles)
		return
	}
	b.U(4, uint32(w.NumPercentiles))
	for _, p := range w.Percentiles[:w.NumPercentiles] {
		b.field(7, uint32(p.Percentage), "percentage")
		b.field(17, p.Value, "percentile")
	}
	b.field(10, uint32(w.FractionBright), "fraction of bright pixels")
}

func (w *Window) writeTone(b *writer) {
	b.Flag(w.ToneMapping)
	if w.ToneMapping {
		b.field(12, uint32(w.Knee.X), "knee point x")
		b.field(12, uint32(w.Knee.Y), "knee point y")
		if w.NumAnchors > MaxAnchors {
			b.fail("%d anchors, more than %d", w.NumAnchors, MaxAnchors)
			return
		}
		b.U(4, uint32(w.NumAnchors))
		for _, v := range w.Anchors[:w.NumAnchors] {
			b.field(10, uint32(v), "anchor")
		}
	}
	b.Flag(w.SaturationMapping)
	if w.SaturationMapping {
		b.field(6, uint32(w.SaturationWeight), "saturation weight")
	}
}
