package hdr10plus

import "fmt"

// jsonEntry is an entry of SceneInfo. Its keys are the tools'.
type jsonEntry struct {
	BezierCurveData *struct {
		Anchors                []uint32
		KneePointX, KneePointY *uint32
	}
	LuminanceParameters struct {
		AverageRGB             *uint32
		LuminanceDistributions struct {
			DistributionIndex  []uint32
			DistributionValues []uint32
		}
		MaxScl []uint32
	}
	NumberOfWindows                       *uint32
	TargetedSystemDisplayMaximumLuminance *uint32
	SceneId                               *uint64
}

// metadata gives the entry's message. An error begins with the field.
func (e *jsonEntry) metadata(m *Metadata) error {
	*m = Metadata{Version: 1, NumWindows: 1}
	w := &m.Windows[0]
	l := &e.LuminanceParameters
	d := &l.LuminanceDistributions
	const (
		luminance     = "LuminanceParameters."
		distributions = luminance + "LuminanceDistributions."
		bezier        = "BezierCurveData."
	)

	var r ranges
	if windows := r.value(e.NumberOfWindows, 2, "NumberOfWindows"); r.err == nil && windows != 1 {
		r.fail("NumberOfWindows", "%d, and JSON has the values of 1", windows)
	}
	m.TargetMaxLuminance = r.value(e.TargetedSystemDisplayMaximumLuminance, 27, "TargetedSystemDisplayMaximumLuminance")
	w.AverageMaxRGB = r.value(l.AverageRGB, 17, luminance+"AverageRGB")
	if len(l.MaxScl) != len(w.MaxSCL) {
		r.fail(luminance+"MaxScl", "%d values, not %d", len(l.MaxScl), len(w.MaxSCL))
	}
	copy(w.MaxSCL[:], r.list(l.MaxScl, len(w.MaxSCL), 17, luminance+"MaxScl"))
	index := r.list(d.DistributionIndex, MaxPercentiles, 7, distributions+"DistributionIndex")
	values := r.list(d.DistributionValues, MaxPercentiles, 17, distributions+"DistributionValues")
	if r.err == nil && len(index) != len(values) {
		r.fail(distributions+"DistributionValues", "%d values for %d of DistributionIndex", len(values), len(index))
	}
	var anchors []uint32
	if b := e.BezierCurveData; b != nil {
		w.ToneMapping = true
		w.Knee.X = uint16(r.value(b.KneePointX, 12, bezier+"KneePointX"))
		w.Knee.Y = uint16(r.value(b.KneePointY, 12, bezier+"KneePointY"))
		anchors = r.list(b.Anchors, MaxAnchors, 10, bezier+"Anchors")
	}
	if r.err != nil {
		return r.err
	}
	w.NumPercentiles, w.NumAnchors = uint8(len(index)), uint8(len(anchors))
	for i := range index {
		w.Percentiles[i] = Percentile{uint8(index[i]), values[i]}
	}
	for i, v := range anchors {
		w.Anchors[i] = uint16(v)
	}
	return nil
}

// ranges keeps the first value that is not there or does not fit its field.
type ranges struct{ err error }

func (r *ranges) fail(field, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %w: %s", field, ErrInvalid, fmt.Sprintf(format, args...))
	}
}

func (r *ranges) value(v *uint32, bits int, field string) uint32 {
	if v == nil {
		r.fail(field, "missing")
		return 0
	}
	if *v>>bits != 0 {
		r.fail(field, "%d, above %d", *v, 1<<bits-1)
	}
	return *v
}

func (r *ranges) list(list []uint32, size, bits int, field string) []uint32 {
	if len(list) > size {
		r.fail(field, "%d values, more than %d", len(list), size)
		return nil
	}
	for i, v := range list {
		if v>>bits != 0 {
			r.fail(field, "[%d] is %d, above %d", i, v, 1<<bits-1)
		}
	}
	return list
}
