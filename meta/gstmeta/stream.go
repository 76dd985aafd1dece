package gstmeta

import (
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// Writer makes holders of blocks for one stream and hands the same one out for
// as long as the content stays the same. What its Write returns is lent, Attach
// takes the buffer's own reference:
//
//	h, err := w.Write(&block)
//	…
//	err = gstmeta.Attach(buf, gstmeta.HDR, h)
//
// One Writer can serve both kinds. Close it at the stream's end; buffers keep
// what they carry.
type Writer = meta.Writer[Holder]

// NewWriter makes a Writer.
func NewWriter() *Writer { return meta.NewWriter(hold, Holder.Unref) }

// Reader reads the blocks of one kind from a stream's buffers. A holder's
// content cannot change, so the same holder on the next buffer costs no system
// call. A Reader is for one goroutine; Close it at the stream's end.
type Reader struct {
	kind  Kind
	block meta.Block
	last  Holder // referenced, so that its address is not another's meanwhile
	err   error  // what reading last gave
}

// NewReader makes a Reader.
func NewReader(k Kind) *Reader { return &Reader{kind: k} }

// Read gives the block on a buffer, nil if there is none or if err says what is
// wrong with it. changed says whether that, block or error, can differ from the
// last call's. The block is lent until the next call.
func (r *Reader) Read(buf unsafe.Pointer) (b *meta.Block, changed bool, err error) {
	return r.Next(Get(buf, r.kind))
}

// Next is Read for who has got the buffer's holder already.
func (r *Reader) Next(h Holder) (b *meta.Block, changed bool, err error) {
	if h != r.last {
		changed = true
		r.last.Unref()
		r.last = h.Ref()
		r.block.Reset()
		r.err = nil
		if !h.IsNil() {
			r.err = r.block.Open(h.FD())
		}
	}
	if h.IsNil() || r.err != nil {
		return nil, changed, r.err
	}
	return &r.block, changed, nil
}

// Holder lends the holder of the block that Read gave last.
func (r *Reader) Holder() Holder { return r.last }

// Close forgets the last block; a Reader may be used on and closed again.
func (r *Reader) Close() {
	r.last.Unref()
	r.last, r.err = Holder{}, nil
	r.block.Reset()
}
