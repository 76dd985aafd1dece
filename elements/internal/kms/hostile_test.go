package kms

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

func TestRepliesThatLie(t *testing.T) {
	const giant = 0xffffffff
	for _, c := range []struct {
		name string
		lie  func(arg any)
		ok   bool // survived, not refused
	}{
		{name: "connectors: a giant count", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeCardRes); ok {
				a.CountConnectors = giant
			}
		}},
		{name: "CRTCs: a giant count", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeCardRes); ok {
				a.CountCRTCs = giant
			}
		}},
		{name: "CRTCs: more than a mask has bits", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeCardRes); ok {
				a.CountCRTCs = 40
			}
		}},
		{name: "connectors: one more at every call", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeCardRes); ok {
				a.CountConnectors = min(a.CountConnectors, 500) + 1 + uint32(grows())
			}
		}},
		{name: "planes: a giant count", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeGetPlaneRes); ok {
				a.CountPlanes = giant
			}
		}},
		{name: "modes: a giant count", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeGetConnector); ok {
				a.CountModes = giant
			}
		}},
		{name: "encoders: a giant count", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeGetConnector); ok {
				a.CountEncoders = giant
			}
		}},
		{name: "connector: an unknown type", ok: true, lie: func(a any) {
			if a, ok := a.(*sys.DRMModeGetConnector); ok {
				a.ConnectorType = giant
			}
		}},
		{name: "formats: a giant count", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeGetPlane); ok {
				a.CountFormatTypes = giant
			}
		}},
		{name: "properties: a giant count", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeObjGetProperties); ok {
				a.CountProps = giant
			}
		}},
		{name: "property: giant values", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeGetProperty); ok {
				a.CountValues = giant
			}
		}},
		{name: "property: giant names", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeGetProperty); ok && a.Flags&sys.DRM_MODE_PROP_ENUM != 0 {
				a.CountEnumBlobs = giant
			}
		}},
		{name: "property: a name without end", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeGetProperty); ok {
				for i := range a.Name {
					a.Name[i] = 'x'
				}
			}
		}, ok: true},
		{name: "blob: a giant length", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeGetBlob); ok {
				a.Length = giant
			}
		}},
		{name: "blob: a length that changes", lie: func(a any) {
			if a, ok := a.(*sys.DRMModeGetBlob); ok && a.Data.Pointer() != nil {
				a.Length++
			}
		}},
		{name: "driver: a name longer than its buffer", ok: true, lie: func(a any) {
			if a, ok := a.(*sys.DRMVersion); ok {
				a.NameLen = 1 << 40
			}
		}},
		{name: "bus: a name longer than its buffer", ok: true, lie: func(a any) {
			if a, ok := a.(*sys.DRMUnique); ok {
				a.UniqueLen = 1 << 40
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := kmstest.NewCard(kmstest.Quirks{})
			card.Lie = func(_ uintptr, a any) { c.lie(a) }
			d, err := New(card.Open())
			if err == nil {
				defer d.Close()
				_, err = d.Resources()
			}
			if c.ok && err != nil {
				t.Errorf("got %v, want no error", err)
			}
			if !c.ok && !errors.Is(err, ErrMalformed) {
				t.Errorf("got %v, want ErrMalformed", err)
			}
		})
	}
}

var grown int

func grows() int { grown++; return grown }

// A display plugged in between the two calls of the count-then-fetch dance is
// found by asking again.
func TestCountThatGrowsBetweenTheCallsIsAskedAgain(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	calls := 0
	card.Lie = func(_ uintptr, a any) {
		if a, ok := a.(*sys.DRMModeCardRes); ok {
			if calls++; calls == 1 {
				a.CountConnectors = 1 // one was there; now there are two
			}
		}
	}
	d := openFake(t, card)
	r, err := d.Resources()
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Connectors) != 2 || calls != 3 {
		t.Errorf("got %d connectors in %d calls, want 2 in 3", len(r.Connectors), calls)
	}
}

func TestDumbBufferSmallerThanItsPictureIsRefused(t *testing.T) {
	for name, lie := range map[string]func(*sys.DRMModeCreateDumb){
		"size":       func(a *sys.DRMModeCreateDumb) { a.Size /= 2 },
		"pitch":      func(a *sys.DRMModeCreateDumb) { a.Pitch /= 2 },
		"huge pitch": func(a *sys.DRMModeCreateDumb) { a.Pitch = 1<<32 - 1 },
		"huge size":  func(a *sys.DRMModeCreateDumb) { a.Size = 1 << 62 },
	} {
		t.Run(name, func(t *testing.T) {
			card := kmstest.NewCard(kmstest.Quirks{})
			card.Lie = func(_ uintptr, a any) {
				if a, ok := a.(*sys.DRMModeCreateDumb); ok {
					lie(a)
				}
			}
			d := openFake(t, card)
			if _, err := d.CreateDumb(sys.DRM_FORMAT_NV12, 640, 480); !errors.Is(err, ErrMalformed) {
				t.Errorf("got %v, want ErrMalformed", err)
			}
		})
	}
}

func TestEventsThatLie(t *testing.T) {
	event := func(typ, length uint32, size int) []byte {
		b := make([]byte, max(size, 8))
		binary.NativeEndian.PutUint32(b, typ)
		binary.NativeEndian.PutUint32(b[4:], length)
		return b[:size]
	}
	for _, c := range []struct {
		name  string
		bytes []byte
		flips int
		bad   bool
	}{
		{"a flip", event(sys.DRM_EVENT_FLIP_COMPLETE, 32, 32), 1, false},
		{"two flips", append(event(sys.DRM_EVENT_FLIP_COMPLETE, 32, 32), event(sys.DRM_EVENT_FLIP_COMPLETE, 32, 32)...), 2, false},
		{"a longer flip of a newer kernel", event(sys.DRM_EVENT_FLIP_COMPLETE, 48, 48), 1, false},
		{"another event before a flip", append(event(0x80000001, 24, 24), event(sys.DRM_EVENT_FLIP_COMPLETE, 32, 32)...), 1, false},
		{"half a header", event(sys.DRM_EVENT_FLIP_COMPLETE, 32, 4), 0, true},
		{"no length", event(sys.DRM_EVENT_FLIP_COMPLETE, 0, 32), 0, true},
		{"less than a header", event(1, 7, 32), 0, true},
		{"more than there is", event(sys.DRM_EVENT_FLIP_COMPLETE, 64, 32), 0, true},
		{"a giant length", event(sys.DRM_EVENT_FLIP_COMPLETE, 0xfffffff8, 32), 0, true},
		{"a short flip", event(sys.DRM_EVENT_FLIP_COMPLETE, 16, 16), 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := kmstest.NewCard(kmstest.Quirks{})
			k := card.Open()
			d, err := New(k)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			k.Send(c.bytes)
			flips, err := d.readFlips(nil)
			if bad := errors.Is(err, ErrMalformed); bad != c.bad || len(flips) != c.flips {
				t.Errorf("got %d flips, error %v; want %d, malformed %v", len(flips), err, c.flips, c.bad)
			}
		})
	}
}

func TestFlipOfAnotherClientIsNotOurs(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{HoldFlips: true})
	k := card.Open()
	d, err := New(k)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	o, fb := playing(t, d)
	if err := o.Show(fb); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 32)
	binary.NativeEndian.PutUint32(b, sys.DRM_EVENT_FLIP_COMPLETE)
	binary.NativeEndian.PutUint32(b[4:], 32)
	binary.NativeEndian.PutUint64(b[8:], 4711)
	k.Send(b)
	o.Unlock()
	if err := o.Show(fb); !errors.Is(err, sys.ErrWoken) {
		t.Errorf("got %v, want a wait that only Unlock ends", err)
	}
	o.UnlockStop()
	card.VBlank()
	if err := o.Close(); err != nil {
		t.Error(err)
	}
}

func TestInFormatsThatLie(t *testing.T) {
	good := func() []byte {
		return kmstest.InFormats([]uint32{sys.DRM_FORMAT_NV12, sys.DRM_FORMAT_XRGB8888}, 0, kmstest.Modifier)
	}
	f, err := parseInFormats(good())
	if err != nil || len(f) != 2 || len(f[1].Modifiers) != 2 || f[1].Modifiers[1] != kmstest.Modifier {
		t.Fatalf("a good blob: got %v, %v", f, err)
	}
	put := func(at int, v uint32) []byte {
		b := good()
		binary.NativeEndian.PutUint32(b[at:], v)
		return b
	}
	for name, b := range map[string][]byte{
		"empty":                        nil,
		"short header":                 good()[:23],
		"unknown version":              put(0, 2),
		"giant format count":           put(8, 0xffffffff),
		"formats past the end":         put(12, 0xfffffff0),
		"formats overflow":             put(12, uint32(len(good()))),
		"giant modifier count":         put(16, 0xffffffff),
		"modifiers past the end":       put(20, 0xfffffff0),
		"modifiers one byte too far":   put(20, 33),
		"a bit for a format too far":   put(32, 7),
		"an offset of formats too far": put(40, 1),
		"a giant offset of formats":    put(40, 0xffffffff),
		"cut":                          good()[:len(good())-1],
	} {
		if f, err := parseInFormats(b); !errors.Is(err, ErrMalformed) || f != nil {
			t.Errorf("%s: got %v, %v, want ErrMalformed", name, f, err)
		}
	}
}

func FuzzParseInFormats(f *testing.F) {
	f.Add(kmstest.InFormats([]uint32{sys.DRM_FORMAT_NV12}, 0, kmstest.Modifier))
	f.Add([]byte{1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := parseInFormats(b)
		if (err != nil) != (got == nil) {
			t.Errorf("got %v with error %v", got, err)
		}
	})
}

func FuzzParseEvent(f *testing.F) {
	f.Add(make([]byte, 32))
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			_, _, rest, err := parseEvent(b)
			if err != nil {
				return
			}
			if len(rest) >= len(b) {
				t.Fatalf("an event of no length in %x", b)
			}
			b = rest
		}
	})
}
