package hdrmetaparse

import (
	"errors"
	"sync/atomic"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/codec"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/bitstream"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// parse is the element. Between Start and Stop everything but the counters
// belongs to the streaming thread.
type parse struct {
	e *gstx.Element

	buffers atomic.Uint64
	broken  gstx.Damage

	format  bitstream.Format
	tracker *bitstream.Tracker
	caps    meta.Block // what the caps say
	writer  *gstmeta.Writer
	present *gstmeta.Reader // of what buffers have already
	block   meta.Block      // all of it put together
	holder  gstmeta.Holder  // of block, lent by writer; none when there is nothing to attach
	stale   bool            // caps have changed since

	// The static metadata that the caps downstream have by us.
	mastering meta.MasteringDisplay
	light     meta.ContentLight
}

func newParse(e *gstx.Element) *parse {
	return &parse{e: e, writer: gstmeta.NewWriter(), present: gstmeta.NewReader(gstmeta.HDR)}
}

func (p *parse) SetProperty(string, any) error { return nil } // all are read-only

func (p *parse) GetProperty(name string) any {
	switch name {
	case "buffers":
		return p.buffers.Load()
	case "broken":
		return p.broken.Total()
	}
	return nil
}

func (p *parse) Start() error {
	p.buffers.Store(0)
	p.broken.Reset()
	p.format, p.tracker = bitstream.Format{}, nil
	p.stale = true
	return nil
}

func (p *parse) Stop() error {
	p.present.Close()
	p.writer.Close()
	p.holder = gstmeta.Holder{}
	return nil
}

// SetCaps takes what is new of the stream; the metadata that holds goes on
// holding, as parsers also send new caps in the middle of a stream.
func (p *parse) SetCaps(f *gstx.VideoFormat) (err error) {
	format, err := codec.Format(f)
	if err != nil {
		return &gstx.Error{Code: gstx.StreamFormat, Text: "The caps do not describe a stream that can be parsed.", Cause: err}
	}
	if format != p.format {
		p.format = format
		if p.tracker, err = bitstream.NewTracker(format); err != nil {
			return err
		}
	}
	if len(f.CodecData) > 0 && f.StreamFormat != "byte-stream" {
		p.warn(p.tracker.Config(f.CodecData))
	}
	p.mastering, p.light = meta.MasteringDisplay{}, meta.ContentLight{}
	p.stale = true
	if p.caps, err = f.HDR(); err != nil {
		p.e.Warn(gstx.StreamFormat, &gstx.Error{Code: gstx.StreamFormat,
			Text: "Static metadata in the caps cannot be read and is ignored.", Cause: err})
	}
	p.tracker.SetColor(p.caps.Color)
	return nil
}

// EOS has nothing to wait for.
func (p *parse) EOS() {}

// Flush forgets what held before a seek.
func (p *parse) Flush() {
	if p.tracker != nil {
		p.tracker.Reset()
	}
}

// Frame finds and attaches the metadata of one access unit.
func (p *parse) Frame(f *gstx.Frame) gstx.Flow {
	p.buffers.Add(1)
	found, changed, err := p.tracker.Next(f.Bytes())
	p.warn(err)
	has, hasChanged, _ := p.present.Read(f.Buffer.Pointer()) // one that cannot be trusted is replaced
	if changed || hasChanged || p.stale {
		p.stale = false
		p.block.Reset()
		p.block.Fill(found)
		if has != nil {
			p.block.Fill(has)
		}
		p.block.Fill(&p.caps)
		if err := p.seal(); err != nil {
			p.e.Fail(gstx.ResourceFailed, err)
			return gstx.FlowError
		}
		p.setCaps(found)
	}
	if p.holder.IsNil() {
		return gstx.FlowOK
	}
	if err := gstmeta.Attach(f.Buffer.Pointer(), gstmeta.HDR, p.holder); err != nil {
		p.e.Fail(gstx.StreamFailed, err)
		return gstx.FlowError
	}
	return gstx.FlowOK
}

// seal makes the holder of the block, or none for a block without sections.
func (p *parse) seal() (err error) {
	p.holder = gstmeta.Holder{}
	if !p.block.Empty() {
		p.holder, err = p.writer.Write(&p.block)
	}
	return err
}

// setCaps adds the stream's static metadata to the caps downstream.
func (p *parse) setCaps(found *meta.Block) {
	var m meta.MasteringDisplay
	var l meta.ContentLight
	var mastering, light string
	if found.MasteringDisplay != nil {
		m = *found.MasteringDisplay
		mastering = m.String()
	}
	if found.ContentLight != nil {
		l = *found.ContentLight
		light = l.String()
	}
	if m == p.mastering && l == p.light {
		return
	}
	p.mastering, p.light = m, l
	if !p.e.SetStaticCaps(mastering, light) {
		p.e.Warningf("downstream refuses caps with mastering-display-info=%s content-light-level=%s", mastering, light)
	}
}

// warn counts what was broken, and tells when good access units end.
func (p *parse) warn(err error) {
	n := uint64(1)
	var damage *bitstream.DamageError
	if errors.As(err, &damage) {
		n = uint64(damage.Count)
	}
	p.broken.Note(p.e, "Broken metadata in the stream is ignored (%d so far); the rest is used.", n, err)
}
