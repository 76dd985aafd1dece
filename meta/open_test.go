package meta

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// memfd makes a memfd with content and seals, closed at the test's end.
func memfd(t testing.TB, content []byte, seals int) int {
	t.Helper()
	fd, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if _, err := unix.Write(fd, content); err != nil && len(content) > 0 {
		t.Fatal(err)
	}
	if seals != 0 {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
			t.Fatal(err)
		}
	}
	return fd
}

func TestSealedBlockOpensEqual(t *testing.T) {
	for name := range golden {
		data := goldenFile(t, name)
		fd, err := Seal(data)
		if err != nil {
			t.Fatal(err)
		}
		// An offset that someone else moved must not matter.
		if _, err := unix.Seek(fd, 7, 0); err != nil {
			t.Fatal(err)
		}
		b, err := Open(fd)
		unix.Close(fd)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), data) {
			t.Errorf("%s: opened %x, want %x", name, b.Bytes(), data)
		}
	}
}

func TestSealedBlockCannotChange(t *testing.T) {
	fd, err := Seal(goldenFile(t, "hdr10"))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	seals, err := ReadSeals(fd)
	if err != nil || seals&SealsApplied != SealsApplied || !seals.Sealed() {
		t.Errorf("seals %v, %v; want at least %v", seals, err, SealsApplied)
	}
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("fd flags %#x, %v; want close-on-exec", flags, err)
	}
	size := int64(len(goldenFile(t, "hdr10")))
	for name, change := range map[string]func() error{
		"write":    func() error { _, err := unix.Pwrite(fd, []byte{0}, 0); return err },
		"append":   func() error { _, err := unix.Pwrite(fd, []byte{0}, size); return err },
		"truncate": func() error { return unix.Ftruncate(fd, 0) },
		"extend":   func() error { return unix.Ftruncate(fd, 4096) },
		"punch":    func() error { return unix.Fallocate(fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, 32) },
		"map": func() error {
			_, err := unix.Mmap(fd, 0, 32, unix.PROT_WRITE, unix.MAP_SHARED)
			return err
		},
		"seal": func() error {
			_, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_FUTURE_WRITE)
			return err
		},
	} {
		if err := change(); !errors.Is(err, unix.EPERM) {
			t.Errorf("%s: got %v, want %v", name, err, unix.EPERM)
		}
	}
}

func TestOpenRefusesWhatIsNotASealedMemfd(t *testing.T) {
	good := goldenFile(t, "hdr10")
	const all = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	open := func(path string, flags int) int {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	file := filepath.Join(t.TempDir(), "block")
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	plain, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC) // carries F_SEAL_SEAL
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(plain)
	// A number far from those that the cases below get.
	closed, err := unix.FcntlInt(uintptr(memfd(t, good, all)), unix.F_DUPFD_CLOEXEC, 900)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(closed)

	for name, c := range map[string]struct {
		fd   int
		want error
	}{
		"unsealed":                   {memfd(t, good, 0), ErrNotSealed},
		"without shrink":             {memfd(t, good, unix.F_SEAL_GROW|unix.F_SEAL_WRITE), ErrNotSealed},
		"without grow":               {memfd(t, good, unix.F_SEAL_SHRINK|unix.F_SEAL_WRITE), ErrNotSealed},
		"without write":              {memfd(t, good, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL), ErrNotSealed},
		"future write only":          {memfd(t, good, unix.F_SEAL_FUTURE_WRITE), ErrNotSealed},
		"future write for write":     {memfd(t, good, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_FUTURE_WRITE), ErrNotSealed},
		"memfd without sealing":      {plain, ErrNotSealed},
		"empty":                      {memfd(t, nil, all), ErrTruncated},
		"31 bytes":                   {memfd(t, good[:31], all), ErrTruncated},
		"truncated":                  {memfd(t, good[:len(good)-1], all), ErrTruncated},
		"longer than the block":      {memfd(t, append(bytes.Clone(good), 0), all), ErrTooLarge},
		"64 KiB and one":             {memfd(t, make([]byte, MaxSize+1), all), ErrTooLarge},
		"zeros":                      {memfd(t, make([]byte, 64), all), ErrMagic},
		"file with the right bytes":  {open(file, unix.O_RDONLY), ErrNotSealed},
		"pipe":                       {pipe[0], ErrNotSealed},
		"/dev/null":                  {open("/dev/null", unix.O_RDWR), ErrNotSealed},
		"directory":                  {open("/", unix.O_RDONLY|unix.O_DIRECTORY), ErrNotSealed},
		"path-only":                  {open("/", unix.O_PATH), unix.EBADF},
		"closed":                     {closed, unix.EBADF},
		"-1":                         {-1, unix.EBADF},
		"a number that is no fd":     {1 << 30, unix.EBADF},
		"errno of what is not memfd": {open("/dev/null", unix.O_RDWR), unix.EINVAL},
	} {
		b := Block{Color: &Color{}}
		if err := b.Open(c.fd); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if b.count() != 0 {
			t.Errorf("%s: the error left %+v", name, b.Clone())
		}
		if got, err := Open(c.fd); got != nil || err == nil {
			t.Errorf("%s: Open gives %v, %v", name, got, err)
		}
	}
}

func TestOpenErrorsNameTheSealsThatAreThere(t *testing.T) {
	_, err := Open(memfd(t, goldenFile(t, "hdr10"), unix.F_SEAL_GROW))
	if err == nil || !strings.Contains(err.Error(), "seals grow") {
		t.Errorf("got %v", err)
	}
}

// A write-only descriptor of a sealed memfd can exist; it cannot be read.
func TestOpenOfAWriteOnlyDescriptor(t *testing.T) {
	fd := memfd(t, goldenFile(t, "hdr10"), 0)
	w, err := unix.Open("/proc/self/fd/"+strconv.Itoa(fd), unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(w)
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, int(SealsApplied)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(w); !errors.Is(err, unix.EBADF) {
		t.Errorf("got %v, want %v", err, unix.EBADF)
	}
}

func TestSealsInWords(t *testing.T) {
	for s, want := range map[Seals]string{
		0:                               "none",
		SealsRequired:                   "shrink|grow|write",
		SealsApplied:                    "seal|shrink|grow|write",
		0x3f:                            "seal|shrink|grow|write|future_write|exec",
		unix.F_SEAL_FUTURE_WRITE | 1<<9: "future_write|0x200",
	} {
		if got := s.String(); got != want {
			t.Errorf("%#x: got %q, want %q", int(s), got, want)
		}
	}
}

func TestSealLeavesNothingWhenItFails(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	next, err := unix.Dup(0) // the lowest free number
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(next)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(next), Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	fd, err := Seal(emptyBlock)
	if e := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); e != nil {
		t.Fatal(e)
	}
	if fd != -1 || !errors.Is(err, unix.EMFILE) {
		t.Errorf("without a free descriptor: %d, %v; want %v", fd, err, unix.EMFILE)
	}
}

// On a kernel before 6.3 the flag is refused once and then left out.
func TestSealWithoutNoexec(t *testing.T) {
	was := noexecMissing.Swap(true)
	defer noexecMissing.Store(was)
	fd, err := Seal(emptyBlock)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := Open(fd); err != nil {
		t.Error(err)
	}
}

func TestOpeningAgainDoesNotAllocate(t *testing.T) {
	fd, err := Seal(goldenFile(t, "all"))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	var b Block
	if n := testing.AllocsPerRun(100, func() {
		if err := b.Open(fd); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

var emptyBlock = func() []byte {
	b, err := new(Block).AppendTo(nil)
	if err != nil {
		panic(err)
	}
	return b
}()
