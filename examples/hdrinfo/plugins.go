package main

import (
	"fmt"
	"strings"
)

// Debian's names of the packages with the parsers and demuxers that GStreamer
// misses by media type; those of other systems are alike.
var packages = map[string]string{
	"video/x-h264":     "gstreamer1.0-plugins-bad",
	"video/x-h265":     "gstreamer1.0-plugins-bad",
	"video/x-av1":      "gstreamer1.0-plugins-bad",
	"video/x-ivf":      "gstreamer1.0-plugins-bad",
	"video/mpegts":     "gstreamer1.0-plugins-bad",
	"application/mxf":  "gstreamer1.0-plugins-bad",
	"video/x-matroska": "gstreamer1.0-plugins-good",
	"video/webm":       "gstreamer1.0-plugins-good",
	"video/quicktime":  "gstreamer1.0-plugins-good",
	"video/x-msvideo":  "gstreamer1.0-plugins-good",
}

func needs(element, in string) error {
	return fmt.Errorf("GStreamer's element %s is missing: install %s", element, in)
}

// missing tells what a file of that type needs.
func missing(media string) error {
	return fmt.Errorf("GStreamer has no plugin for %s: install %s", mediaName(media), packages[media])
}

// reason is why reading ended, or why there was nothing to read: what could not be
// linked is more to the point than what came of it.
func (r *reader) reason() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.linkErr != nil:
		return r.linkErr
	case r.failed != nil && (r.streams == 0 || r.videos > 0):
		return r.failed
	}
	return errNoVideo // that nothing is linked is what failed
}

// quote makes s one value of gst_parse_launch.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
