package hdrmetainsert

import (
	"errors"
	"sync/atomic"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/codec"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta/bitstream"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// insert is the element. Between Start and Stop everything but the property and
// the counters belongs to the streaming thread.
type insert struct {
	e *gstx.Element

	existing          atomic.Int32
	buffers, inserted atomic.Uint64
	broken            gstx.Damage

	reader   *gstmeta.Reader
	inserter bitstream.Inserter
	out      []byte
}

func newInsert(e *gstx.Element) *insert {
	return &insert{e: e, reader: gstmeta.NewReader(gstmeta.HDR)}
}

func (s *insert) SetProperty(name string, v any) error {
	if name == "existing" {
		s.existing.Store(v.(int32))
	}
	return nil
}

func (s *insert) GetProperty(name string) any {
	switch name {
	case "existing":
		return s.existing.Load()
	case "buffers":
		return s.buffers.Load()
	case "inserted":
		return s.inserted.Load()
	case "broken":
		return s.broken.Total()
	}
	return nil
}

func (s *insert) Start() error {
	s.buffers.Store(0)
	s.inserted.Store(0)
	s.broken.Reset()
	s.inserter = bitstream.Inserter{}
	return nil
}

func (s *insert) Stop() error {
	s.reader.Close()
	s.out = nil
	return nil
}

func (s *insert) SetCaps(f *gstx.VideoFormat) error {
	format, err := codec.Format(f)
	if err != nil {
		return &gstx.Error{Code: gstx.StreamFormat, Text: "The caps do not describe a stream that metadata can be written into.", Cause: err}
	}
	s.inserter.Format = format
	return nil
}

// Frame writes the metadata of one access unit into it.
func (s *insert) Frame(f *gstx.Frame) gstx.Flow {
	s.buffers.Add(1)
	block, _, refused := s.reader.Read(f.Buffer.Pointer())
	if block == nil {
		s.warn(refused)
		return gstx.FlowOK
	}
	policy := bitstream.Replace
	if s.existing.Load() == existingKeep {
		policy = bitstream.Keep
	}
	au := f.Bytes()
	out, err := s.inserter.Insert(s.out[:0], au, block, policy)
	s.out = out
	s.warn(err)
	if !s.inserter.Changed() {
		return gstx.FlowOK
	}
	if !f.Buffer.Replace(out) {
		s.e.Fail(gstx.ResourceNoSpaceLeft, errors.New("no memory for an access unit"))
		return gstx.FlowError
	}
	s.inserted.Add(1)
	return gstx.FlowOK
}

// warn counts what could not be inserted, and tells when it follows what could.
func (s *insert) warn(err error) {
	s.broken.Note(s.e, "Metadata could not all be written into the stream (%d access units so far).", 1, err)
}
