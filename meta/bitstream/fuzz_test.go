package bitstream

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
)

var fuzzFormats = []Format{{HEVC, 0}, {HEVC, 4}, {HEVC, 2}, {HEVC, 1}, {AVC, 0}, {AVC, 4}, {AVC, 2}, {AVC, 1}, {AV1, 0}}

// seeds are access units of every format with every kind of message.
func seeds(t testing.TB, add func(selector uint8, au []byte)) {
	a, v := unhex(t, hdr10plusA), rpu(20, 0)
	dolby, err := dovi.AppendT35(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	messages := [][]byte{message(137, unhex(t, masteringSEI)), message(144, unhex(t, lightSEI)), message(147, []byte{18}),
		message(148, unhex(t, ambientSEI)), message(4, a), message(4, unhex(t, vividHex)), message(300, make([]byte, 300))}
	for i, f := range fuzzFormats {
		var au []byte
		switch f.Codec {
		case HEVC:
			au = join(f, pqSPS(t), seiNAL(hevcPrefix, messages...), seiNAL(hevcPrefix, message(19, film(HEVC, false, true))), hevcIDRNAL, seiNAL(hevcSuffix, messages[4]), dovi.AppendNAL(nil, v))
		case AVC:
			au = join(f, []byte{0x67, 1}, seiNAL(avcSEIHead, messages...), seiNAL(avcSEIHead, message(19, film(AVC, false, true))), avcIDRNAL, dovi.AppendAVC(nil, v))
		case AV1:
			au = slices.Concat(obu(obuTemporalDelimiter, nil), obu(obuSequenceHeader, unhex(t, realSequences[9].payload)), metadataOBU(2, unhex(t, masteringAV1)),
				metadataOBU(1, unhex(t, lightSEI)), metadataOBU(4, a), metadataOBU(4, dolby), obu(obuFrame, []byte{0x10}))
		}
		add(uint8(i), au)
		add(uint8(i), au[:len(au)*2/3])
	}
}

type found struct {
	messages []Message
	picture  Picture
}

func findAll(f Format, au []byte) (found, error) {
	finder := Finder{Format: f}
	var all found
	err := finder.Find(au, func(m Message) { all.messages = append(all.messages, Message{m.Kind, bytes.Clone(m.Payload)}) })
	all.picture = finder.Picture()
	return all, err
}

// FuzzFind holds that what is found does not depend on how it is framed.
func FuzzFind(f *testing.F) {
	seeds(f, func(selector uint8, au []byte) { f.Add(selector, au) })
	f.Fuzz(func(t *testing.T, selector uint8, au []byte) {
		format := fuzzFormats[int(selector)%len(fuzzFormats)]
		got, err := findAll(format, au)
		var d *DamageError
		if err != nil && (!errors.As(err, &d) || d.Count < 1 || d.First == nil) {
			t.Fatalf("error %#v is no damage", err)
		}
		for _, m := range got.messages {
			if len(m.Payload) == 0 && m.Kind != Sequence {
				t.Fatalf("%v without payload", m.Kind)
			}
		}
		// The units one by one, in another framing.
		var units [][]byte
		last := 0
		for w := walk(format, au); w.next(); {
			if w.prefix < last || w.start < w.prefix || w.body <= w.start || w.end < w.body || w.end > len(au) {
				t.Fatalf("unit %+v behind byte %d of %d", w.unit, last, len(au))
			}
			last = w.end
			if format.Codec == AV1 {
				// No other flag: no size, no extension.
				units = append(units, obu(w.typ, w.payload()))
				continue
			}
			units = append(units, bytes.Clone(w.bytes()))
		}
		other := Format{format.Codec, 4}
		if format.Codec == AV1 {
			other.LengthSize = 0
		}
		again, err2 := findAll(other, join(other, units...))
		if !reflect.DeepEqual(got, again) {
			t.Fatalf("%+v: %+v, %v\nas %+v: %+v, %v", format, got, err, other, again, err2)
		}
		if err == nil && err2 != nil {
			t.Fatalf("%+v without damage, as %+v %v", format, other, err2)
		}
	})
}

// FuzzConfig holds that what is read from codec data, written again, reads the
// same.
func FuzzConfig(f *testing.F) {
	sps := pqSPS(f)
	f.Add(uint8(HEVC)-1, hvcC(4, sps, []byte{0x44, 1}))
	f.Add(uint8(AVC)-1, avcC(4, [][]byte{{0x67, 1, 2}}, [][]byte{{0x68}}))
	f.Add(uint8(AV1)-1, av1C(obu(obuSequenceHeader, unhex(f, realSequences[9].payload)), metadataOBU(1, unhex(f, lightSEI))))
	f.Fuzz(func(t *testing.T, selector uint8, data []byte) {
		codec := Codec(selector%3 + 1)
		c, err := ParseConfig(codec, data)
		if c.Format == (Format{}) {
			if err == nil || c.Units != nil {
				t.Fatalf("no format, but error %v and %d units", err, len(c.Units))
			}
			return
		}
		if c.Format.check() != nil || c.Format.Codec != codec {
			t.Fatalf("format %+v of %v", c.Format, codec)
		}
		finder := Finder{}
		finder.FindConfig(c, func(Message) {})
		if err != nil {
			return
		}
		var written []byte
		switch codec {
		case HEVC:
			if len(c.Units) > 255 || slices.ContainsFunc(c.Units, func(u []byte) bool { return len(u) == 0 }) {
				return // hvcC of this test has an array of its own for each
			}
			written = hvcC(c.Format.LengthSize, c.Units...)
		case AVC:
			if len(c.Units) > 31 {
				return
			}
			written = avcC(c.Format.LengthSize, c.Units, nil)
		case AV1:
			written = av1C(c.Units...)
		}
		again, err := ParseConfig(codec, written)
		if err != nil || again.Format != c.Format || !slices.EqualFunc(again.Units, c.Units, bytes.Equal) {
			t.Fatalf("%+v, written and read %+v, %v", c, again, err)
		}
	})
}

// FuzzTracker holds that any block can be encoded, that it changes if it says
// so, and that after Reset it is what a new Tracker gives.
func FuzzTracker(f *testing.F) {
	seeds(f, func(selector uint8, au []byte) { f.Add(selector, au, au[len(au)/2:]) })
	f.Fuzz(func(t *testing.T, selector uint8, first, second []byte) {
		format := fuzzFormats[int(selector)%len(fuzzFormats)]
		tracker := mustTracker(t, format)
		var before, encoded []byte
		for i, au := range [][]byte{first, second, second, first} {
			b, changed, _ := tracker.Next(au)
			var err error
			if encoded, err = b.AppendTo(nil); err != nil {
				t.Fatalf("access unit %d: %v", i, err)
			}
			if !changed && !bytes.Equal(encoded, before) {
				t.Fatalf("access unit %d: %x and not changed, before %x", i, encoded, before)
			}
			var back meta.Block
			if err := back.Decode(encoded); err != nil {
				t.Fatalf("access unit %d: %v", i, err)
			}
			before = encoded
		}
		tracker.Reset()
		b, changed, err := tracker.Next(first)
		fresh, _, freshErr := mustTracker(t, format).Next(first)
		if !changed || !reflect.DeepEqual(b.Clone(), fresh.Clone()) || (err == nil) != (freshErr == nil) {
			t.Fatalf("after Reset %+v, %v\nnew %+v, %v", b.Clone(), err, fresh.Clone(), freshErr)
		}
	})
}

func FuzzParameterSets(f *testing.F) {
	for _, c := range realSequences {
		f.Add(uint8(c.codec)-1, unhex(f, c.payload))
	}
	r := rand.New(rand.NewPCG(7, 8))
	for codec, random := range randomSequence {
		for range 8 {
			p, _ := random(r)
			f.Add(uint8(codec)-1, p)
		}
	}
	f.Fuzz(func(t *testing.T, selector uint8, p []byte) {
		codec := Codec(selector%3 + 1)
		c, err := SequenceColor(codec, p)
		if err != nil {
			if c != (meta.Color{}) || !errors.Is(err, ErrSequence) {
				t.Fatalf("error %v with %+v", err, c)
			}
			return
		}
		// It was read without what follows, so that may be anything.
		if again, err := SequenceColor(codec, append(bytes.Clone(p), 0xff, 0)); err != nil || again != c {
			t.Fatalf("%+v, with bytes behind it %+v, %v", c, again, err)
		}
	})
}
