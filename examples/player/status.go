package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

// status is what the one line tells.
type status struct {
	position time.Duration
	paused   bool
	fps      float64
	dropped  uint64
	hdr      []string // what became of each kind of metadata, "HDR10 applied"
	light    string   // the scene's light level

	shown   uint64 // frames at the last update
	updated time.Time
}

// hdrStatus takes the sink's message shm-hdr-status: one for each kind of
// metadata and whenever something changes. It gives the reason, which is too long
// for the status line.
func (s *status) hdrStatus(m *gst.Structure) (reason string) {
	format, output := m.GetString("format"), m.GetString("output")
	text := format + " " + output
	switch i := slices.IndexFunc(s.hdr, func(h string) bool { return strings.HasPrefix(h, format+" ") }); {
	case format == "SDR": // the stream has turned SDR: nothing else holds any more
		s.hdr = []string{text}
	case i >= 0:
		s.hdr[i] = text
	default:
		s.hdr = append(slices.DeleteFunc(s.hdr, func(h string) bool { return strings.HasPrefix(h, "SDR ") }), text)
	}
	if r := m.GetString("reason"); r != "" {
		return text + ": " + r
	}
	return ""
}

// metadata takes hdrmetadump's message hdr-metadata: HDR10+ tells the light of
// the scene, HDR10 that of the whole stream.
func (s *status) metadata(m *gst.Structure) {
	var b struct {
		ContentLight *struct {
			MaxCLL float64 `json:"max_cll"`
		} `json:"content_light"`
		HDR10Plus *struct {
			Windows []struct {
				MaxSCL  []float64 `json:"maxscl"`
				Average float64   `json:"average_maxrgb"`
			} `json:"windows"`
		} `json:"hdr10plus"`
	}
	if json.Unmarshal([]byte(m.GetString("json")), &b) != nil {
		return
	}
	s.light = ""
	switch {
	case b.HDR10Plus != nil && len(b.HDR10Plus.Windows) > 0 && len(b.HDR10Plus.Windows[0].MaxSCL) == 3:
		w := b.HDR10Plus.Windows[0]
		s.light = fmt.Sprintf("scene %.0f cd/m², average %.0f", max(w.MaxSCL[0], w.MaxSCL[1], w.MaxSCL[2]), w.Average)
	case b.ContentLight != nil && b.ContentLight.MaxCLL > 0:
		s.light = fmt.Sprintf("MaxCLL %.0f cd/m²", b.ContentLight.MaxCLL)
	}
}

// update asks the pipeline and its sink.
func (s *status) update(p gst.Pipeline) {
	if ns, ok := p.QueryPosition(gst.FormatTime); ok {
		s.position = time.Duration(ns)
	}
	sink := p.GetByName(sinkName)
	if sink == nil {
		return
	}
	stats, ok := sink.ObjectProperty("stats").(*gst.Structure)
	if !ok {
		return
	}
	shown, _ := stats.GetUint64("rendered")
	s.dropped, _ = stats.GetUint64("dropped")
	now := time.Now()
	if dt := now.Sub(s.updated).Seconds(); dt > 0.2 {
		if shown >= s.shown {
			s.fps = float64(shown-s.shown) / dt
		}
		s.shown, s.updated = shown, now
	}
}

func (s *status) String() string {
	t := int(s.position.Seconds())
	parts := []string{fmt.Sprintf("%d:%02d:%02d", t/3600, t/60%60, t%60)}
	if s.paused {
		parts = append(parts, "paused")
	} else {
		parts = append(parts, fmt.Sprintf("%.1f fps", s.fps))
	}
	parts = append(parts, fmt.Sprintf("%d dropped", s.dropped))
	for _, p := range []string{strings.Join(s.hdr, ", "), s.light} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "  ")
}

// line writes the status over the last one on a terminal of width columns, or as
// a line of its own where there is none (width 0).
func (s *status) line(w io.Writer, width int) {
	text := []rune(s.String())
	if width == 0 {
		fmt.Fprintln(w, string(text))
		return
	}
	if len(text) >= width {
		text = text[:width-1]
	}
	fmt.Fprintf(w, "\r%s\x1b[K", string(text))
}
