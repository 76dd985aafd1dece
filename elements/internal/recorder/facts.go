package recorder

import (
	"reflect"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/bitstream"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// Message is the HDR10+ message that Insert gives picture n: profile B in every
// other scene of ten pictures, A in the rest, with another content for every
// picture.
func Message(n int) *hdr10plus.Metadata {
	m := &hdr10plus.Metadata{Version: 1, NumWindows: 1}
	w := &m.Windows[0]
	w.MaxSCL = [3]uint32{uint32(100 + n), uint32(200 + n), uint32(300 + 256*n)}
	w.AverageMaxRGB = uint32(50 + n)
	for i, p := range []uint8{1, 5, 10, 25, 50, 75, 90, 95, 99} {
		w.Percentiles[i] = hdr10plus.Percentile{Percentage: p, Value: uint32(i * (n + 1))}
	}
	w.NumPercentiles = 9
	if n/10%2 == 1 {
		m.TargetMaxLuminance = 400
		w.ToneMapping = true
		w.Knee.X, w.Knee.Y = uint16(n), uint16(2*n)
		w.NumAnchors = 9
		for i := range w.NumAnchors {
			w.Anchors[i] = uint16(i) * 100
		}
	}
	return m
}

// Payload is Message(n) as it is in a block.
func Payload(t testing.TB, n int) []byte {
	t.Helper()
	p, err := Message(n).Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Insert gives the stream with a block in the access unit of each picture:
// block(n) for picture n in presentation order, nil for none.
func Insert(t testing.TB, s *streams.Stream, block func(n int) *meta.Block) []byte {
	t.Helper()
	codecs := map[streams.Codec]bitstream.Codec{streams.HEVC: bitstream.HEVC, streams.AVC: bitstream.AVC, streams.AV1: bitstream.AV1}
	in := bitstream.Inserter{Format: bitstream.Format{Codec: codecs[s.Codec]}}
	units, order := s.Units(t), s.Order(t)
	for i := range units {
		b := block(order[i])
		if b == nil {
			continue
		}
		var err error
		if units[i], err = in.Insert(nil, units[i], b, bitstream.Replace); err != nil {
			t.Fatal(err)
		}
	}
	return s.Join(t, units)
}

// facts are what ffprobe tells too.
type facts struct {
	Mastering *meta.MasteringDisplay
	Light     *meta.ContentLight
	Ambient   *meta.AmbientViewing
	HDR10Plus *hdr10plus.Metadata
	Dolby     *streams.DolbyVision
}

// Compare holds what pictures carry, in presentation order, against ffprobe's
// answer for a file, value by value. Of an RPU the header is compared. Of AVC,
// ffprobe knows no HDR10+.
//
// In AVC and AV1 ffprobe shows static metadata at the picture that has the message
// and not at those it holds for.
func (r Record) Compare(t testing.TB, c streams.Codec, path string) {
	t.Helper()
	var last facts
	want := streams.Probe(t, path)
	if len(r.Buffers) != len(want) {
		t.Fatalf("%d pictures, ffprobe has %d", len(r.Buffers), len(want))
	}
	for i, b := range r.Buffers {
		if b.Err != nil {
			t.Fatalf("picture %d: %v", i, b.Err)
		}
		f := want[i]
		w := facts{f.MasteringDisplay, f.ContentLight, f.AmbientViewing, f.HDR10Plus, f.DolbyVision}
		if w.Dolby != nil { // no part of the header
			d := *w.Dolby
			d.SceneRefresh, d.SourceMinPQ, d.SourceMaxPQ, d.SourceDiagonal = false, 0, 0, 0
			w.Dolby = &d
		}
		got := factsOf(t, b.Block)
		if c != streams.HEVC {
			w.Mastering, w.Light, w.Ambient = or(w.Mastering, last.Mastering), or(w.Light, last.Light), or(w.Ambient, last.Ambient)
			last = w
		}
		if c == streams.AVC {
			got.HDR10Plus = nil
		}
		if !reflect.DeepEqual(got, w) {
			t.Errorf("picture %d: got, ffprobe\n%+v\n%+v", i, got.values(), w.values())
		}
	}
}

func or[T any](p, q *T) *T {
	if p == nil {
		return q
	}
	return p
}

func factsOf(t testing.TB, b *meta.Block) (f facts) {
	t.Helper()
	if b == nil {
		return f
	}
	f.Mastering, f.Light, f.Ambient = b.MasteringDisplay, b.ContentLight, b.AmbientViewing
	if len(b.HDR10Plus) > 0 {
		f.HDR10Plus = new(hdr10plus.Metadata)
		if _, err := f.HDR10Plus.Decode(b.HDR10Plus); err != nil {
			t.Error(err)
		}
	}
	if len(b.DolbyVision) > 0 {
		h, err := dovi.Parse(b.DolbyVision)
		if err != nil {
			t.Error(err)
		}
		f.Dolby = &streams.DolbyVision{Type: int(h.Type), Format: int(h.Format), Profile: int(h.Profile), Level: int(h.Level),
			BaseDepth: int(h.BaseDepth), EnhancedDepth: int(h.SignalDepth)}
	}
	return f
}

// values are what the pointers point at.
func (f facts) values() (out []any) {
	v := reflect.ValueOf(f)
	for i := range v.NumField() {
		if v.Field(i).IsNil() {
			out = append(out, nil)
		} else {
			out = append(out, v.Field(i).Elem().Interface())
		}
	}
	return out
}
