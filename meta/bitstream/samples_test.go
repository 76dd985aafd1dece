package bitstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
)

// sample reads one of the real files beside the checkout.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	for _, dir := range []string{"../../../shared/samples", "/shared/samples"} {
		if p, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			return p
		} else if !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	t.Skipf("no shared/samples/%s beside the module", name)
	return nil
}

// accessUnits cuts an HEVC byte stream (H.265 7.4.2.4.4). They lie in p, one
// behind the other.
func accessUnits(p []byte) (aus [][]byte) {
	begin, slice := 0, false
	for w := walk(Format{Codec: HEVC}, p); w.next(); {
		first := w.typ <= hevcVCLLast && w.au[w.body]&0x80 != 0
		before := w.typ >= hevcVPS && w.typ <= hevcAUD || w.typ == hevcPrefixSEI
		if slice && (first || before) {
			aus = append(aus, p[begin:w.prefix])
			begin, slice = w.prefix, false
		}
		slice = slice || w.typ <= hevcVCLLast
	}
	return append(aus, p[begin:])
}

// order gives the picture order count of an access unit whose SPS has 8 bits
// for it and whose PPS adds nothing before it, as x265 writes them.
func order(t *testing.T, au []byte) int {
	t.Helper()
	for w := walk(Format{Codec: HEVC}, au); w.next(); {
		if w.typ > hevcVCLLast {
			continue
		}
		r := bitReader{p: dovi.Unescape(nil, w.payload())}
		r.skip(1) // first_slice_segment_in_pic_flag
		if w.typ >= hevcIRAPFirst {
			r.skip(1) // no_output_of_prior_pics_flag
		}
		r.ue() // slice_pic_parameter_set_id
		r.ue() // slice_type
		if w.typ >= hevcIDRFirst && w.typ <= hevcIDRLast {
			return 0
		}
		return int(r.u(8))
	}
	t.Fatal("no slice in the access unit")
	return 0
}

// scene is one picture's entry in the JSON that belongs to a sample.
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
	SequenceFrameIndex                    int
}

func (s *scene) metadata() *hdr10plus.Metadata {
	m := &hdr10plus.Metadata{Version: 1, NumWindows: s.NumberOfWindows, TargetMaxLuminance: s.TargetedSystemDisplayMaximumLuminance}
	w := &m.Windows[0]
	w.MaxSCL, w.AverageMaxRGB = s.LuminanceParameters.MaxScl, s.LuminanceParameters.AverageRGB
	d := s.LuminanceParameters.LuminanceDistributions
	w.NumPercentiles = uint8(len(d.DistributionIndex))
	for i, p := range d.DistributionIndex {
		w.Percentiles[i] = hdr10plus.Percentile{Percentage: p, Value: d.DistributionValues[i]}
	}
	if b := s.BezierCurveData; b != nil {
		w.ToneMapping, w.Knee.X, w.Knee.Y = true, b.KneePointX, b.KneePointY
		w.NumAnchors = uint8(copy(w.Anchors[:], b.Anchors))
	}
	return m
}

// The encoder of this sample wrote 12 messages for 30 pictures, each where the
// values change in decoding order. Held in decoding order and then sorted for
// display, every picture has what the answers say.
func TestHDR10PlusHoldsInDecodingOrder(t *testing.T) {
	for _, c := range []struct {
		stream, json      string
		pictures, changes int
	}{
		{"hdr10plus/dhdr10-opt.hevc", "hdr10plus/metadata-dhdr10-opt.json", 30, 12},
		{"hdr10plus/single-frame.hevc", "hdr10plus/single-frame-metadata.json", 1, 1},
	} {
		t.Run(c.stream, func(t *testing.T) {
			stream := sample(t, c.stream)
			var answers struct{ SceneInfo []scene }
			if err := json.Unmarshal(sample(t, c.json), &answers); err != nil {
				t.Fatal(err)
			}
			if got := len(answers.SceneInfo); got != c.pictures {
				t.Fatalf("%d answers, want %d", got, c.pictures)
			}
			type picture struct {
				order int
				m     hdr10plus.Metadata
			}
			var pictures []picture
			changes := 0
			tracker := mustTracker(t, Format{Codec: HEVC})
			for _, au := range accessUnits(stream) {
				b, changed, err := tracker.Next(au)
				if err != nil {
					t.Fatal(err)
				}
				p := picture{order: order(t, au)}
				if _, err := p.m.Decode(b.HDR10Plus); err != nil {
					t.Fatalf("picture %d: %v", p.order, err)
				}
				pictures = append(pictures, p)
				if changed {
					changes++
				}
			}
			if len(pictures) != c.pictures || changes != c.changes {
				t.Fatalf("%d pictures with %d changes, want %d and %d", len(pictures), changes, c.pictures, c.changes)
			}
			slices.SortFunc(pictures, func(a, b picture) int { return a.order - b.order })
			for i, p := range pictures {
				s := answers.SceneInfo[i]
				if p.order != i || s.SequenceFrameIndex != i || p.m != *s.metadata() {
					t.Errorf("picture %d has %+v\nanswer %d is %+v", p.order, p.m, s.SequenceFrameIndex, *s.metadata())
				}
			}
		})
	}
}

func mustTracker(t testing.TB, f Format) *Tracker {
	t.Helper()
	tracker, err := NewTracker(f)
	if err != nil {
		t.Fatal(err)
	}
	return tracker
}

var _ = bytes.Equal
var _ = meta.ChromaLeft
