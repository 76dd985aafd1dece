package edid_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	. "github.com/gst-shmmeta/gst-shmmeta/elements/internal/edid"
	"github.com/gst-shmmeta/gst-shmmeta/test/edidtest"
)

func TestMonitorIsReadAsItWasWritten(t *testing.T) {
	hlgOnly := edidtest.TV()
	hlgOnly.HDR = &edidtest.HDR{EOTFs: edidtest.ETSDR | edidtest.ETHDR | edidtest.ETHLG}
	hlgOnly.Colorimetry = edidtest.BT2020CYCC
	for _, c := range []struct {
		name string
		edid edidtest.Monitor
		want Monitor
	}{
		// Luminance code 115 is 50·2^(115/32) cd/m², 90 is 50·2^(90/32), and 26
		// is the maximum · (26/255)²/100 (CTA-861-H, 7.5.13).
		{"HDR10 and HLG", edidtest.TV(), Monitor{
			Make: "LG Electronics", Model: "Test TV", Serial: "0001",
			EOTFs: SDR | PQ | HLG, StaticType1: true,
			MaxLuminance: 603.6601, MaxFrameAverage: 351.2501, MinLuminance: 0.06275595,
			Colorimetry: BT2020RGB | BT2020YCC,
		}},
		{"HLG without levels", hlgOnly, Monitor{
			Make: "LG Electronics", Model: "Test TV", Serial: "0001",
			EOTFs: SDR | TraditionalHDR | HLG, Colorimetry: BT2020CYCC,
		}},
		{"without an extension", edidtest.Desk(), Monitor{Make: "Dell Inc.", Model: "Test Desk", EOTFs: SDR}},
		{"unregistered maker", edidtest.Monitor{Make: "QZX", Model: "1"}, Monitor{Make: "PNP(QZX)", Model: "1", EOTFs: SDR}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(c.edid.EDID())
			if err != nil {
				t.Fatal(err)
			}
			near := func(what string, got *float32, want float32) {
				if d := *got - want; d > want/1000 || d < -want/1000 {
					t.Errorf("%s: got %v cd/m², want %v", what, *got, want)
				}
				*got = want
			}
			near("maximum", &got.MaxLuminance, c.want.MaxLuminance)
			near("frame average", &got.MaxFrameAverage, c.want.MaxFrameAverage)
			near("minimum", &got.MinLuminance, c.want.MinLuminance)
			if *got != c.want {
				t.Errorf("got  %+v\nwant %+v", *got, c.want)
			}
		})
	}
}

func TestWhatIsNoEDIDIsRefused(t *testing.T) {
	good := edidtest.TV().EDID()
	changed := func(at int, v byte, seal bool) []byte {
		b := bytes.Clone(good)
		b[at] = v
		if seal {
			edidtest.Seal(b)
		}
		return b
	}
	for _, c := range []struct {
		name string
		edid []byte
	}{
		{"nothing", nil},
		{"less than a block", good[:127]},
		{"part of a block", good[:200]},
		{"too many blocks", bytes.Repeat(good, 129)},
		{"zeros", make([]byte, 128)},
		{"wrong header", changed(0, 1, true)},
		{"wrong check sum", changed(127, good[127]+1, false)},
		{"version 2", changed(18, 2, true)},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Parse(c.edid)
			if !errors.Is(err, ErrInvalid) || m != nil {
				t.Errorf("got %+v, %v", m, err)
			}
		})
	}
	_, err := Parse(changed(127, good[127]+1, false))
	if !errors.Is(err, unix.EINVAL) {
		t.Errorf("%v: the library's errno is lost", err)
	}
}

// A KVM switch edits the CTA-861 block and leaves the check sum: the kernel hands
// it on.
func TestCheckSumOfCTABlockIsForgiven(t *testing.T) {
	b := edidtest.TV().EDID()
	b[255]++
	was := bytes.Clone(b)
	m, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if m.EOTFs&PQ == 0 || !strings.Contains(m.Faults, "check sum") {
		t.Errorf("got %+v, want PQ and the fault", *m)
	}
	if !bytes.Equal(b, was) {
		t.Error("the caller's bytes were changed")
	}
	b[128] = 0x70 // DisplayID
	if _, err := Parse(b); !errors.Is(err, ErrInvalid) {
		t.Errorf("another extension's: got %v", err)
	}
}

func TestStringNamesTheMonitor(t *testing.T) {
	for want, m := range map[string]Monitor{
		"Dell Inc. U1":             {Make: "Dell Inc.", Model: "U1"},
		"U1":                       {Model: "U1"},
		"a monitor without a name": {},
	} {
		if got := m.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNameIsWhatCanBePrinted(t *testing.T) {
	m := edidtest.TV()
	m.Model = "a\x01\x1b[2J\xffb"
	got, err := Parse(m.EDID())
	if err != nil {
		t.Fatal(err)
	}
	checkText(t, got.Model)
}

func checkText(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("%q cannot be printed", s)
	}
}

// The library reads far more than this package asks for: every kind of data block,
// in every length, has to pass it without harm. A failure is the end of the process.
func TestEveryDataBlockIsSurvived(t *testing.T) {
	base := edidtest.TV().EDID()
	read := func(ext []byte) {
		b := append(bytes.Clone(base[:BlockSize]), make([]byte, BlockSize)...)
		copy(b[BlockSize:], ext)
		if m, err := Parse(edidtest.Seal(b)); err == nil {
			checkText(t, m.Model)
		} else if !errors.Is(err, ErrInvalid) {
			t.Errorf("% x: %v", ext, err)
		}
	}
	for _, fill := range []byte{0x00, 0x01, 0x55, 0xff} {
		payload := bytes.Repeat([]byte{fill}, 120)
		for length := range 32 {
			for tag := range byte(8) { // CTA-861; 7 has an extended tag
				extended := 1
				if tag == 7 {
					extended = 256
				}
				for e := range extended {
					body := append([]byte{tag<<5 | byte(length), byte(e)}, payload...)
					if tag != 7 {
						body = append(body[:1], payload...)
					}
					read(append([]byte{2, 3, byte(4 + 1 + length), 0}, body...))
				}
			}
		}
		for tag := range 256 {
			for _, length := range []byte{0, 1, 3, 20, 100, 117, 118, 121, 248, 255} { // DisplayID 1.3 and 2
				section := append([]byte{byte(tag), 0, length}, payload[:117]...)
				for _, version := range []byte{0x12, 0x13, 0x20} {
					for _, size := range []byte{min(length, 118) + 3, 121, 0, 255} {
						ext := append([]byte{0x70, version, size, 0, 0}, section...)
						if end := 1 + 4 + int(size); end < len(ext) { // the section's own check sum
							sum := byte(0)
							for _, v := range ext[1:end] {
								sum += v
							}
							ext[end] = -sum
						}
						read(ext)
					}
				}
			}
		}
	}
}

// FuzzParse makes the check sums right in half of the inputs, without which
// hardly any would come past them.
func FuzzParse(f *testing.F) {
	for _, m := range []edidtest.Monitor{edidtest.TV(), edidtest.Desk()} {
		f.Add(m.EDID(), true)
		f.Add(m.EDID(), false)
	}
	for _, tag := range []byte{0x02, 0x10, 0x40, 0x50, 0x60, 0x70, 0xf0, 0xff} {
		b := edidtest.TV().EDID()
		b[128] = tag // extension of another kind
		f.Add(edidtest.Seal(b), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, seal bool) {
		if seal {
			b = edidtest.Seal(bytes.Clone(b))
		}
		m, err := Parse(b)
		if err != nil {
			if m != nil || !errors.Is(err, ErrInvalid) {
				t.Errorf("%v with %+v", err, m)
			}
			return
		}
		checkText(t, m.Make)
		checkText(t, m.Model)
		checkText(t, m.Serial)
		if again, err := Parse(b); err != nil || *again != *m {
			t.Errorf("read twice: %+v, %+v, %v", m, again, err)
		}
	})
}
