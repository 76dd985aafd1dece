package v4l2metasrc

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// settings are what the user sets.
type settings struct {
	device                                   string
	ioMode                                   int32
	norm                                     int32         // V4L2_STD_*, 0: as it is
	aspect                                   v4l2.Fraction // 0/0: the device's
	forceAspect                              bool
	cropTop, cropLeft, cropBottom, cropRight uint32
	mastering                                *meta.MasteringDisplay // nil: none declared
	light                                    *meta.ContentLight
}

// store holds the settings and what the properties tell of the running state.
type store struct {
	mu       sync.Mutex // guards what follows
	settings settings
	controls controls
	dev      *v4l2.Device // while one is open
	bounds   v4l2.Rect    // that its view can be cropped from

	lost atomic.Uint64
}

// SetProperty is gstx.Properties'.
func (s *store) SetProperty(name string, v any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch name {
	case "device":
		s.settings.device = v.(string)
	case "io-mode":
		s.settings.ioMode = v.(int32)
	case "norm":
		s.settings.norm = v.(int32)
	case "force-aspect-ratio":
		s.settings.forceAspect = v.(bool)
	case "pixel-aspect-ratio":
		return parseAspect(v.(string), &s.settings.aspect)
	case "crop-top":
		s.settings.cropTop = v.(uint32)
	case "crop-left":
		s.settings.cropLeft = v.(uint32)
	case "crop-bottom":
		s.settings.cropBottom = v.(uint32)
	case "crop-right":
		s.settings.cropRight = v.(uint32)
	case "extra-controls":
		return s.controls.setExtra(s.dev, v.(gstx.Fields))
	case "mastering-display-info":
		return gstx.ParseField(v.(string), meta.ParseMasteringDisplay, &s.settings.mastering)
	case "content-light-level":
		return gstx.ParseField(v.(string), meta.ParseContentLight, &s.settings.light)
	default:
		return s.controls.set(s.dev, name, v.(int32))
	}
	return nil
}

// parseAspect reads a pixel aspect ratio, "16/15" or "16:15"; "" is the device's.
func parseAspect(text string, to *v4l2.Fraction) error {
	var f v4l2.Fraction
	if text != "" {
		var sep rune
		if n, _ := fmt.Sscanf(text, "%d%c%d", &f.Num, &sep, &f.Den); n != 3 || f.Num == 0 || f.Den == 0 || sep != '/' && sep != ':' {
			return fmt.Errorf("%q is not a ratio as 16/15", text)
		}
	}
	*to = f
	return nil
}

// GetProperty is gstx.Properties'.
func (s *store) GetProperty(name string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch name {
	case "device":
		return s.settings.device
	case "device-name":
		if s.dev == nil {
			return ""
		}
		return s.dev.Capability().Card
	case "device-fd":
		if s.dev == nil {
			return int32(-1)
		}
		return int32(s.dev.FD())
	case "flags":
		if s.dev == nil {
			return uint32(0)
		}
		return deviceFlags(s.dev.Capability().Flags)
	case "norm":
		return s.settings.norm
	case "force-aspect-ratio":
		return s.settings.forceAspect
	case "pixel-aspect-ratio":
		if s.settings.aspect.Num == 0 {
			return ""
		}
		return fmt.Sprintf("%d/%d", s.settings.aspect.Num, s.settings.aspect.Den)
	case "crop-top":
		return s.settings.cropTop
	case "crop-left":
		return s.settings.cropLeft
	case "crop-bottom":
		return s.settings.cropBottom
	case "crop-right":
		return s.settings.cropRight
	case "crop-bounds":
		return []int32{s.bounds.Left, s.bounds.Top, int32(s.bounds.Width), int32(s.bounds.Height)}
	case "extra-controls":
		return s.controls.extra
	case "io-mode":
		return s.settings.ioMode
	case "mastering-display-info":
		if s.settings.mastering == nil {
			return ""
		}
		return s.settings.mastering.String()
	case "content-light-level":
		if s.settings.light == nil {
			return ""
		}
		return s.settings.light.String()
	case "frames-lost":
		return s.lost.Load()
	}
	return s.controls.get(s.dev, name)
}

// snapshot is a copy of the settings; what they point at is never changed.
func (s *store) snapshot() settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

// opened lends the device to the properties that are about it, until it is called with
// nil, which is before the device is closed.
func (s *store) opened(dev *v4l2.Device) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dev = dev
}

func (s *store) setCropBounds(r v4l2.Rect) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bounds = r
}

// applyControls sets the controls that were set before the device was open.
func (s *store) applyControls(dev *v4l2.Device) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.controls.apply(dev)
}
