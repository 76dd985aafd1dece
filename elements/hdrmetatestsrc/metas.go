package hdrmetatestsrc

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/testpattern"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// metas holds the sealed blocks of all scenes: they are made once, before the
// first frame, and shared by all frames.
type metas struct {
	scene  [testpattern.Scenes]gstmeta.Holder
	layers gstmeta.Holder
}

// make seals the blocks. On an error nothing is held.
func (m *metas) make(s *settings, p *testpattern.Painter, layers *meta.Block) (err error) {
	w := gstmeta.NewWriter() // equal scenes share a block
	defer w.Close()
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	write := func(to *gstmeta.Holder, b *meta.Block) error {
		h, err := w.Write(b)
		if err == nil {
			*to = h.Ref()
		}
		return err
	}
	for i := range m.scene {
		b, err := sceneBlock(s, p, i)
		if err != nil {
			return err
		}
		if err := write(&m.scene[i], b); err != nil {
			return err
		}
	}
	return write(&m.layers, layers)
}

// attach puts both metas on a buffer of our own.
func (m *metas) attach(b gstx.Buffer, scene int) error {
	if err := gstmeta.Attach(b.Pointer(), gstmeta.HDR, m.scene[scene]); err != nil {
		return err
	}
	return gstmeta.Attach(b.Pointer(), gstmeta.Layers, m.layers)
}

// close gives our references up; buffers keep theirs.
func (m *metas) close() {
	for i := range m.scene {
		m.scene[i].Unref()
	}
	m.layers.Unref()
	*m = metas{}
}
