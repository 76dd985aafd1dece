package meta

import "slices"

// Block is the content of a sealed block. A nil or empty field is a section
// that is not there; the zero Block is a valid block without sections.
//
// What a decoded Block points at belongs to it and lasts until the Block is
// decoded into again, so a decoded Block must not be copied by value: Clone it.
// A Block may be reused for any number of decodings without an allocation and
// must not be used by two goroutines at a time.
type Block struct {
	Color            *Color
	MasteringDisplay *MasteringDisplay
	ContentLight     *ContentLight
	HDR10Plus        []byte   // T.35 payload from the country code 0xB5 on
	DolbyVision      []byte   // unescaped RPU, from 0x19 to 0x80
	T35              [][]byte // other T.35 payloads, from the country code on
	AmbientViewing   *AmbientViewing
	Layers           *Layers
	FilmGrain        *FilmGrain
	User             []User
	Unknown          []Section // types of a later version

	// Critical are the sections without which the others would mislead: a
	// reader that does not know such a type must refuse the whole block.
	Critical TypeSet

	raw   []byte // the block as decoded, what the slices above point into
	store store
}

// store is where decoding puts what the exported fields point at. They are set
// to it afresh each time, so what a caller stored in them is never written to.
type store struct {
	color     Color
	mastering MasteringDisplay
	light     ContentLight
	ambient   AmbientViewing
	layers    Layers
	grain     FilmGrain
	t35       [][]byte
	user      []User
	unknown   []Section
}

// Reset makes b the block without sections; it keeps its memory for reuse.
func (b *Block) Reset() {
	*b = Block{raw: b.raw[:0], store: b.store}
}

// Bytes lends the block as it was decoded, nil if b was not decoded. It does
// not see what was changed in b since.
func (b *Block) Bytes() []byte {
	if len(b.raw) == 0 {
		return nil
	}
	return b.raw
}

// ContentID gives the id of the decoded block: two blocks with the same id have
// the same content. It is 0 if b was not decoded.
func (b *Block) ContentID() uint64 {
	if len(b.raw) == 0 {
		return 0
	}
	return le.Uint64(b.raw[headerContentID:])
}

// Clone gives a deep copy of the exported fields, which shares nothing with b.
func (b *Block) Clone() *Block {
	c := &Block{
		Color:            clone(b.Color),
		MasteringDisplay: clone(b.MasteringDisplay),
		ContentLight:     clone(b.ContentLight),
		HDR10Plus:        slices.Clone(b.HDR10Plus),
		DolbyVision:      slices.Clone(b.DolbyVision),
		T35:              slices.Clone(b.T35),
		AmbientViewing:   clone(b.AmbientViewing),
		Layers:           clone(b.Layers),
		FilmGrain:        clone(b.FilmGrain),
		User:             slices.Clone(b.User),
		Unknown:          slices.Clone(b.Unknown),
		Critical:         b.Critical,
	}
	for i := range c.T35 {
		c.T35[i] = slices.Clone(c.T35[i])
	}
	if c.Layers != nil {
		c.Layers.Layers = slices.Clone(c.Layers.Layers)
		c.Layers.Planes = slices.Clone(c.Layers.Planes)
	}
	if c.FilmGrain != nil {
		c.FilmGrain.Data = slices.Clone(c.FilmGrain.Data)
	}
	for i := range c.User {
		c.User[i].Data = slices.Clone(c.User[i].Data)
	}
	for i := range c.Unknown {
		c.Unknown[i].Data = slices.Clone(c.Unknown[i].Data)
	}
	return c
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
