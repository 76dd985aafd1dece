package hdrmetaparse

import (
	"fmt"
	"os"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// stamper puts a block on each buffer: somebody else's section and an HDR10+
// message that says nothing true.
type stamper struct{ w *gstmeta.Writer }

func (s *stamper) Start() error { s.w = gstmeta.NewWriter(); return nil }
func (s *stamper) Stop() error  { s.w.Close(); return nil }

func (s *stamper) Frame(f *gstx.Frame) gstx.Flow {
	h, err := s.w.Write(&meta.Block{HDR10Plus: []byte{0xB5, 0, 0x3C, 0, 1, 4, 1}, User: []meta.User{{Type: meta.TypeUser, Data: []byte("stamped")}}})
	if err != nil || gstmeta.Attach(f.Buffer.Pointer(), gstmeta.HDR, h) != nil {
		return gstx.FlowError
	}
	return gstx.FlowOK
}

func TestMain(m *testing.M) {
	pipe.Init()
	for _, c := range []gstx.Class{Class, {
		Name: "metastamper", TypeName: "HdrParseTestStamper", LongName: "stamper", Klass: "Filter", Description: "For tests",
		Author: "nobody", Parent: gstx.Filter, InPlace: true,
		Pads: []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: "ANY"}, {Name: "src", Direction: gstx.Src, Caps: "ANY"}},
		New:  func(*gstx.Element) any { return new(stamper) },
	}} {
		if err := gstx.Register(nil, c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}
