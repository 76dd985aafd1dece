package v4l2metasrc

import (
	"sync"
	"sync/atomic"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// settings are what the user sets.
type settings struct {
	device    string
	ioMode    int32
	mastering *meta.MasteringDisplay // nil: none declared
	light     *meta.ContentLight
}

// store holds the settings and what the properties tell of the running state.
type store struct {
	mu       sync.Mutex // guards what follows
	settings settings
	name     string // of the open device
	fd       int32  // -1 while none is open

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
	case "mastering-display-info":
		return gstx.ParseField(v.(string), meta.ParseMasteringDisplay, &s.settings.mastering)
	case "content-light-level":
		return gstx.ParseField(v.(string), meta.ParseContentLight, &s.settings.light)
	}
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
		return s.name
	case "device-fd":
		return s.fd
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
	return nil
}

// snapshot is a copy of the settings; what they point at is never changed.
func (s *store) snapshot() settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

// opened publishes what device-name and device-fd tell.
func (s *store) opened(name string, fd int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.name, s.fd = name, int32(fd)
}
