package meta

// GrainKind says what the bytes of a FilmGrain are.
type GrainKind uint32

const (
	GrainH274 GrainKind = 1 // payload of the film grain characteristics SEI
	GrainAV1  GrainKind = 2 // film_grain_params() of a frame header
)

// FilmGrain carries film grain parameters as the stream had them.
type FilmGrain struct {
	Kind GrainKind
	Data []byte
}

func (g *FilmGrain) appendTo(dst []byte) []byte {
	return append(le.AppendUint32(dst, uint32(g.Kind)), g.Data...)
}

func (g *FilmGrain) decode(p []byte) error {
	if len(p) <= grainSize {
		return sizeError(TypeFilmGrain, len(p))
	}
	*g = FilmGrain{GrainKind(le.Uint32(p[grainKind:])), p[grainSize:len(p):len(p)]}
	return nil
}

// User is a section of somebody's own. No reader can be asked to know it, so
// it is never critical.
type User struct {
	Type Type // TypeUser or above
	UUID [16]byte
	Data []byte
}

func (u *User) appendTo(dst []byte) []byte {
	return append(append(dst, u.UUID[:]...), u.Data...)
}

func (u *User) decode(t Type, p []byte) error {
	if len(p) < userSize {
		return sizeError(t, len(p))
	}
	*u = User{Type: t, UUID: [16]byte(p[userUUID:userSize]), Data: p[userSize:len(p):len(p)]}
	return nil
}

// Section is a section of a type this version does not know. It is kept, so
// that a block can pass through an older program unharmed.
type Section struct {
	Type Type
	Data []byte
}
