package v4l2

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNodesAreVideoWithANumberInItsOrder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"video10", "video9", "video0", "video", "video1a", "videodev2", "media0", "video-1", "video99999999999999999999"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{dir + "/video0", dir + "/video9", dir + "/video10"}
	if got := Nodes(dir); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Nodes(dir + "/none"); len(got) != 0 {
		t.Errorf("a folder that is not there has nodes %v", got)
	}
}

func watch(t *testing.T, dir string) *Watch {
	t.Helper()
	w, err := NewWatch(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func TestWatchTellsWhatHappensToNodesInItsOrder(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	w := watch(t, dir)
	if got, err := w.Read(); err != nil || len(got) != 0 {
		t.Fatalf("got %v, %v of a folder where nothing has happened", got, err)
	}
	for i, err := range []error{
		os.WriteFile(path("video3"), nil, 0o000),
		os.WriteFile(path("other"), nil, 0o600),
		os.Chmod(path("video3"), 0o660), // as udev does
		os.Remove(path("video3")),
		os.WriteFile(path("video3"), nil, 0o600),
		os.Rename(path("video3"), path("away")),
		os.Rename(path("away"), path("video12")),
	} {
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
	got, err := w.Read()
	want := []Change{
		{path("video3"), false}, {path("video3"), false}, {path("video3"), true},
		{path("video3"), false}, {path("video3"), true}, {path("video12"), false},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestWatchOfAFolderThatGoes(t *testing.T) {
	dir := t.TempDir() + "/dev"
	if _, err := NewWatch(dir); !errors.Is(err, unix.ENOENT) {
		t.Errorf("got %v of no folder", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	w := watch(t, dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Read(); err != ErrFolderGone {
		t.Errorf("got %v, want %v", err, ErrFolderGone)
	}
	w.Close()
	w.Close()
	if _, err := w.Read(); !errors.Is(err, unix.EBADF) || w.FD() != -1 {
		t.Errorf("got %v, fd %d of a closed watch", err, w.FD())
	}
}

// event is a struct inotify_event, written down apart from the reader.
func event(mask, size uint32, name string) []byte {
	b := binary.NativeEndian.AppendUint32(nil, 1)
	for _, v := range []uint32{mask, 0, size} {
		b = binary.NativeEndian.AppendUint32(b, v)
	}
	return append(b, name...)
}

func TestWatchReadsEventsOfEveryShape(t *testing.T) {
	w := &Watch{dir: "/dev"}
	join := func(parts ...[]byte) (out []byte) { return slices.Concat(parts...) }
	created, gone := Change{"/dev/video7", false}, Change{"/dev/video7", true}
	for _, c := range []struct {
		name  string
		bytes []byte
		want  []Change
		err   error
	}{
		{"nothing", nil, nil, nil},
		{"padded name", event(unix.IN_CREATE, 16, "video7\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), []Change{created}, nil},
		{"name without end", event(unix.IN_CREATE, 6, "video7"), []Change{created}, nil},
		{"overflow between two", join(event(unix.IN_CREATE, 6, "video7"), event(unix.IN_Q_OVERFLOW, 0, ""), event(unix.IN_DELETE, 6, "video7")),
			[]Change{created, gone}, ErrLost},
		{"end of the watch", join(event(unix.IN_DELETE, 6, "video7"), event(unix.IN_IGNORED, 0, ""), event(unix.IN_CREATE, 6, "video7")),
			[]Change{gone}, ErrFolderGone},
		{"half a head", join(event(unix.IN_CREATE, 6, "video7"), event(unix.IN_CREATE, 0, "")[:15]), []Change{created}, ErrReply},
		{"name longer than what there is", event(unix.IN_CREATE, 1<<32-1, "video7"), nil, ErrReply},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := w.parse(c.bytes)
			if !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
				t.Errorf("got %v, %v, want %v, %v", got, err, c.want, c.err)
			}
		})
	}
}
