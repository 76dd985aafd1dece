package meta

import (
	"reflect"
	"testing"
)

func TestFillTakesWhatIsMissingAndNothingElse(t *testing.T) {
	from := Block{
		Color: &Color{Primaries: 9}, MasteringDisplay: &MasteringDisplay{MaxLuminance: 1}, ContentLight: &ContentLight{MaxCLL: 1},
		HDR10Plus: []byte{1}, DolbyVision: []byte{2}, T35: [][]byte{{3}}, AmbientViewing: &AmbientViewing{Illuminance: 1},
		Layers: &Layers{}, FilmGrain: &FilmGrain{Kind: 1}, User: []User{{}}, Unknown: []Section{{Type: 77}},
		Critical: TypeSet(0).With(TypeColor),
	}
	fields := reflect.TypeFor[Block]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		if !fields.Field(i).IsExported() {
			continue
		}
		if reflect.ValueOf(from).Field(i).IsZero() {
			t.Fatalf("the test has nothing for %s", name)
		}
		// A block with this field alone gets all others and keeps its own.
		var b Block
		own := reflect.ValueOf(from.Clone()).Elem().Field(i)
		reflect.ValueOf(&b).Elem().Field(i).Set(own)
		if name != "Critical" && (b.Empty() || !(&Block{Critical: from.Critical}).Empty()) {
			t.Errorf("a block with %s alone is empty, or one without a section is not", name)
		}
		b.Fill(&from)
		if !reflect.DeepEqual(b, from) {
			t.Errorf("with its own %s: %+v, want %+v", name, b, from)
		}
		if got := reflect.ValueOf(b).Field(i); got.Kind() != reflect.Uint32 && got.Pointer() != own.Pointer() {
			t.Errorf("%s was replaced", name)
		}
	}
}
