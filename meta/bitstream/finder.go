package bitstream

import (
	"bytes"
	"slices"

	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
)

var emulationPrevention = []byte{0, 0, 3}

// Finder lends the messages of access units. It is made by setting Format, and
// reused: in a steady state it does not allocate. It must not be used by two
// goroutines at a time.
type Finder struct {
	Format Format

	picture Picture
	rbsp    []byte // an unescaped NAL unit
	// reducedHeader is reduced_still_picture_header of the last AV1 sequence
	// header, which frame headers depend on.
	reducedHeader bool
}

// Picture is what the slices or frame headers of the last access unit say.
func (f *Finder) Picture() Picture { return f.picture }

// Find gives the messages of one access unit (AV1: temporal unit, or a part of
// it) to yield, in the order they have in the stream. Enhancement layers
// (nuh_layer_id > 0) are passed over: their messages are not of the base layer's
// picture.
//
// The error is a *DamageError that tells what was broken, ErrStartCode,
// ErrTruncated, ErrNAL, ErrOBU, ErrSEI or, of an RPU, a sentinel of package dovi;
// everything else was delivered. It is ErrFormat if Format is none.
func (f *Finder) Find(au []byte, yield func(Message)) error {
	if err := f.Format.check(); err != nil {
		f.picture = Picture{}
		return err
	}
	d := f.find(au, yield)
	return d.err()
}

func (f *Finder) find(au []byte, yield func(Message)) damage {
	f.picture = Picture{}
	w := walk(f.Format, au)
	f.units(&w, yield)
	return w.damage
}

// FindConfig is Find for the units of codec data, which have no framing. Offsets
// in errors are those of the unit.
func (f *Finder) FindConfig(c Config, yield func(Message)) error {
	if err := c.Format.check(); err != nil {
		return err
	}
	d := f.findConfig(c, yield)
	return d.err()
}

func (f *Finder) findConfig(c Config, yield func(Message)) damage {
	f.picture = Picture{}
	var all damage
	for _, p := range c.Units {
		w := walk(c.Format, p)
		if c.Format.Codec == AV1 {
			f.units(&w, yield)
		} else if w.whole() {
			f.nal(&w, yield)
		}
		all.merge(w.damage)
	}
	return all
}

func (f *Finder) units(w *units, yield func(Message)) {
	if w.format.Codec == AV1 {
		f.av1(w, yield)
		return
	}
	for w.next() {
		f.nal(w, yield)
	}
}

func (f *Finder) nal(w *units, yield func(Message)) {
	if w.format.Codec == HEVC {
		f.hevc(w, yield)
	} else {
		f.avc(w, yield)
	}
}

func (f *Finder) hevc(w *units, yield func(Message)) {
	if w.layer != 0 {
		return
	}
	switch {
	case w.typ >= hevcIRAPFirst && w.typ <= hevcIRAPLast:
		f.picture.RandomAccess = true
		f.picture.IDR = w.typ == hevcIDRFirst || w.typ == hevcIDRLast
	case w.typ == hevcPrefixSEI || w.typ == hevcSuffixSEI:
		f.sei(w, yield)
	case w.typ == hevcDolbyRPU:
		f.dolbyVision(w, dovi.FromNAL, w.bytes(), yield)
	case w.typ == hevcSPS:
		yield(Message{Sequence, f.unescaped(w)})
	}
}

func (f *Finder) avc(w *units, yield func(Message)) {
	switch w.typ {
	case avcIDR:
		f.picture = Picture{RandomAccess: true, IDR: true}
	case avcSEI:
		f.sei(w, yield)
	case avcDolbyRPU:
		f.dolbyVision(w, dovi.FromAVC, w.bytes(), yield)
	case avcSPS:
		yield(Message{Sequence, f.unescaped(w)})
	}
}

// dolbyVision lends the RPU that from takes out of p.
func (f *Finder) dolbyVision(w *units, from func(dst, p []byte) ([]byte, error), p []byte, yield func(Message)) {
	rpu, err := f.rpu(from, p)
	if err != nil {
		w.damage.wrap(err, w.start, "Dolby Vision RPU")
		return
	}
	yield(Message{DolbyVision, rpu})
}

// rpu is the RPU that from takes out of p.
func (f *Finder) rpu(from func(dst, p []byte) ([]byte, error), p []byte) ([]byte, error) {
	f.rbsp = slices.Grow(f.rbsp[:0], min(len(p)+1, dovi.MaxNALSize)) // so that from need not, in vain if it fails
	rpu, err := from(f.rbsp, p)
	f.rbsp = rpu[:0]
	return rpu, err
}

// unescaped is the payload of a NAL unit without emulation prevention and
// trailing zeros, which a length-prefixed one can have.
func (f *Finder) unescaped(w *units) []byte {
	p := trimZeros(w.payload())
	if !bytes.Contains(p, emulationPrevention) {
		return p
	}
	f.rbsp = dovi.Unescape(f.rbsp[:0], p)
	return f.rbsp
}
