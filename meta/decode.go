package meta

import "fmt"

// Decode makes b the block that data holds, a copy of it: data may change
// afterwards. Every length, offset and count is checked. An error leaves b
// without sections and wraps the sentinel that says why.
//
// Decoding again into the same b allocates nothing once its memory has grown
// to the stream's blocks.
func (b *Block) Decode(data []byte) error {
	if len(data) > MaxSize {
		b.Reset()
		return fmt.Errorf("%d bytes: %w", len(data), ErrTooLarge)
	}
	return b.parse(append(b.raw[:0], data...))
}

// parse decodes raw, which b keeps.
func (b *Block) parse(raw []byte) error {
	b.raw = raw
	b.Reset()
	if err := b.decode(raw); err != nil {
		b.Reset()
		return err
	}
	b.raw = raw
	return nil
}

func (b *Block) decode(raw []byte) error {
	if err := checkHeader(raw); err != nil {
		return err
	}
	s := &b.store
	s.t35, s.user, s.unknown = s.t35[:0], s.user[:0], s.unknown[:0]
	s.layers.Layers, s.layers.Planes = s.layers.Layers[:0], s.layers.Planes[:0]

	n := int(le.Uint32(raw[headerNSections:]))
	end := headerSize + n*sectionSize // of what has been accounted for
	for i := range n {
		entry := raw[headerSize+i*sectionSize:][:sectionSize]
		t := Type(le.Uint32(entry[sectionType:]))
		flags := le.Uint32(entry[sectionFlags:])
		offset, size := le.Uint32(entry[sectionOffset:]), le.Uint32(entry[sectionBytes:])
		switch {
		case uint64(offset)+uint64(size) > uint64(len(raw)):
			return sectionError(t, "%d bytes at %d leave the block of %d", size, offset, len(raw))
		case offset%alignment != 0 || int(offset) < end:
			return sectionError(t, "offset %d is not aligned or inside what precedes it", offset)
		case !zero(raw[end:offset]):
			return sectionError(t, "gap before it is not zero")
		case flags&^flagCritical != 0:
			return sectionError(t, "flags %#x", flags)
		}
		end = int(offset) + int(size)
		if err := b.section(t, flags&flagCritical != 0, raw[offset:end:end]); err != nil {
			return err
		}
	}
	if !zero(raw[end:]) {
		return fmt.Errorf("bytes after the last section: %w", ErrSection)
	}
	b.T35, b.User, b.Unknown = s.t35, s.user, s.unknown
	return nil
}

// checkHeader holds everything that is known before the sections are looked
// at, and that the table is inside the block.
func checkHeader(raw []byte) error {
	if len(raw) < headerSize {
		return fmt.Errorf("%d bytes: %w", len(raw), ErrTruncated)
	}
	major, minor := le.Uint16(raw[headerMajor:]), le.Uint16(raw[headerMinor:])
	size, n := le.Uint32(raw[headerBytes:]), le.Uint32(raw[headerNSections:])
	switch {
	case string(raw[headerMagic:headerMajor]) != magic:
		return fmt.Errorf("magic % x: %w", raw[headerMagic:headerMajor], ErrMagic)
	case major != Major || minor > Minor:
		return fmt.Errorf("version %d.%d: %w", major, minor, ErrVersion)
	case size > MaxSize:
		return fmt.Errorf("size field %d: %w", size, ErrTooLarge)
	case int(size) > len(raw):
		return fmt.Errorf("%d bytes of %d: %w", len(raw), size, ErrTruncated)
	case int(size) < len(raw):
		return fmt.Errorf("%d bytes for a block of %d: %w", len(raw), size, ErrTooLarge)
	case n > MaxSections:
		return fmt.Errorf("%d sections: %w", n, ErrTooLarge)
	case headerSize+int(n)*sectionSize > len(raw):
		return fmt.Errorf("%d sections in %d bytes: %w", n, len(raw), ErrTruncated)
	case !zero(raw[headerReserved:headerSize]):
		return fmt.Errorf("reserved header bytes are set: %w", ErrVersion)
	case le.Uint64(raw[headerContentID:]) != contentID(raw):
		return fmt.Errorf("content id %016x, computed %016x: %w",
			le.Uint64(raw[headerContentID:]), contentID(raw), ErrContentID)
	}
	return nil
}

// section decodes one payload into the store and points the field at it.
func (b *Block) section(t Type, critical bool, p []byte) error {
	if critical {
		if !t.known() {
			return fmt.Errorf("%v: %w", t, ErrCritical)
		}
		b.Critical = b.Critical.With(t)
	}
	s := &b.store
	switch t {
	case 0:
		return sectionError(t, "is no section type")
	case TypeColor:
		return fixed(t, &b.Color, &s.color, s.color.decode(p))
	case TypeMasteringDisplay:
		return fixed(t, &b.MasteringDisplay, &s.mastering, s.mastering.decode(p))
	case TypeContentLight:
		return fixed(t, &b.ContentLight, &s.light, s.light.decode(p))
	case TypeHDR10Plus:
		return bytesOnce(t, &b.HDR10Plus, p)
	case TypeDolbyVision:
		return bytesOnce(t, &b.DolbyVision, p)
	case TypeT35:
		if len(p) == 0 {
			return sizeError(t, 0)
		}
		s.t35 = append(s.t35, p)
	case TypeAmbientViewing:
		return fixed(t, &b.AmbientViewing, &s.ambient, s.ambient.decode(p))
	case TypeLayers:
		return fixed(t, &b.Layers, &s.layers, s.layers.decode(p))
	case TypeFilmGrain:
		return fixed(t, &b.FilmGrain, &s.grain, s.grain.decode(p))
	default:
		if t < TypeUser {
			s.unknown = append(s.unknown, Section{t, p})
			return nil
		}
		var u User
		if err := u.decode(t, p); err != nil {
			return err
		}
		s.user = append(s.user, u)
	}
	return nil
}

// fixed points field at the decoded value, unless that failed or the block had
// such a section already.
func fixed[T any](t Type, field **T, value *T, err error) error {
	if err == nil && *field != nil {
		err = sectionError(t, "is there twice")
	}
	if err != nil {
		return err
	}
	*field = value
	return nil
}

// bytesOnce is fixed for payloads that are kept as they are.
func bytesOnce(t Type, field *[]byte, p []byte) error {
	switch {
	case len(p) == 0:
		return sizeError(t, 0)
	case *field != nil:
		return sectionError(t, "is there twice")
	}
	*field = p
	return nil
}

func sizeError(t Type, n int) error { return sectionError(t, "payload of %d bytes", n) }

func sectionError(t Type, format string, args ...any) error {
	return fmt.Errorf("%v: %s: %w", t, fmt.Sprintf(format, args...), ErrSection)
}

func zero(p []byte) bool {
	for _, b := range p {
		if b != 0 {
			return false
		}
	}
	return true
}
