package hdrmetadump

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/jsonl"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// dump is the element. Properties are set by any thread; the rest belongs to
// the thread that changes the state and, between Start and Stop, to the
// streaming thread.
type dump struct {
	e *gstx.Element

	mu       sync.Mutex // guards location and format
	location string
	format   int32
	messages atomic.Bool

	buffers, dropped, missing atomic.Uint64
	broken                    gstx.Damage

	out       *output  // nil: nowhere
	extract   *extract // nil: lines
	formatter jsonl.Formatter
	hdr       part
	layers    part
	line      []byte
}

func newDump(e *gstx.Element) *dump {
	d := &dump{e: e, location: "-"}
	d.hdr.reader, d.layers.reader = gstmeta.NewReader(gstmeta.HDR), gstmeta.NewReader(gstmeta.Layers)
	d.messages.Store(true)
	return d
}

func (d *dump) SetProperty(name string, v any) error {
	switch name {
	case "location":
		d.mu.Lock()
		d.location = v.(string)
		d.mu.Unlock()
	case "format":
		d.mu.Lock()
		d.format = v.(int32)
		d.mu.Unlock()
	case "messages":
		d.messages.Store(v.(bool))
	}
	return nil
}

func (d *dump) GetProperty(name string) any {
	switch name {
	case "location":
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.location
	case "format":
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.format
	case "messages":
		return d.messages.Load()
	case "buffers":
		return d.buffers.Load()
	case "broken":
		return d.broken.Total()
	case "dropped":
		return d.dropped.Load()
	case "missing":
		return d.missing.Load()
	}
	return nil
}

func (d *dump) Start() (err error) {
	d.mu.Lock()
	location, format := d.location, d.format
	d.mu.Unlock()
	if d.out, err = openOutput(location); err != nil {
		return err
	}
	d.extract = newExtract(format, d.out)
	d.formatter = jsonl.Formatter{}
	d.buffers.Store(0)
	d.broken.Reset()
	d.dropped.Store(0)
	d.missing.Store(0)
	return nil
}

func (d *dump) Stop() error {
	err := d.finish()
	d.hdr.reader.Close()
	d.layers.reader.Close()
	out := d.out
	d.out, d.extract = nil, nil
	if e := out.close(); err == nil {
		err = e
	}
	return err
}

// SetCaps tells whether frames come in decoding order.
func (d *dump) SetCaps(f *gstx.VideoFormat) error {
	if d.extract == nil {
		return nil
	}
	return d.extract.setCompressed(!f.Raw)
}

// EOS completes the document; a state change to READY does it too.
func (d *dump) EOS() {
	if err := d.finish(); err != nil {
		d.e.Fail(gstx.ResourceWrite, err)
	}
}

// Flush is a seek: frames from elsewhere follow.
func (d *dump) Flush() {
	if d.extract == nil {
		return
	}
	if err := d.extract.flush(); err != nil {
		d.e.Fail(gstx.ResourceWrite, err)
	}
}

// finish completes the document and tells what is not in it.
func (d *dump) finish() error {
	if d.extract == nil || d.extract.done {
		return nil
	}
	err := d.extract.finish()
	for _, remark := range d.extract.remarks() {
		d.e.Warn(gstx.StreamFailed, &gstx.Error{Code: gstx.StreamFailed, Text: d.out.name + ": " + remark.Error() + "."})
	}
	return err
}

// part reads one of the two metas.
type part struct {
	reader *gstmeta.Reader
	seals  meta.Seals // of the reader's last block
}

func (p *part) read(f *gstx.Frame) jsonl.Part {
	b, changed, err := p.reader.Read(f.Buffer.Pointer())
	if b == nil {
		return jsonl.Part{Err: err}
	}
	if changed {
		// Accepted a moment ago, so this cannot fail.
		p.seals, err = meta.ReadSeals(p.reader.Holder().FD())
	}
	return jsonl.Part{Block: b, Seals: p.seals, Err: err}
}

// Frame looks at one buffer.
func (d *dump) Frame(f *gstx.Frame) gstx.Flow {
	d.buffers.Add(1)
	hdr, layers := d.hdr.read(f), d.layers.read(f)
	d.warn(hdr.Err, layers.Err)

	if d.extract == nil || d.messages.Load() {
		line, changed := d.formatter.AppendLine(d.line[:0], f.PTS, hdr, layers)
		d.line = line
		if changed && d.messages.Load() {
			d.post(f.PTS, hdr, line)
		}
	}
	switch err := d.write(f, hdr); {
	case err == nil:
	case errors.Is(err, errNoReader) && d.extract == nil:
		if d.dropped.Add(1) == 1 {
			d.e.Warn(gstx.ResourceWrite, &gstx.Error{Code: gstx.ResourceWrite,
				Text:  fmt.Sprintf("The reader of %s does not keep up: lines are dropped.", d.out.name),
				Cause: err})
		}
	default:
		if d.extract != nil {
			d.extract.done = true // nothing can be written any more
		}
		d.e.Fail(gstx.ResourceWrite, err)
		return gstx.FlowError
	}
	return gstx.FlowOK
}

// write writes the line, or what the document takes of the frame.
func (d *dump) write(f *gstx.Frame, hdr jsonl.Part) error {
	switch {
	case d.extract != nil:
		var b *meta.Block
		if hdr.Err == nil {
			b = hdr.Block
		}
		err := d.extract.frame(f.PTS, b)
		d.missing.Store(d.extract.doc.missing())
		return err
	case d.out != nil:
		return d.out.write(d.line)
	}
	return nil
}

// warn counts the blocks that were refused, and tells when good ones end.
func (d *dump) warn(errs ...error) {
	n := uint64(0)
	for _, err := range errs {
		if err != nil {
			n++
		}
	}
	d.broken.Note(d.e, "A buffer's metadata cannot be trusted and is ignored (%d so far).", n, errors.Join(errs...))
}

// post tells the bus what the line says.
func (d *dump) post(pts uint64, hdr jsonl.Part, line []byte) {
	var formats string
	if hdr.Block != nil && hdr.Err == nil {
		formats = strings.Join(jsonl.Formats(hdr.Block), ",")
	}
	err := d.e.Post("hdr-metadata",
		gstx.Field{Name: "pts", Value: pts},
		gstx.Field{Name: "formats", Value: formats},
		gstx.Field{Name: "json", Value: strings.TrimSuffix(string(line), "\n")})
	if err != nil {
		d.e.Warningf("%v", err)
	}
}
