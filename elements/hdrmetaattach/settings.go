package hdrmetaattach

import (
	"fmt"
	"sync"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// settings are the properties.
type settings struct {
	hdr10plus, rpu string // locations

	mastering   *meta.MasteringDisplay // nil: none declared
	light       *meta.ContentLight
	color       *meta.Color
	colorimetry string // what color was set from

	by, pastEnd, frameNumber, existing int32
	offset                             int32
}

// store guards the settings.
type store struct {
	mu       sync.Mutex // guards settings
	settings settings
}

// SetProperty is gstx.Properties'.
func (s *store) SetProperty(name string, v any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := &s.settings
	switch name {
	case "hdr10plus-location":
		set.hdr10plus = v.(string)
	case "rpu-location":
		set.rpu = v.(string)
	case "mastering-display-info":
		return gstx.ParseField(v.(string), meta.ParseMasteringDisplay, &set.mastering)
	case "content-light-level":
		return gstx.ParseField(v.(string), meta.ParseContentLight, &set.light)
	case "colorimetry":
		text := v.(string)
		if err := gstx.ParseField(text, parseColor, &set.color); err != nil {
			return err
		}
		set.colorimetry = text
	case "by":
		set.by = v.(int32)
	case "past-end":
		set.pastEnd = v.(int32)
	case "frame-number":
		set.frameNumber = v.(int32)
	case "frame-offset":
		set.offset = v.(int32)
	case "existing":
		set.existing = v.(int32)
	}
	return nil
}

func parseColor(text string) (meta.Color, error) {
	primaries, transfer, matrix, full, ok := gstx.ParseColorimetry(text)
	if !ok {
		return meta.Color{}, fmt.Errorf("colorimetry %.100q: %w", text, meta.ErrSyntax)
	}
	return meta.Color{Primaries: primaries, Transfer: transfer, Matrix: matrix,
		FullRange: full, ChromaSite: meta.ChromaUnspecified}, nil
}

// GetProperty is gstx.Properties'.
func (s *store) GetProperty(name string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := &s.settings
	switch name {
	case "hdr10plus-location":
		return set.hdr10plus
	case "rpu-location":
		return set.rpu
	case "mastering-display-info":
		if set.mastering == nil {
			return ""
		}
		return set.mastering.String()
	case "content-light-level":
		if set.light == nil {
			return ""
		}
		return set.light.String()
	case "colorimetry":
		return set.colorimetry
	case "by":
		return set.by
	case "past-end":
		return set.pastEnd
	case "frame-number":
		return set.frameNumber
	case "frame-offset":
		return set.offset
	case "existing":
		return set.existing
	}
	return nil
}

// snapshot is a copy of the settings; what they point at is never changed.
func (s *store) snapshot() settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}
