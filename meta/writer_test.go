package meta

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// fdWriter publishes descriptors as they are and counts what it holds.
func fdWriter() (w *Writer[int], held map[int]bool) {
	held = map[int]bool{}
	return NewWriter(
		func(fd, size int) (int, error) { held[fd] = true; return fd, nil },
		func(fd int) { delete(held, fd); unix.Close(fd) },
	), held
}

func light(n int) *Block { return &Block{ContentLight: &ContentLight{MaxCLL: uint16(n)}} }

func write[T any](t testing.TB, w *Writer[T], b *Block) T {
	t.Helper()
	v, err := w.Write(b)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func counts[T any](w *Writer[T]) string {
	return fmt.Sprintf("%d made %d reused", w.Made(), w.Reused())
}

func TestWriterHandsTheSameDescriptorOutForTheSameContent(t *testing.T) {
	w, held := fdWriter()
	first := write(t, w, light(1))
	for range 9 {
		if fd := write(t, w, light(1)); fd != first {
			t.Fatalf("fd %d, want %d", fd, first)
		}
	}
	other := write(t, w, light(2))
	if other == first {
		t.Error("another content has the same fd")
	}
	if got := counts(w); got != "2 made 9 reused" {
		t.Error(got)
	}
	for fd, want := range map[int]*Block{first: light(1), other: light(2)} {
		b, err := Open(fd)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), encode(t, want)) {
			t.Errorf("fd %d holds %x", fd, b.Bytes())
		}
	}
	w.Close()
	w.Close()
	if len(held) != 0 {
		t.Errorf("closed and still holding %v", held)
	}
	write(t, w, light(1))
	if got := counts(w); got != "3 made 9 reused" {
		t.Errorf("used on after Close: %s", got)
	}
	w.Close()
}

func TestWriterKeepsTheMostRecentlyUsed(t *testing.T) {
	w, held := fdWriter()
	defer w.Close()
	first := write(t, w, light(0))
	for i := 1; i < Keep; i++ {
		write(t, w, light(i))
	}
	if got := write(t, w, light(0)); got != first {
		t.Fatalf("fd %d of %d blocks ago, want %d", got, Keep-1, first)
	}
	write(t, w, light(Keep)) // pushes out 1, the least recently used
	if got := write(t, w, light(0)); got != first || len(held) != Keep {
		t.Errorf("fd %d and %d held, want %d and %d", got, len(held), first, Keep)
	}
	made := w.Made()
	write(t, w, light(2))
	if w.Made() != made {
		t.Error("the third block is gone")
	}
	write(t, w, light(1))
	if w.Made() != made+1 {
		t.Error("the second block is still kept")
	}
}

// A holder as buffers share it: the Writer's hold is one of several.
type holder struct{ fd, refs int }

func (h *holder) unref() {
	if h.refs--; h.refs == 0 {
		unix.Close(h.fd)
	}
}

func TestBlockThatIsPushedOutLivesOnWithItsBuffers(t *testing.T) {
	w := NewWriter(
		func(fd, size int) (*holder, error) { return &holder{fd, 1}, nil },
		func(h *holder) { h.unref() },
	)
	buffer := write(t, w, light(1000))
	buffer.refs++
	for i := range 2 * Keep {
		write(t, w, light(i))
	}
	w.Close()
	if b, err := Open(buffer.fd); err != nil || b.ContentLight.MaxCLL != 1000 || buffer.refs != 1 {
		t.Errorf("a buffer's block after it was pushed out: %v, %d refs", err, buffer.refs)
	}
	buffer.unref()
	if _, err := Open(buffer.fd); !errors.Is(err, unix.EBADF) {
		t.Errorf("after the last reference: %v, want %v", err, unix.EBADF)
	}
}

func TestWriterClosesWhatCannotBePublished(t *testing.T) {
	want := errors.New("no holder")
	var fd int
	w := NewWriter(func(n, size int) (int, error) { fd = n; return 0, want }, func(int) { t.Error("released") })
	defer w.Close()
	if _, err := w.Write(light(1)); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); !errors.Is(err, unix.EBADF) {
		t.Errorf("fd %d is open: %v", fd, err)
	}
	if _, err := w.Write(&Block{T35: [][]byte{nil}}); !errors.Is(err, ErrSection) {
		t.Errorf("a block that cannot be encoded: %v, want %v", err, ErrSection)
	}
	if got := counts(w); got != "0 made 0 reused" {
		t.Error(got)
	}
}

func TestWritingDoesNotAllocate(t *testing.T) {
	w, _ := fdWriter()
	defer w.Close()
	b := golden["all"]
	write(t, w, &b)
	if n := testing.AllocsPerRun(100, func() { write(t, w, &b) }); n != 0 {
		t.Errorf("%v allocations for an unchanged block, want 0", n)
	}
	v := NewWriter(func(fd, size int) (int, error) { return fd, nil }, func(fd int) { unix.Close(fd) })
	defer v.Close()
	changing := light(0)
	next := func() { changing.ContentLight.MaxCLL++; write(t, v, changing) }
	for range 2 * Keep {
		next()
	}
	if n := testing.AllocsPerRun(100, next); n != 0 {
		t.Errorf("%v allocations for a new block, want 0", n)
	}
}
