package meta

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
)

func bigEndian() bool { return binary.NativeEndian.Uint16([]byte{0, 1}) == 1 }

// v4l2Mastering is struct v4l2_ctrl_hdr10_mastering_display of
// v4l2-controls.h, for the test alone.
type v4l2Mastering struct {
	X, Y           [3]uint16 // green, blue, red
	WhiteX, WhiteY uint16
	Max, Min       uint32
}

func v4l2Bytes(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := binary.Write(&b, binary.NativeEndian, v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestV4L2MasteringDisplayIsGreenBlueRed(t *testing.T) {
	ctrl := [V4L2MasteringSize]byte(v4l2Bytes(t, v4l2Mastering{
		X: [3]uint16{8500, 6550, 35400}, Y: [3]uint16{39850, 2300, 14600},
		WhiteX: 15635, WhiteY: 16450, Max: 10000000, Min: 1,
	}))
	if got := MasteringDisplayFromV4L2(ctrl); got != bt2020 {
		t.Errorf("got %+v, want %+v", got, bt2020)
	}
	if got, ok := bt2020.V4L2(); got != ctrl || !ok {
		t.Errorf("got %x %v, want %x", got, ok, ctrl)
	}
}

func TestV4L2LimitsAreHeld(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*MasteringDisplay)
		want   bool
	}{
		"the least": {func(m *MasteringDisplay) { m.Red = Chromaticity{5, 5}; m.MaxLuminance = 50000; m.MinLuminance = 1 }, true},
		"the most": {func(m *MasteringDisplay) {
			m.White = Chromaticity{37000, 42000}
			m.MaxLuminance = 1e8
			m.MinLuminance = 50000
		}, true},
		"red x too small":   {func(m *MasteringDisplay) { m.Red.X = 4 }, false},
		"green y too large": {func(m *MasteringDisplay) { m.Green.Y = 42001 }, false},
		"blue x too large":  {func(m *MasteringDisplay) { m.Blue.X = 37001 }, false},
		"no white":          {func(m *MasteringDisplay) { m.White = Chromaticity{} }, false},
		"max unknown":       {func(m *MasteringDisplay) { m.MaxLuminance = 0 }, false},
		"max too large":     {func(m *MasteringDisplay) { m.MaxLuminance = 1e8 + 1 }, false},
		"min unknown":       {func(m *MasteringDisplay) { m.MinLuminance = 0 }, false},
		"min too large":     {func(m *MasteringDisplay) { m.MinLuminance = 50001 }, false},
	} {
		m := bt2020
		c.change(&m)
		ctrl, ok := m.V4L2()
		if ok != c.want {
			t.Errorf("%s: ok is %v, want %v", name, ok, c.want)
		}
		if got := MasteringDisplayFromV4L2(ctrl); got != m {
			t.Errorf("%s: read back %+v, want %+v", name, got, m)
		}
	}
}

func TestV4L2ContentLight(t *testing.T) {
	ctrl := [V4L2LightSize]byte(v4l2Bytes(t, [2]uint16{4000, 65535}))
	want := ContentLight{MaxCLL: 4000, MaxFALL: 65535}
	if got := ContentLightFromV4L2(ctrl); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := want.V4L2(); got != ctrl {
		t.Errorf("got %x, want %x", got, ctrl)
	}
}

func TestCapsFieldsRoundTrip(t *testing.T) {
	const s = "35400:14600:8500:39850:6550:2300:15635:16450:10000000:1"
	m, err := ParseMasteringDisplay(s)
	if err != nil || m != bt2020 || m.String() != s {
		t.Errorf("%s: got %+v, %v", s, m, err)
	}
	most := MasteringDisplay{Chromaticity{65535, 65535}, Chromaticity{65535, 65535}, Chromaticity{65535, 65535},
		Chromaticity{65535, 65535}, math.MaxUint32, math.MaxUint32}
	if got, err := ParseMasteringDisplay(most.String()); err != nil || got != most {
		t.Errorf("%v: got %+v, %v", &most, got, err)
	}
	l, err := ParseContentLight("1000:65535")
	if err != nil || (l != ContentLight{1000, 65535}) || l.String() != "1000:65535" {
		t.Errorf("content light: got %+v, %v", l, err)
	}
}

func TestCapsFieldsRefuse(t *testing.T) {
	for _, s := range []string{
		"", ":", "1", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:9:", "1:2:3:4:5:6:7:8:9:10:11", "1:2:3:4:5:6:7:8:9:10:",
		"65536:2:3:4:5:6:7:8:9:10", "1:2:3:4:5:6:7:8:4294967296:10", "1:2:3:4:5:6:7:8:9:4294967296",
		"-1:2:3:4:5:6:7:8:9:10", "+1:2:3:4:5:6:7:8:9:10", " 1:2:3:4:5:6:7:8:9:10", "1:2:3:4:5:6:7:8:9:10 ",
		"0x1:2:3:4:5:6:7:8:9:10", "1:2:3:4:5:6:7:8:9:1_0", "1::3:4:5:6:7:8:9:10", "1.0:2:3:4:5:6:7:8:9:10",
		"1:2:3:4:5:6:7:8:9:10\x00", strings.Repeat("9", 1<<20), strings.Repeat(":", 1<<20),
	} {
		m, err := ParseMasteringDisplay(s)
		if !errors.Is(err, ErrSyntax) || m != (MasteringDisplay{}) || len(err.Error()) > 1000 {
			t.Errorf("mastering display %.40q: got %+v, %v; want %v", s, m, err, ErrSyntax)
		}
	}
	for _, s := range []string{"", "1", "1:", ":1", "1:2:3", "1:2:", "65536:1", "1:65536", "a:b", "1:-2", "1: 2", "1:2\n"} {
		l, err := ParseContentLight(s)
		if !errors.Is(err, ErrSyntax) || l != (ContentLight{}) {
			t.Errorf("content light %q: got %+v, %v; want %v", s, l, err, ErrSyntax)
		}
	}
}
