package kmsmetasink

import (
	"sync"
	"sync/atomic"
)

// settings are what the user sets.
type settings struct {
	device, driver, bus  string
	fd, connector, plane int32
	forceModeset         bool
	restore, scale       bool
	skipVsync            bool
}

// store holds the settings and what the properties tell of the running state.
type store struct {
	mu       sync.Mutex // guards settings and hdrText
	settings settings
	hdrText  string

	hdr                              atomic.Int32 // may change while playing
	width, height                    atomic.Int32
	shown, dropped, imported, copied atomic.Uint64
}

func (s *store) reset() {
	for _, n := range []*atomic.Uint64{&s.shown, &s.dropped, &s.imported, &s.copied} {
		n.Store(0)
	}
}

// SetProperty is gstx.Properties'.
func (s *store) SetProperty(name string, v any) error {
	if name == "hdr" {
		s.hdr.Store(v.(int32))
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	set := &s.settings
	switch name {
	case "device":
		set.device = v.(string)
	case "driver-name":
		set.driver = v.(string)
	case "bus-id":
		set.bus = v.(string)
	case "fd":
		set.fd = v.(int32)
	case "connector-id":
		set.connector = v.(int32)
	case "plane-id":
		set.plane = v.(int32)
	case "force-modesetting":
		set.forceModeset = v.(bool)
	case "restore-crtc":
		set.restore = v.(bool)
	case "can-scale":
		set.scale = v.(bool)
	case "skip-vsync":
		set.skipVsync = v.(bool)
	}
	return nil
}

// GetProperty is gstx.Properties'.
func (s *store) GetProperty(name string) any {
	switch name {
	case "hdr":
		return s.hdr.Load()
	case "display-width":
		return s.width.Load()
	case "display-height":
		return s.height.Load()
	case "frames-shown":
		return s.shown.Load()
	case "frames-dropped":
		return s.dropped.Load()
	case "frames-imported":
		return s.imported.Load()
	case "frames-copied":
		return s.copied.Load()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	set := &s.settings
	switch name {
	case "device":
		return set.device
	case "driver-name":
		return set.driver
	case "bus-id":
		return set.bus
	case "fd":
		return set.fd
	case "connector-id":
		return set.connector
	case "plane-id":
		return set.plane
	case "force-modesetting":
		return set.forceModeset
	case "restore-crtc":
		return set.restore
	case "can-scale":
		return set.scale
	case "skip-vsync":
		return set.skipVsync
	case "hdr-status":
		return s.hdrText
	}
	return nil
}

func (s *store) snapshot() settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

func (s *store) setHDRText(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hdrText = text
}
