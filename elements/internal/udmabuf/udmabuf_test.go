package udmabuf

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/test/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// device opens the real thing, or skips.
func device(t *testing.T) *Device {
	t.Helper()
	d, err := Open()
	if err != nil {
		if os.Getenv("REQUIRE_DEVICES") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestMissingDeviceSaysWhatToDo(t *testing.T) {
	d, err := Open()
	if err == nil {
		d.Close()
		t.Skip("this machine has " + Path)
	}
	if !errors.Is(err, ErrUnavailable) || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), Path) {
		t.Errorf("error %v: want ErrUnavailable, the errno and %s", err, Path)
	}
	if d != nil || d.Close() != nil {
		t.Errorf("device %v after an error", d)
	}
}

// checkBuffer holds what every buffer promises.
func checkBuffer(t *testing.T, d *Device, wantDMA bool) {
	t.Helper()
	b, err := d.New("picture", 5000)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	page := os.Getpagesize()
	if len(b.Bytes()) != 2*page || b.DMABuf() != wantDMA {
		t.Errorf("%d bytes, DMA-buf %v; want %d and %v", len(b.Bytes()), b.DMABuf(), 2*page, wantDMA)
	}
	if err := b.Begin(); err != nil {
		t.Fatal(err)
	}
	copy(b.Bytes()[page-1:], "ab")
	if err := b.End(); err != nil {
		t.Fatal(err)
	}
	// Whoever gets the descriptor sees the same memory.
	m, err := unix.Mmap(b.FD(), 0, 2*page, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(m[page-1:page+1], []byte("ab")) {
		t.Errorf("a second mapping reads %q, want ab", m[page-1:page+1])
	}
	unix.Munmap(m)
	if flags, err := unix.FcntlInt(uintptr(b.FD()), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor flags %#x, %v: want close-on-exec", flags, err)
	}
	if n := testing.AllocsPerRun(10, func() { b.Begin(); b.End() }); n != 0 {
		t.Errorf("%v allocations per write, want 0", n)
	}
	for range 2 {
		if err := b.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if b.FD() != -1 || b.Bytes() != nil {
		t.Error("closed buffer still has its memory")
	}
}

func TestBufferWithoutDeviceIsAMemfd(t *testing.T) { checkBuffer(t, nil, false) }

func TestBufferOfDeviceIsADMABuf(t *testing.T) { checkBuffer(t, device(t), true) }

func TestMemfdCannotShrink(t *testing.T) {
	b, err := (*Device)(nil).New("picture", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := unix.Ftruncate(b.FD(), 0); err != unix.EPERM {
		t.Errorf("truncating gives %v, want EPERM", err)
	}
}

func TestImpossibleSizes(t *testing.T) {
	for _, size := range []int{0, -1, 1 << 50} {
		if b, err := (*Device)(nil).New("picture", size); b != nil || !errors.Is(err, ErrSize) {
			t.Errorf("New(%d) = %v, %v; want ErrSize", size, b, err)
		}
	}
}

func TestClosedDeviceMakesNothing(t *testing.T) {
	d := device(t)
	d.Close()
	if b, err := d.New("picture", 4096); b != nil || !errors.Is(err, unix.EBADF) {
		t.Errorf("New on a closed device = %v, %v; want EBADF", b, err)
	}
}

func TestBufferOutlivesDevice(t *testing.T) {
	d := device(t)
	b, err := d.New("picture", 4096)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	d.Close()
	if err := errors.Join(b.Begin(), b.End()); err != nil {
		t.Error(err)
	}
}

func TestDeviceLimitIsAnError(t *testing.T) {
	d := device(t)
	// Newer kernels have no limit by default and would fill the machine's memory.
	const limit = "/sys/module/udmabuf/parameters/size_limit_mb"
	before, err := os.ReadFile(limit)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(limit, []byte("64"), 0); err != nil {
		t.Fatal(err)
	}
	defer os.WriteFile(limit, before, 0)

	b, err := d.New("picture", 65<<20)
	if b != nil || !errors.Is(err, unix.EINVAL) {
		t.Errorf("65 MiB of 64: %v, %v; want EINVAL", b, err)
		b.Close()
	}
}
