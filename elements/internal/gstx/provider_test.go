package gstx_test

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/test/leak"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

const soon = 10 * time.Second

// fakeDevices is what the test provider lists, and what it is to do next.
type fakeDevices struct {
	there atomic.Pointer[[]gstx.Device]
	todo  chan func(*gstx.Devices)
	stop  chan struct{}
	open  atomic.Int32 // watchers that are not closed
	fail  atomic.Pointer[error]
}

func (f *fakeDevices) probe(d *gstx.Devices) {
	for _, x := range *f.there.Load() {
		if x.Path == "panic" {
			panic("on purpose")
		}
		d.Add(x)
	}
}

func (f *fakeDevices) watch() (gstx.Watcher, error) {
	if err := f.fail.Load(); err != nil {
		return nil, *err
	}
	f.open.Add(1)
	f.stop = make(chan struct{})
	return f, nil
}

func (f *fakeDevices) Next(d *gstx.Devices) bool {
	select {
	case do := <-f.todo:
		do(d)
		return true
	case <-f.stop:
		return false
	}
}
func (f *fakeDevices) Stop()  { close(f.stop) }
func (f *fakeDevices) Close() { f.open.Add(-1) }

var fake = &fakeDevices{todo: make(chan func(*gstx.Devices))}

// fakeProviders are two, as a GstDeviceMonitor that goes takes the sync handler of a
// provider's bus along, and Go's collector says when it goes.
var fakeProviders = []gstx.Provider{fakeProvider("gstxtestprovider", "Source/Fake"), fakeProvider("gstxmonitoredprovider", "Source/Monitored")}

func fakeProvider(name, klass string) gstx.Provider {
	return gstx.Provider{
		Name: name, TypeName: name + "Provider", DeviceType: name + "Device",
		LongName: "Test provider", Klass: klass, Description: "For tests", Author: "nobody",
		Rank: 64, Element: "gstxtestsrc", Property: "text",
		Probe: fake.probe, Watch: fake.watch,
	}
}

func fakeDevice(path string) gstx.Device {
	return gstx.Device{
		Path: path, DisplayName: "Device at " + path, Class: "Source/Fake",
		Caps: "video/x-raw, format=(string)BGRx",
		Properties: []gstx.Field{
			{Name: "device.path", Value: path}, {Name: "fake.version", Value: uint32(7)},
		},
	}
}

// devices gives the test provider with these devices.
func devices(t *testing.T, paths ...string) *pipe.Devices {
	t.Helper()
	var all []gstx.Device
	for _, p := range paths {
		all = append(all, fakeDevice(p))
	}
	fake.there.Store(&all)
	fake.fail.Store(nil)
	d := pipe.NewDevices(t, "gstxtestprovider")
	t.Cleanup(func() {
		d.Close()
		if n := fake.open.Load(); n != 0 {
			t.Errorf("%d watchers are still open", n)
		}
	})
	return d
}

// paths are the keys in order.
func paths(d map[string]gst.Device) []string {
	var out []string
	for p := range d {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

func TestProviderListsDevicesAsTheyAreDescribed(t *testing.T) {
	d := devices(t, "/b", "/a")
	list := d.List()
	if got := paths(list); !slices.Equal(got, []string{"/a", "/b"}) {
		t.Fatalf("got %v", got)
	}
	a := list["/a"]
	if name := a.GetDisplayName(); name != "Device at /a" {
		t.Errorf("display name %q", name)
	}
	if !a.HasClasses("Fake/Source") || a.HasClasses("Sink") {
		t.Errorf("class %q", a.GetDeviceClass())
	}
	if caps := a.GetCaps().String(); caps != "video/x-raw, format=(string)BGRx" {
		t.Errorf("caps %s", caps)
	}
	props := a.GetProperties().String()
	for _, want := range []string{"gstxtestprovider,", "device.path=(string)/a", "fake.version=(uint)7"} {
		if !strings.Contains(props, want) {
			t.Errorf("properties %s lack %s", props, want)
		}
	}
}

func TestDeviceMonitorListsTheProvidersDevices(t *testing.T) {
	a := fakeDevice("/a")
	a.Class = "Source/Monitored"
	fake.there.Store(&[]gstx.Device{a, fakeDevice("/b")}) // one of another class
	m := gst.NewDeviceMonitor()
	m.AddFilter("Source/Monitored", nil)
	if got := m.GetDevices(); len(got) != 1 || pipe.DevicePath(got[0]) != "/a" {
		t.Errorf("not started, it lists %v", got)
	}
	if !m.Start() {
		t.Fatal("the monitor does not start")
	}
	defer m.Stop()
	// From GStreamer 1.28 on, providers are started in the background.
	for end := time.Now().Add(soon); ; time.Sleep(time.Millisecond) {
		got := m.GetDevices()
		if len(got) == 1 && pipe.DevicePath(got[0]) == "/a" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("started, it lists %v", got)
		}
	}
}

func TestDeviceMakesItsElement(t *testing.T) {
	e := devices(t, "red eyes").List()["red eyes"].CreateElement("camera")
	if e == nil || e.GetName() != "camera" || e.GetFactory().GetName() != "gstxtestsrc" {
		t.Fatalf("got %v", e)
	}
	if text := e.ObjectProperty("text"); text != "red eyes" {
		t.Errorf("its property is %v", text)
	}
}

func TestDeviceReconfiguresAnElementOfItsOwnThatDoesNotRun(t *testing.T) {
	d := devices(t, "/new").List()["/new"]
	p := pipe.New(t, "gstxtestsrc name=src text=/old ! fakesink name=sink")
	src := p.Element("src")
	text := func() any { return src.ObjectProperty("text") }
	if d.ReconfigureElement(p.Element("sink")) {
		t.Error("an element of another factory was taken")
	}
	p.SetState(gst.StatePaused)
	if d.ReconfigureElement(src) || text() != "/old" {
		t.Errorf("an element that runs was taken, and its property is %v", text())
	}
	p.SetState(gst.StateNull)
	if !d.ReconfigureElement(src) || text() != "/new" {
		t.Errorf("an element that does not run was refused, or its property is %v", text())
	}
}

func TestStartedProviderTellsWhatComesAndGoes(t *testing.T) {
	d := devices(t, "/a")
	d.Start()
	first := d.Added("/a", soon)
	fake.todo <- func(l *gstx.Devices) {
		l.Add(fakeDevice("/a")) // listed already
		l.Remove("/none")
		l.Add(fakeDevice("/b"))
		l.Remove("/a")
		l.Add(fakeDevice("/a"))
	}
	d.Added("/b", soon)
	d.Removed("/a", soon)
	again := d.Added("/a", soon)
	if gst.UnsafeDeviceToGlibNone(again) == gst.UnsafeDeviceToGlibNone(first) {
		t.Error("a device that came back is the same object")
	}
	if got := paths(d.List()); !slices.Equal(got, []string{"/a", "/b"}) {
		t.Errorf("listed are %v", got)
	}
	fake.todo <- func(l *gstx.Devices) { l.RemoveAll() }
	left := map[string]bool{"/a": true, "/b": true}
	for range 2 {
		delete(left, d.AnyRemoved(soon))
	}
	if len(left) > 0 || len(d.List()) > 0 {
		t.Errorf("not removed: %v; listed: %v", left, paths(d.List()))
	}
}

func TestDeviceWithCapsThatCannotBeReadIsNotListed(t *testing.T) {
	d := devices(t, "/a", "/b")
	(*fake.there.Load())[0].Caps = "video/x-raw, format=("
	if got := paths(d.List()); !slices.Equal(got, []string{"/b"}) {
		t.Errorf("listed are %v", got)
	}
	(*fake.there.Load())[1].Properties = []gstx.Field{{Name: "odd", Value: struct{}{}}}
	if got := paths(d.List()); len(got) != 0 {
		t.Errorf("listed are %v", got)
	}
}

func TestProviderListsWithoutAWatcher(t *testing.T) {
	d := devices(t, "/a")
	err := errors.New("no more inotify instances")
	fake.fail.Store(&err)
	d.Start()
	d.Added("/a", soon)
	d.Stop()
}

func TestProviderOutlivesPanics(t *testing.T) {
	d := devices(t, "/a", "panic", "/b")
	if got := paths(d.List()); !slices.Equal(got, []string{"/a"}) {
		t.Errorf("listed are %v, want what was there before the panic", got)
	}
	d.Start()
	d.Added("/a", soon)
	fake.todo <- func(l *gstx.Devices) { l.Add(fakeDevice("/c")); panic("on purpose") }
	d.Added("/c", soon)
	d.Stop()
	fake.there.Store(&[]gstx.Device{fakeDevice("/b")}) // and starts again
	d.Start()
	d.Added("/b", soon)
}

// references is the count that every GObject has behind the pointer to its class.
func references(d gst.Device) uint32 {
	return atomic.LoadUint32((*uint32)(unsafe.Add(gst.UnsafeDeviceToGlibNone(d), unsafe.Sizeof(uintptr(0)))))
}

// Of a device that is no longer listed the last reference is the application's.
func TestProviderKeepsNoReference(t *testing.T) {
	d := devices(t, "/a")
	probed := d.List()["/a"]
	d.Start()
	started := d.Added("/a", soon)
	fake.todo <- func(l *gstx.Devices) { l.Remove("/a"); l.Add(fakeDevice("/b")) }
	d.Removed("/a", soon)
	stopped := d.Added("/b", soon)
	if n := references(stopped); n < 3 {
		t.Errorf("a device that is listed has %d references: GStreamer's, the list's and the test's are 3", n)
	}
	d.Close() // which also lets go of the last message
	for name, x := range map[string]gst.Device{"probed": probed, "removed": started, "listed until the stop": stopped} {
		// Those of messages go with them, when Go's collector comes to it.
		for end := time.Now().Add(soon); references(x) > 1; time.Sleep(time.Millisecond) {
			if runtime.GC(); time.Now().After(end) {
				t.Errorf("a device that was %s has %d references, want the test's alone", name, references(x))
				break
			}
		}
		runtime.KeepAlive(x)
	}
}

func TestProviderStartsLeaveNothing(t *testing.T) {
	d := devices(t, "/a")
	cycle := func() {
		d.Start()
		d.Added("/a", soon)
		fake.todo <- func(l *gstx.Devices) { l.Remove("/a"); l.Add(fakeDevice("/b")) }
		d.Removed("/a", soon)
		d.Added("/b", soon)
		d.Stop()
		if n := fake.open.Load(); n != 0 {
			t.Fatalf("%d watchers are open after Stop", n)
		}
	}
	cycle()
	before := leak.Now()
	for range 100 {
		cycle()
	}
	if left := leak.Since(before, 8); len(left) > 0 {
		t.Errorf("left behind: %s", strings.Join(left, ", "))
	}
}
