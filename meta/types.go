package meta

import "strconv"

// Type is the number of a section type.
type Type uint32

// The section types of version 1.0.
const (
	TypeColor            Type = 1
	TypeMasteringDisplay Type = 2
	TypeContentLight     Type = 3
	TypeHDR10Plus        Type = 4
	TypeDolbyVision      Type = 5
	TypeT35              Type = 6
	TypeAmbientViewing   Type = 7
	TypeLayers           Type = 8
	TypeFilmGrain        Type = 9
	// TypeUser and all above it belong to users; the payload's UUID says whose
	// it is.
	TypeUser Type = 0x80000000
)

var typeNames = [...]string{
	TypeColor:            "COLOR",
	TypeMasteringDisplay: "MASTERING_DISPLAY",
	TypeContentLight:     "CONTENT_LIGHT",
	TypeHDR10Plus:        "HDR10PLUS",
	TypeDolbyVision:      "DOLBY_VISION_RPU",
	TypeT35:              "T35",
	TypeAmbientViewing:   "AMBIENT_VIEWING",
	TypeLayers:           "LAYERS",
	TypeFilmGrain:        "FILM_GRAIN",
}

// known says whether this version defines what the payload of t is.
func (t Type) known() bool { return t >= TypeColor && t <= TypeFilmGrain }

// String gives the name in the format's documentation.
func (t Type) String() string {
	switch {
	case t.known():
		return typeNames[t]
	case t >= TypeUser:
		return "USER(0x" + strconv.FormatUint(uint64(t), 16) + ")"
	}
	return "type " + strconv.FormatUint(uint64(t), 10)
}

// TypeSet is a set of the types COLOR to FILM_GRAIN.
type TypeSet uint32

// Has says whether t is in the set.
func (s TypeSet) Has(t Type) bool { return t.known() && s&(1<<t) != 0 }

// With gives the set with t added; a type outside COLOR to FILM_GRAIN cannot be
// a member.
func (s TypeSet) With(t Type) TypeSet {
	if t.known() {
		s |= 1 << t
	}
	return s
}
