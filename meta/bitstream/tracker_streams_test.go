package bitstream_test

import (
	"bytes"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	. "github.com/gst-shmmeta/gst-shmmeta/meta/bitstream"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// tracked gives the block of every picture, in presentation order, and tells
// which ones are random access points.
func tracked(t *testing.T, s *streams.Stream, units [][]byte) (blocks []*meta.Block, key []bool) {
	t.Helper()
	tracker, err := NewTracker(Format{Codec: codecOf[s.Codec]})
	if err != nil {
		t.Fatal(err)
	}
	order := s.Order(t)
	if len(units) != len(order) {
		t.Fatalf("%d access units for %d pictures", len(units), len(order))
	}
	blocks, key = make([]*meta.Block, len(order)), make([]bool, len(order))
	for i, au := range units {
		b, _, err := tracker.Next(au)
		if err != nil {
			t.Errorf("access unit %d: %v", i, err)
		}
		blocks[order[i]], key[order[i]] = b.Clone(), tracker.Picture().RandomAccess
	}
	return blocks, key
}

func TestTrackerGivesWhatFFprobeSays(t *testing.T) {
	allCodecs(t, func(t *testing.T, c streams.Codec) {
		s := streams.Make(t, streams.Recipe{Codec: c, Static: true, DolbyVision: c == streams.HEVC})
		blocks, key := tracked(t, s, s.Units(t))
		keys := 0
		for n, f := range streams.Probe(t, s.File(t)) {
			b := blocks[n]
			if key[n] != f.Key {
				t.Errorf("picture %d is a random access point: %v, ffprobe says %v", n, key[n], f.Key)
			}
			if f.Key {
				keys++
				if f.MasteringDisplay == nil || f.ContentLight == nil {
					t.Fatalf("ffprobe finds no static metadata on picture %d", n)
				}
			}
			if m := f.MasteringDisplay; m != nil && (b.MasteringDisplay == nil || *b.MasteringDisplay != *m) {
				t.Errorf("picture %d: mastering display %v, ffprobe says %v", n, b.MasteringDisplay, m)
			}
			if l := f.ContentLight; l != nil && (b.ContentLight == nil || *b.ContentLight != *l) {
				t.Errorf("picture %d: content light %v, ffprobe says %v", n, b.ContentLight, l)
			}
			if b.MasteringDisplay == nil || b.ContentLight == nil {
				t.Errorf("picture %d: static metadata does not hold", n)
			}
			if b.Color == nil || b.Color.Primaries != meta.PrimariesBT2020 || b.Color.Transfer != meta.TransferPQ || f.Transfer != "smpte2084" {
				t.Errorf("picture %d: colour %+v, ffprobe says %s", n, b.Color, f.Transfer)
			}
			if s.DolbyVision && !bytes.Equal(b.DolbyVision, streams.RPU(n)) {
				t.Errorf("picture %d: RPU %x, want %x", n, b.DolbyVision, streams.RPU(n))
			}
		}
		if keys < 3 {
			t.Errorf("%d random access points, want 3", keys)
		}
	})
}

// HDR10+ in some access units only, twice in some of them: it holds in decoding
// order, and the last of two counts, as in FFmpeg's HEVC decoder.
func TestHDR10PlusHoldsAsInFFmpeg(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC})
	units := s.Units(t)
	sei := func(n int) []byte {
		p, err := lightOf(n).Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		p = append([]byte{4, byte(len(p))}, append(p, 0x80)...)
		return dovi.Escape([]byte{0, 0, 0, 1, 39 << 1, 1}, p)
	}
	for i := range units {
		switch {
		case i%7 == 3:
			units[i] = append(append(sei(2*i), sei(2*i+1)...), units[i]...)
		case i%5 == 0 && i != 10: // picture 0 has one
			units[i] = append(sei(2*i), units[i]...)
		}
	}
	blocks, _ := tracked(t, s, units)
	different := map[uint32]bool{}
	for n, f := range streams.Probe(t, streams.File(t, s.Codec, s.Join(t, units))) {
		var m hdr10plus.Metadata
		if _, err := m.Decode(blocks[n].HDR10Plus); err != nil {
			t.Fatalf("picture %d: %v", n, err)
		}
		if f.HDR10Plus == nil || *f.HDR10Plus != m {
			t.Errorf("picture %d: %+v, ffprobe says %+v", n, m, f.HDR10Plus)
		}
		different[m.Windows[0].MaxSCL[0]] = true
	}
	if len(different) < 8 {
		t.Errorf("%d different messages were seen, want 8 or more", len(different))
	}
}
