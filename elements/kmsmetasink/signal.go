package kmsmetasink

import (
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// hdrPart follows the metadata of the stream.
type hdrPart struct {
	reader *gstmeta.Reader
	caps   meta.Block // what the caps say
	stale  bool       // the signal below is not that of the caps and block now
	broken bool       // the last buffer's block was refused

	content content    // of the last frame
	signal  kms.Signal // that its static metadata ask for, whatever the property hdr says
	dynamic int32      // the property, as it counts in the following
	scene   scene      // what its HDR10+ metadata ask for
	badPlus string     // why those cannot be read

	told  report // last
	basis basis  // of it
	news  bool   // what the frames have is not what it was made from
}

// content names what a frame has.
type content struct {
	format              string // SDR, PQ, HDR10 or HLG
	hdr10plus, dolbyRPU bool
}

func (h *hdrPart) reset() {
	h.reader.Close()
	*h = hdrPart{reader: h.reader, stale: true}
}

func (h *hdrPart) close() { h.reset() }

// setFormat takes the caps' static metadata. What cannot be read is left out, and
// the error says so.
func (h *hdrPart) setFormat(f *gstx.VideoFormat) (err error) {
	h.caps, err = f.HDR()
	h.stale = true
	return err
}

// signal is what to tell the display with this frame.
func (s *sink) signal(f *gstx.Frame) kms.Signal {
	h := s.hdrPart
	block, changed, err := h.reader.Next(f.Blocks.HDR)
	if err != nil && !h.broken {
		s.element.Warn(gstx.StreamFormat, &gstx.Error{Code: gstx.StreamFormat,
			Text: "A buffer's metadata cannot be trusted; the caps count instead.", Cause: err})
	}
	h.broken = err != nil
	if dynamic := s.dynamic.Load(); changed || h.stale || dynamic != h.dynamic {
		h.stale, h.dynamic, h.news = false, dynamic, true
		h.content, h.signal = signalOf(block, &h.caps)
		h.takeHDR10Plus(block)
	}
	signal := h.signal
	h.scene.next(&signal)
	switch s.hdr.Load() {
	case hdrOff:
		return kms.Signal{}
	case hdrForce:
		signal.Force = true
	}
	return signal
}

// signalOf makes the signal of a block, nil for none, with what it leaves open
// taken from the caps.
func signalOf(block, caps *meta.Block) (content, kms.Signal) {
	var all meta.Block
	c := content{format: "SDR"}
	if block != nil {
		all.Fill(block)
		c.hdr10plus, c.dolbyRPU = len(block.HDR10Plus) > 0, len(block.DolbyVision) > 0
	}
	all.Fill(caps)
	var s kms.Signal
	s.Metadata, s.HDR = all.HDROutputMetadata()
	if all.Color != nil {
		s.BT2020 = all.Color.Primaries == meta.PrimariesBT2020
	}
	switch {
	case !s.HDR:
	case all.Color.Transfer == meta.TransferHLG:
		c.format = "HLG"
	case all.MasteringDisplay != nil || all.ContentLight != nil:
		c.format = "HDR10"
	default:
		c.format = "PQ"
	}
	if s.HDR {
		s.MinBPC = 10 // fewer make PQ and HLG show bands
	}
	return c, s
}

// takeHDR10Plus follows the dynamic metadata, which belong to PQ.
func (h *hdrPart) takeHDR10Plus(block *meta.Block) {
	h.badPlus = ""
	if !h.content.hdr10plus || h.dynamic != dynamicScene || !h.content.pq() {
		h.scene.off()
		return
	}
	if err := h.scene.take(block.HDR10Plus); err != nil {
		h.badPlus = err.Error()
	}
}

func (c *content) pq() bool { return c.format == "PQ" || c.format == "HDR10" }
