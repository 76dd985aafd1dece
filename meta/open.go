package meta

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Open makes b the block in the memfd that the borrowed fd refers to; fd may be
// closed right after. The fd is taken for hostile: seals, size, header, content
// id and every section are checked, in an order in which nothing that has been
// checked can change afterwards. Errors leave b without sections.
//
// Like Decode, it allocates nothing once b's memory has grown.
func (b *Block) Open(fd int) error {
	raw, err := read(fd, b.raw)
	if err != nil {
		b.Reset()
		return err
	}
	if err := b.parse(raw); err != nil {
		return fmt.Errorf("fd %d: %w", fd, err)
	}
	return nil
}

// Open reads a block from a borrowed fd into a Block of its own.
func Open(fd int) (*Block, error) {
	b := new(Block)
	if err := b.Open(fd); err != nil {
		return nil, err
	}
	return b, nil
}

// read returns the file's bytes in buf or, if that is too small, in a new one.
func read(fd int, buf []byte) ([]byte, error) {
	// Seals first: once they are known the size cannot change any more.
	seals, err := ReadSeals(fd)
	if err != nil {
		return nil, err
	}
	if !seals.Sealed() {
		return nil, fmt.Errorf("fd %d has seals %v: %w", fd, seals, ErrNotSealed)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("size of fd %d: %w", fd, err)
	}
	switch {
	case st.Size < MinSize:
		return nil, fmt.Errorf("fd %d has %d bytes: %w", fd, st.Size, ErrTruncated)
	case st.Size > MaxSize:
		return nil, fmt.Errorf("fd %d has %d bytes: %w", fd, st.Size, ErrTooLarge)
	}
	size := int(st.Size)
	if cap(buf) < size {
		buf = make([]byte, size)
	}
	buf = buf[:size]
	// pread, because the file offset belongs to everyone who has the fd.
	n, err := unix.Pread(fd, buf, 0)
	for errors.Is(err, unix.EINTR) {
		n, err = unix.Pread(fd, buf, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("read fd %d: %w", fd, err)
	}
	if n < size {
		return nil, fmt.Errorf("read %d of %d bytes of fd %d: %w", n, size, fd, ErrTruncated)
	}
	return buf, nil
}
