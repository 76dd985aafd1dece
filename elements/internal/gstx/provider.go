package gstx

// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime/cgo"
	"runtime/debug"
	"sync"
	"unsafe"
)

// Provider describes a device provider: what tells GstDeviceMonitor, and with it
// gst-device-monitor-1.0 and applications, which devices an element can use.
type Provider struct {
	Name       string // of the factory
	TypeName   string // of the GType
	DeviceType string // of the devices' GType
	// The texts of gst-inspect-1.0.
	LongName, Klass, Description, Author string

	// Rank is a GstRank. Applications see the devices of higher ones first, and those
	// of rank 0 not at all.
	Rank int32

	Element  string // factory of the element that a device makes
	Property string // its property that takes Device.Path

	// Probe adds the devices that are there.
	Probe func(*Devices)
	// Watch begins to watch for devices that come and go.
	Watch func() (Watcher, error)
}

// Watcher watches for devices.
type Watcher interface {
	// Next waits for something to happen and tells devices of it. It is called again
	// until it returns false, always on the same goroutine.
	Next(devices *Devices) bool
	// Stop makes Next return false, at once and whatever it waits for. It comes from
	// another thread.
	Stop()
	// Close frees the watcher, once; no call of Next is running.
	Close()
}

// Device is a device as it is shown to applications.
type Device struct {
	Path        string // tells it from the provider's others
	DisplayName string
	Class       string // "Video/Source"
	Caps        string // serialised
	Properties  []Field
}

// Devices are those that a provider lists. A Provider's functions use it on the
// goroutine they are called on.
type Devices struct {
	provider *Provider
	info     *C.GstxProviderInfo
	// add and remove make the list known to GStreamer.
	add    func(*C.GstDevice)
	remove func(*C.GstDevice)
	listed map[string]*C.GstDevice // by path, with a reference of our own
}

var providers struct {
	sync.RWMutex // guards list
	list         []registered
}

type registered struct {
	*Provider
	info *C.GstxProviderInfo
}

func providerAt(i C.guint64) registered {
	providers.RLock()
	defer providers.RUnlock()
	return providers.list[i]
}

// RegisterProvider makes the provider known to GStreamer, as Register does with an
// element class.
func RegisterProvider(plugin unsafe.Pointer, p Provider) error {
	// All of this lives as long as the process, as the GTypes do.
	info := (*C.GstxProviderInfo)(C.calloc(1, C.sizeof_GstxProviderInfo))
	info.name, info.type_name, info.device_type_name = C.CString(p.Name), C.CString(p.TypeName), C.CString(p.DeviceType)
	info.long_name, info.klass = C.CString(p.LongName), C.CString(p.Klass)
	info.description, info.author = C.CString(p.Description), C.CString(p.Author)
	info.element, info.property, info.rank = C.CString(p.Element), C.CString(p.Property), C.gint32(p.Rank)
	providers.Lock()
	info.index = C.guint64(len(providers.list))
	providers.list = append(providers.list, registered{&p, info})
	providers.Unlock()
	if C.gstx_provider_register((*C.GstPlugin)(plugin), info) == 0 {
		return fmt.Errorf("%s: GStreamer refused the device provider", p.Name)
	}
	return nil
}

func (r registered) devices(add, remove func(*C.GstDevice)) *Devices {
	return &Devices{provider: r.Provider, info: r.info, add: add, remove: remove, listed: map[string]*C.GstDevice{}}
}

// Has tells whether a device is listed.
func (d *Devices) Has(path string) bool { return d.listed[path] != nil }

// Add lists a device. One that is listed stays as it is.
func (d *Devices) Add(x Device) {
	if d.Has(x.Path) {
		return
	}
	p, err := d.newDevice(x)
	if err != nil {
		d.Logf(LevelWarning, "%s is not listed: %v", x.Path, err)
		return
	}
	// Ours is beside the floating one, which the provider takes.
	d.listed[x.Path] = (*C.GstDevice)(C.gst_object_ref(C.gpointer(p)))
	d.add(p)
	d.Logf(LevelInfo, "%s (%s) is listed", x.Path, x.DisplayName)
}

// Remove takes a device from the list; one that is not listed does no harm.
func (d *Devices) Remove(path string) {
	p := d.listed[path]
	if p == nil {
		return
	}
	delete(d.listed, path)
	d.remove(p)
	C.gst_object_unref(C.gpointer(p))
	d.Logf(LevelInfo, "%s is no longer listed", path)
}

// RemoveAll empties the list.
func (d *Devices) RemoveAll() {
	for path := range d.listed {
		d.Remove(path)
	}
}

// forget drops the references and tells nobody.
func (d *Devices) forget() {
	for _, p := range d.listed {
		C.gst_object_unref(C.gpointer(p))
	}
	clear(d.listed)
}

// Logf writes to the provider's debug category (GST_DEBUG=name:level).
func (d *Devices) Logf(l Level, format string, args ...any) {
	if l > Level(C.gstx_provider_log_threshold(d.info)) {
		return
	}
	s := C.CString(fmt.Sprintf(format, args...))
	defer C.free(unsafe.Pointer(s))
	C.gstx_provider_log(d.info, C.gint(l), s)
}

// guard ends a panic. A provider has no bus for errors of its own, so the log tells.
func (d *Devices) guard() {
	if r := recover(); r != nil {
		d.Logf(LevelError, "internal error, please report it: panic: %v\n%s", r, debug.Stack())
	}
}

func (d *Devices) newDevice(x Device) (*C.GstDevice, error) {
	props, err := newStructure(d.provider.Name, x.Properties)
	if err != nil {
		return nil, err
	}
	path, name := C.CString(x.Path), C.CString(x.DisplayName)
	class, caps := C.CString(x.Class), C.CString(x.Caps)
	defer func() {
		for _, s := range []*C.char{path, name, class, caps} {
			C.free(unsafe.Pointer(s))
		}
	}()
	p := C.gstx_device_new(d.info, path, name, class, caps, props)
	if p == nil {
		return nil, errors.New("GStreamer cannot read the caps " + x.Caps)
	}
	return p, nil
}

// probe guards the provider's Probe: what it added before a panic counts.
func (d *Devices) probe() {
	defer d.guard()
	d.provider.Probe(d)
}

// watch is a provider that is started.
type watch struct {
	p       *C.GstDeviceProvider // with a reference
	devices *Devices
	watcher Watcher       // nil: devices are listed once
	done    chan struct{} // closed when the goroutine has ended
}

// begin lists what is there and starts the goroutine.
func (w *watch) begin() {
	defer w.devices.guard()
	watcher, err := w.devices.provider.Watch() // first, so that nothing is missed
	if err != nil {
		// What is there now is better than nothing.
		w.devices.Logf(LevelWarning, "devices that come later will not be listed: %v", err)
	}
	w.devices.probe()
	if err != nil {
		return
	}
	w.watcher, w.done = watcher, make(chan struct{})
	go func() {
		defer close(w.done)
		defer w.devices.guard()
		for watcher.Next(w.devices) {
		}
	}()
}

// end waits for the goroutine.
func (w *watch) end() {
	defer C.gst_object_unref(C.gpointer(w.p))
	defer w.devices.guard()
	defer w.devices.forget()
	if w.watcher != nil {
		w.watcher.Stop()
		<-w.done
		w.watcher.Close()
	}
}

//export goProviderProbe
func goProviderProbe(index C.guint64, list **C.GList) {
	d := providerAt(index).devices(func(p *C.GstDevice) { *list = C.g_list_prepend(*list, C.gpointer(p)) }, nil)
	defer d.forget()
	d.probe()
}

//export goProviderStart
func goProviderStart(index C.guint64, p *C.GstDeviceProvider) C.guint64 {
	// GStreamer sends the messages; it is told of devices with no lock of ours held.
	w := &watch{p: (*C.GstDeviceProvider)(C.gst_object_ref(C.gpointer(p)))}
	w.devices = providerAt(index).devices(
		func(d *C.GstDevice) { C.gst_device_provider_device_add(p, d) },
		func(d *C.GstDevice) { C.gst_device_provider_device_remove(p, d) })
	w.begin()
	return C.guint64(cgo.NewHandle(w))
}

//export goProviderStop
func goProviderStop(h C.guint64) {
	handle := cgo.Handle(h)
	handle.Value().(*watch).end()
	handle.Delete()
}
