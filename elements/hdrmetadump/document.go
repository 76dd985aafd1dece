package hdrmetadump

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
)

// document is an output that is one file of one kind of metadata, as an
// extractor tool writes it, rather than a line for each buffer.
type document interface {
	// payload is what a frame has of the kind, in arrival order. Empty is
	// nothing. It is lent until the next call.
	payload(*meta.Block) []byte
	// write writes the next frame in presentation order, with its payload.
	write(payload []byte) error
	// close completes the document.
	close() error
	// remarks are what the user has to know of it.
	remarks() []error
	// missing is how many frames had nothing of the kind.
	missing() uint64
}

// problems counts frames and keeps what was wrong with the first.
type problems struct {
	count uint64
	first error
}

func (p *problems) add(err error) {
	if p.count++; p.count == 1 {
		p.first = err
	}
}

// remark appends what text says of the frames, if there are any.
func (p *problems) remark(list []error, text string) []error {
	switch {
	case p.count == 0:
		return list
	case p.first == nil:
		return append(list, fmt.Errorf(text, p.count))
	}
	return append(list, fmt.Errorf(text+" (the first: %w)", p.count, p.first))
}

// hdr10plusDocument is the JSON of the HDR10+ tools. A frame without metadata
// has that of the frame before it in decoding order, as decoders and
// hdr10plus_tool have it; before the first message, that of the first, so that a
// frame's number stays its number.
type hdr10plusDocument struct {
	json *hdr10plus.JSONWriter
	held []byte // of the last frame that came with a message

	m       hdr10plus.Metadata // what was written last
	last    []byte             // the payload it was made of
	loss    error              // what JSON cannot hold of it
	written bool               // there is one
	leading uint64             // frames before the first message
	end     error              // what is wrong with the document as a whole

	without, broken, lossy problems
}

func newHDR10PlusDocument(w io.Writer) document {
	d := &hdr10plusDocument{json: hdr10plus.NewJSONWriter(w)}
	d.json.Tool, d.json.ToolVersion, d.json.Lossy = "gst-shmmeta", gstx.Version, true
	return d
}

func (d *hdr10plusDocument) payload(b *meta.Block) []byte {
	if b == nil || len(b.HDR10Plus) == 0 {
		d.without.add(nil)
		return d.held
	}
	d.held = append(d.held[:0], b.HDR10Plus...)
	return d.held
}

func (d *hdr10plusDocument) write(payload []byte) error {
	if len(payload) > 0 && !(d.written && bytes.Equal(payload, d.last)) {
		d.decode(payload)
	}
	if !d.written {
		d.leading++
		return nil
	}
	for ; d.leading > 0; d.leading-- {
		if err := d.json.Write(&d.m); err != nil {
			return err
		}
	}
	if d.loss != nil {
		d.lossy.add(d.loss)
	}
	return d.json.Write(&d.m)
}

// decode takes a new message; one that cannot be read is as none.
func (d *hdr10plusDocument) decode(payload []byte) {
	var m hdr10plus.Metadata
	if _, err := m.Decode(payload); err != nil {
		d.broken.add(err)
		return
	}
	d.m, d.written = m, true
	d.last = append(d.last[:0], payload...)
	d.loss = m.JSONLoss()
}

func (d *hdr10plusDocument) close() error {
	err := d.json.Close()
	if errors.Is(err, hdr10plus.ErrNotInJSON) {
		d.end, err = err, nil
	}
	return err
}

func (d *hdr10plusDocument) missing() uint64 { return d.without.count }

func (d *hdr10plusDocument) remarks() (list []error) {
	if !d.written {
		return d.broken.remark([]error{errors.New("no frame has HDR10+ metadata that can be read: the file has no scenes")}, "%d frames have HDR10+ metadata that cannot be read")
	}
	list = d.without.remark(list, "%d frames have no HDR10+ metadata and got that of the frame before")
	list = d.broken.remark(list, "%d frames have HDR10+ metadata that cannot be read and got that of the frame before")
	list = d.lossy.remark(list, "%d frames have HDR10+ metadata that is not all in the file")
	if d.end != nil {
		list = append(list, d.end)
	}
	return list
}

// rpuDocument is an RPU file. A frame without an RPU is not in it, as with
// dovi_tool.
type rpuDocument struct {
	file            *dovi.Writer
	written         uint64
	without, broken problems
}

func newRPUDocument(w io.Writer) document { return &rpuDocument{file: dovi.NewWriter(w)} }

func (d *rpuDocument) payload(b *meta.Block) []byte {
	if b == nil || len(b.DolbyVision) == 0 {
		d.without.add(nil)
		return nil
	}
	return b.DolbyVision
}

func (d *rpuDocument) write(payload []byte) error {
	if len(payload) == 0 {
		return nil
	}
	err := d.file.Write(payload)
	if err == nil {
		d.written++
		return nil
	}
	var output *gstx.Error
	if errors.As(err, &output) {
		return err
	}
	d.broken.add(err) // so it is the RPU
	return nil
}

func (d *rpuDocument) close() error { return nil }

func (d *rpuDocument) missing() uint64 { return d.without.count }

func (d *rpuDocument) remarks() (list []error) {
	if d.written == 0 && d.broken.count == 0 {
		return []error{errors.New("no frame has a Dolby Vision RPU: the file is empty")}
	}
	list = d.without.remark(list, "%d frames have no Dolby Vision RPU and are not in the file")
	return d.broken.remark(list, "%d frames have a broken Dolby Vision RPU and are not in the file")
}
