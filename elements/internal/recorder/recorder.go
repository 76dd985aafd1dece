// Package recorder is an element for tests: it keeps the caps and the block of
// every buffer that passes.
//
//	p := pipe.Play(t, "… ! metarecorder name=seen ! fakesink")
//	p.EOS(time.Minute)
//	for _, b := range recorder.Take("seen").Buffers { … }
package recorder

import (
	"sync"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// Record is what an element has seen.
type Record struct {
	Formats []*gstx.VideoFormat
	Buffers []Buffer
}

// Buffer is one buffer's.
type Buffer struct {
	PTS, StreamTime uint64      // ns
	Duration        uint64      // ns
	Frame           gstx.Frame  // memories and planes as they were
	Layers          *meta.Block // nil when it has none
	Block           *meta.Block // nil when it has none
	FD              int         // of the block's file; another buffer's with the same one shares it
	Metas           int         // of all kinds
	Err             error       // a block that cannot be trusted
	Bytes           []byte
}

var (
	mu   sync.Mutex // guards seen
	seen = map[string]*Record{}
)

// Register makes the element metarecorder; GStreamer must be initialised.
func Register() error {
	return gstx.Register(nil, class)
}

// Take gives what the element of that name has seen since its start, or since the
// last call.
func Take(name string) Record {
	mu.Lock()
	defer mu.Unlock()
	r := seen[name]
	delete(seen, name)
	if r == nil {
		return Record{}
	}
	return *r
}

var class = gstx.Class{
	Name: "metarecorder", TypeName: "GstMetaRecorder", LongName: "Recorder", Klass: "Filter/Debug/Video",
	Description: "Keeps what passes, for tests", Author: "gst-shmmeta contributors",
	Parent: gstx.Filter, Bytes: true,
	Pads: []gstx.Pad{
		{Name: "sink", Direction: gstx.Sink, Caps: "ANY"},
		{Name: "src", Direction: gstx.Src, Caps: "ANY"},
	},
	New: func(e *gstx.Element) any { return &element{e} },
}

type element struct{ e *gstx.Element }

// keep runs f with the element's record.
func (r *element) keep(f func(*Record)) {
	mu.Lock()
	defer mu.Unlock()
	name := r.e.Name()
	if seen[name] == nil {
		seen[name] = &Record{}
	}
	f(seen[name])
}

func (r *element) Start() error {
	Take(r.e.Name())
	return nil
}

func (r *element) Stop() error { return nil }

func (r *element) SetCaps(f *gstx.VideoFormat) error {
	r.keep(func(r *Record) { r.Formats = append(r.Formats, f) })
	return nil
}

func (r *element) Frame(f *gstx.Frame) gstx.Flow {
	b := Buffer{PTS: f.PTS, StreamTime: f.StreamTime, Duration: f.Duration, Frame: *f, FD: gstmeta.Get(f.Buffer.Pointer(), gstmeta.HDR).FD()}
	b.Metas = int(pipe.Metas(f.Buffer.Pointer()))
	var block meta.Block
	ok, err := gstmeta.Open(f.Buffer.Pointer(), gstmeta.HDR, &block)
	if b.Err = err; ok && err == nil {
		b.Block = block.Clone()
	}
	if ok, err := gstmeta.Open(f.Buffer.Pointer(), gstmeta.Layers, &block); ok && err == nil {
		b.Layers = block.Clone()
	}
	b.Bytes = append(b.Bytes, f.Bytes()...)
	r.keep(func(r *Record) { r.Buffers = append(r.Buffers, b) })
	return gstx.FlowOK
}
