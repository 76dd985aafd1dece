package kms

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// composer records what software is asked to draw, and draws nothing.
type composer struct {
	calls int
	parts []Part
	size  [2]uint32
	kind  [2]uint8
}

func (c *composer) compose(dst *Dumb, parts []Part, kind [2]uint8) {
	c.calls++
	c.parts, c.size, c.kind = append(c.parts[:0], parts...), [2]uint32{dst.Width, dst.Height}, kind
}

func (c *composer) layers() (all []int) {
	for _, p := range c.parts {
		all = append(all, p.Layer)
	}
	return all
}

// over makes a layer of 200×100 at a place in the frame.
func over(t testing.TB, d *Device, fourcc uint32, z int32, dst Rect) Layer {
	t.Helper()
	p := picture(fourcc, 200, 100)
	p.Dst = dst
	return Layer{Picture: p, FB: frame(t, d, fourcc, 200, 100), Z: z}
}

const argb, nv12 = sys.DRM_FORMAT_ARGB8888, sys.DRM_FORMAT_NV12

func TestLayersFindTheirPlanes(t *testing.T) {
	type place struct {
		plane uint32
		layer int // 99: drawn
		dst   Rect
	}
	const drawn = 99
	full := Rect{0, 0, 1920, 1080}
	a, b, c := Rect{100, 50, 200, 100}, Rect{200, 100, 400, 200}, Rect{1000, 900, 200, 100}
	for _, test := range []struct {
		name   string
		quirks kmstest.Quirks
		cfg    Config
		setup  func(*kmstest.Card)
		pic    Picture // zero: XRGB8888 of the screen's size
		layers func(t *testing.T, d *Device) []Layer
		want   []place // from the lowest plane to the highest
		drawn  []int   // layers, in that order
		size   [2]uint32
	}{
		{name: "one layer is above the picture",
			layers: func(t *testing.T, d *Device) []Layer { return []Layer{over(t, d, argb, 0, a)} },
			want:   []place{{kmstest.Primary1, Main, full}, {kmstest.Overlay1, 0, a}}},
		{name: "each has a plane of its own, as z says", quirks: kmstest.Quirks{MoreOverlays: 2},
			layers: func(t *testing.T, d *Device) []Layer {
				return []Layer{over(t, d, argb, 2, a), over(t, d, nv12, 1, b), over(t, d, argb, 3, c)}
			},
			want: []place{{kmstest.Primary1, Main, full}, {kmstest.Overlay1, 1, b}, {kmstest.MoreOverlay1, 0, a}, {kmstest.MoreOverlay1 + 1, 2, c}}},
		{name: "planes that cannot be moved keep their order", quirks: kmstest.Quirks{MoreOverlays: 1, FixedZPos: true},
			layers: func(t *testing.T, d *Device) []Layer {
				return []Layer{over(t, d, argb, 2, a), over(t, d, nv12, 1, b)}
			},
			want: []place{{kmstest.Primary1, Main, full}, {kmstest.Overlay1, 1, b}, {kmstest.MoreOverlay1, 0, a}}},
		{name: "planes of which nothing is said stand in the order of their ids", quirks: kmstest.Quirks{MoreOverlays: 1, NoZPos: true},
			layers: func(t *testing.T, d *Device) []Layer {
				return []Layer{over(t, d, argb, 2, a), over(t, d, nv12, 1, b)}
			},
			want: []place{{kmstest.Primary1, Main, full}, {kmstest.Overlay1, 1, b}, {kmstest.MoreOverlay1, 0, a}}},
		{name: "a plane must know the format", quirks: kmstest.Quirks{MoreOverlays: 1},
			setup: func(c *kmstest.Card) { c.SetFormats(kmstest.Overlay1, argb) },
			layers: func(t *testing.T, d *Device) []Layer {
				return []Layer{over(t, d, nv12, 1, b), over(t, d, argb, 2, a)}
			},
			want: []place{{kmstest.Primary1, Main, full}, {kmstest.MoreOverlay1, 0, b}, {kmstest.Overlay1, 1, a}}},
		{name: "a layer beneath moves the picture to another plane", quirks: kmstest.Quirks{FixedZPos: true},
			layers: func(t *testing.T, d *Device) []Layer { return []Layer{over(t, d, nv12, -1, full)} },
			want:   []place{{kmstest.Primary1, 0, full}, {kmstest.Overlay1, Main, full}}},
		{name: "neighbours share a plane when there are too few",
			layers: func(t *testing.T, d *Device) []Layer {
				return []Layer{over(t, d, argb, 0, a), over(t, d, argb, 0, c)}
			},
			want:  []place{{kmstest.Primary1, Main, full}, {kmstest.Overlay1, drawn, Rect{100, 50, 1100, 950}}},
			drawn: []int{0, 1}, size: [2]uint32{1100, 950}},
		{name: "as few as possible are drawn", quirks: kmstest.Quirks{MoreOverlays: 1},
			layers: func(t *testing.T, d *Device) []Layer {
				return []Layer{over(t, d, argb, 3, a), over(t, d, argb, 1, b), over(t, d, argb, 2, c)}
			},
			want:  []place{{kmstest.Primary1, Main, full}, {kmstest.Overlay1, 1, b}, {kmstest.MoreOverlay1, drawn, Rect{100, 50, 1100, 950}}},
			drawn: []int{2, 0}, size: [2]uint32{1100, 950}},
		{name: "graphics without a framebuffer are drawn", quirks: kmstest.Quirks{MoreOverlays: 1},
			layers: func(t *testing.T, d *Device) []Layer {
				g := over(t, d, argb, 1, a)
				g.FB, g.Drawn = nil, true
				return []Layer{over(t, d, argb, 0, c), g}
			},
			want:  []place{{kmstest.Primary1, Main, full}, {kmstest.Overlay1, 0, c}, {kmstest.MoreOverlay1, drawn, a}},
			drawn: []int{1}, size: [2]uint32{200, 100}},
		{name: "the picture is drawn with them only where there is one plane", quirks: kmstest.Quirks{NoOverlay: true},
			layers: func(t *testing.T, d *Device) []Layer { return []Layer{over(t, d, argb, 0, a)} },
			want:   []place{{kmstest.Primary1, drawn, full}}, drawn: []int{Main, 0}, size: [2]uint32{1920, 1080}},
		{name: "a transparent layer needs a plane that can", quirks: kmstest.Quirks{NoAlpha: true},
			layers: func(t *testing.T, d *Device) []Layer {
				l := over(t, d, argb, 0, a)
				l.Transparency = 0x4000
				return []Layer{l}
			},
			want:  []place{{kmstest.Primary1, Main, full}, {kmstest.Overlay1, drawn, a}},
			drawn: []int{0}, size: [2]uint32{200, 100}},
		{name: "software scales what planes do not", quirks: kmstest.Quirks{NoScaling: true},
			layers: func(t *testing.T, d *Device) []Layer { return []Layer{over(t, d, argb, 0, b)} },
			want:   []place{{kmstest.Primary1, Main, full}, {kmstest.Overlay1, drawn, b}},
			drawn:  []int{0}, size: [2]uint32{400, 200}},
		{name: "the frame's scale is the layers'", pic: xr24(960, 540), cfg: Config{Mode: ModeWish{Width: 1920, Height: 1080}},
			layers: func(t *testing.T, d *Device) []Layer { return []Layer{over(t, d, argb, 0, Rect{10, 20, 100, 50})} },
			want:   []place{{kmstest.Primary1, Main, full}, {kmstest.Overlay1, 0, Rect{20, 40, 200, 100}}}},
		{name: "what is outside of the frame is not shown", pic: xr24(960, 1080), cfg: Config{Mode: ModeWish{Width: 1920, Height: 1080}},
			layers: func(t *testing.T, d *Device) []Layer {
				return []Layer{over(t, d, argb, 0, Rect{-300, 0, 200, 100}), over(t, d, argb, 0, Rect{860, 0, 200, 100})}
			},
			want: []place{{kmstest.Primary1, Main, Rect{480, 0, 960, 1080}}, {kmstest.Overlay1, 1, Rect{1340, 0, 100, 100}}}},
		{name: "over black where the driver wants the primary plane", quirks: kmstest.Quirks{NeedsPrimary: true, MoreOverlays: 1}, pic: picture(nv12, 1920, 1080),
			setup:  func(c *kmstest.Card) { c.SetFormats(kmstest.Primary1, sys.DRM_FORMAT_XRGB8888) },
			layers: func(t *testing.T, d *Device) []Layer { return []Layer{over(t, d, argb, 0, a)} },
			want:   []place{{kmstest.Primary1, 7, full}, {kmstest.Overlay1, Main, full}, {kmstest.MoreOverlay1, 0, a}}},
		{name: "two eyes side by side", pic: Picture{FourCC: sys.DRM_FORMAT_XRGB8888, Modifier: sys.DRM_FORMAT_MOD_LINEAR, Width: 200, Height: 100, FrameWidth: 1920, FrameHeight: 1080, Dst: Rect{0, 0, 960, 1080}},
			cfg:    Config{Mode: ModeWish{Width: 1920, Height: 1080}},
			layers: func(t *testing.T, d *Device) []Layer { return []Layer{over(t, d, argb, 0, Rect{960, 0, 960, 1080})} },
			want:   []place{{kmstest.Primary1, Main, Rect{0, 0, 960, 1080}}, {kmstest.Overlay1, 0, Rect{960, 0, 960, 1080}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			card := kmstest.NewCard(test.quirks)
			if test.setup != nil {
				test.setup(card)
			}
			d := openFake(t, card)
			comp := &composer{}
			test.cfg.Compose = comp.compose
			o := output(t, d, test.cfg)
			if test.pic.Width == 0 {
				test.pic = xr24(1920, 1080)
			}
			layers := test.layers(t, d)
			if err := o.SetLayers(layers); err != nil {
				t.Fatal(err)
			}
			fb := play(t, d, o, test.pic)

			var got []place
			for _, plane := range card.Stack(kmstest.CRTC1) {
				id := uint32(card.Value(plane, "FB_ID"))
				layer := 7 // the black one
				switch i := slices.IndexFunc(layers, func(l Layer) bool { return l.FB != nil && l.FB.ID == id }); {
				case i >= 0:
					layer = i
				case id == fb.ID:
					layer = Main
				case slices.ContainsFunc(o.canvases.shown, func(c *canvas) bool { return c.front().ID == id }):
					layer = drawn
				}
				got = append(got, place{plane, layer, planeRect(card, plane)})
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if l := comp.layers(); !slices.Equal(l, test.drawn) || comp.size != test.size {
				t.Errorf("drawn: layers %v in %v, want %v in %v", l, comp.size, test.drawn, test.size)
			}
			if said := o.Drawn() != ""; said != (len(test.drawn) > 0 && !(len(test.drawn) == 1 && layers[test.drawn[0]].Drawn)) {
				t.Errorf("told that software draws: %q", o.Drawn())
			}
			if commits := card.Commits(); commits[len(commits)-1].Flags&uint32(Test) != 0 || countCommits(commits) != 1 {
				t.Errorf("got %d commits for one frame, want 1", countCommits(commits))
			}
		})
	}
}

func countCommits(all []kmstest.Commit) (n int) {
	for _, c := range all {
		if c.Flags&uint32(Test) == 0 {
			n++
		}
	}
	return n
}

func TestLayersOfTheNextFrameAreOneFlip(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	d := openFake(t, card)
	o := output(t, d, Config{})
	l := over(t, d, argb, 0, Rect{0, 0, 200, 100})
	if err := o.SetLayers([]Layer{l}); err != nil {
		t.Fatal(err)
	}
	fb := play(t, d, o, xr24(1920, 1080))
	card.ForgetCommits()
	next := l
	next.FB, next.Content = frame(t, d, argb, 200, 100), 5
	if err := o.SetLayers([]Layer{next}); err != nil {
		t.Fatal(err)
	}
	if err := o.Show(fb); err != nil {
		t.Fatal(err)
	}
	if got := card.Commits(); len(got) != 1 || got[0].Flags != uint32(NonBlock|FlipEvent) {
		t.Errorf("got commits %+v, want one that flips", got)
	}
	if got := uint32(card.Value(kmstest.Overlay1, "FB_ID")); got != next.FB.ID {
		t.Errorf("framebuffer %d, want %d", got, next.FB.ID)
	}
}

// Layers come, move and go while the picture plays on.
func TestLayersChangeWithoutAModeset(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{MoreOverlays: 1})
	d := openFake(t, card)
	comp := &composer{}
	o := output(t, d, Config{Compose: comp.compose})
	fb := play(t, d, o, xr24(1920, 1080))
	card.ForgetCommits()
	a, b := over(t, d, argb, 0, Rect{0, 0, 200, 100}), over(t, d, nv12, 0, Rect{300, 0, 200, 100})
	moved := a
	moved.Dst.X = 50
	many := []Layer{a, b, moved}
	for _, step := range []struct {
		layers []Layer
		lit    int
	}{{[]Layer{a}, 2}, {[]Layer{a, b}, 3}, {[]Layer{moved, b}, 3}, {many, 3}, {[]Layer{b}, 2}, {nil, 1}} {
		if err := o.SetLayers(step.layers); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := o.Show(fb); err != nil {
				t.Fatal(err)
			}
		}
		if got := card.Stack(kmstest.CRTC1); len(got) != step.lit || got[0] != kmstest.Primary1 {
			t.Errorf("%d layers: planes %v are lit, want %d", len(step.layers), got, step.lit)
		}
	}
	for _, c := range card.Commits() {
		if c.Flags&uint32(AllowModeset) != 0 {
			t.Errorf("commit with flags %#x may set a mode", c.Flags)
		}
	}
	if len(o.canvases.shown)+len(o.canvases.left)+len(o.canvases.tried) != 0 {
		t.Errorf("canvases are left: %+v", o.canvases)
	}
}

// What software draws is drawn when it changes, into the buffer that is not on the
// screen.
func TestCanvasesAreDrawnWhenTheirContentChanges(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{HoldFlips: true})
	d := openFake(t, card)
	comp := &composer{}
	var last *Dumb
	o := output(t, d, Config{Compose: func(dst *Dumb, parts []Part, kind [2]uint8) {
		if uint32(card.Value(kmstest.Overlay1, "FB_ID")) == dst.ID {
			t.Error("drawn into what is on the screen")
		}
		last = dst
		comp.compose(dst, parts, kind)
	}})
	g := Layer{Picture: Picture{FourCC: argb, Width: 100, Height: 50, Drawn: true, Dst: Rect{0, 0, 100, 50}}, Content: 1}
	show := func(fb *Framebuffer) {
		t.Helper()
		if err := o.SetLayers([]Layer{g}); err != nil {
			t.Fatal(err)
		}
		card.VBlank()
		if err := o.Show(fb); err != nil {
			t.Fatal(err)
		}
		if got := uint32(card.Value(kmstest.Overlay1, "FB_ID")); got != last.ID {
			t.Fatalf("framebuffer %d is shown, %d was drawn last", got, last.ID)
		}
	}
	if err := o.SetLayers([]Layer{g}); err != nil {
		t.Fatal(err)
	}
	fb := play(t, d, o, xr24(1920, 1080))
	for i, step := range []struct {
		content uint64
		hdr     bool
		want    int
	}{{1, false, 1}, {1, false, 1}, {2, false, 2}, {2, false, 2}, {3, false, 3}, {3, true, 4}, {3, true, 4}, {3, false, 5}} {
		g.Content = step.content
		sig := Signal{}
		if step.hdr {
			sig = pq(1)
		}
		o.SetSignal(sig)
		show(fb)
		if comp.calls != step.want {
			t.Errorf("step %d: drawn %d times, want %d", i, comp.calls, step.want)
		}
		if hdr := comp.kind[0] == 3; hdr != step.hdr {
			t.Errorf("step %d: drawn for signal %v", i, comp.kind)
		}
	}
	card.VBlank()
}

func TestAPictureWithoutFramebufferIsDrawn(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{NoScaling: true})
	card.SetFormats(kmstest.Primary1, sys.DRM_FORMAT_XRGB8888)
	d := openFake(t, card)
	var main []Part
	others := 0
	o := output(t, d, Config{Mode: ModeWish{Width: 1920, Height: 1080}, Compose: func(_ *Dumb, parts []Part, _ [2]uint8) {
		if parts[0].Layer == Main {
			main = append(main, parts[0])
		} else {
			others++
		}
	}})
	p := picture(sys.DRM_FORMAT_NV16, 960, 540)
	p.Drawn = true
	if err := o.SetLayers([]Layer{over(t, d, argb, 0, Rect{10, 10, 100, 50})}); err != nil {
		t.Fatal(err)
	}
	if err := o.Configure(p); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := o.Show(nil); err != nil {
			t.Fatal(err)
		}
	}
	want := Part{Main, Rect{0, 0, 960, 540}, Rect{0, 0, 1920, 1080}}
	if !slices.Equal(main, []Part{want, want, want}) || others > 1 {
		t.Errorf("drawn: %v, and others %d times; want 3 times %v", main, others, want)
	}
}

// A window that is turned turns its layers, and what is drawn for it is upright.
func TestLayersTurnWithTheWindow(t *testing.T) {
	for _, drawn := range []bool{false, true} {
		card := kmstest.NewCard(kmstest.Quirks{})
		d := openFake(t, card)
		comp := &composer{}
		o := output(t, d, Config{Compose: comp.compose})
		// The frame of 1080×1920 is the screen's, turned: its left edge is on top.
		if err := o.SetWindow(Window{Orientation: Clockwise}); err != nil {
			t.Fatal(err)
		}
		l := over(t, d, argb, 0, Rect{100, 20, 200, 100})
		if drawn {
			l.FB, l.Drawn = nil, true
		}
		if err := o.SetLayers([]Layer{l}); err != nil {
			t.Fatal(err)
		}
		play(t, d, o, xr24(1080, 1920))
		if got, want := planeRect(card, kmstest.Overlay1), (Rect{1800, 100, 100, 200}); got != want {
			t.Errorf("drawn %v: at %v, want %v", drawn, got, want)
		}
		if got := card.Value(kmstest.Overlay1, "rotation"); got != 8 {
			t.Errorf("drawn %v: rotation %d, want 8", drawn, got)
		}
		if want := [2]uint32{200, 100}; drawn && comp.size != want {
			t.Errorf("canvas of %v, want %v", comp.size, want)
		}
	}
}

// Whatever the driver is like, what is on the screen is in the stack's order, the
// picture is shown, and everything that is visible is either on a plane or drawn.
func TestTheStackKeepsItsOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 400 {
		q := kmstest.Quirks{MoreOverlays: r.IntN(4), NoOverlay: r.IntN(5) == 0, NoScaling: r.IntN(3) == 0, NoAlpha: r.IntN(2) == 0,
			NoZPos: r.IntN(3) == 0, NeedsPrimary: r.IntN(4) == 0, PrimaryCovers: r.IntN(4) == 0}
		q.FixedZPos = !q.NoZPos && r.IntN(2) == 0
		card := kmstest.NewCard(q)
		if r.IntN(4) == 0 {
			card.SetFormats(kmstest.Primary1, sys.DRM_FORMAT_XRGB8888)
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			d := openFake(t, card)
			comp := map[uint32][]Part{}
			o := output(t, d, Config{Debugf: func(string, ...any) {}, Compose: func(dst *Dumb, parts []Part, _ [2]uint8) {
				for _, p := range parts {
					if p.Dst.X < 0 || p.Dst.Y < 0 || p.Dst.X+int32(p.Dst.W) > int32(dst.Width) || p.Dst.Y+int32(p.Dst.H) > int32(dst.Height) {
						t.Errorf("part %v leaves its canvas of %dx%d", p.Dst, dst.Width, dst.Height)
					}
				}
				comp[dst.ID] = parts
			}})
			var fb *Framebuffer
			for range 3 {
				layers := make([]Layer, r.IntN(MaxLayers+1))
				for i := range layers {
					layers[i] = over(t, d, []uint32{argb, nv12}[r.IntN(2)], int32(r.IntN(5)-2), Rect{int32(r.IntN(1800)), int32(r.IntN(1000)), uint32(1 + r.IntN(400)), uint32(1 + r.IntN(300))})
					layers[i].Transparency = uint16(r.IntN(2) * 30000)
					switch r.IntN(8) {
					case 0, 1:
						layers[i].FB, layers[i].Drawn = nil, true
					case 2:
						layers[i].Fixed = true
					}
				}
				if err := o.SetLayers(layers); err != nil {
					t.Fatal(err)
				}
				if fb == nil {
					fb = play(t, d, o, xr24(1920, 1080))
				} else if err := o.Show(fb); err != nil {
					t.Fatal(err)
				}
				var got []int
				for _, plane := range card.Stack(kmstest.CRTC1) {
					id := uint32(card.Value(plane, "FB_ID"))
					if id == fb.ID {
						got = append(got, Main)
					} else if i := slices.IndexFunc(layers, func(l Layer) bool { return l.FB != nil && l.FB.ID == id }); i >= 0 {
						got = append(got, i)
						if alpha := layers[i].Transparency; alpha != 0 && card.Value(plane, "alpha") != uint64(0xffff-alpha) {
							t.Errorf("layer %d is not transparent", i)
						}
					}
					for _, p := range comp[id] {
						got = append(got, p.Layer)
						if p.Layer != Main && layers[p.Layer].Fixed {
							t.Errorf("layer %d was drawn", p.Layer)
						}
					}
				}
				want := o.stack.order()
				if len(o.Ignored()) > 0 {
					want = []int{Main}
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%+v: got %v, want %v; %v", q, got, want, o.layout)
				}
			}
		})
	}
}

func TestLayersThatCannotBe(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	d := openFake(t, card)
	o := output(t, d, Config{})
	good := over(t, d, argb, 0, Rect{0, 0, 200, 100})
	if err := o.SetLayers([]Layer{good}); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Layer){
		"no framebuffer":       func(l *Layer) { l.FB = nil },
		"no width":             func(l *Layer) { l.Width = 0 },
		"a crop beyond":        func(l *Layer) { l.Crop = Rect{1, 0, 200, 100} },
		"a destination of 0":   func(l *Layer) { l.Dst.W = 0 },
		"a destination so far": func(l *Layer) { l.Dst.X = 1 << 30 },
		"an unknown matrix":    func(l *Layer) { l.Encoding = 77 },
	} {
		l := good
		spoil(&l)
		if err := o.SetLayers([]Layer{l}); !errors.Is(err, ErrNoPlane) {
			t.Errorf("%s: got %v, want ErrNoPlane", name, err)
		}
	}
	if err := o.SetLayers(make([]Layer, MaxLayers+1)); !errors.Is(err, ErrNoPlane) {
		t.Errorf("too many: got %v", err)
	}
	fb := play(t, d, o, xr24(1920, 1080))
	if got := uint32(card.Value(kmstest.Overlay1, "FB_ID")); got != good.FB.ID {
		t.Errorf("after errors the layer is not shown: framebuffer %d", got)
	}
	_ = fb
}

// Without anything to draw with, layers without a plane are left out, and told.
func TestLayersWithoutPlaneOrComposerAreTold(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{NoOverlay: true})
	d := openFake(t, card)
	o := output(t, d, Config{})
	if err := o.SetLayers([]Layer{over(t, d, argb, 0, Rect{0, 0, 200, 100})}); err != nil {
		t.Fatal(err)
	}
	play(t, d, o, xr24(1920, 1080))
	if s := o.Ignored(); len(s) != 1 || !strings.Contains(s[0], "1 further layers") {
		t.Errorf("told %q", s)
	}
}

func TestDisplayIsRestoredAfterLayers(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{MoreOverlays: 1})
	light(kmstest.Mode(1920, 1080, 60, true))(t, card)
	before := card.Snapshot()
	d := openFake(t, card)
	o, err := NewOutput(d, Config{})
	if err != nil {
		t.Fatal(err)
	}
	a, b := over(t, d, argb, 0, Rect{0, 0, 200, 100}), over(t, d, argb, -1, Rect{0, 0, 200, 100})
	a.Transparency = 99
	if err := o.SetLayers([]Layer{a, b}); err != nil {
		t.Fatal(err)
	}
	play(t, d, o, xr24(1920, 1080))
	if n := len(card.Stack(kmstest.CRTC1)); n != 3 {
		t.Errorf("%d planes are lit, want 3", n)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	for k, v := range card.Snapshot() {
		if v != before[k] {
			t.Errorf("%s: %s before, %s after", k, before[k], v)
		}
	}
}
