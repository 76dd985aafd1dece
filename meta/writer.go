package meta

import (
	"bytes"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Keep is how many distinct blocks a Writer keeps for reuse: enough for static
// metadata on several kinds of frames and for a scene that alternates, few
// enough to compare with each time.
const Keep = 8

// Writer turns blocks into sealed descriptors for one stream. While content
// repeats, the same descriptor is handed out again: no system call, no
// allocation.
//
// T is what a descriptor is published as: a reference-counted holder that
// buffers can share, or the fd itself. A Writer keeps the last few values and
// releases its hold on one when newer blocks push it out; what else refers to
// the value keeps it alive. A Writer is for one goroutine, except Made and
// Reused.
type Writer[T any] struct {
	publish func(fd, size int) (T, error)
	release func(T)

	kept []kept[T] // the most recently used first
	buf  []byte    // the block being written

	made, reused atomic.Uint64
}

type kept[T any] struct {
	block []byte
	value T
}

// NewWriter makes a Writer. publish takes the descriptor of a sealed block of
// size bytes, unless it returns an error; release ends the Writer's hold on a
// published value.
func NewWriter[T any](publish func(fd, size int) (T, error), release func(T)) *Writer[T] {
	return &Writer[T]{publish: publish, release: release}
}

// Write gives the published value for the content of b. It is lent: use it or
// take a reference to it before the next call.
func (w *Writer[T]) Write(b *Block) (T, error) {
	var none T
	block, err := b.appendUnsigned(w.buf[:0])
	if err != nil {
		return none, err
	}
	w.buf = block
	for i := range w.kept {
		if sameContent(w.kept[i].block, block) {
			w.toFront(i)
			w.reused.Add(1)
			return w.kept[0].value, nil
		}
	}
	sign(block)
	fd, err := Seal(block)
	if err != nil {
		return none, err
	}
	value, err := w.publish(fd, len(block))
	if err != nil {
		unix.Close(fd)
		return none, err
	}
	w.keep(value)
	w.made.Add(1)
	return value, nil
}

// keep puts the block in w.buf and its value in front. The buffer of the block
// that is pushed out becomes the next one to write into.
func (w *Writer[T]) keep(value T) {
	if len(w.kept) < Keep {
		w.kept = append(w.kept, kept[T]{})
	} else {
		w.release(w.kept[Keep-1].value)
	}
	w.toFront(len(w.kept) - 1)
	front := &w.kept[0]
	front.block, w.buf = w.buf, front.block
	front.value = value
}

func (w *Writer[T]) toFront(i int) {
	if i > 0 {
		k := w.kept[i]
		copy(w.kept[1:i+1], w.kept[:i])
		w.kept[0] = k
	}
}

// sameContent compares all but the content id, which only kept blocks have.
func sameContent(a, b []byte) bool {
	return len(a) == len(b) &&
		bytes.Equal(a[:headerContentID], b[:headerContentID]) &&
		bytes.Equal(a[headerReserved:], b[headerReserved:])
}

// Made counts the blocks that were sealed.
func (w *Writer[T]) Made() uint64 { return w.made.Load() }

// Reused counts the blocks that were there already.
func (w *Writer[T]) Reused() uint64 { return w.reused.Load() }

// Close releases what is kept; calling it again does nothing. The Writer may be
// used on and closed again.
func (w *Writer[T]) Close() {
	for i := range w.kept {
		w.release(w.kept[i].value)
	}
	clear(w.kept) // no value stays reachable through the array
	w.kept = w.kept[:0]
}
