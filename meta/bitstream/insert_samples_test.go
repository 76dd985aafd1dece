package bitstream

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/samples"
)

// What the tracker holds is written into every access unit of real streams, over
// something else or into what was there: it comes out again, and an access unit
// that said it already has not changed.
func TestInsertedSamplesSayTheSame(t *testing.T) {
	for _, c := range []struct {
		name      string
		unchanged int // access units that have it all
	}{
		{"hdr10plus/ToS-s15.h265", 1},
		{"hdr10plus/ToS-s61.h265", 9},
		{"hdr10plus/dhdr10-opt.hevc", 12},
		{"hdr10plus/single-frame.hevc", 1},
		{"hdr10plus/invalid-null-byte-seq.hevc", 1},
		{"dovi/sei-suffix-muxed-rpu.hevc", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := Format{Codec: HEVC}
			before, after, twice := mustTracker(t, f), mustTracker(t, f), mustTracker(t, f)
			i := Inserter{Format: f}
			unchanged := 0
			for k, au := range accessUnits(samples.Read(t, c.name)) {
				b, _, err := before.Next(au)
				if err != nil {
					t.Fatal(err)
				}
				out, err := i.Insert(nil, au, b, Replace)
				if err != nil {
					t.Fatal(err)
				}
				if !i.Changed() {
					unchanged++
				}
				if got, _, err := after.Next(out); err != nil || !reflect.DeepEqual(got.Clone(), b.Clone()) {
					t.Errorf("access unit %d says %+v, %v\nwant %+v", k, got, err, b)
				}
				other := new(meta.Block)
				if b.MasteringDisplay != nil {
					other.MasteringDisplay, other.ContentLight = &meta.MasteringDisplay{MaxLuminance: 1}, &meta.ContentLight{MaxCLL: 1}
				}
				if b.HDR10Plus != nil {
					other.HDR10Plus = append(bytes.Clone(b.HDR10Plus), 0, 0, 1)
				}
				if out, err = i.Insert(nil, out, other, Replace); err != nil {
					t.Fatal(err)
				}
				if out, err = i.Insert(nil, out, b, Replace); err != nil {
					t.Fatal(err)
				}
				if got, _, err := twice.Next(out); err != nil || !reflect.DeepEqual(got.Clone(), b.Clone()) {
					t.Errorf("access unit %d overwritten twice says %+v, %v\nwant %+v", k, got, err, b)
				}
			}
			if unchanged != c.unchanged {
				t.Errorf("%d access units said it already, want %d", unchanged, c.unchanged)
			}
		})
	}
}
