package kmsmetasink

import (
	"errors"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// layersPart follows GstShmLayersMeta: what it makes of a frame.
type layersPart struct {
	reader *gstmeta.Reader
	stale  bool // the caps have changed since the plan was made
	plan   plan
	broken bool // the last buffer's block was refused
}

func (l *layersPart) close() {
	l.reader.Close()
	*l = layersPart{reader: l.reader, stale: true}
}

// layout reads what the frame's memory holds. A block that cannot be trusted, or
// that says nothing to be shown, leaves what the caps say.
func (s *sink) layout(f *gstx.Frame) *plan {
	l := s.layersPart
	block, changed, err := l.reader.Next(f.Blocks.Layers)
	if err != nil && !l.broken {
		s.element.Warn(gstx.StreamFormat, &gstx.Error{Code: gstx.StreamFormat,
			Text: "A buffer's layers cannot be trusted; caps and GstVideoMeta count instead.", Cause: err})
	}
	l.broken = err != nil
	if changed || l.stale {
		l.stale = false
		l.plan = plan{plain: true}
		if block != nil && block.Layers != nil {
			l.plan = s.planOf(block.Layers)
		}
	}
	return &l.plan
}

// layerOf gives a planned layer in this frame to the display, as it is or to be
// drawn. It is not ok when it has to be left out.
func (s *sink) layerOf(f *gstx.Frame, p *planned) (l kms.Layer, ok bool) {
	if p.skipped == nil {
		p.skipped = p.fits(f)
	}
	if p.skipped != nil {
		return l, false
	}
	l = kms.Layer{Picture: p.picture, Z: p.z, Content: s.serial}
	if p.refused == nil {
		var err error
		if l.FB, err = s.images.layer(f, p); err == nil {
			return l, true
		}
		p.refused = err
	}
	if p.picture.Fixed {
		p.skipped = p.refused
		return l, false
	}
	l.Drawn = true
	return l, true
}

// skip counts a layer that is left out, and says so once for a block.
func (s *sink) skip(p *planned) {
	s.skipped.Add(1)
	if p.told {
		return
	}
	p.told = true
	if s.first(p.skipped.Error()) {
		s.element.Warn(gstx.StreamFormat, &gstx.Error{Code: gstx.StreamFormat, Cause: p.skipped,
			Text: "A layer of the frames (" + p.role.String() + ") cannot be shown and is left out; the others are shown."})
	}
}

// gather collects what goes with the main picture: the other layers, and graphics.
func (s *sink) gather(f *gstx.Frame, p *plan) []kms.Layer {
	s.layers, s.sources = s.layers[:0], s.sources[:0]
	for i := range p.n {
		o := &p.others[i]
		if l, ok := s.layerOf(f, o); ok {
			s.layers, s.sources = append(s.layers, l), append(s.sources, o)
		} else {
			s.skip(o)
		}
	}
	if l, ok := s.graphics.layer(f, s.picture.Width, s.picture.Height); ok {
		s.layers = append(s.layers, l)
	}
	return s.layers
}

// errNothing: nothing of the frame can be shown, and that has been told.
var errNothing = errors.New("nothing of the frame can be shown")

// showLayers shows a frame whose block has something to say. Of two fields the one
// that is first in time is shown first, the other at the vertical blank after it.
func (s *sink) showLayers(f *gstx.Frame, p *plan) error {
	main, second := &p.main, &p.second
	if f.Flags&gstx.VideoInterlaced != 0 && f.Flags&gstx.VideoTFF == 0 && second.nplanes > 0 {
		main, second = second, main
	}
	if err := s.showMain(f, p, main); err != nil {
		return err
	}
	if second.nplanes == 0 || second.picture != main.picture || !s.hasTimeForFields() {
		return nil
	}
	if err := s.showMain(f, p, second); err != errNothing {
		return err
	}
	return nil
}

// hasTimeForFields tells whether the display refreshes more than once in a frame;
// frames are not late for the sake of their second field.
func (s *sink) hasTimeForFields() bool {
	p := &s.picture
	if p.FPSN == 0 || p.FPSD == 0 {
		return true
	}
	fps := uint64(p.FPSN) * 1000 / uint64(p.FPSD) // mHz
	return uint64(s.out.Refresh()) >= fps*3/2
}

// showMain shows one layer as the main picture, with the others.
func (s *sink) showMain(f *gstx.Frame, p *plan, main *planned) error {
	l, ok := s.layerOf(f, main)
	if !ok {
		s.skip(main)
		if f.NPlanes == 0 {
			return errNothing
		}
		return s.showPlain(f, p)
	}
	s.mainSource = main
	err := s.showWith(f, p, &l)
	if err != nil && !l.Drawn && !main.picture.Fixed && refusal(err) {
		// As with a plain frame: what the driver does not take can be drawn.
		main.refused = err
		l.Drawn, l.FB = true, nil
		err = s.showWith(f, p, &l)
	}
	if err != nil {
		return err
	}
	if l.Drawn {
		s.copied.Add(1)
	} else {
		s.imported.Add(1)
	}
	s.shownIs(f, l.FB, true)
	return nil
}

func (s *sink) showWith(f *gstx.Frame, p *plan, main *kms.Layer) error {
	if err := s.out.Configure(main.Picture); err != nil {
		return err
	}
	if err := s.out.SetLayers(s.gather(f, p)); err != nil {
		return err
	}
	return s.out.Show(main.FB)
}
