package bitstream

import (
	"math/rand/v2"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
)

// benchUnit is an access unit of 1 MB in four slices or tile groups, which
// compressed video fills with what looks like chance, with HDR10+, mastering
// display, content light and an RPU behind the slices.
func benchUnit(tb testing.TB, f Format) []byte {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	slice := func(header ...byte) []byte {
		p := make([]byte, 250_000)
		for i := range p {
			p[i] = byte(r.Uint32())
		}
		p = append(dovi.Escape(header, p), 0x80)
		if f.Codec == AV1 {
			return obu(obuTileGroup, p)
		}
		return p
	}
	a, mastering, light := unhex(tb, hdr10plusA), unhex(tb, masteringSEI), unhex(tb, lightSEI)
	v := rpu(200, 0)
	switch f.Codec {
	case HEVC:
		return join(f, seiNAL(hevcPrefix, message(137, mastering), message(144, light)), seiNAL(hevcPrefix, message(4, a)),
			slice(2, 1), slice(2, 1), slice(2, 1), slice(2, 1), dovi.AppendNAL(nil, v))
	case AVC:
		return join(f, seiNAL(avcSEIHead, message(137, mastering), message(144, light)), seiNAL(avcSEIHead, message(4, a)),
			slice(0x41), slice(0x41), slice(0x41), slice(0x41), dovi.AppendAVC(nil, v))
	}
	dolby, err := dovi.AppendT35(nil, v)
	if err != nil {
		tb.Fatal(err)
	}
	return join(f, metadataOBU(2, mastering), metadataOBU(1, light), metadataOBU(4, a), metadataOBU(4, dolby),
		obu(obuFrameHeader, []byte{0x30}), slice(), slice(), slice(), slice())
}

var benchFormats = []struct {
	name   string
	format Format
}{
	{"hevc", Format{HEVC, 0}}, {"hvc1", Format{HEVC, 4}}, {"h264", Format{AVC, 0}}, {"avc", Format{AVC, 4}}, {"av1", Format{AV1, 0}},
}

// The byte stream is the hard one: its slices have to be searched for their
// ends. Floor: the access unit is copied once; peer: every NAL unit is unescaped
// before it is looked at, as decoders have to.
func BenchmarkFind(b *testing.B) {
	au := benchUnit(b, Format{HEVC, 0})
	b.Run("floor", func(b *testing.B) {
		dst := make([]byte, len(au))
		b.SetBytes(int64(len(au)))
		b.ReportAllocs()
		for b.Loop() {
			copy(dst, au)
		}
	})
	b.Run("peer", func(b *testing.B) {
		var buf []byte
		b.SetBytes(int64(len(au)))
		b.ReportAllocs()
		for b.Loop() {
			for w := walk(Format{HEVC, 0}, au); w.next(); {
				buf = dovi.Unescape(buf[:0], w.payload())
			}
		}
	})
	b.Run("ours", func(b *testing.B) { benchFind(b, Format{HEVC, 0}) })
}

func BenchmarkFindFormats(b *testing.B) {
	for _, c := range benchFormats {
		b.Run(c.name, func(b *testing.B) { benchFind(b, c.format) })
	}
}

func benchFind(b *testing.B, f Format) {
	au := benchUnit(b, f)
	finder := Finder{Format: f}
	n := 0
	yield := func(Message) { n++ }
	b.SetBytes(int64(len(au)))
	b.ReportAllocs()
	for b.Loop() {
		if n = 0; finder.Find(au, yield) != nil || n != 4 {
			b.Fatalf("%d messages, want 4", n)
		}
	}
}

// What no encoder writes must not be slow enough to matter either.
func BenchmarkFindHostile(b *testing.B) {
	for _, c := range []struct {
		name    string
		pattern []byte
	}{
		{"zeros", []byte{0}},
		{"ones", []byte{1}},
		{"almost", []byte{0, 0, 2}},
		{"start_codes", []byte{0, 0, 1}},
		{"escapes", append([]byte{0, 0, 1, hevcPrefixSEI << 1, 1}, make([]byte, 100)...)},
		{"empty_messages", append([]byte{0, 0, 1, hevcPrefixSEI << 1, 1}, []byte{4, 0, 4, 0, 4, 0, 4, 0}...)},
	} {
		b.Run(c.name, func(b *testing.B) {
			au := make([]byte, 1<<20)
			for i := range au {
				au[i] = c.pattern[i%len(c.pattern)]
			}
			finder := Finder{Format: Format{HEVC, 0}}
			yield := func(Message) {}
			b.SetBytes(int64(len(au)))
			for b.Loop() {
				finder.Find(au, yield)
			}
		})
	}
}

func BenchmarkTracker(b *testing.B) {
	for _, c := range benchFormats {
		b.Run(c.name, func(b *testing.B) {
			au := benchUnit(b, c.format)
			tracker := mustTracker(b, c.format)
			b.SetBytes(int64(len(au)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := tracker.Next(au); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
