// Package elements registers the project's GStreamer elements.
//
// A Go program that builds pipelines calls Register(nil) after gst_init (gst.Init
// of go-gst) and then makes them by name, with no plugin file needed. The plugin
// file calls it with its GstPlugin.
package elements

import (
	"errors"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// Version is the project's.
const Version = gstx.Version

// Register makes all elements, their device providers and the two metas known to GStreamer: as features of plugin (a
// *GstPlugin; with go-gst: gst.UnsafePluginToGlibNone), or of the running program
// when plugin is nil. GStreamer must be initialised. Calling it again, or having
// the plugin file loaded as well, is harmless: a type that exists is used.
func Register(plugin unsafe.Pointer) error {
	register := gstmeta.Register
	if plugin != nil {
		register = func() error { return gstmeta.RegisterFactory(plugin) }
	}
	errs := []error{register()}
	for _, c := range classes {
		errs = append(errs, gstx.Register(plugin, c))
	}
	for _, p := range providers {
		errs = append(errs, gstx.RegisterProvider(plugin, p))
	}
	return errors.Join(errs...)
}
