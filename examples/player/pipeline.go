package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

var errUsage = errors.New("say what to play")

type options struct {
	device string
	test   bool
	sink   string
	media  []string
}

// pipeline describes the pipeline that fits the options. hdrmetadump looks at
// the metadata on its way to the display and tells the bus of every change.
func (o options) pipeline() (string, error) {
	n := len(o.media)
	if o.device != "" {
		n++
	}
	if o.test {
		n++
	}
	if n != 1 {
		return "", fmt.Errorf("%w: one of FILE, URI, --device or --test", errUsage)
	}
	show := `hdrmetadump location="" ! ` + o.sink + " name=" + sinkName
	switch {
	case o.test:
		return "hdrmetatestsrc is-live=true ! " + show, nil
	case o.device != "":
		return "v4l2metasrc device=" + quote(o.device) + " ! " + show, nil
	}
	uri, err := toURI(o.media[0])
	if err != nil {
		return "", err
	}
	return "playbin3 uri=" + quote(uri) + " video-sink=" + quote(show), nil
}

// toURI takes a URI as it is and makes one of a file's path.
func toURI(s string) (string, error) {
	if u, err := url.Parse(s); err == nil && len(u.Scheme) > 1 && strings.Contains(s, ":/") {
		return s, nil
	}
	path, err := filepath.Abs(s)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", err
	}
	return (&url.URL{Scheme: "file", Path: path}).String(), nil
}

// quote makes s one value of gst_parse_launch.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
