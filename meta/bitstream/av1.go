package bitstream

import "github.com/gst-shmmeta/gst-shmmeta/meta/dovi"

// av1 lends the messages of a temporal unit.
func (f *Finder) av1(w *units, yield func(Message)) {
	var sequence, key bool
	for w.next() {
		p := w.payload()
		switch w.typ {
		case obuSequenceHeader:
			if len(p) == 0 {
				w.damage.add(ErrOBU, w.start, "sequence header is empty")
				continue
			}
			sequence = true
			f.reducedHeader = p[0]>>3&1 != 0 // behind seq_profile (3), still_picture (1)
			yield(Message{Sequence, p})
		case obuFrameHeader, obuFrame:
			if len(p) == 0 {
				w.damage.add(ErrOBU, w.start, "frame header is empty")
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

// metadata lends what a metadata OBU says (AV1 5.8).
func (f *Finder) metadata(w *units, p []byte, yield func(Message)) {
	typ, n := leb128(p)
	if n == 0 {
		w.damage.add(ErrOBU, w.start, "metadata type is no leb128: % x", p[:min(8, len(p))])
		return
	}
	var kind Kind
	var least int
	switch p = p[n:]; typ {
	case metadataContentLight:
		kind, least = ContentLight, lightSize
	case metadataMasteringDisplay:
		kind, least = MasteringDisplay, masteringSize
	case metadataT35:
		// It ends where the trailing bits begin: a one bit, and zeros to the
		// end of the OBU.
		p = trimZeros(p)
		if len(p) == 0 || p[len(p)-1] != 0x80 {
			w.damage.add(ErrOBU, w.start, "T.35 message without trailing bits")
			return
		}
		if p = p[:len(p)-1]; dovi.IsT35(p) {
			f.dolbyVision(w, dovi.FromT35, p, yield)
			return
		}
		kind, least = T35, 1
	default:
		return
	}
	if len(p) < least {
		w.damage.add(ErrOBU, w.start, "%v message of %d bytes, not %d", kind, len(p), least)
		return
	}
	yield(Message{kind, p})
}
