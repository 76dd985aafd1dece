package streams_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

func codecs(t *testing.T, test func(*testing.T, *streams.Stream)) {
	for _, c := range []streams.Codec{streams.HEVC, streams.AVC, streams.AV1} {
		t.Run(string(c), func(t *testing.T) { test(t, streams.Make(t, streams.Recipe{Codec: c, Static: true})) })
	}
}

func TestStreamsHaveKeyFramesReorderedPicturesAndStaticMetadata(t *testing.T) {
	codecs(t, func(t *testing.T, s *streams.Stream) {
		path := s.File(t)
		frames := streams.Probe(t, path)
		if len(frames) != s.Frames {
			t.Fatalf("%d frames, want %d", len(frames), s.Frames)
		}
		keys, bs := 0, 0
		for i, f := range frames {
			if f.Key {
				keys++
				if f.MasteringDisplay == nil || *f.MasteringDisplay != streams.Mastering {
					t.Errorf("key frame %d: mastering display %+v, want %+v", i, f.MasteringDisplay, streams.Mastering)
				}
				if f.ContentLight == nil || *f.ContentLight != streams.Light {
					t.Errorf("key frame %d: content light %+v, want %+v", i, f.ContentLight, streams.Light)
				}
			}
			if f.Type == "B" {
				bs++
			}
			if f.Transfer != "smpte2084" {
				t.Errorf("frame %d: transfer %s, want smpte2084", i, f.Transfer)
			}
			if f.HDR10Plus != nil || f.DolbyVision != nil {
				t.Errorf("frame %d has dynamic metadata", i)
			}
		}
		// AV1 has no picture types: everything that is not a key frame is "P".
		if keys < 3 || bs < s.Frames/2 && s.Codec != streams.AV1 {
			t.Errorf("%d key frames, %d B pictures of %d", keys, bs, s.Frames)
		}
		sums := streams.FrameMD5(t, path)
		slices.Sort(sums)
		if n := len(slices.Compact(sums)); n != s.Frames {
			t.Errorf("%d different pictures, want %d", n, s.Frames)
		}
		streams.Parsed(t, s.Codec, path)
	})
}

func TestUnitsAreTheStream(t *testing.T) {
	codecs(t, func(t *testing.T, s *streams.Stream) {
		units := s.Units(t)
		if len(units) != s.Frames {
			t.Errorf("%d access units, want %d", len(units), s.Frames)
		}
		if got := s.Join(t, units); !bytes.Equal(got, s.Data) {
			t.Errorf("access units together have %d bytes and are not the stream of %d", len(got), len(s.Data))
		}
	})
}

func TestMuxedStreamsDecodeToTheSamePicturesInOrder(t *testing.T) {
	codecs(t, func(t *testing.T, s *streams.Stream) {
		if moved := !slices.IsSorted(s.Order(t)); moved != (s.Codec != streams.AV1) {
			t.Errorf("decoding order is not presentation order: %t", moved)
		}
		want := streams.FrameMD5(t, s.File(t))
		for _, container := range []string{"mp4", "mkv"} {
			path := streams.Mux(t, s.Codec, s.Data, container)
			if got := streams.FrameMD5(t, path); !slices.Equal(got, want) {
				t.Errorf("%s: pictures %v, want %v", container, got, want)
			}
			last := ""
			for i, f := range streams.Probe(t, path) {
				if f.PTS == last || f.PTS == "N/A" {
					t.Errorf("%s: frame %d has time stamp %s after %q", container, i, f.PTS, last)
				}
				last = f.PTS
			}
		}
	})
}

// x265 and ffprobe are the judges of the RPUs.
func TestDolbyVisionOfEachPictureIsItsRPU(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: true, DolbyVision: true})
	for i, f := range streams.Probe(t, s.File(t)) {
		want := streams.RPUFacts(i)
		if f.DolbyVision == nil || *f.DolbyVision != want {
			t.Errorf("frame %d: %+v, want %+v", i, f.DolbyVision, want)
		}
	}
}

func TestRPUsDifferInContentAndSize(t *testing.T) {
	seen := map[string]int{}
	least, most := 1000, 0
	for i := range 500 {
		least, most = min(least, len(streams.RPU(i))), max(most, len(streams.RPU(i)))
		rpu := fmt.Sprintf("%x", streams.RPU(i))
		if k, ok := seen[rpu]; ok {
			t.Fatalf("picture %d has the RPU of %d", i, k)
		}
		seen[rpu] = i
	}
	// The container of AV1 writes sizes below and from 256 in two ways.
	if least > 200 || most < 300 {
		t.Errorf("they have %d..%d bytes", least, most)
	}
}
