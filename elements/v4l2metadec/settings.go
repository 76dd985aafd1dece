package v4l2metadec

import "sync"

// store holds what the user sets and what the properties tell of the running state.
type store struct {
	mu     sync.Mutex // guards what follows
	device string     // "": any
	name   string     // of the open device
	fd     int32      // -1 while none is open
}

// SetProperty is gstx.Properties'.
func (s *store) SetProperty(name string, v any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "device" {
		s.device = v.(string)
	}
	return nil
}

// GetProperty is gstx.Properties'.
func (s *store) GetProperty(name string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch name {
	case "device":
		return s.device
	case "device-name":
		return s.name
	case "device-fd":
		return s.fd
	}
	return nil
}

// wanted is the property device.
func (s *store) wanted() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.device
}

// opened publishes what device-name and device-fd tell.
func (s *store) opened(name string, fd int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.name, s.fd = name, int32(fd)
}
