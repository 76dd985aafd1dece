package meta

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// A second decoder, written from the tables of the format and not from
// decode.go: encoding/binary reads structs, nothing is reused, nothing is
// shared with the package but the Go types of the result.

type refHeader struct {
	Magic           [4]byte
	Major, Minor    uint16
	Size, NSections uint32
	ContentID       [8]byte
	Reserved        uint64
}

type refSection struct{ Type, Flags, Offset, Size uint32 }

type refLayer struct {
	FourCC, Role, Width, Height  uint32
	Crop                         [4]uint32
	DstX, DstY                   int32
	DstW, DstH                   uint32
	ZPos, Alpha, FirstPlane, NPl uint32
}

type refPlane struct {
	Memory, Stride         uint32
	Offset, Size, Modifier uint64
}

func refDecode(data []byte) (*Block, error) {
	r := bytes.NewReader(data)
	var h refHeader
	if err := binary.Read(r, binary.LittleEndian, &h); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data[32:])
	if string(h.Magic[:]) != "SHMM" || h.Major != 1 || h.Minor != 0 || int(h.Size) != len(data) ||
		!bytes.Equal(h.ContentID[:], sum[:8]) || h.Reserved != 0 {
		return nil, fmt.Errorf("header %+v", h)
	}
	sections := make([]refSection, h.NSections)
	if err := binary.Read(r, binary.LittleEndian, sections); err != nil {
		return nil, err
	}
	b := new(Block)
	for _, s := range sections {
		p := data[s.Offset : s.Offset+s.Size]
		if s.Flags == 1 {
			b.Critical |= 1 << s.Type
		}
		var err error
		switch s.Type {
		case 1:
			var v struct{ P, T, M, F, C, R0, R1, R2 uint8 }
			err = refRead(p, &v)
			b.Color = &Color{v.P, v.T, v.M, v.F == 1, v.C}
		case 2:
			b.MasteringDisplay = new(MasteringDisplay)
			err = refRead(p, b.MasteringDisplay)
		case 3:
			b.ContentLight = new(ContentLight)
			err = refRead(p, b.ContentLight)
		case 4:
			b.HDR10Plus = p
		case 5:
			b.DolbyVision = p
		case 6:
			b.T35 = append(b.T35, p)
		case 7:
			b.AmbientViewing = new(AmbientViewing)
			err = refRead(p, b.AmbientViewing)
		case 8:
			b.Layers, err = refLayers(p)
		case 9:
			b.FilmGrain = &FilmGrain{GrainKind(binary.LittleEndian.Uint32(p)), p[4:]}
		default:
			if s.Type < 1<<31 {
				b.Unknown = append(b.Unknown, Section{Type(s.Type), p})
			} else {
				b.User = append(b.User, User{Type(s.Type), [16]byte(p), p[16:]})
			}
		}
		if err != nil {
			return nil, fmt.Errorf("section %+v: %w", s, err)
		}
	}
	return b, nil
}

func refLayers(p []byte) (*Layers, error) {
	n := [2]uint32{binary.LittleEndian.Uint32(p), binary.LittleEndian.Uint32(p[4:])}
	v := struct {
		l []refLayer
		p []refPlane
	}{make([]refLayer, n[0]), make([]refPlane, n[1])}
	r := bytes.NewReader(p[8:])
	if err := binary.Read(r, binary.LittleEndian, v.l); err != nil {
		return nil, err
	}
	if err := binary.Read(r, binary.LittleEndian, v.p); err != nil {
		return nil, err
	}
	out := new(Layers)
	for _, l := range v.l {
		out.Layers = append(out.Layers, Layer{l.FourCC, Role(l.Role), l.Width, l.Height,
			Rect{l.Crop[0], l.Crop[1], l.Crop[2], l.Crop[3]}, Place{l.DstX, l.DstY, l.DstW, l.DstH},
			l.ZPos, uint16(l.Alpha), l.FirstPlane, l.NPl})
	}
	for _, q := range v.p {
		out.Planes = append(out.Planes, Plane(q))
	}
	return out, nil
}

// refRead reads v and wants p to end there.
func refRead(p []byte, v any) error {
	if binary.Size(v) != len(p) {
		return fmt.Errorf("%d bytes for %T", len(p), v)
	}
	return binary.Read(bytes.NewReader(p), binary.LittleEndian, v)
}

func TestASecondDecoderAgrees(t *testing.T) {
	for name, want := range golden {
		got, err := refDecode(goldenFile(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !reflect.DeepEqual(got, &want) {
			t.Errorf("%s: second decoder says\n%+v\nwant\n%+v", name, got, &want)
		}
	}
}

func TestNamesOfTypesAndRoles(t *testing.T) {
	var got []string
	for _, v := range []fmt.Stringer{TypeColor, TypeDolbyVision, TypeFilmGrain, Type(10), Type(0), TypeUser + 2,
		RoleVideo, RoleAuxiliary, Role(8), Role(0xffffffff)} {
		got = append(got, v.String())
	}
	want := "COLOR, DOLBY_VISION_RPU, FILM_GRAIN, type 10, type 0, USER(0x80000002), video, auxiliary, unknown, unknown"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}
