package hdrmetaattach

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
)

var errNotFile = errors.New("not a regular file")

// load makes the track of the file that property names, nil when location is
// empty. read adds the frames; the error it gives is about the content.
func load(property, location string, read func(*track, io.Reader) error) (*track, error) {
	if location == "" {
		return nil, nil
	}
	f, err := open(location)
	if err != nil {
		return nil, explain(property, location, err)
	}
	defer f.Close()
	t := &track{property: property, location: location}
	if err := read(t, f); err != nil {
		return nil, explain(property, location, err)
	}
	t.shrink()
	return t, nil
}

// open opens a regular file. Anything else is refused, and not waited for: a
// pipe without a writer would hold the change of state.
func open(location string) (*os.File, error) {
	f, err := os.OpenFile(location, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	switch st, err := f.Stat(); {
	case err != nil:
		f.Close()
		return nil, err
	case !st.Mode().IsRegular():
		f.Close()
		return nil, fmt.Errorf("%s is a %v: %w", location, kind(st.Mode()), errNotFile)
	}
	return f, nil
}

func kind(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "folder"
	case m&os.ModeNamedPipe != 0:
		return "pipe"
	case m&os.ModeDevice != 0:
		return "device"
	}
	return "file of another kind"
}

// explain makes an error for the bus of what is wrong with a file.
func explain(property, location string, err error) error {
	say := func(code gstx.ErrorCode, format string, args ...any) error {
		return &gstx.Error{Code: code, Text: fmt.Sprintf(format, args...), Cause: err}
	}
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return say(gstx.ResourceNotFound, "There is no file %s; set the property %s to one that exists.", location, property)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return say(gstx.ResourceNotAuthorized, "Reading %s is not permitted; change its permissions (ls -l %s).", location, location)
	case errors.Is(err, errNotFile):
		return say(gstx.ResourceOpenRead, "%s is not a regular file; set the property %s to one.", location, property)
	case errors.Is(err, errTooLarge):
		return say(gstx.ResourceOpenRead, "%s holds too much; cut it to what the stream needs.", location)
	}
	return say(gstx.ResourceOpenRead, "%s cannot be used: %v; set the property %s to another file.", location, err, property)
}
