package bitstream

import (
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
)

// layout is what an Inserter has to know of an access unit.
type layout struct {
	at           [places]int // where messages go, -1 if there is no such place
	temporalID   byte        // nuh_temporal_id_plus1 of the picture
	randomAccess bool
}

// scan reads the access unit once: where things go, and what messages it has.
func (i *Inserter) scan(au []byte, b *meta.Block) error {
	i.layout = layout{at: [places]int{-1, -1, -1}}
	i.carriers = i.carriers[:0]
	i.finder.Format = i.Format
	w := walk(i.Format, au)
	for w.next() {
		switch i.Format.Codec {
		case HEVC:
			i.scanHEVC(&w, b)
		case AVC:
			i.scanAVC(&w, b)
		case AV1:
			i.scanAV1(&w, b)
		}
	}
	at := &i.layout.at
	switch {
	case w.damage.count > 0:
		return w.damage.err()
	case len(i.wants) == 0:
		return nil
	case at[atPicture] < 0:
		return ErrNoPicture
	case at[atShown] < 0:
		at[atShown] = at[atPicture]
	}
	if at[atEnd] < 0 {
		at[atEnd] = w.end
	}
	return nil
}

func (i *Inserter) scanHEVC(w *units, b *meta.Block) {
	header := w.au[w.start+1]
	if header&7 == 0 {
		i.damage.add(ErrNAL, w.start, "nuh_temporal_id_plus1 is 0")
		return
	}
	if w.layer != 0 {
		return
	}
	switch {
	case w.typ <= hevcVCLLast:
		i.slice(w)
		i.layout.temporalID = header & 7
		if w.typ >= hevcIRAPFirst && w.typ <= hevcIRAPLast {
			i.layout.randomAccess = true
		}
	case w.typ == hevcPrefixSEI || w.typ == hevcSuffixSEI:
		i.scanSEI(w, b)
	case w.typ == hevcDolbyRPU:
		i.scanRPU(w, dovi.FromNAL, w.bytes(), b)
	case w.typ == hevcEOS || w.typ == hevcEOB:
		i.sequenceEnd(w)
	}
}

func (i *Inserter) scanAVC(w *units, b *meta.Block) {
	switch {
	case w.typ >= avcSliceFirst && w.typ <= avcIDR || w.typ >= avcAuxSlice && w.typ <= avcSliceExtLast:
		i.slice(w)
		if w.typ == avcIDR {
			i.layout.randomAccess = true
		}
	case w.typ == avcPrefix:
		// It belongs to the slice it stands before.
		i.slice(w)
	case w.typ == avcSEI:
		i.scanSEI(w, b)
	case w.typ == avcDolbyRPU:
		i.scanRPU(w, dovi.FromAVC, w.bytes(), b)
	case w.typ == avcEndOfSequence || w.typ == avcEndOfStream:
		i.sequenceEnd(w)
	}
}

// slice notes a unit that is part of the coded picture.
func (i *Inserter) slice(w *units) {
	if i.layout.at[atPicture] < 0 {
		i.layout.at[atPicture] = w.prefix
	}
	i.layout.at[atEnd] = -1
}

// sequenceEnd notes a unit that nothing of the picture may follow.
func (i *Inserter) sequenceEnd(w *units) {
	if i.layout.at[atPicture] >= 0 && i.layout.at[atEnd] < 0 {
		i.layout.at[atEnd] = w.prefix
	}
}

func (i *Inserter) scanSEI(w *units, b *meta.Block) {
	rbsp := i.finder.unescaped(w)
	r := seiReader{p: rbsp}
	for r.next() {
	}
	if r.err != nil { // not to be taken apart
		i.damage.wrap(r.err, w.start, "SEI NAL unit")
		return
	}
	i.carriers = append(i.carriers, w.unit)
	for r = (seiReader{p: rbsp}); r.next(); {
		if r.typ == seiRecoveryPoint {
			i.layout.randomAccess = true
		}
		if kind, least := seiKind(r.typ); kind != 0 {
			i.found(kind, r.payload, len(r.payload) >= least, b)
		}
	}
}

// scanRPU notes an RPU that from takes out of p.
func (i *Inserter) scanRPU(w *units, from func(dst, p []byte) ([]byte, error), p []byte, b *meta.Block) {
	i.carriers = append(i.carriers, w.unit)
	rpu, err := i.finder.rpu(from, p)
	i.found(DolbyVision, rpu, err == nil, b)
}

func (i *Inserter) scanAV1(w *units, b *meta.Block) {
	p := w.payload()
	switch w.typ {
	case obuSequenceHeader:
		if !w.hasHeader(p, "sequence") {
			return
		}
		i.reducedHeader = reducedHeader(p)
		i.layout.randomAccess = true
	case obuFrameHeader, obuFrame:
		if !w.hasHeader(p, "frame") {
			return
		}
		at := &i.layout.at
		if at[atPicture] < 0 {
			at[atPicture] = w.prefix
		}
		// show_existing_frame (1), frame_type (2), show_frame (1)
		if shown := i.reducedHeader || p[0]&0x90 != 0; shown && at[atShown] < 0 {
			at[atShown] = w.prefix
		}
	case obuMetadata:
		kind, payload, valid := metadataMessage(p)
		if kind == 0 {
			return
		}
		if kind == DolbyVision && valid {
			i.scanRPU(w, dovi.FromT35, payload, b)
			return
		}
		i.carriers = append(i.carriers, w.unit)
		i.found(kind, payload, valid, b)
	}
}
