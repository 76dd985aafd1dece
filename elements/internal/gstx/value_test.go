package gstx_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// values remembers what GObject set, and what an application said of its place.
type values struct {
	mu  sync.Mutex // guards the rest
	all map[string]any
	log []string
}

var lastValues *values

func init() {
	extraClasses = append(extraClasses, gstx.Class{
		Name: "gstxtestvalues", TypeName: "GstxTestValues", LongName: "Test of values", Klass: "Sink",
		Description: "For tests", Author: "nobody", Parent: gstx.VideoSink, Overlay: true,
		Pads: []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: "ANY"}},
		Props: []gstx.Prop{
			{Name: "ints", Nick: "i", Blurb: "numbers", Kind: gstx.Ints, WhilePlaying: true},
			{Name: "fields", Nick: "f", Blurb: "a structure", Kind: gstx.Structure},
			{Name: "method", Nick: "m", Blurb: "an orientation", Kind: gstx.Orientation, Default: int32(2)},
		},
		New: func(*gstx.Element) any {
			lastValues = &values{all: map[string]any{"method": int32(2)}}
			return lastValues
		},
	})
}

func (v *values) SetProperty(name string, x any) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all[name] = x
	return nil
}

func (v *values) GetProperty(name string) any {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.all[name]
}

func (v *values) RenderRectangle(x, y, w, h int32) error {
	v.log = append(v.log, fmt.Sprint("rectangle ", x, y, w, h))
	if w == 13 {
		return fmt.Errorf("13 is too many")
	}
	return nil
}

func (v *values) Expose() { v.log = append(v.log, "expose") }

func (v *values) Pointer(x, y float64) (float64, float64) { return x, y }

func TestValuesOfEveryKindReachGo(t *testing.T) {
	p := pipe.New(t, "fakesrc ! gstxtestvalues name=v")
	v, e := lastValues, p.Element("v")
	for _, c := range []struct {
		name, text string
		want       string
	}{
		{"ints", "<1,-2,2147483647,-2147483648>", "[1 -2 2147483647 -2147483648]"},
		{"ints", "<7>", "[7]"},
		{"ints", "<>", "[]"},
		{"ints", "<1,2,3,4,5,6>", "[1 2 3 4 0 0]"},
		{"method", "90r", "1"},
		{"fields", "s, a=(int)-1, b=(guint)2, c=(gint64)-3, d=(guint64)18446744073709551615, e=true, f=1.5, g=\"x y\", h=1/2",
			"[{a -1} {b 2} {c -3} {d 18446744073709551615} {e true} {f 1.5} {g x y} {h <nil>}]"},
		{"fields", "s", "[]"},
	} {
		gst.UtilSetObjectArg(e, c.name, c.text)
		got := v.all[c.name]
		if f, ok := got.(gstx.Fields); ok {
			got = f.List
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s=%s: got %v, want %s", c.name, c.text, got, c.want)
		}
	}
	// And back.
	gst.UtilSetObjectArg(e, "ints", "<3,4>")
	gst.UtilSetObjectArg(e, "fields", "s, a=(int)5")
	for name, want := range map[string]string{"ints": "< (int)3, (int)4 >", "fields": `"s\,\ a\=\(int\)5\;"`, "method": "90r"} {
		if got := pipe.PropertyText(e, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestVideoOverlayReachesGo(t *testing.T) {
	p := pipe.New(t, "fakesrc ! gstxtestvalues name=v")
	v, o := lastValues, p.Overlay("v")
	o.SetWindowHandle(7)
	o.HandleEvents(true)
	o.SetRenderRectangle(1, 2, 3, 4)
	o.SetRenderRectangle(0, 0, -1, -1)
	o.Expose()
	o.SetRenderRectangle(0, 0, 13, 1)
	if got, want := fmt.Sprint(v.log), "[rectangle 1 2 3 4 rectangle 0 0 -1 -1 expose rectangle 0 0 13 1]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
