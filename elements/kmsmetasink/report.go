package kmsmetasink

import (
	"fmt"
	"strings"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
)

// report is what became of a frame's metadata, by kind.
type report struct {
	format                      string // of the static metadata; "" before the first frame
	static, hdr10plus, dolbyRPU outcome
}

// outcome is what became of one kind of metadata; the zero value is for a kind
// that is not there.
type outcome struct{ output, reason string }

// basis is what a report is made from, beside what the frame has.
type basis struct {
	status kms.Status
	hdr    int32 // the property
}

// Dynamic metadata has no property in KMS.
const noDynamic = "KMS has no property for metadata that changes from frame to frame; the static part counts"

// report makes the report of the frame shown last. It allocates nothing.
func (s *sink) report() report {
	h := s.hdrPart
	status := s.out.Status()
	r := report{format: h.content.format, static: outcome{status.State.String(), status.Reason}}
	off := s.hdr.Load() == hdrOff
	if off && (h.signal.HDR || h.signal.BT2020) {
		r.static = outcome{kms.Dropped.String(), "the property hdr is off"}
	}
	if h.content.dolbyRPU {
		r.dolbyRPU = outcome{kms.Dropped.String(), noDynamic}
	}
	if h.content.hdr10plus {
		r.hdr10plus = s.hdr10plusOutcome(r.static)
	}
	return r
}

func (s *sink) hdr10plusOutcome(static outcome) outcome {
	h := s.hdrPart
	switch {
	case h.dynamic != dynamicScene:
		return outcome{kms.Dropped.String(), noDynamic + "; dynamic=scene converts it"}
	case h.badPlus != "":
		return outcome{kms.Dropped.String(), h.badPlus}
	case !h.scene.on:
		return outcome{kms.Dropped.String(), "HDR10+ goes with PQ, which this picture is not"}
	case static.output != kms.Applied.String():
		return static
	}
	return outcome{"converted", "the light levels of each scene are sent as MaxCLL and MaxFALL"}
}

// reportStatus tells the bus and the property hdr-status what became of the
// metadata, when that has changed.
func (s *sink) reportStatus() {
	h := s.hdrPart
	by := basis{s.out.Status(), s.hdr.Load()}
	if !h.news && by == h.basis {
		return
	}
	h.news, h.basis = false, by
	now, was := s.report(), h.told
	if now == was {
		return
	}
	h.told = now
	// A stream that begins in SDR, as most do, is no news.
	quiet := was.format == "" && now.format == "SDR" && now.static.output == kms.Off.String()
	if !quiet && (now.format != was.format || now.static != was.static) {
		s.tell(now.format, now.static)
	}
	if now.hdr10plus != was.hdr10plus {
		s.tell("HDR10+", now.hdr10plus)
	}
	if now.dolbyRPU != was.dolbyRPU {
		s.tell("Dolby Vision", now.dolbyRPU)
	}
	s.setHDRText(now.String())
	s.element.NotifyProperty("hdr-status")
}

func (r report) String() string {
	all := []string{r.static.of(r.format)}
	if r.hdr10plus != (outcome{}) {
		all = append(all, r.hdr10plus.of("HDR10+"))
	}
	if r.dolbyRPU != (outcome{}) {
		all = append(all, r.dolbyRPU.of("Dolby Vision"))
	}
	return strings.Join(all, "; ")
}

func (o outcome) of(format string) string {
	if o.reason == "" {
		return format + ": " + o.output
	}
	return fmt.Sprintf("%s: %s (%s)", format, o.output, o.reason)
}

// tell posts an outcome; that of a kind that is not there any more is no news.
func (s *sink) tell(format string, o outcome) {
	if o == (outcome{}) {
		return
	}
	s.element.Infof("%s", o.of(format))
	if err := s.element.Post("shm-hdr-status",
		gstx.Field{Name: "format", Value: format},
		gstx.Field{Name: "output", Value: o.output},
		gstx.Field{Name: "reason", Value: o.reason},
	); err != nil {
		s.element.Warningf("%v", err)
	}
}
