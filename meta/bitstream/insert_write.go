package bitstream

import (
	"bytes"
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
)

// write appends the access unit with the changes that were planned.
func (i *Inserter) write(dst, au []byte) ([]byte, error) {
	w := writer{out: dst, base: len(dst), au: au, i: i}
	for _, c := range i.carriers {
		keep, all := i.kept(au, c)
		if all {
			continue
		}
		w.copyTo(c.prefix)
		if len(keep) > 0 {
			w.replace(c, keep)
		}
		w.pos = c.end
	}
	w.copyTo(len(au))
	return w.out, w.err
}

// kept gives what is left of a unit's payload, unescaped and without trailing
// bits; nothing is left of a unit that goes. all says that it stays as it is.
func (i *Inserter) kept(au []byte, c unit) (keep []byte, all bool) {
	w := units{unit: c, format: i.Format, au: au}
	switch {
	case i.Format.Codec == AV1:
		kind, payload, _ := metadataMessage(w.payload())
		return nil, !i.drops(kind, payload)
	case i.Format.Codec == HEVC && c.typ == hevcDolbyRPU, i.Format.Codec == AVC && c.typ == avcDolbyRPU:
		return nil, !i.drops(DolbyVision, nil)
	}
	all = true
	i.rest = i.rest[:0]
	r := seiReader{p: i.finder.unescaped(&w)}
	for r.next() {
		if kind, _ := seiKind(r.typ); kind != 0 && i.drops(kind, r.payload) {
			all = false
			continue
		}
		i.rest = append(i.rest, r.p[r.begin:r.pos]...)
	}
	return i.rest, all
}

// writer copies an access unit and puts messages where they go on the way.
type writer struct {
	out  []byte
	base int // where in out the access unit begins
	err  error

	i    *Inserter
	au   []byte
	pos  int   // in au
	next place // which has not been passed yet
}

// copyTo copies up to an offset of the access unit and inserts what goes before it.
func (w *writer) copyTo(to int) {
	for ; w.next < places && w.i.layout.at[w.next] <= to; w.next++ {
		w.copy(w.i.layout.at[w.next])
		for k := range w.i.wants {
			if m := &w.i.wants[k]; m.write && m.place == w.next {
				w.message(m)
			}
		}
	}
	w.copy(to)
}

// trailingBits end SEI NAL units and OBUs whose content ends with a whole byte.
const trailingBits = 0x80

var shortStartCode = []byte{0, 0, 1}

func (w *writer) copy(to int) {
	if to <= w.pos {
		return
	}
	p := w.au[w.pos:to]
	// The first NAL unit of a byte stream's access unit has a long start code,
	// so it passes it on when it goes.
	if w.pos > 0 && len(w.out) == w.base && w.byteStream() && bytes.HasPrefix(p, shortStartCode) {
		w.out = append(w.out, 0)
	}
	w.out = append(w.out, p...)
	w.pos = to
}

func (w *writer) byteStream() bool {
	return w.i.Format.Codec != AV1 && w.i.Format.LengthSize == 0
}

// message writes a want.
func (w *writer) message(m *want) {
	switch codec := w.i.Format.Codec; {
	case codec == AV1:
		w.obu(m)
	case m.kind == DolbyVision && codec == HEVC:
		mark := w.open()
		w.out = dovi.AppendNAL(w.out, m.payload)
		w.close(mark)
	case m.kind == DolbyVision:
		mark := w.open()
		w.out = dovi.AppendAVC(w.out, m.payload)
		w.close(mark)
	default:
		rbsp := append(w.i.rbsp[:0], seiType(m.kind))
		n := len(m.payload)
		for ; n >= 255; n -= 255 {
			rbsp = append(rbsp, 255)
		}
		rbsp = append(append(append(rbsp, byte(n)), m.payload...), trailingBits)
		w.i.rbsp = rbsp
		mark := w.open()
		if codec == HEVC {
			w.out = append(w.out, hevcPrefixSEI<<1, w.i.layout.temporalID)
		} else {
			w.out = append(w.out, avcSEI)
		}
		w.out = dovi.Escape(w.out, rbsp)
		w.close(mark)
	}
}

// replace writes an SEI NAL unit with the messages that are kept.
func (w *writer) replace(c unit, messages []byte) {
	var mark int
	if w.byteStream() {
		w.copy(c.start) // its own start code
	} else {
		mark = w.open()
	}
	w.out = append(w.out, w.au[c.start:c.body]...)
	w.i.rest = append(messages, trailingBits)
	w.out = dovi.Escape(w.out, w.i.rest)
	w.close(mark)
}

// open begins a NAL unit.
func (w *writer) open() (mark int) {
	switch {
	case !w.byteStream():
		w.out = append(w.out, make([]byte, w.i.Format.LengthSize)...)
	case len(w.out) == w.base: // zero_byte, H.265 B.2.1 and H.264 B.1.1
		w.out = append(w.out, 0, 0, 0, 1)
	default:
		w.out = append(w.out, 0, 0, 1)
	}
	return len(w.out)
}

// close ends a NAL unit that began at mark.
func (w *writer) close(mark int) {
	n := w.i.Format.LengthSize
	if n == 0 {
		return
	}
	size := len(w.out) - mark
	if uint64(size)>>(8*n) != 0 && w.err == nil {
		w.err = fmt.Errorf("%w: NAL unit of %d bytes, length field of %d", ErrTooLarge, size, n)
	}
	for k := range n {
		w.out[mark-1-k] = byte(size >> (8 * k))
	}
}

// obu writes a metadata OBU with a size field (AV1 5.3, 5.8).
func (w *writer) obu(m *want) {
	payload := m.payload
	typ := byte(metadataT35)
	switch m.kind {
	case MasteringDisplay:
		typ = metadataMasteringDisplay
	case ContentLight:
		typ = metadataContentLight
	case DolbyVision:
		payload = m.t35
	}
	w.out = append(w.out, obuMetadata<<3|2)
	w.out = appendLEB128(w.out, uint64(len(payload))+2) // with type and trailing bits
	w.out = append(w.out, typ)
	w.out = append(append(w.out, payload...), trailingBits)
}

func appendLEB128(dst []byte, v uint64) []byte {
	for ; v >= 0x80; v >>= 7 {
		dst = append(dst, byte(v)|0x80)
	}
	return append(dst, byte(v))
}

// seiType is the inverse of seiKind for the kinds that are inserted.
func seiType(kind Kind) byte {
	switch kind {
	case MasteringDisplay:
		return seiMasteringDisplay
	case ContentLight:
		return seiContentLight
	case AmbientViewing:
		return seiAmbientViewing
	}
	return seiT35
}
