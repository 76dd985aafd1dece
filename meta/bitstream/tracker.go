package bitstream

import (
	"bytes"
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
)

// Tracker makes of access units, in decoding order, the metadata of each one's
// picture:
//
//   - HDR10+ holds until the next message, past an IDR picture without one too:
//     encoders send it when it changes. Of two in one access unit the last counts,
//     as in FFmpeg (libavcodec/h2645_sei.c).
//   - Mastering display, content light, ambient viewing and alternative transfer
//     hold until replaced.
//   - A Dolby Vision RPU and other T.35 messages are of their own access unit
//     alone; the last RPU of it counts, as in FFmpeg. ATSC captions, which other
//     metas carry, are left out.
//   - Film grain holds as its message says, at most to the next IDR picture.
//
// What is broken is not taken and clears nothing. HDR10+ that can be read is taken
// even if hdr10plus.Validate refuses it.
//
// Any block that comes out can be encoded: what would make it too large is
// refused. A Tracker must not be used by two goroutines at a time.
type Tracker struct {
	finder Finder
	take   func(Message) // t.message, made once
	damage damage        // of the access unit in hand
	config []byte        // codec data, which outlives Reset

	given    *meta.Color // from outside, for which there is
	outside  meta.Color  // room here
	sequence meta.Color  // from parameter sets; the zero value is none
	transfer uint8       // alternative transfer, 0 is none

	mastering meta.MasteringDisplay
	light     meta.ContentLight
	ambient   meta.AmbientViewing
	decoded   hdr10plus.Metadata // scratch
	hdr10plus []byte
	grain     grain
	own, last own // of this and of the previous access unit

	color   meta.Color // what block points at
	film    meta.FilmGrain
	block   meta.Block
	changed bool // since the block was last given out
}

// Limits that leave room for the largest RPU and everything else in a block of
// meta.MaxSize bytes and meta.MaxSections sections.
const (
	maxT35      = 32       // messages of one access unit
	maxT35Bytes = 16 << 10 // all of them
	maxMessage  = 4 << 10  // HDR10+, film grain
)

// NewTracker gives a Tracker for access units of a format, which Config may still
// change. The error is ErrFormat.
func NewTracker(format Format) (*Tracker, error) {
	if err := format.check(); err != nil {
		return nil, err
	}
	t := &Tracker{finder: Finder{Format: format}, changed: true}
	t.take = t.message
	return t, nil
}

// Config takes the codec data of a stream that is about to begin: the size of
// length fields, parameter sets, and SEI messages or metadata OBUs for all of it.
// Everything else is forgotten, unless it is the codec data there is already.
// nil is a stream without.
//
// Errors are those of ParseConfig, and a *DamageError for its units; what is
// right is taken nevertheless.
func (t *Tracker) Config(codecData []byte) error {
	if len(codecData) > 0 && bytes.Equal(codecData, t.config) {
		return nil
	}
	if t.config = nil; len(codecData) > 0 {
		t.config = bytes.Clone(codecData)
	}
	return t.restart()
}

// Reset forgets what access units said, as after a seek or a flush. Codec data
// and the given colour stay.
func (t *Tracker) Reset() {
	t.restart() // its errors were Config's
}

func (t *Tracker) restart() error {
	t.finder.reducedHeader = false
	t.sequence, t.transfer = meta.Color{}, 0
	t.block.MasteringDisplay, t.block.ContentLight, t.block.AmbientViewing = nil, nil, nil
	t.hdr10plus = t.hdr10plus[:0]
	t.grain.clear()
	t.own.clear()
	t.changed = true
	var err error
	if t.config != nil {
		err = t.readConfig()
	}
	t.own.clear() // codec data has no picture
	t.assemble()
	return err
}

func (t *Tracker) readConfig() error {
	c, err := ParseConfig(t.finder.Format.Codec, t.config)
	if c.Format.Codec == 0 {
		return err
	}
	t.finder.Format = c.Format
	t.damage = t.finder.findConfig(c, t.take)
	if err != nil {
		return err
	}
	return t.damage.err()
}

// SetColor gives the colour that the container or caps tell; it goes before that
// of the parameter sets. nil is none. c is copied.
func (t *Tracker) SetColor(c *meta.Color) {
	if t.given = nil; c != nil {
		t.outside = *c
		t.given = &t.outside
	}
	t.assemble()
}

// Next gives the metadata of the access unit's picture, and whether it differs
// from what the last call gave. The block is lent until the next call of any
// method and must not be changed: what is to be added goes into another, with
// Fill. It may be without sections, but is never nil.
//
// The error is a *DamageError. It says what could not be taken, with the
// sentinels of Finder.Find, hdr10plus, ErrSequence and ErrTooLarge.
func (t *Tracker) Next(au []byte) (b *meta.Block, changed bool, err error) {
	t.own, t.last = t.last, t.own
	t.own.clear()
	t.grain.begin()
	t.damage = damage{}
	t.damage.merge(t.finder.find(au, t.take))
	if t.grain.end(t.finder.picture.IDR) || !t.own.equal(&t.last) {
		t.changed = true
	}
	t.assemble()
	changed, t.changed = t.changed, false
	return &t.block, changed, t.damage.err()
}

// Block lends the metadata in force: what Next gave, or, after Config and Reset,
// what holds before the first access unit.
func (t *Tracker) Block() *meta.Block { return &t.block }

// Picture is what the slices or frame headers of the last access unit say.
func (t *Tracker) Picture() Picture { return t.finder.picture }

// message takes one message into the state. The Finder has made sure that each
// has the size its kind needs.
func (t *Tracker) message(m Message) {
	codec := t.finder.Format.Codec
	switch m.Kind {
	case T35:
		t.t35(m.Payload)
	case DolbyVision:
		t.own.rpu = append(t.own.rpu[:0], m.Payload...)
	case MasteringDisplay:
		if v, err := DecodeMasteringDisplay(codec, m.Payload); err == nil {
			hold(t, &t.block.MasteringDisplay, &t.mastering, v)
		}
	case ContentLight:
		if v, err := DecodeContentLight(m.Payload); err == nil {
			hold(t, &t.block.ContentLight, &t.light, v)
		}
	case AmbientViewing:
		if v, err := DecodeAmbientViewing(m.Payload); err == nil {
			hold(t, &t.block.AmbientViewing, &t.ambient, v)
		}
	case AlternativeTransfer:
		t.transfer = usable(m.Payload[0])
	case FilmGrain:
		if len(m.Payload) > maxMessage {
			t.refuse(m.Kind, len(m.Payload))
		} else if err := t.grain.set(codec, m.Payload); err != nil {
			t.damage.note(err)
		}
	case Sequence:
		c, err := SequenceColor(codec, m.Payload)
		if err != nil {
			t.damage.note(err)
			return
		}
		t.sequence = c
	}
}

// hold points field at the value.
func hold[T comparable](t *Tracker, field **T, store *T, v T) {
	if *field == nil || **field != v {
		t.changed = true
	}
	*store = v
	*field = store
}

// t35 takes a T.35 message.
func (t *Tracker) t35(p []byte) {
	switch {
	case atsc(p):
	case !hdr10plus.Is(p):
		if !t.own.add(p) {
			t.refuse(T35, len(p))
		}
	case bytes.Equal(p, t.hdr10plus):
	case len(p) > maxMessage:
		t.refuse(T35, len(p))
	default:
		if _, err := t.decoded.Decode(p); err != nil {
			t.damage.note(err)
			return
		}
		t.hdr10plus = append(t.hdr10plus[:0], p...)
		t.changed = true
	}
}

func (t *Tracker) refuse(kind Kind, n int) {
	t.damage.note(fmt.Errorf("%w: %v message of %d bytes", ErrTooLarge, kind, n))
}

// assemble sets the block's fields; hold has set the static ones.
func (t *Tracker) assemble() {
	t.setColor()
	b := &t.block
	b.HDR10Plus, b.DolbyVision, b.T35 = some(t.hdr10plus), some(t.own.rpu), some(t.own.t35)
	if b.FilmGrain = nil; len(t.grain.data) > 0 {
		t.film = meta.FilmGrain{Kind: meta.GrainH274, Data: t.grain.data}
		b.FilmGrain = &t.film
	}
}

// some gives s, or nil for what is empty: no section.
func some[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}

// setColor sets the block's colour: the given one or that of the parameter sets,
// with the alternative transfer in place of theirs.
func (t *Tracker) setColor() {
	c := unspecified
	known := true
	switch {
	case t.given != nil:
		c = *t.given
	case specified(&t.sequence):
		c = t.sequence
	default:
		known = false
	}
	if t.transfer != 0 {
		c.Transfer, known = t.transfer, true
	}
	before := t.block.Color
	if known != (before != nil) || known && *before != c {
		t.changed = true
	}
	if t.block.Color = nil; known {
		t.color = c
		t.block.Color = &t.color
	}
}

// usable gives the code point if it is one that H.273 table 3 defines, else 0.
func usable(transfer uint8) uint8 {
	if transfer == meta.TransferBT709 || transfer >= 4 && transfer <= meta.TransferHLG {
		return transfer
	}
	return 0
}

// atsc says whether a T.35 message is of ATSC (A/53 part 4, 6.2.3): captions,
// bar data, active format. They say nothing of the samples' light.
func atsc(p []byte) bool { return bytes.HasPrefix(p, []byte{0xB5, 0x00, 0x31}) }
