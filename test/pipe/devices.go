package pipe

import (
	"context"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

// Devices is a device provider in a test, and what it tells on its bus.
type Devices struct {
	t       testing.TB
	p       gst.DeviceProvider
	events  chan deviceEvent
	cancel  context.CancelFunc
	done    chan struct{}
	started bool
}

type deviceEvent struct {
	added  bool
	device gst.Device
}

// NewDevices takes the provider of that name; it is not started.
func NewDevices(t testing.TB, factory string) *Devices {
	t.Helper()
	Init()
	p := gst.DeviceProviderFactoryGetByName(factory)
	if p == nil {
		t.Fatalf("no device provider %s", factory)
	}
	d := &Devices{t: t, p: p, events: make(chan deviceEvent, 4096), done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	d.cancel = cancel
	messages := p.GetBus().Messages(ctx)
	go func() {
		defer close(d.done)
		for m := range messages {
			switch m.Type() {
			case gst.MessageDeviceAdded:
				d.events <- deviceEvent{true, m.ParseDeviceAdded()}
			case gst.MessageDeviceRemoved:
				d.events <- deviceEvent{false, m.ParseDeviceRemoved()}
			}
		}
	}()
	t.Cleanup(d.Close)
	return d
}

// Start starts the provider.
func (d *Devices) Start() {
	d.t.Helper()
	if !d.p.Start() {
		d.t.Fatal("the device provider does not start")
	}
	d.started = true
}

// Stop stops the provider.
func (d *Devices) Stop() {
	d.started = false
	d.p.Stop()
}

// Close stops the provider if it is started, and lets go of it. Again does nothing.
func (d *Devices) Close() {
	if d.started {
		d.Stop()
	}
	d.cancel()
	<-d.done
}

// List is the provider's devices by path: those there are, or, when it is started,
// those it has told of.
func (d *Devices) List() map[string]gst.Device {
	d.t.Helper()
	out := map[string]gst.Device{}
	for _, x := range d.p.GetDevices() {
		if path := DevicePath(x); out[path] != nil {
			d.t.Errorf("%s is listed twice", path)
		} else {
			out[path] = x
		}
	}
	return out
}

// DevicePath is a device's property device-path.
func DevicePath(d gst.Device) string { return d.ObjectProperty("device-path").(string) }

// Added waits for the next message, which has to be of that device's addition.
func (d *Devices) Added(path string, patience time.Duration) gst.Device {
	d.t.Helper()
	return d.next(true, path, patience)
}

// Removed is Added of a removal.
func (d *Devices) Removed(path string, patience time.Duration) {
	d.t.Helper()
	d.next(false, path, patience)
}

func (d *Devices) next(added bool, path string, patience time.Duration) gst.Device {
	d.t.Helper()
	e := d.any(patience)
	if got := DevicePath(e.device); got != path || e.added != added {
		d.t.Fatalf("got %s, added %v; want %s, added %v", got, e.added, path, added)
	}
	return e.device
}

// AnyAdded waits for the next message, which has to be of an addition, and gives the
// device's path.
func (d *Devices) AnyAdded(patience time.Duration) string {
	d.t.Helper()
	e := d.any(patience)
	if !e.added {
		d.t.Fatalf("%s was removed, not added", DevicePath(e.device))
	}
	return DevicePath(e.device)
}

// AnyRemoved waits for the next message, which has to be of a removal, and gives the
// device's path.
func (d *Devices) AnyRemoved(patience time.Duration) string {
	d.t.Helper()
	e := d.any(patience)
	if e.added {
		d.t.Fatalf("%s was added, not removed", DevicePath(e.device))
	}
	return DevicePath(e.device)
}

func (d *Devices) any(patience time.Duration) (e deviceEvent) {
	d.t.Helper()
	select {
	case e = <-d.events:
	case <-time.After(patience):
		d.t.Fatalf("no message of a device within %v", patience)
	}
	return e
}

// Quiet fails the test if there is a message within a time.
func (d *Devices) Quiet(while time.Duration) {
	d.t.Helper()
	select {
	case e := <-d.events:
		d.t.Fatalf("a message, added %v, of %s", e.added, DevicePath(e.device))
	case <-time.After(while):
	}
}
