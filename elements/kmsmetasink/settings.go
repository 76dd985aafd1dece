package kmsmetasink

import (
	"sync"
	"sync/atomic"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
)

// settings are what the user sets.
type settings struct {
	device, driver, bus  string
	fd, connector, plane int32
	connectorName, mode  string
	forceModeset         bool
	restore, scale       bool
	skipVsync, vrr       bool
	zpos, maxBPC         int32

	connectorProps, planeProps gstx.Fields
}

// store holds the settings and what the properties tell of the running state.
type store struct {
	mu       sync.Mutex // guards settings, window and hdrText
	settings settings
	window   window // may change while playing
	hdrText  string

	hdr, dynamic                     atomic.Int32  // may change while playing
	moves                            atomic.Uint64 // changes of window
	width, height                    atomic.Int32
	shown, dropped, imported, copied atomic.Uint64
	skipped                          atomic.Uint64 // layers
	late                             atomic.Uint64
	lateness                         atomic.Int64
}

func (s *store) reset() {
	for _, n := range []*atomic.Uint64{&s.shown, &s.dropped, &s.imported, &s.copied, &s.late, &s.skipped} {
		n.Store(0)
	}
	s.lateness.Store(unknownLateness)
}

// SetProperty is gstx.Properties'.
func (s *sink) SetProperty(name string, v any) error {
	switch name {
	case "hdr":
		s.hdr.Store(v.(int32))
		return nil
	case "dynamic":
		s.dynamic.Store(v.(int32))
		return nil
	case "render-rectangle":
		return s.setRectangle(v.([]int32))
	case "rotate-method":
		return s.setRotation(v.(int32))
	case "fullscreen":
		s.changeWindow(func(w *window) { w.fullscreen = v.(bool) })
		return nil
	case "force-aspect-ratio":
		s.changeWindow(func(w *window) { w.stretch = !v.(bool) })
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
	case "connector":
		set.connectorName = v.(string)
	case "mode":
		set.mode = v.(string)
	case "vrr":
		set.vrr = v.(bool)
	case "zpos":
		set.zpos = v.(int32)
	case "max-bpc":
		set.maxBPC = v.(int32)
	case "connector-properties":
		set.connectorProps = v.(gstx.Fields)
	case "plane-properties":
		set.planeProps = v.(gstx.Fields)
	}
	return nil
}

// GetProperty is gstx.Properties'.
func (s *sink) GetProperty(name string) any {
	switch name {
	case "hdr":
		return s.hdr.Load()
	case "dynamic":
		return s.dynamic.Load()
	case "render-rectangle":
		return s.rectangle()
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
	case "layers-skipped":
		return s.skipped.Load()
	case "frames-late":
		return s.late.Load()
	case "flip-lateness":
		return s.lateness.Load()
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
	case "connector":
		return set.connectorName
	case "mode":
		return set.mode
	case "vrr":
		return set.vrr
	case "zpos":
		return set.zpos
	case "max-bpc":
		return set.maxBPC
	case "connector-properties":
		return set.connectorProps
	case "plane-properties":
		return set.planeProps
	case "rotate-method":
		return s.window.rotate
	case "fullscreen":
		return s.window.fullscreen
	case "force-aspect-ratio":
		return !s.window.stretch
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
