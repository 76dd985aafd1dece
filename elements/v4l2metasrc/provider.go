package v4l2metasrc

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

// Provider describes v4l2metadeviceprovider, which lists the devices for the
// element:
//
//	gst-device-monitor-1.0 Video/Source
//
// GStreamer's own provider lists them too, for v4l2src. It has the higher rank, so
// that an application that takes the first device keeps the one it had.
var Provider = providerOf("v4l2metadeviceprovider", "GstV4l2MetaDeviceProvider", "GstV4l2MetaDevice", "v4l2metasrc",
	nodes{"/dev", v4l2.Open})

const rankSecondary = 128 // GST_RANK_SECONDARY; that of v4l2deviceprovider is PRIMARY

func providerOf(name, typeName, deviceType, element string, n nodes) gstx.Provider {
	return gstx.Provider{
		Name: name, TypeName: typeName, DeviceType: deviceType,
		LongName:    "V4L2 devices for v4l2metasrc",
		Klass:       "Source/Video",
		Description: "Lists the V4L2 capture devices, and tells when one comes or goes",
		Author:      Class.Author,
		Rank:        rankSecondary,
		Element:     element,
		Property:    "device",
		Probe:       n.probe,
		Watch:       n.watch,
	}
}

// nodes is where device nodes are and how they are opened: /dev and v4l2.Open but in
// tests.
type nodes struct {
	dir  string
	open func(path string) (*v4l2.Device, error)
}

// probe lists the nodes that can be opened.
func (n nodes) probe(devices *gstx.Devices) {
	for _, path := range v4l2.Nodes(n.dir) {
		if err := n.list(devices, path); err != nil {
			devices.Logf(gstx.LevelDebug, "not listed: %v", err)
		}
	}
}

var errNoFormat = errors.New("no format that GStreamer has a name for")

// list adds a node to the devices, with the caps that the element would offer.
func (n nodes) list(devices *gstx.Devices, path string) error {
	d, err := n.open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	// As an element is that has its device open, with the settings it is made with.
	s := &source{set: settings{device: path, forceAspect: true}, dev: d}
	interval, err := signalInterval(d)
	if err != nil {
		return err
	}
	if s.modes, err = probe(d, interval); err != nil {
		return err
	}
	if len(s.modes) == 0 {
		return fmt.Errorf("%s: %w", path, errNoFormat)
	}
	caps, err := s.Caps()
	if err != nil {
		return err
	}
	c := d.Capability()
	devices.Add(gstx.Device{
		Path: path, DisplayName: c.Card, Class: "Video/Source", Caps: caps,
		Properties: []gstx.Field{ // with the names of GStreamer's own provider
			{Name: "device.api", Value: "v4l2"},
			{Name: "device.path", Value: path},
			{Name: "v4l2.device.driver", Value: c.Driver},
			{Name: "v4l2.device.card", Value: c.Card},
			{Name: "v4l2.device.bus_info", Value: c.Bus},
			{Name: "v4l2.device.version", Value: c.Version},
			{Name: "v4l2.device.capabilities", Value: c.All},
			{Name: "v4l2.device.device_caps", Value: c.Flags},
		},
	})
	return nil
}

// A new node may not answer at once: before Linux 6.8 it is there before its driver
// is, and udev has some drivers' devices, which take one user only, open first. In
// the plugin file a retry comes up to a second later (plugin/slack.c).
const (
	retryMS = 100
	retries = 10
)

// watcher watches a folder of nodes.
type watcher struct {
	nodes
	wake  *sys.Wake
	watch *v4l2.Watch
	again map[string]int // how often a path is still to be tried
}

func (n nodes) watch() (gstx.Watcher, error) {
	w, err := v4l2.NewWatch(n.dir)
	if err != nil {
		return nil, err
	}
	wake, err := sys.NewWake()
	if err != nil {
		w.Close()
		return nil, err
	}
	return &watcher{nodes: n, wake: wake, watch: w, again: map[string]int{}}, nil
}

// Stop is gstx.Watcher's.
func (w *watcher) Stop() { w.wake.Set() }

// Close is gstx.Watcher's.
func (w *watcher) Close() {
	w.watch.Close()
	w.wake.Close()
}

// Next is gstx.Watcher's.
func (w *watcher) Next(devices *gstx.Devices) bool {
	timeout := -1
	if len(w.again) > 0 {
		timeout = retryMS
	}
	switch _, err := w.wake.Wait(w.watch.FD(), unix.POLLIN, timeout); err {
	case nil:
	case unix.ETIMEDOUT:
		for path := range w.again {
			w.try(devices, path)
		}
		return true
	case sys.ErrWoken:
		return false
	default:
		devices.Logf(gstx.LevelWarning, "devices that come later will not be listed: %v", err)
		return false
	}
	changes, err := w.watch.Read()
	for _, c := range changes {
		switch {
		case c.Gone:
			devices.Remove(c.Path)
		case !devices.Has(c.Path):
			w.again[c.Path] = retries
			w.try(devices, c.Path)
		}
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, v4l2.ErrLost):
		// A device may have been replaced by another at the same path.
		clear(w.again)
		devices.RemoveAll()
		w.probe(devices)
		return true
	}
	devices.Logf(gstx.LevelWarning, "devices that come later will not be listed: %v", err)
	return false
}

// try lists a new node, or takes note to try again where that may help: not where
// there is none any more, it is something else, or it is not permitted, of whose
// change the watch tells.
func (w *watcher) try(devices *gstx.Devices, path string) {
	err := w.list(devices, path)
	w.again[path]--
	switch {
	case err == nil, w.again[path] < 0, errors.Is(err, errNoFormat), errors.Is(err, v4l2.ErrNotCapture),
		errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission):
		delete(w.again, path)
	}
	if err != nil {
		devices.Logf(gstx.LevelDebug, "not listed: %v", err)
	}
}
