// Command plugin is libgstshmmeta.so, the GStreamer plugin file:
//
//	go build -buildmode=c-shared -o libgstshmmeta.so ./plugin
package main

// #cgo pkg-config: gstreamer-1.0
// #cgo CFLAGS: -O2
// #cgo LDFLAGS: -Wl,--wrap=pthread_create
// #include <gst/gst.h>
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements"
)

// procs is more than the streaming threads of a large pipeline. Each keeps its share
// of Go's scheduler from frame to frame (slack.c), and one that found none would
// wait for the monitor. They are cheap; how many threads run is up to GStreamer.
const procs = 64

//export goPluginInit
func goPluginInit(plugin C.gpointer) (ok C.gboolean) {
	// A failed init blacklists the file in the registry, so the reason must be
	// seen: neither log nor bus exists for it.
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintln(os.Stderr, "shmmeta: panic at registration:", r)
		}
	}()
	runtime.GOMAXPROCS(max(procs, runtime.GOMAXPROCS(0)))
	if err := elements.Register(unsafe.Pointer(plugin)); err != nil {
		fmt.Fprintln(os.Stderr, "shmmeta:", err)
		return 0
	}
	return 1
}

func main() {}
