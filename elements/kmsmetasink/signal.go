package kmsmetasink

import (
	"fmt"

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
	signal  kms.Signal // that it asks for, whatever the property hdr says

	// What was reported last.
	told struct {
		content content
		status  kms.Status
	}
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
	block, changed, err := h.reader.Read(f.Buffer.Pointer())
	if err != nil && !h.broken {
		s.element.Warn(gstx.StreamFormat, &gstx.Error{Code: gstx.StreamFormat,
			Text: "A buffer's metadata cannot be trusted; the caps count instead.", Cause: err})
	}
	h.broken = err != nil
	if changed || h.stale {
		h.stale = false
		h.content, h.signal = signalOf(block, &h.caps)
	}
	signal := h.signal
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

// Dynamic metadata has no property in KMS.
const noDynamic = "KMS has no property for metadata that changes from frame to frame; the static part counts"

// reportStatus tells the bus and the property hdr-status what became of the
// metadata, when that has changed.
func (s *sink) reportStatus() {
	h := s.hdrPart
	status := s.out.Status()
	if s.hdr.Load() == hdrOff && (h.signal.HDR || h.signal.BT2020) {
		status = kms.Status{State: kms.Dropped, Reason: "the property hdr is off"}
	}
	if h.content == h.told.content && status == h.told.status {
		return
	}
	was := h.told
	h.told.content, h.told.status = h.content, status
	first := was.content.format == ""
	if !first || h.content.format != "SDR" || status.State != kms.Off {
		s.tell(h.content.format, status.State.String(), status.Reason)
	}
	if h.content.hdr10plus && !was.content.hdr10plus {
		s.tell("HDR10+", kms.Dropped.String(), noDynamic)
	}
	if h.content.dolbyRPU && !was.content.dolbyRPU {
		s.tell("Dolby Vision", kms.Dropped.String(), noDynamic)
	}
	text := h.content.format + ": " + status.State.String()
	if status.Reason != "" {
		text += fmt.Sprintf(" (%s)", status.Reason)
	}
	s.setHDRText(text)
	s.element.NotifyProperty("hdr-status")
}

func (s *sink) tell(format, output, reason string) {
	s.element.Infof("%s: %s %s", format, output, reason)
	if err := s.element.Post("shm-hdr-status",
		gstx.Field{Name: "format", Value: format},
		gstx.Field{Name: "output", Value: output},
		gstx.Field{Name: "reason", Value: reason},
	); err != nil {
		s.element.Warningf("%v", err)
	}
}
