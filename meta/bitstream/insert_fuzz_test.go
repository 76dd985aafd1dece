package bitstream_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	. "github.com/gst-shmmeta/gst-shmmeta/meta/bitstream"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// fuzzBlock makes a block of which set says what it has, with payload in its T.35
// messages.
func fuzzBlock(set uint8, payload []byte) *meta.Block {
	b := staticBlock(set)
	if set&8 != 0 {
		b.HDR10Plus = slices.Concat(plus[:6], payload)
	}
	if set&16 != 0 {
		b.T35 = [][]byte{slices.Concat(apps, payload)}
	}
	if set&32 != 0 {
		b.T35 = append(b.T35, vivid, apps2)
	}
	if set&64 != 0 {
		b.DolbyVision = streams.RPU(len(payload) % 500)
	}
	return b
}

// kindOf tells a kind of metadata from others in the way the documentation does.
func kindOf(m Message) string {
	if m.Kind != T35 {
		return m.Kind.String()
	}
	if hdr10plus.Is(m.Payload) {
		return "HDR10+"
	}
	n := 5
	if m.Payload[0] == 0xff {
		n++
	}
	return string(m.Payload[:min(n, len(m.Payload))])
}

// found gives the messages of an access unit by kind, as far as they can be read.
func found(f Format, au []byte) (byKind map[string][][]byte, p Picture) {
	byKind = map[string][][]byte{}
	finder := Finder{Format: f}
	finder.Find(au, func(m Message) {
		p := slices.Clone(m.Payload)
		switch m.Kind { // what later editions and AV1's trailing bits append
		case MasteringDisplay:
			p = p[:24]
		case ContentLight:
			p = p[:4]
		case AmbientViewing:
			p = p[:8]
		}
		byKind[kindOf(m)] = append(byKind[kindOf(m)], p)
	})
	return byKind, finder.Picture()
}

func FuzzInsert(f *testing.F) {
	for k, format := range formats {
		for _, key := range []bool{true, false} {
			au := picture(format, key)
			f.Add(au, uint8(k), uint8(127), false, []byte{0, 0, 1})
			i := Inserter{Format: format}
			if full, err := i.Insert(nil, au, fuzzBlock(31, []byte{0, 0, 3}), Replace); err == nil {
				f.Add(full, uint8(k), uint8(127), true, []byte{0, 0})
				f.Add(full, uint8(k), uint8(127), false, []byte{0, 0})
			}
		}
	}
	f.Fuzz(func(t *testing.T, au []byte, format, set uint8, keep bool, payload []byte) {
		fm := formats[int(format)%len(formats)]
		b := fuzzBlock(set, payload)
		policy := Replace
		if keep {
			policy = Keep
		}
		i := Inserter{Format: fm}
		out, err := i.Insert([]byte("head"), au, b, policy)
		if !bytes.HasPrefix(out, []byte("head")) {
			t.Fatalf("begins with %x", out)
		}
		out = out[4:]
		if damage := (*DamageError)(nil); err != nil && i.Changed() {
			if !errors.As(err, &damage) {
				t.Fatalf("%v, but %x became %x", err, au, out)
			}
			// A NAL unit that cannot be read stays, and what it says with it; the
			// block's are there all the same.
			after, _ := found(fm, out)
			for _, m := range wanted(fm, b, false) {
				got := after[kindOf(m)]
				if !slices.ContainsFunc(got, func(p []byte) bool { return bytes.Equal(p, m.Payload) || keep }) {
					t.Fatalf("%q is %x, want %x too", kindOf(m), got, m.Payload)
				}
			}
			again, err := i.Insert(nil, out, b, policy)
			if !errors.As(err, &damage) || !bytes.Equal(again, out) {
				t.Fatalf("inserted again %x, %v\n         once %x", again, err, out)
			}
			return
		}
		if err != nil {
			if !bytes.Equal(out, au) {
				t.Fatalf("%v, but %x became %x", err, au, out)
			}
			return
		}
		if i.Changed() == bytes.Equal(out, au) {
			t.Fatalf("Changed is %t for %x from %x", i.Changed(), out, au)
		}
		if len(wanted(fm, b, true)) == 0 {
			if i.Changed() {
				t.Fatalf("%x became %x, with nothing to insert", au, out)
			}
			return // it has not been looked at, so it may be broken
		}
		again, err := i.Insert(nil, out, b, policy)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("inserted again %x, %v\n         once %x", again, err, out)
		}

		before, p := found(fm, au)
		after, p2 := found(fm, out)
		if p != p2 {
			t.Fatalf("picture %+v became %+v", p, p2)
		}
		wants := map[string][][]byte{}
		for _, m := range wanted(fm, b, true) {
			wants[kindOf(m)] = append(wants[kindOf(m)], m.Payload)
		}
		for kind, was := range before {
			if _, ok := wants[kind]; !ok && !slices.EqualFunc(was, after[kind], bytes.Equal) {
				t.Fatalf("%q was %x and is %x", kind, was, after[kind])
			}
		}
		for kind, got := range after {
			want, ok := wants[kind]
			switch was := before[kind]; {
			case !ok && was == nil:
				t.Fatalf("%q came: %x", kind, got)
			case !ok:
			case keep && was != nil:
				if !slices.EqualFunc(got, was, bytes.Equal) {
					t.Fatalf("%q was %x and is %x", kind, was, got)
				}
			case slices.EqualFunc(got, want, bytes.Equal):
			case kind == MasteringDisplay.String() && fm.Codec == AV1: // the same in other digits
				for _, p := range got {
					if d, err := DecodeMasteringDisplay(AV1, p); err != nil || d != mastering {
						t.Fatalf("mastering display %x, want %x", got, want)
					}
				}
			case len(want) == 1: // said more than once
				for _, p := range got {
					if !bytes.Equal(p, want[0]) {
						t.Fatalf("%q is %x, want %x", kind, got, want)
					}
				}
			default:
				t.Fatalf("%q is %x, want %x", kind, got, want)
			}
		}
		for kind, want := range wants {
			static := kind == MasteringDisplay.String() || kind == ContentLight.String() || kind == AmbientViewing.String()
			if after[kind] == nil && (!static || p.RandomAccess) {
				t.Fatalf("%q is missing, want %x", kind, want)
			}
		}
		// All that has no messages is there, in its order and as it was.
		if got, want := without(t, fm, out), without(t, fm, au); !bytes.Equal(got, want) {
			t.Fatalf("the rest is %x, was %x", got, want)
		}
	})
}
