package hdrmetadump

import "github.com/gst-shmmeta/gst-shmmeta/meta"

// extract writes a document of a stream's frames.
type extract struct {
	out        whole
	doc        document
	order      order
	compressed bool // frames come in decoding order
	done       bool
}

// newExtract gives nil for lines, and for no output.
func newExtract(format int32, out *output) *extract {
	if out == nil {
		return nil
	}
	x := &extract{out: whole{out}, compressed: true}
	switch format {
	case formatHDR10Plus:
		x.doc = newHDR10PlusDocument(x.out)
	case formatRPU:
		x.doc = newRPUDocument(x.out)
	default:
		return nil
	}
	x.order.emit = x.doc.write
	return x
}

// frame takes the next frame; b is nil when it has no block.
func (x *extract) frame(pts uint64, b *meta.Block) error {
	if x.done {
		return nil
	}
	p := x.doc.payload(b)
	if x.compressed {
		return x.order.push(pts, p)
	}
	return x.doc.write(p)
}

func (x *extract) setCompressed(compressed bool) error {
	x.compressed = compressed
	return x.flush()
}

// flush writes the frames that wait for earlier ones.
func (x *extract) flush() error {
	if x.done {
		return nil
	}
	return x.order.drain()
}

// finish completes the document; nothing is added to it after.
func (x *extract) finish() error {
	if x.done {
		return nil
	}
	x.done = true
	if err := x.order.drain(); err != nil {
		return err
	}
	if err := x.doc.close(); err != nil {
		return err
	}
	return x.out.flush()
}

// remarks are what the user has to know of the document.
func (x *extract) remarks() []error {
	list := x.doc.remarks()
	untimed := problems{count: x.order.untimed}
	list = untimed.remark(list, "%d frames of compressed video have no time and are in the order of decoding; a container or a decoder before hdrmetadump gives them their order")
	late := problems{count: x.order.late}
	return late.remark(list, "the frames' times went back %d times by more than reordering explains, and each time a new run was begun")
}
