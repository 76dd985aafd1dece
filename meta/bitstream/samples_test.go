package bitstream

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
	"github.com/gst-shmmeta/gst-shmmeta/meta/internal/bits"
	"github.com/gst-shmmeta/gst-shmmeta/test/samples"
)

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
		r := bits.NewReader(dovi.Unescape(nil, w.payload()))
		r.Skip(1) // first_slice_segment_in_pic_flag
		if w.typ >= hevcIRAPFirst {
			r.Skip(1) // no_output_of_prior_pics_flag
		}
		r.UE() // slice_pic_parameter_set_id
		r.UE() // slice_type
		if w.typ >= hevcIDRFirst && w.typ <= hevcIDRLast {
			return 0
		}
		return int(r.U(8))
	}
	t.Fatal("no slice in the access unit")
	return 0
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
			stream := samples.Read(t, c.stream)
			answers, err := hdr10plus.ReadJSON(bytes.NewReader(samples.Read(t, c.json)))
			if err != nil {
				t.Fatal(err)
			}
			if got := answers.Len(); got != c.pictures {
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
				if want := answers.Frame(i); p.order != i || p.m != *want {
					t.Errorf("picture %d has %+v\nanswer %d is %+v", p.order, p.m, i, *want)
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

// What the broken and the unusual samples have, by kind.
func TestFindInSamples(t *testing.T) {
	for _, c := range []struct {
		name string
		want map[Kind]int
	}{
		{"hdr10plus/ToS-s15.h265", map[Kind]int{Sequence: 1, T35: 1}},
		{"hdr10plus/ToS-s61.h265", map[Kind]int{Sequence: 1, MasteringDisplay: 1, ContentLight: 1, T35: 9}},
		{"hdr10plus/sei-double-3byte-case.hevc", map[Kind]int{Sequence: 1, MasteringDisplay: 1, ContentLight: 1}},
		// Its HDR10+ has zeros that should have been escaped, so a stricter
		// reader would end the NAL unit there.
		{"hdr10plus/invalid-null-byte-seq.hevc", map[Kind]int{Sequence: 1, MasteringDisplay: 1, ContentLight: 1, T35: 1}},
		{"dovi/sei-suffix-muxed-rpu.hevc", map[Kind]int{Sequence: 2, MasteringDisplay: 2, ContentLight: 2, DolbyVision: 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := map[Kind]int{}
			finder := Finder{Format: Format{Codec: HEVC}}
			err := finder.Find(samples.Read(t, c.name), func(m Message) {
				got[m.Kind]++
				var h hdr10plus.Metadata
				switch m.Kind {
				case T35:
					if _, err := h.Decode(m.Payload); err != nil {
						t.Errorf("HDR10+ %x: %v", m.Payload, err)
					}
				case Sequence:
					color, err := SequenceColor(HEVC, m.Payload)
					if want := (meta.Color{Primaries: 9, Transfer: 16, Matrix: 9, ChromaSite: meta.ChromaTopLeft}); err != nil || color != want && specified(&color) {
						t.Errorf("colour %+v, %v; want %+v or none", color, err, want)
					}
				}
			})
			if err != nil || !maps.Equal(got, c.want) {
				t.Errorf("%v, %v; want %v", got, err, c.want)
			}
		})
	}
}

// The samples of other carriers: an RPU file's only entry is what NAL 62 holds
// behind its header, and one T.35 message of AV1.
func TestDolbyVisionSamples(t *testing.T) {
	dir := "dovi/"
	for _, name := range []string{"mel_rpu.bin", "fel_rpu.bin", "profile5.bin", "profile8.bin", "trailing_bytes_rpu.bin"} {
		file := bytes.TrimPrefix(samples.Read(t, dir+name), []byte{0, 0, 0, 1})
		want, err := dovi.FromNAL(nil, append([]byte{0x7c, 1}, bytes.TrimPrefix(file, []byte{0x7c, 1})...))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, f := range []Format{{HEVC, 0}, {HEVC, 4}} {
			tracker := mustTracker(t, f)
			b, _, err := tracker.Next(join(f, hevcSlice, dovi.AppendNAL(nil, want)))
			if err != nil || !bytes.Equal(b.DolbyVision, want) {
				t.Errorf("%s in %+v: %x, %v\nwant %x", name, f, b.DolbyVision, err, want)
			}
		}
	}
	p := append([]byte{0xB5}, samples.Read(t, dir+"av1-p84-01.bin")...) // the file begins behind the country code
	want, err := dovi.FromT35(nil, p)
	if err != nil {
		t.Fatal(err)
	}
	tracker := mustTracker(t, Format{AV1, 0})
	b, _, err := tracker.Next(metadataOBU(metadataT35, p))
	if err != nil || !bytes.Equal(b.DolbyVision, want) || b.T35 != nil {
		t.Errorf("AV1: %x and %x, %v\nwant %x", b.DolbyVision, b.T35, err, want)
	}
}
