package gstx_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"github.com/go-gst/go-gst/pkg/gstbase"

	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// bindingsFilter does nothing through the generated bindings' override of
// transform_ip: what an element costs that is written the obvious way.
type bindingsFilter struct{ gstbase.BaseTransformInstance }

func (*bindingsFilter) transformIP(b *gst.Buffer) gst.FlowReturn {
	gst.UnsafeBufferUnref(b) // else the buffer is held until the next garbage collection
	return gst.FlowOK
}

var registerBindingsFilter = sync.OnceFunc(func() {
	t := gstbase.RegisterBaseTransformSubClass[*bindingsFilter]("gstxbindingsfilter",
		func(c *gstbase.BaseTransformClass) {
			c.ParentClass().SetMetadata("Bindings filter", "Filter", "For benchmarks", "nobody")
			for name, dir := range map[string]gst.PadDirection{"src": gst.PadSrc, "sink": gst.PadSink} {
				c.ParentClass().AddPadTemplate(gst.NewPadTemplate(name, dir, gst.PadAlways, gst.CapsFromString("ANY")))
			}
		}, nil, gstbase.BaseTransformOverrides[*bindingsFilter]{TransformIp: (*bindingsFilter).transformIP}, nil)
	gst.ElementRegister(nil, "gstxbindingsfilter", uint(gst.RankNone), t)
})

// BenchmarkElement is what ten elements in a row cost per buffer and element.
// floor: stock identity. peer: through the generated bindings. ours: a filter of
// this package, its frame filled in. The pipeline around them is in all three.
func BenchmarkElement(b *testing.B) {
	registerBindingsFilter()
	const chain = 10
	for _, c := range []struct{ name, element string }{
		{"floor", "identity silent=true"},
		{"peer", "gstxbindingsfilter"},
		{"ours", "gstxtestfilter"},
	} {
		b.Run(c.name, func(b *testing.B) {
			n := b.N/chain + 1
			p := pipe.New(b, fmt.Sprintf("fakesrc num-buffers=%d sizetype=empty ! %sfakesink sync=false",
				n, strings.Repeat(c.element+" ! ", chain)))
			b.ReportAllocs()
			b.ResetTimer()
			p.SetState(gst.StatePlaying)
			p.EOS(5 * time.Minute)
			b.StopTimer()
			p.Stop()
		})
	}
}
