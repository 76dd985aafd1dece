package bitstream

import "testing"

func TestWalkFindsEveryUnit(t *testing.T) {
	for _, c := range []struct {
		name   string
		format Format
		au     []byte
		want   []unit
		errs   int
	}{
		{"byte stream", Format{HEVC, 0}, []byte{0, 0, 0, 1, 0x46, 1, 0x10, 0, 0, 1, 0x28, 1, 0xac, 0, 0},
			[]unit{{35, 0, 0, 4, 6, 7}, {20, 0, 7, 10, 12, 13}}, 0},
		{"length fields", Format{AVC, 2}, []byte{0, 2, 0x65, 1, 0, 1, 0x41},
			[]unit{{5, 0, 0, 2, 3, 4}, {1, 0, 4, 6, 7, 7}}, 0},
		{"OBUs, the last without size", Format{AV1, 0}, []byte{0x12, 0, 0x0e, 0x08, 1, 9, 0x28, 1, 2},
			[]unit{{2, 0, 0, 0, 2, 2}, {1, 0, 2, 2, 5, 6}, {5, 0, 6, 6, 7, 9}}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := walk(c.format, c.au)
			var got []unit
			for w.next() {
				got = append(got, w.unit)
			}
			if len(got) != len(c.want) || w.damage.count != c.errs {
				t.Fatalf("%+v, %v\nwant %+v", got, w.damage.err(), c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("unit %d is %+v, want %+v", i, got[i], c.want[i])
				}
			}
		})
	}
}
