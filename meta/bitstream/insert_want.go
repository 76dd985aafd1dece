package bitstream

import (
	"bytes"
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
)

// want is a message that the block has for the access unit.
type want struct {
	kind    Kind
	payload []byte // as a Message has it
	t35     []byte // AV1: the T.35 payload that carries an RPU
	place   place

	// leader is the first want of the same kind of metadata, and what follows is
	// kept there: of T.35 messages there can be several.
	leader  int
	members int  // wants of the kind
	seen    int  // messages of the kind in the access unit
	valid   int  // … which are not broken
	same    bool // these are what the block has

	replace bool // messages of the kind go
	write   bool // ours is put in
}

// place is where in an access unit a message goes.
type place uint8

const (
	atPicture place = iota // before the first slice or frame header
	atShown                // AV1: before the header of the frame that is shown
	atEnd                  // HEVC, AVC: behind the slices
	places
)

// list makes the wants: what of the block this codec has messages for.
func (i *Inserter) list(b *meta.Block) error {
	i.wants, i.payloads = i.wants[:0], i.payloads[:0]
	codec := i.Format.Codec
	dynamic, rpu := atPicture, atEnd
	if codec == AV1 {
		dynamic, rpu = atShown, atShown
	}
	if b.MasteringDisplay != nil {
		i.addEncoded(MasteringDisplay, appendMasteringDisplay(i.payloads, codec, b.MasteringDisplay))
	}
	if b.ContentLight != nil {
		i.addEncoded(ContentLight, appendContentLight(i.payloads, b.ContentLight))
	}
	if b.AmbientViewing != nil && codec != AV1 {
		i.addEncoded(AmbientViewing, appendAmbientViewing(i.payloads, b.AmbientViewing))
	}
	if p := b.HDR10Plus; len(p) > 0 {
		if !hdr10plus.Is(p) {
			return fmt.Errorf("%w: HDR10+ begins with % x", ErrPayload, p[:min(len(p), 8)])
		}
		i.add(want{kind: T35, payload: p, place: dynamic})
	}
	for k, p := range b.T35 {
		// They would come back as something else.
		if len(p) == 0 || hdr10plus.Is(p) || codec == AV1 && dovi.IsT35(p) {
			return fmt.Errorf("%w: T.35 message %d begins with % x", ErrPayload, k, p[:min(len(p), 8)])
		}
		i.add(want{kind: T35, payload: p, place: dynamic})
	}
	if p := b.DolbyVision; len(p) > 0 {
		h, err := dovi.Parse(p)
		if err != nil {
			return err
		}
		w := want{kind: DolbyVision, payload: p[:h.Size], place: rpu}
		if codec == AV1 {
			begin := len(i.payloads)
			if i.payloads, err = dovi.AppendT35(i.payloads, w.payload); err != nil {
				return err
			}
			w.t35 = i.payloads[begin:]
		}
		i.add(w)
	}
	return nil
}

// addEncoded adds what an appender has put behind payloads.
func (i *Inserter) addEncoded(kind Kind, payloads []byte) {
	p := payloads[len(i.payloads):]
	i.payloads = payloads
	i.add(want{kind: kind, payload: p, place: atPicture})
}

func (i *Inserter) add(w want) {
	w.leader = len(i.wants)
	if k := i.match(w.kind, w.payload); k >= 0 {
		w.leader = k
	}
	w.same = true
	i.wants = append(i.wants, w)
	i.wants[w.leader].members++
}

// match gives the first want of the kind of metadata that a message is of, or -1.
func (i *Inserter) match(kind Kind, payload []byte) int {
	for k := range i.wants {
		w := &i.wants[k]
		if w.kind == kind && (kind != T35 || sameT35(w.payload, payload)) {
			return k
		}
	}
	return -1
}

// sameT35 says whether two T.35 messages are of one kind of metadata: country
// code, provider code and provider oriented code are the same. HDR10+ has its
// application identifier too.
func sameT35(a, b []byte) bool {
	if plus := hdr10plus.Is(a); plus || hdr10plus.Is(b) {
		return plus && hdr10plus.Is(b)
	}
	return bytes.Equal(t35Key(a), t35Key(b))
}

func t35Key(p []byte) []byte {
	n := 5
	if len(p) > 0 && p[0] == 0xff { // then an extension byte follows the country code
		n++
	}
	return p[:min(n, len(p))]
}

// found notes a message of the access unit; a broken one is not valid.
func (i *Inserter) found(kind Kind, payload []byte, valid bool, b *meta.Block) {
	k := i.match(kind, payload)
	if k < 0 {
		return
	}
	w := &i.wants[k]
	w.seen++
	if !valid {
		return
	}
	w.valid++
	switch kind {
	case T35:
		w.same = w.same && bytes.Equal(payload, i.member(k, w.valid))
	case MasteringDisplay:
		// A unit that does not convert without loss is no difference.
		d, err := DecodeMasteringDisplay(i.Format.Codec, payload)
		w.same = w.same && err == nil && (d == *b.MasteringDisplay || bytes.HasPrefix(payload, w.payload))
	default:
		// Later editions may append to a message.
		w.same = w.same && bytes.HasPrefix(payload, w.payload)
	}
}

// member gives what the n-th message of the kind of wants[leader], from 1 on, has
// to be: the n-th of several, nil if there are fewer; the only one for ever, as
// it says nothing else when it is repeated.
func (i *Inserter) member(leader, n int) []byte {
	if i.wants[leader].members == 1 {
		return i.wants[leader].payload
	}
	for k := leader; k < len(i.wants) && n <= i.wants[leader].members; k++ {
		if i.wants[k].leader != leader {
			continue
		}
		if n--; n == 0 {
			return i.wants[k].payload
		}
	}
	return nil
}

// decide says for each kind whether it is replaced.
func (i *Inserter) decide(policy Policy) {
	for k := range i.wants {
		w := &i.wants[k]
		l := &i.wants[w.leader]
		if w.leader == k {
			there := l.valid > 0 && l.same && (l.members == 1 || l.valid == l.members)
			l.replace = !there && (policy == Replace || l.valid == 0)
			i.changed = i.changed || l.replace && l.seen > 0
		}
		static := w.kind == MasteringDisplay || w.kind == ContentLight || w.kind == AmbientViewing
		w.write = l.replace && (!static || i.layout.randomAccess)
		i.changed = i.changed || w.write
	}
}

// drops says whether a message of the access unit goes.
func (i *Inserter) drops(kind Kind, payload []byte) bool {
	k := i.match(kind, payload)
	return k >= 0 && i.wants[k].replace
}
