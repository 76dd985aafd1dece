package bitstream_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	. "github.com/gst-shmmeta/gst-shmmeta/meta/bitstream"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// Streams of real encoders, with metadata inserted, and what ffmpeg and
// GStreamer make of them.

var codecOf = map[streams.Codec]Codec{streams.HEVC: HEVC, streams.AVC: AVC, streams.AV1: AV1}

// lightOf is HDR10+ metadata that no other picture has.
func lightOf(n int) *hdr10plus.Metadata {
	m := &hdr10plus.Metadata{Version: 1, NumWindows: 1, TargetMaxLuminance: 400}
	w := &m.Windows[0]
	w.MaxSCL = [3]uint32{uint32(17830 + n), 0, uint32(100000 - n)}
	w.AverageMaxRGB = uint32(256 * n)
	w.NumPercentiles = 9
	for i, p := range []uint8{1, 5, 10, 25, 50, 75, 90, 95, 99} {
		w.Percentiles[i] = hdr10plus.Percentile{Percentage: p, Value: uint32(i * n)}
	}
	w.FractionBright = uint16(n)
	w.ToneMapping = true
	w.Knee.X, w.Knee.Y = uint16(n), 240
	w.NumAnchors = 9
	for i := range w.Anchors[:9] {
		w.Anchors[i] = uint16(100*i + n)
	}
	return m
}

// inserted gives a stream with block(n) on picture n of presentation order.
func inserted(t *testing.T, s *streams.Stream, block func(n int) *meta.Block) []byte {
	t.Helper()
	i := Inserter{Format: Format{Codec: codecOf[s.Codec]}}
	units, order := s.Units(t), s.Order(t)
	if len(units) != len(order) {
		t.Fatalf("%d access units for %d pictures", len(units), len(order))
	}
	for k := range units {
		units[k] = insert(t, &i, units[k], block(order[k]), Replace)
	}
	return s.Join(t, units)
}

// judge makes sure that nobody objects to a stream, that it has the pictures of
// the original, and gives what ffprobe says of them.
func judge(t *testing.T, s *streams.Stream, data []byte) []streams.Frame {
	t.Helper()
	path := streams.File(t, s.Codec, data)
	if got, want := streams.FrameMD5(t, path), streams.FrameMD5(t, s.File(t)); !slices.Equal(got, want) {
		t.Errorf("pictures changed:\n got %v\nwant %v", got, want)
	}
	streams.Parsed(t, s.Codec, path)
	frames := streams.Probe(t, path)
	if len(frames) != s.Frames {
		t.Fatalf("%d frames, want %d", len(frames), s.Frames)
	}
	return frames
}

func allCodecs(t *testing.T, test func(*testing.T, streams.Codec)) {
	for c := range codecOf {
		t.Run(string(c), func(t *testing.T) { test(t, c) })
	}
}

func TestEveryPictureGetsItsHDR10Plus(t *testing.T) {
	allCodecs(t, func(t *testing.T, c streams.Codec) {
		s := streams.Make(t, streams.Recipe{Codec: c, Static: true})
		data := inserted(t, s, func(n int) *meta.Block {
			p, err := lightOf(n).Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			// Some other T.35 too, which ffmpeg has nothing to say of.
			return &meta.Block{HDR10Plus: p, T35: [][]byte{apps}}
		})
		if c == streams.AV1 && !slices.ContainsFunc(s.Units(t), func(tu []byte) bool { return hides(t, tu) }) {
			t.Error("no temporal unit has a hidden frame")
		}
		for n, f := range judge(t, s, data) {
			// ffmpeg's AVC decoder gives no HDR10+ out; see the next test.
			if c == streams.AVC && f.HDR10Plus != nil {
				t.Errorf("picture %d has HDR10+ from AVC: compare it", n)
			} else if c != streams.AVC && (f.HDR10Plus == nil || *f.HDR10Plus != *lightOf(n)) {
				t.Errorf("picture %d has %+v, want %+v", n, f.HDR10Plus, lightOf(n))
			}
			if f.Key && (f.MasteringDisplay == nil || *f.MasteringDisplay != streams.Mastering) {
				t.Errorf("picture %d lost its mastering display: %+v", n, f.MasteringDisplay)
			}
		}
		if c == streams.AVC {
			return
		}
		for n, f := range streams.Probe(t, streams.Mux(t, c, data, "mp4")) {
			if f.HDR10Plus == nil || *f.HDR10Plus != *lightOf(n) {
				t.Errorf("in MP4 picture %d has %+v, want %+v", n, f.HDR10Plus, lightOf(n))
			}
		}
	})
}

// hides says whether a temporal unit of AV1 has frames besides the one it shows.
func hides(t *testing.T, tu []byte) bool {
	frames := 0
	for _, u := range split(t, Format{Codec: AV1}, tu) {
		if u.typ == 3 || u.typ == 6 { // frame header, frame
			frames++
		}
	}
	return frames > 1
}

func TestEveryAccessUnitGetsItsT35(t *testing.T) {
	allCodecs(t, func(t *testing.T, c streams.Codec) {
		s := streams.Make(t, streams.Recipe{Codec: c})
		block := func(n int) *meta.Block {
			p, err := lightOf(n).Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			return &meta.Block{HDR10Plus: p, T35: [][]byte{apps, vivid, apps2}}
		}
		order := s.Order(t)
		units := streams.T35(t, streams.File(t, c, inserted(t, s, block)))
		if len(units) != len(order) {
			t.Fatalf("%d access units, want %d", len(units), len(order))
		}
		for k, got := range units {
			b := block(order[k])
			if want := append([][]byte{b.HDR10Plus}, b.T35...); !slices.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("access unit %d of picture %d has %x, want %x", k, order[k], got, want)
			}
		}
	})
}

func TestLengthPrefixedUnitsGetTheSameMessages(t *testing.T) {
	for _, c := range []streams.Codec{streams.HEVC, streams.AVC} {
		t.Run(string(c), func(t *testing.T) {
			s := streams.Make(t, streams.Recipe{Codec: c, Static: true})
			b := &meta.Block{
				MasteringDisplay: &meta.MasteringDisplay{MaxLuminance: 1}, ContentLight: &light, AmbientViewing: &ambient,
				HDR10Plus: plus, T35: [][]byte{apps}, DolbyVision: streams.RPU(8),
			}
			stream, prefixed := Format{Codec: codecOf[c]}, Format{Codec: codecOf[c], LengthSize: 4}
			is, ip := Inserter{Format: stream}, Inserter{Format: prefixed}
			for k, au := range s.Units(t) {
				var nals [][]byte
				for _, u := range split(t, stream, au) {
					nals = append(nals, u.data)
				}
				got := split(t, prefixed, insert(t, &ip, frame(prefixed, nals...), b, Replace))
				want := split(t, stream, insert(t, &is, au, b, Replace))
				if !slices.EqualFunc(got, want, func(a, b unit) bool { return bytes.Equal(a.data, b.data) }) {
					t.Errorf("access unit %d has %x, want %x", k, got, want)
				}
			}
		})
	}
}

func TestEveryPictureGetsItsDolbyVision(t *testing.T) {
	allCodecs(t, func(t *testing.T, c streams.Codec) {
		s := streams.Make(t, streams.Recipe{Codec: c, Static: true})
		data := inserted(t, s, func(n int) *meta.Block { return &meta.Block{DolbyVision: streams.RPU(n)} })
		for n, f := range judge(t, s, data) {
			want := streams.RPUFacts(n)
			if c == streams.AVC {
				// ffmpeg's AVC decoder passes over NAL unit type 28: that it does so
				// in silence is what is tested.
				if f.DolbyVision != nil {
					t.Errorf("picture %d has %+v from AVC: compare it", n, f.DolbyVision)
				}
			} else if f.DolbyVision == nil || *f.DolbyVision != want {
				t.Errorf("picture %d has %+v, want %+v", n, f.DolbyVision, want)
			}
		}
	})
}

// x265 has put RPUs in already: other ones come in their place.
func TestDolbyVisionOfTheEncoderIsReplaced(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: true, DolbyVision: true})
	data := inserted(t, s, func(n int) *meta.Block { return &meta.Block{DolbyVision: streams.RPU(100 + n)} })
	for n, f := range judge(t, s, data) {
		if want := streams.RPUFacts(100 + n); f.DolbyVision == nil || *f.DolbyVision != want {
			t.Errorf("picture %d has %+v, want %+v", n, f.DolbyVision, want)
		}
	}
	same := inserted(t, s, func(n int) *meta.Block {
		return &meta.Block{DolbyVision: streams.RPU(n), MasteringDisplay: &streams.Mastering, ContentLight: &streams.Light}
	})
	if !slices.Equal(same, s.Data) {
		t.Error("inserting what x265 has written changed the stream")
	}
}

func TestEveryKeyFrameGetsStaticMetadata(t *testing.T) {
	allCodecs(t, func(t *testing.T, c streams.Codec) {
		b := &meta.Block{MasteringDisplay: &mastering, ContentLight: &light, AmbientViewing: &ambient}
		s := streams.Make(t, streams.Recipe{Codec: c})
		keys := 0
		for n, f := range judge(t, s, inserted(t, s, func(int) *meta.Block { return b })) {
			if !f.Key {
				continue
			}
			keys++
			if f.MasteringDisplay == nil || *f.MasteringDisplay != mastering {
				t.Errorf("picture %d: mastering display %+v, want %+v", n, f.MasteringDisplay, mastering)
			}
			if f.ContentLight == nil || *f.ContentLight != light {
				t.Errorf("picture %d: content light %+v, want %+v", n, f.ContentLight, light)
			}
			if c != streams.AV1 && (f.AmbientViewing == nil || *f.AmbientViewing != ambient) {
				t.Errorf("picture %d: ambient viewing %+v, want %+v", n, f.AmbientViewing, ambient)
			}
		}
		if keys < 3 {
			t.Errorf("%d key frames, want 3", keys)
		}
	})
}
