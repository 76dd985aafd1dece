//go:build !race

// The race detector allocates on its own account.

package kms

import (
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

func TestSteadyStateAllocatesNothing(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	d := openFake(t, card)
	o := output(t, d, Config{})
	a := play(t, d, o, xr24(1920, 1080))
	b := frame(t, d, sys.DRM_FORMAT_XRGB8888, 1920, 1080)
	sig := Signal{HDR: true, Metadata: [32]byte{4: 2}, BT2020: true, MinBPC: 10}
	next := a
	show := func() {
		o.SetSignal(sig)
		if err := o.Configure(xr24(1920, 1080)); err != nil {
			t.Fatal(err)
		}
		if err := o.Show(next); err != nil {
			t.Fatal(err)
		}
		if next == a {
			next = b
		} else {
			next = a
		}
	}
	show()
	if n := testing.AllocsPerRun(500, show); n != 0 {
		t.Errorf("got %v allocations per frame, want 0", n)
	}
}

func TestLayersAllocateNothing(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	d := openFake(t, card)
	o := output(t, d, Config{Compose: func(*Dumb, []Part, [2]uint8) {}})
	layers := []Layer{over(t, d, argb, 0, Rect{0, 0, 200, 100}), over(t, d, argb, 0, Rect{300, 0, 200, 100})}
	other := frame(t, d, argb, 200, 100)
	fb := play(t, d, o, xr24(1920, 1080))
	show := func() {
		layers[0].FB, other = other, layers[0].FB
		layers[0].Content++ // drawn anew, with its neighbour
		if err := o.SetLayers(layers); err != nil {
			t.Fatal(err)
		}
		if err := o.Show(fb); err != nil {
			t.Fatal(err)
		}
	}
	show()
	if n := testing.AllocsPerRun(500, show); n != 0 {
		t.Errorf("got %v allocations per frame, want 0", n)
	}
}

func TestVkmsSteadyStateAllocatesNothing(t *testing.T) {
	d := vkms(t)
	o := output(t, d, Config{})
	o.SetSignal(pq(1))
	fb := play(t, d, o, xr24(640, 480))
	if n := testing.AllocsPerRun(20, func() {
		if err := o.Show(fb); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("got %v allocations per frame, want 0", n)
	}
}
