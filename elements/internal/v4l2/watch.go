package v4l2

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Watch tells which video nodes come and go in a folder, by inotify: it needs no
// udev and no privilege, and works where only the folder is seen, as in a
// container.
type Watch struct {
	fd  *sys.FD
	dir string
	buf [4096]byte
}

// Change is what has happened to a node.
type Change struct {
	Path string
	// Gone means that there is no such node any more. Otherwise it is new, or may
	// be opened by others than before.
	Gone bool
}

var (
	// ErrLost means that changes were lost: what is there is to be looked at anew.
	ErrLost = errors.New("changes were lost")
	// ErrFolderGone means that the folder of a Watch is no more.
	ErrFolderGone = errors.New("the folder is gone")
)

// NewWatch watches a folder, /dev but in tests, from now on.
func NewWatch(dir string) (*Watch, error) {
	n, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fail(dir, "watch", err)
	}
	w := &Watch{fd: sys.NewFD(n), dir: dir}
	// udev changes owner, mode and access list after the kernel has made the node:
	// IN_ATTRIB.
	const mask = unix.IN_CREATE | unix.IN_ATTRIB | unix.IN_MOVED_TO | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_ONLYDIR
	if _, err := unix.InotifyAddWatch(n, dir, mask); err != nil {
		w.fd.Close()
		return nil, fail(dir, "watch", err)
	}
	return w, nil
}

// FD lends the descriptor, readable while there are changes; -1 after Close.
func (w *Watch) FD() int { return w.fd.Int() }

// Close ends the watch. Again does nothing.
func (w *Watch) Close() error { return w.fd.Close() }

// Read takes the changes that wait, in their order, and none when there are none.
// With ErrLost and ErrFolderGone come those that were told before it.
func (w *Watch) Read() ([]Change, error) {
	for {
		n, err := unix.Read(w.fd.Int(), w.buf[:])
		switch err {
		case nil:
			return w.parse(w.buf[:n])
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			return nil, nil
		}
		return nil, fail(w.dir, "read changes", err)
	}
}

// parse reads a sequence of struct inotify_event: wd, mask, cookie and len of 32
// bits each, then a name of len bytes that ends with zeros.
func (w *Watch) parse(b []byte) (out []Change, err error) {
	for len(b) > 0 {
		if len(b) < unix.SizeofInotifyEvent {
			return out, fail(w.dir, "read changes", fmt.Errorf("%w: an event of %d bytes", ErrReply, len(b)))
		}
		mask, size := binary.NativeEndian.Uint32(b[4:]), uint64(binary.NativeEndian.Uint32(b[12:]))
		if b = b[unix.SizeofInotifyEvent:]; size > uint64(len(b)) {
			return out, fail(w.dir, "read changes", fmt.Errorf("%w: a name of %d bytes in %d", ErrReply, size, len(b)))
		}
		name, _, _ := bytes.Cut(b[:size], []byte{0})
		b = b[size:]
		switch {
		case mask&unix.IN_Q_OVERFLOW != 0:
			err = ErrLost
		case mask&unix.IN_IGNORED != 0:
			return out, ErrFolderGone
		}
		if _, ok := number(string(name)); ok {
			out = append(out, Change{filepath.Join(w.dir, string(name)), mask&(unix.IN_DELETE|unix.IN_MOVED_FROM) != 0})
		}
	}
	return out, err
}
