package kms

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Want says which card to open; empty fields match any.
type Want struct {
	Path   string // "/dev/dri/card1"
	Driver string
	BusID  string
}

// Open opens the card at Path, or else the first card with matching driver and
// bus that has atomic mode setting and a connected display, or else the first
// without a display. Without any the error is ErrNoDevice and says what is
// wrong with each card.
func Open(w Want) (*Device, error) {
	return finder{cards, openCard}.find(w)
}

// Borrow uses a DRM file that someone else opened, a lease for example. The fd
// is duplicated; mastership, and the set of framebuffers and handles, are
// shared with the owner.
func Borrow(fd int) (*Device, error) {
	dup, err := sys.DupFD(fd)
	if err != nil {
		return nil, err
	}
	d, err := New(file{dup, true})
	if d != nil {
		d.borrowed = true
	}
	return d, err
}

func openCard(path string) (Kernel, error) {
	fd, err := sys.OpenFD(path, unix.O_RDWR|unix.O_NONBLOCK)
	switch {
	case errors.Is(err, unix.EACCES):
		return nil, fmt.Errorf("%w; is this user in the group that owns it, usually video?", err)
	case err != nil:
		return nil, err
	}
	return file{fd: fd}, nil
}

// cards lists /dev/dri/card*, lowest number first.
func cards() []string {
	paths, _ := filepath.Glob("/dev/dri/card[0-9]*")
	number := func(p string) int {
		n, _ := strconv.Atoi(strings.TrimPrefix(filepath.Base(p), "card"))
		return n
	}
	slices.SortFunc(paths, func(a, b string) int { return number(a) - number(b) })
	return paths
}

type finder struct {
	list func() []string
	open func(path string) (Kernel, error)
}

func (f finder) find(w Want) (*Device, error) {
	if w.Path != "" {
		d, err := f.openDevice(w.Path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return nil, fmt.Errorf("%w: %w", ErrNoDevice, err)
		case err != nil:
			return nil, err
		case !w.matches(d):
			d.Close()
			return nil, fmt.Errorf("%w: %s is not %s", ErrNoDevice, d, w)
		}
		return d, nil
	}
	var spare *Device
	var reasons []error
	for _, path := range f.list() {
		d, err := f.openDevice(path)
		if err != nil {
			reasons = append(reasons, err)
			continue
		}
		if !w.matches(d) {
			reasons = append(reasons, fmt.Errorf("%s is not %s", d, w))
			d.Close()
			continue
		}
		if d.hasDisplay() {
			if spare != nil {
				spare.Close()
			}
			return d, nil
		}
		if spare == nil {
			spare = d
		} else {
			d.Close()
		}
	}
	switch {
	case spare != nil:
		return spare, nil
	case reasons == nil:
		return nil, fmt.Errorf("%w: there is no /dev/dri/card*", ErrNoDevice)
	}
	return nil, fmt.Errorf("%w: %w", ErrNoDevice, errors.Join(reasons...))
}

func (f finder) openDevice(path string) (*Device, error) {
	k, err := f.open(path)
	if err != nil {
		return nil, err
	}
	d, err := New(k)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d.Path = path
	return d, nil
}

func (w Want) matches(d *Device) bool {
	return (w.Driver == "" || w.Driver == d.Driver) && (w.BusID == "" || w.BusID == d.BusID)
}

// String describes what is wanted beyond a path.
func (w Want) String() string {
	var s []string
	if w.Driver != "" {
		s = append(s, "driver "+w.Driver)
	}
	if w.BusID != "" {
		s = append(s, "bus "+w.BusID)
	}
	return strings.Join(s, ", ")
}

func (d *Device) hasDisplay() bool {
	r, err := d.Resources()
	return err == nil && slices.ContainsFunc(r.Connectors, (*Connector).Connected)
}
