package hdr10plus

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/test/samples"
)

// messages finds the T.35 SEI messages of an HEVC byte stream: just enough of a
// parser for well-formed samples.
func messages(stream []byte) (out [][]byte) {
	for _, nal := range bytes.Split(stream, []byte{0, 0, 1})[1:] {
		if len(nal) < 3 || nal[0]>>1&0x3f != 39 {
			continue
		}
		sei := bytes.ReplaceAll(nal[2:], []byte{0, 0, 3}, []byte{0, 0})
		for len(sei) > 2 {
			kind, size, i := int(sei[0]), 0, 1
			for sei[i] == 0xff {
				size += 255
				i++
			}
			size += int(sei[i])
			i++
			if i+size > len(sei) {
				break
			}
			if kind == 4 && Is(sei[i:i+size]) {
				out = append(out, sei[i:i+size])
			}
			sei = sei[i+size:]
		}
	}
	return out
}

// scene is one entry of the JSON that belongs to a sample.
type scene struct {
	BezierCurveData *struct {
		Anchors                []uint16
		KneePointX, KneePointY uint16
	}
	LuminanceParameters struct {
		AverageRGB             uint32
		LuminanceDistributions struct {
			DistributionIndex  []uint8
			DistributionValues []uint32
		}
		MaxScl [3]uint32
	}
	NumberOfWindows                       uint8
	TargetedSystemDisplayMaximumLuminance uint32
}

func (s *scene) metadata() *Metadata {
	m := &Metadata{Version: 1, NumWindows: s.NumberOfWindows, TargetMaxLuminance: s.TargetedSystemDisplayMaximumLuminance}
	w := &m.Windows[0]
	w.MaxSCL, w.AverageMaxRGB = s.LuminanceParameters.MaxScl, s.LuminanceParameters.AverageRGB
	d := s.LuminanceParameters.LuminanceDistributions
	w.NumPercentiles = uint8(len(d.DistributionIndex))
	for i, p := range d.DistributionIndex {
		w.Percentiles[i] = Percentile{p, d.DistributionValues[i]}
	}
	if b := s.BezierCurveData; b != nil {
		w.ToneMapping, w.Knee.X, w.Knee.Y = true, b.KneePointX, b.KneePointY
		w.NumAnchors = uint8(copy(w.Anchors[:], b.Anchors))
	}
	return m
}

func TestSamples(t *testing.T) {
	for _, c := range []struct {
		stream, json string
		want         int // messages
	}{
		{"single-frame.hevc", "single-frame-metadata.json", 1},
		{"dhdr10-opt.hevc", "metadata-dhdr10-opt.json", 12},
		{"ToS-s15.h265", "", -1},
		{"ToS-s61.h265", "", -1},
	} {
		t.Run(c.stream, func(t *testing.T) {
			stream := samples.Read(t, "hdr10plus/"+c.stream)
			var answers struct{ SceneInfo []scene }
			if c.json != "" {
				if err := json.Unmarshal(samples.Read(t, "hdr10plus/"+c.json), &answers); err != nil {
					t.Fatal(err)
				}
			}
			got := messages(stream)
			if c.want >= 0 && len(got) != c.want || len(got) == 0 {
				t.Fatalf("%d messages, want %d", len(got), c.want)
			}
			for _, p := range got {
				m := mustDecode(t, p)
				checkGolden(t, m, p)
				// Decoding order is not display order, so an answer is looked up.
				if c.json != "" && !slices.ContainsFunc(answers.SceneInfo, func(s scene) bool { return *s.metadata() == *m }) {
					t.Errorf("%x is not among the answers in %s", p, c.json)
				}
			}
		})
	}
}
