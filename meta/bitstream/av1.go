package bitstream

import "github.com/gst-shmmeta/gst-shmmeta/meta/dovi"

// av1 lends the messages of a temporal unit.
func (f *Finder) av1(w *units, yield func(Message)) {
	var sequence, key bool
	for w.next() {
		p := w.payload()
		switch w.typ {
		case obuSequenceHeader:
			if !w.hasHeader(p, "sequence") {
				continue
			}
			sequence = true
			f.reducedHeader = reducedHeader(p)
			yield(Message{Sequence, p})
		case obuFrameHeader, obuFrame:
			if !w.hasHeader(p, "frame") {
				continue
			}
			// show_existing_frame (1), frame_type (2): KEY_FRAME is 0
			key = key || f.reducedHeader || p[0]>>5 == 0
		case obuMetadata:
			f.metadata(w, p, yield)
		}
	}
	if sequence && key {
		f.picture = Picture{RandomAccess: true, IDR: true}
	}
}

// metadata lends what a metadata OBU says.
func (f *Finder) metadata(w *units, p []byte, yield func(Message)) {
	switch kind, payload, ok := metadataMessage(p); {
	case !ok && kind == 0:
		w.damage.add(ErrOBU, w.start, "metadata type is no leb128: % x", p[:min(8, len(p))])
	case !ok && (kind == T35 || kind == DolbyVision):
		w.damage.add(ErrOBU, w.start, "%v message of %d bytes, or without trailing bits", kind, len(payload))
	case !ok:
		w.damage.add(ErrOBU, w.start, "%v message of %d bytes", kind, len(payload))
	case kind == DolbyVision:
		f.dolbyVision(w, dovi.FromT35, payload, yield)
	case kind != 0:
		yield(Message{kind, payload})
	}
}

// metadataMessage takes a metadata OBU apart (AV1 5.8): kind is 0 for a type of no
// interest, and the payload of DolbyVision is the T.35 message. If not ok it is
// too short, or its type or its end is missing.
func metadataMessage(p []byte) (kind Kind, payload []byte, ok bool) {
	typ, n := leb128(p)
	switch p = p[n:]; {
	case n == 0:
		return 0, nil, false
	case typ == metadataContentLight:
		return ContentLight, p[:min(lightSize, len(p))], len(p) >= lightSize
	case typ == metadataMasteringDisplay:
		return MasteringDisplay, p[:min(masteringSize, len(p))], len(p) >= masteringSize
	case typ != metadataT35:
		return 0, nil, true
	}
	// A T.35 message ends where the trailing bits begin: a one bit, and zeros to
	// the end of the OBU.
	p = trimZeros(p)
	if n := len(p) - 1; n >= 0 && p[n] == 0x80 {
		p, ok = p[:n], n > 0
	}
	if dovi.IsT35(p) {
		return DolbyVision, p, ok
	}
	return T35, p, ok
}
