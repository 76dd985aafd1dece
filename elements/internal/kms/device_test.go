package kms

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// cardsOf is a finder for cards in memory, in the order given.
func cardsOf(cards ...*kmstest.Card) finder {
	paths := []string{"/dev/dri/card0", "/dev/dri/card1", "/dev/dri/card2"}[:len(cards)]
	return finder{
		list: func() []string { return paths },
		open: func(path string) (Kernel, error) {
			for i, p := range paths {
				if p == path && cards[i] != nil {
					return cards[i].Open(), nil
				}
			}
			return nil, &os.PathError{Op: "open", Path: path, Err: unix.ENOENT}
		},
	}
}

func TestOpenPicksTheFirstUsableCard(t *testing.T) {
	dark, other := kmstest.NewCard(kmstest.Quirks{}), kmstest.NewCard(kmstest.Quirks{})
	dark.Disconnect(kmstest.Connector1)
	other.Driver, other.BusID = "other", "pci:0000:01:00.0"
	legacy := kmstest.NewCard(kmstest.Quirks{NoAtomic: true})
	for _, c := range []struct {
		name  string
		cards finder
		want  Want
		path  string
		err   error
	}{
		{"with a display rather than without", cardsOf(dark, other), Want{}, "/dev/dri/card1", nil},
		{"without one if there is no other", cardsOf(legacy, dark), Want{}, "/dev/dri/card1", nil},
		{"by driver", cardsOf(kmstest.NewCard(kmstest.Quirks{}), other), Want{Driver: "other"}, "/dev/dri/card1", nil},
		{"by bus", cardsOf(kmstest.NewCard(kmstest.Quirks{}), other), Want{BusID: "pci:0000:01:00.0"}, "/dev/dri/card1", nil},
		{"by path", cardsOf(other, dark), Want{Path: "/dev/dri/card1"}, "/dev/dri/card1", nil},
		{"no card", cardsOf(), Want{}, "", ErrNoDevice},
		{"no atomic card", cardsOf(legacy), Want{}, "", ErrNotAtomic},
		{"no such driver", cardsOf(other), Want{Driver: "missing"}, "", ErrNoDevice},
		{"no such path", cardsOf(), Want{Path: "/dev/dri/card7"}, "", ErrNoDevice},
		{"a path of another driver", cardsOf(other), Want{Path: "/dev/dri/card0", Driver: "fake"}, "", ErrNoDevice},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := c.cards.find(c.want)
			if !errors.Is(err, c.err) {
				t.Fatalf("got %v, want %v", err, c.err)
			}
			if err != nil {
				t.Log(err)
				return
			}
			defer d.Close()
			if d.Path != c.path {
				t.Errorf("got %s, want %s", d.Path, c.path)
			}
		})
	}
}

func TestBorrowedFileStaysItsOwners(t *testing.T) {
	f, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := Borrow(int(f.Fd())); !errors.Is(err, unix.ENOTTY) {
		t.Errorf("a file that is no card: got %v, want ENOTTY", err)
	}
	if _, err := f.Stat(); err != nil {
		t.Errorf("the lent file was closed: %v", err)
	}
	if _, err := Borrow(-1); !errors.Is(err, unix.EBADF) {
		t.Errorf("no file: got %v, want EBADF", err)
	}
}

func TestResourcesAreReadWhole(t *testing.T) {
	d := openFake(t, kmstest.NewCard(kmstest.Quirks{}))
	r, err := d.Resources()
	if err != nil {
		t.Fatal(err)
	}
	c := r.connector(kmstest.Connector1)
	if c == nil || c.Label != "HDMI-A-1" || len(c.Modes) != 4 || !c.Connected() || !c.Modes[0].Preferred() {
		t.Errorf("connector: %+v", c)
	}
	if got := c.Modes[0].String(); got != "1920x1080@60.000" {
		t.Errorf("mode %s", got)
	}
	p := r.plane(kmstest.Primary1)
	if p == nil || !p.Primary() || !p.Supports(sys.DRM_FORMAT_NV12, kmstest.Modifier) || p.Supports(sys.DRM_FORMAT_NV12, 77) {
		t.Errorf("plane: %+v", p)
	}
	if v, ok := c.Property("Colorspace").Enum("BT2020_YCC"); !ok || v != 10 {
		t.Errorf("Colorspace BT2020_YCC: got %d, %v", v, ok)
	}
	if c.Property("nothing") != nil || c.Value("nothing") != 0 {
		t.Error("a property that is not there has a value")
	}
}

func TestSameBufferTwiceIsOneHandle(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	k := card.Open()
	d, err := New(k)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	fd, err := unix.MemfdCreate("pixels", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	l := &Layout{
		FourCC: sys.DRM_FORMAT_NV12, Width: 64, Height: 64, Planes: 2,
		FD: [4]int{fd, fd}, Offset: [4]uint64{0, 4096}, Stride: [4]uint32{64, 64},
	}
	a, err := d.Import(l)
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.Import(l)
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	b.Close()
	if left := k.Left(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}

	// A dumb buffer that comes back as a DMA-buf must not lose its handle.
	dumb, err := d.CreateDumb(sys.DRM_FORMAT_XRGB8888, 64, 64)
	if err != nil {
		t.Fatal(err)
	}
	out, err := dumb.Export()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	back, err := d.Import(&Layout{FourCC: sys.DRM_FORMAT_XRGB8888, Width: 64, Height: 64, Planes: 1,
		FD: [4]int{out.Int()}, Stride: [4]uint32{256}})
	if err != nil {
		t.Fatal(err)
	}
	back.Close()
	again, err := dumb.Export()
	if err != nil {
		t.Errorf("the dumb buffer lost its handle: %v", err)
	}
	again.Close()
	dumb.Close()
	dumb.Close()
	if left := k.Left(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestImportThatIsRefusedLeavesNothing(t *testing.T) {
	fd, err := unix.MemfdCreate("pixels", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	good := Layout{FourCC: sys.DRM_FORMAT_NV12, Width: 64, Height: 64, Planes: 2, FD: [4]int{fd, fd}, Stride: [4]uint32{64, 64}}
	for name, change := range map[string]func(*Layout){
		"five planes":           func(l *Layout) { l.Planes = 5 },
		"no planes":             func(l *Layout) { l.Planes = 0 },
		"an offset beyond 4 GB": func(l *Layout) { l.Offset[1] = 1 << 32 },
		"a closed fd":           func(l *Layout) { l.FD[1] = -1 },
		"an unknown modifier":   func(l *Layout) { l.Modifier = 12345 },
		"no size":               func(l *Layout) { l.Width = 0 },
		"an unknown format":     func(l *Layout) { l.FourCC = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			d := openFake(t, kmstest.NewCard(kmstest.Quirks{}))
			l := good
			change(&l)
			if _, err := d.Import(&l); err == nil {
				t.Error("got no error")
			} else {
				t.Log(err)
			}
		})
	}
	d := openFake(t, kmstest.NewCard(kmstest.Quirks{NoModifiers: true}))
	l := good
	l.Modifier = kmstest.Modifier
	if _, err := d.Import(&l); !errors.Is(err, ErrNoPlane) {
		t.Errorf("a modifier where there are none: got %v", err)
	}
	l.Modifier = sys.DRM_FORMAT_MOD_LINEAR
	fb, err := d.Import(&l)
	if err != nil {
		t.Fatalf("linear where there are no modifiers: %v", err)
	}
	fb.Close()
}

func TestDumbBufferTakesEveryFormat(t *testing.T) {
	for _, f := range formats {
		card := kmstest.NewCard(kmstest.Quirks{})
		card.SetFormats(kmstest.Overlay1, f.FourCC)
		d := openFake(t, card)
		for _, size := range [][2]uint32{{640, 480}, {101, 51}, {1, 1}} {
			b, err := d.CreateDumb(f.FourCC, size[0], size[1])
			if err != nil {
				t.Errorf("%s %v: %v", FourCCName(f.FourCC), size, err)
				continue
			}
			for i := range f.Planes {
				row, rows := f.RowBytes(i, size[0]), f.Rows(i, size[1])
				src := make([]byte, row*rows)
				for j := range src {
					src[j] = byte(i + 1)
				}
				b.Write(i, src, row, size[0], size[1], 0, 0)
				for y := range rows {
					at := b.Offset[i] + y*b.Stride[i]
					line := b.Map[at : at+row]
					if strings.Count(string(line), string([]byte{byte(i + 1)})) != int(row) {
						t.Fatalf("%s %v plane %d row %d: got %x", FourCCName(f.FourCC), size, i, y, line)
					}
				}
			}
			// Writing one plane must not have touched another.
			if f.Planes > 1 && b.Map[b.Offset[0]] != 1 {
				t.Errorf("%s %v: planes overlap", FourCCName(f.FourCC), size)
			}
			b.Write(0, []byte{1, 2, 3}, 1<<31, 1<<31, 1<<31, 0, 0) // more than both have
			b.Write(0, nil, 0, 1, 1, size[0]+1, 0)
			b.Close()
		}
	}
}

func TestRequestKeepsItsFirstFailure(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	d := openFake(t, card)
	r, err := d.Resources()
	if err != nil {
		t.Fatal(err)
	}
	p := r.plane(kmstest.Primary1)
	req := d.NewRequest()
	req.Set(&p.Object, "FB_ID", 1)
	req.Set(&p.Object, "NOT_THERE", 1)
	req.Set(&p.Object, "type", 1)
	err = req.Commit(Test, 0)
	if !errors.Is(err, ErrNoProperty) || !strings.Contains(err.Error(), "plane 301") || !strings.Contains(err.Error(), "NOT_THERE") {
		t.Errorf("got %v, want it to name plane 301 and NOT_THERE", err)
	}
	if n := len(card.Commits()); n != 0 {
		t.Errorf("%d commits reached the card", n)
	}
	req.Reset()
	req.Set(&p.Object, "type", 1)
	if err := req.Err(); !errors.Is(err, ErrNoProperty) {
		t.Errorf("a read-only property: got %v", err)
	}
	req.Reset()
	req.Set(&p.Object, "FB_ID", 99)
	req.Set(&p.Object, "CRTC_ID", kmstest.CRTC1)
	err = req.Commit(Test|AllowModeset, 0)
	var c *CommitError
	if !errors.As(err, &c) || !errors.Is(err, unix.ENOENT) || !strings.Contains(err.Error(), "modeset test: ") ||
		!strings.Contains(err.Error(), "plane 301 FB_ID=99 CRTC_ID=201") {
		t.Errorf("got %v, want it to name the test, the plane and the values", err)
	}
}
