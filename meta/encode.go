package meta

import (
	"crypto/sha256"
	"fmt"
)

// AppendTo appends the encoded block to dst. What it makes, Decode accepts:
// sections are checked as they are when decoded, and an error wraps ErrSection
// or ErrTooLarge and leaves dst as it was. It allocates only to grow dst.
func (b *Block) AppendTo(dst []byte) ([]byte, error) {
	out, err := b.appendUnsigned(dst)
	if err != nil {
		return dst, err
	}
	sign(out[len(dst):])
	return out, nil
}

// sign fills in the content id.
func sign(block []byte) { le.PutUint64(block[headerContentID:], contentID(block)) }

// contentID computes what the header of a block should say.
func contentID(block []byte) uint64 {
	sum := sha256.Sum256(block[headerSize:])
	return le.Uint64(sum[:])
}

// appendUnsigned is AppendTo but for the content id, which stays zero: two
// blocks can be compared without the cost of a hash.
func (b *Block) appendUnsigned(dst []byte) ([]byte, error) {
	if err := b.check(); err != nil {
		return dst, err
	}
	n := b.count()
	if n > MaxSections {
		return dst, fmt.Errorf("%d sections: %w", n, ErrTooLarge)
	}
	var head [headerSize + MaxSections*sectionSize]byte
	e := encoder{
		buf:   append(dst, head[:headerSize+n*sectionSize]...),
		base:  len(dst),
		entry: len(dst) + headerSize,
	}
	b.encode(&e)
	block := e.buf[e.base:]
	if len(block) > MaxSize {
		return dst, fmt.Errorf("%d bytes: %w", len(block), ErrTooLarge)
	}
	copy(block[headerMagic:], magic)
	le.PutUint16(block[headerMajor:], Major)
	le.PutUint16(block[headerMinor:], Minor)
	le.PutUint32(block[headerBytes:], uint32(len(block)))
	le.PutUint32(block[headerNSections:], uint32(n))
	return e.buf, nil
}

// encode appends the sections, known types first in ascending order.
func (b *Block) encode(e *encoder) {
	begin := func(t Type) { e.begin(t, b.Critical.Has(t)) }
	if b.Color != nil {
		begin(TypeColor)
		e.end(b.Color.appendTo(e.buf))
	}
	if b.MasteringDisplay != nil {
		begin(TypeMasteringDisplay)
		e.end(b.MasteringDisplay.appendTo(e.buf))
	}
	if b.ContentLight != nil {
		begin(TypeContentLight)
		e.end(b.ContentLight.appendTo(e.buf))
	}
	if len(b.HDR10Plus) > 0 {
		begin(TypeHDR10Plus)
		e.end(append(e.buf, b.HDR10Plus...))
	}
	if len(b.DolbyVision) > 0 {
		begin(TypeDolbyVision)
		e.end(append(e.buf, b.DolbyVision...))
	}
	for _, p := range b.T35 {
		begin(TypeT35)
		e.end(append(e.buf, p...))
	}
	if b.AmbientViewing != nil {
		begin(TypeAmbientViewing)
		e.end(b.AmbientViewing.appendTo(e.buf))
	}
	if b.Layers != nil {
		begin(TypeLayers)
		e.end(b.Layers.appendTo(e.buf))
	}
	if b.FilmGrain != nil {
		begin(TypeFilmGrain)
		e.end(b.FilmGrain.appendTo(e.buf))
	}
	for i := range b.Unknown {
		e.begin(b.Unknown[i].Type, false)
		e.end(append(e.buf, b.Unknown[i].Data...))
	}
	for i := range b.User {
		e.begin(b.User[i].Type, false)
		e.end(b.User[i].appendTo(e.buf))
	}
}

// encoder appends payloads and fills in the section table before them. The
// buffer always ends where the next payload may start.
type encoder struct {
	buf   []byte
	base  int // of the block in buf
	entry int // next table entry in buf
	start int // of the payload begun
}

func (e *encoder) begin(t Type, critical bool) {
	e.start = len(e.buf)
	entry := e.buf[e.entry:]
	le.PutUint32(entry[sectionType:], uint32(t))
	if critical {
		le.PutUint32(entry[sectionFlags:], flagCritical)
	}
	le.PutUint32(entry[sectionOffset:], uint32(e.start-e.base))
}

// end takes the buffer with the payload appended.
func (e *encoder) end(buf []byte) {
	size := len(buf) - e.start
	le.PutUint32(buf[e.entry+sectionBytes:], uint32(size))
	e.entry += sectionSize
	var pad [alignment]byte
	e.buf = append(buf, pad[:aligned(size)-size]...)
}

// count gives the number of sections.
func (b *Block) count() int {
	n := len(b.T35) + len(b.Unknown) + len(b.User)
	for _, set := range [...]bool{
		b.Color != nil, b.MasteringDisplay != nil, b.ContentLight != nil,
		len(b.HDR10Plus) > 0, len(b.DolbyVision) > 0,
		b.AmbientViewing != nil, b.Layers != nil, b.FilmGrain != nil,
	} {
		if set {
			n++
		}
	}
	return n
}

// check refuses what a decoder would refuse.
func (b *Block) check() error {
	for i, p := range b.T35 {
		if len(p) == 0 {
			return sectionError(TypeT35, "payload %d is empty", i)
		}
	}
	if b.Layers != nil {
		if err := b.Layers.check(); err != nil {
			return err
		}
	}
	if b.FilmGrain != nil && len(b.FilmGrain.Data) == 0 {
		return sectionError(TypeFilmGrain, "no data")
	}
	for i := range b.User {
		if t := b.User[i].Type; t < TypeUser {
			return sectionError(t, "is not a user's type")
		}
	}
	for i := range b.Unknown {
		if t := b.Unknown[i].Type; t == 0 || t.known() || t >= TypeUser {
			return sectionError(t, "cannot be in Unknown")
		}
	}
	return nil
}
