// Package stamper is an element for tests: it puts a block on each buffer that
// passes.
//
//	stamper.ByNumber(t, func(n int) *meta.Block { … })
//	pipe.Play(t, "… ! metastamper ! …")
package stamper

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// Garbage stands for a sealed file that is no block: behind good seals, it can only
// be told by what is in it.
var Garbage = new(meta.Block)

type stamps func(n int, pts uint64) *meta.Block

var current atomic.Pointer[stamps]

// All puts the block on every buffer of the metastampers that start from now on,
// until the test's end. nil is none.
func All(t testing.TB, b *meta.Block) {
	set(t, func(int, uint64) *meta.Block { return b })
}

// ByNumber is All with the block of buffer n, counted from the element's start.
func ByNumber(t testing.TB, block func(n int) *meta.Block) {
	set(t, func(n int, _ uint64) *meta.Block { return block(n) })
}

// ByTime is All with the block of a buffer's time, in ns.
func ByTime(t testing.TB, block func(pts uint64) *meta.Block) {
	set(t, func(_ int, pts uint64) *meta.Block { return block(pts) })
}

func set(t testing.TB, s stamps) {
	current.Store(&s)
	t.Cleanup(func() { current.Store(nil) })
}

// Register makes the element metastamper; GStreamer must be initialised.
func Register() error {
	return gstx.Register(nil, gstx.Class{
		Name: "metastamper", TypeName: "GstMetaStamper", LongName: "Stamper", Klass: "Filter/Effect/Video",
		Description: "Puts blocks on what passes, for tests", Author: "gst-shmmeta contributors",
		Parent: gstx.Filter, InPlace: true,
		Pads: []gstx.Pad{
			{Name: "sink", Direction: gstx.Sink, Caps: "ANY"},
			{Name: "src", Direction: gstx.Src, Caps: "ANY"},
		},
		New: func(*gstx.Element) any { return new(element) },
	})
}

type element struct {
	block   stamps
	n       int
	w       *gstmeta.Writer
	garbage gstmeta.Holder
}

func (e *element) Start() error {
	s := current.Load()
	if s == nil {
		return errors.New("no test has said what to put on buffers")
	}
	fd, err := meta.Seal([]byte("thirty-two bytes of no block at all"))
	if err != nil {
		return err
	}
	if e.garbage, err = gstmeta.NewHolder(fd); err != nil {
		return err
	}
	e.block, e.n, e.w = *s, 0, gstmeta.NewWriter()
	return nil
}

func (e *element) Stop() error {
	e.w.Close()
	e.garbage.Unref()
	return nil
}

func (e *element) Frame(f *gstx.Frame) gstx.Flow {
	b := e.block(e.n, f.PTS)
	e.n++
	h := e.garbage
	switch b {
	case nil:
		return gstx.FlowOK
	case Garbage:
	default:
		var err error
		if h, err = e.w.Write(b); err != nil {
			return gstx.FlowError
		}
	}
	if gstmeta.Attach(f.Buffer.Pointer(), gstmeta.HDR, h) != nil {
		return gstx.FlowError
	}
	return gstx.FlowOK
}
