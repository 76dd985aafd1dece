package v4l2element

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// Blocks are the sealed blocks of a stream's pictures, with one reference of their own
// each; the zero value has none. They are made again only when what they tell changes.
type Blocks struct {
	gstx.Blocks
	// bottom is Layers of bottom fields, where fields have buffers of their own.
	bottom gstmeta.Holder
	writer *gstmeta.Writer
}

// Of gives the blocks of a frame with a field (V4L2_FIELD_*), lent.
func (b *Blocks) Of(field uint32) gstx.Blocks {
	out := b.Blocks
	if field == sys.V4L2_FIELD_BOTTOM && !b.bottom.IsNil() {
		out.Layers = b.bottom
	}
	return out
}

// Describe makes the block about the content; nil is for what is not known of it.
func (b *Blocks) Describe(c v4l2.Color, mastering *meta.MasteringDisplay, light *meta.ContentLight) error {
	return b.hold(&b.HDR, &meta.Block{
		Color: &meta.Color{
			Primaries: c.Primaries, Transfer: c.Transfer, Matrix: c.Matrix,
			FullRange: c.FullRange, ChromaSite: meta.ChromaUnspecified,
		},
		MasteringDisplay: mastering,
		ContentLight:     light,
	})
}

// Place makes the block about the memory, where DRM has a code for the format.
func (b *Blocks) Place(g *Geometry) error {
	if g.Field != sys.V4L2_FIELD_ALTERNATE {
		return b.place(&b.Layers, g.Layers(g.Field))
	}
	if err := b.place(&b.bottom, g.Layers(sys.V4L2_FIELD_BOTTOM)); err != nil {
		return err
	}
	return b.place(&b.Layers, g.Layers(sys.V4L2_FIELD_TOP))
}

func (b *Blocks) place(h *gstmeta.Holder, l *meta.Layers) error {
	if l == nil {
		return nil
	}
	return b.hold(h, &meta.Block{Layers: l})
}

// hold seals a block and puts it in the place of the last one.
func (b *Blocks) hold(h *gstmeta.Holder, block *meta.Block) error {
	if b.writer == nil {
		b.writer = gstmeta.NewWriter()
	}
	made, err := b.writer.Write(block)
	if err != nil {
		return err
	}
	h.Unref()
	*h = made.Ref()
	return nil
}

// Close gives the references back; Blocks may be used on.
func (b *Blocks) Close() {
	b.HDR.Unref()
	b.Layers.Unref()
	b.bottom.Unref()
	if b.writer != nil {
		b.writer.Close()
	}
	*b = Blocks{}
}
