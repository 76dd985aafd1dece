package hdrmetatestsrc

import (
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/testpattern"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// settings are the properties.
type settings struct {
	live        bool
	offset      int64
	hdr         int32
	sceneLength uint32
	layers      uint32
	mastering   string // checked, "" for the default
	light       string // checked, "" for what is measured
}

func (s *settings) set(name string, v any) error {
	switch name {
	case "is-live":
		s.live = v.(bool)
	case "timestamp-offset":
		s.offset = v.(int64)
	case "hdr":
		s.hdr = v.(int32)
	case "scene-length":
		s.sceneLength = v.(uint32)
	case "layers":
		s.layers = v.(uint32)
	case "mastering-display-info":
		text := v.(string)
		if text != "" {
			if _, err := meta.ParseMasteringDisplay(text); err != nil {
				return err
			}
		}
		s.mastering = text
	case "content-light-level":
		text := v.(string)
		if text != "" {
			if _, err := meta.ParseContentLight(text); err != nil {
				return err
			}
		}
		s.light = text
	}
	return nil
}

func (s *settings) get(name string) any {
	switch name {
	case "is-live":
		return s.live
	case "timestamp-offset":
		return s.offset
	case "hdr":
		return s.hdr
	case "scene-length":
		return s.sceneLength
	case "layers":
		return s.layers
	case "mastering-display-info":
		return s.mastering
	case "content-light-level":
		return s.light
	}
	return nil
}

// pq tells whether static metadata belongs to the picture.
func (s *settings) pq() bool { return s.hdr == hdrHDR10 || s.hdr == hdrHDR10Plus }

func (s *settings) lightRange() testpattern.Range {
	switch s.hdr {
	case hdrSDR:
		return testpattern.SDR
	case hdrHLG:
		return testpattern.HLG
	}
	return testpattern.PQ
}

// masteringDisplay is what is declared, nil when nothing is.
func (s *settings) masteringDisplay() *meta.MasteringDisplay {
	if !s.pq() {
		return nil
	}
	m := testpattern.MasteringDisplay()
	if s.mastering != "" {
		m, _ = meta.ParseMasteringDisplay(s.mastering) // checked in set
	}
	return &m
}

// contentLight is what is declared, measured unless the user says otherwise.
func (s *settings) contentLight(measured meta.ContentLight) *meta.ContentLight {
	if !s.pq() {
		return nil
	}
	if s.light != "" {
		measured, _ = meta.ParseContentLight(s.light) // checked in set
	}
	return &measured
}

// caps is what the source can make, the best first.
func (s *settings) caps(dmabuf bool) string {
	var all string
	add := func(features, format string, f testpattern.Format) {
		if all != "" {
			all += "; "
		}
		all += "video/x-raw" + features + ", " + format + ", " + size + ", colorimetry = (string) " + s.colorimetry(f)
		if f == testpattern.P010 {
			all += ", chroma-site = (string) cosited"
		}
		if m := s.masteringDisplay(); m != nil {
			all += ", mastering-display-info = (string) " + m.String()
		}
		// Measured values are not known before the size is.
		if s.pq() && s.light != "" {
			all += ", content-light-level = (string) " + s.light
		}
	}
	formats := []testpattern.Format{testpattern.P010, testpattern.BGRx}
	if s.hdr == hdrSDR { // 8 bits are enough, and more places take them
		formats[0], formats[1] = formats[1], formats[0]
	}
	if dmabuf {
		for _, f := range formats {
			add("(memory:DMABuf)", "format = (string) DMA_DRM, drm-format = (string) "+drmName(f), f)
		}
	}
	for _, f := range formats {
		add("", "format = (string) "+f.String(), f)
	}
	return all
}

// drmName is the drm-format of the linear layout.
func drmName(f testpattern.Format) string {
	v := f.FourCC()
	return string([]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
}

// colorimetry is GStreamer's range:matrix:transfer:primaries, in its own enums
// (gst-video, video-color.h), or the name it has for it.
func (s *settings) colorimetry(f testpattern.Format) string {
	name, transfer, primaries := "bt2100-pq", 14, 7
	switch s.hdr {
	case hdrSDR:
		name, transfer, primaries = "bt709", 5, 1
	case hdrHLG:
		name, transfer = "bt2100-hlg", 15
	}
	if f == testpattern.BGRx {
		return fmt.Sprintf("1:1:%d:%d", transfer, primaries) // full range, RGB
	}
	return name
}
