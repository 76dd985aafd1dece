package meta

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Seals are the F_SEAL_ bits of a file.
type Seals int

// SealsRequired must all be set before a block is read: nobody can then change
// what has been checked. F_SEAL_FUTURE_WRITE is no substitute for F_SEAL_WRITE,
// mappings older than the seal keep writing. Further seals do not matter
// (F_SEAL_EXEC appears by itself), so this is a mask, never a value to compare.
const SealsRequired = Seals(unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE)

// SealsApplied are those that Seal adds.
const SealsApplied = SealsRequired | unix.F_SEAL_SEAL

// Linux 6.3; not in x/sys.
const sealExec = 0x20

var sealNames = [...]struct {
	bit  Seals
	name string
}{
	{unix.F_SEAL_SEAL, "seal"},
	{unix.F_SEAL_SHRINK, "shrink"},
	{unix.F_SEAL_GROW, "grow"},
	{unix.F_SEAL_WRITE, "write"},
	{unix.F_SEAL_FUTURE_WRITE, "future_write"},
	{sealExec, "exec"},
}

// String gives the seals in words, "shrink|grow|write", "none" without any.
func (s Seals) String() string {
	var out []string
	for _, n := range sealNames {
		if s&n.bit != 0 {
			out = append(out, n.name)
			s &^= n.bit
		}
	}
	if s != 0 {
		out = append(out, fmt.Sprintf("%#x", int(s)))
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, "|")
}

// Sealed says whether nobody can change the file's content any more.
func (s Seals) Sealed() bool { return s&SealsRequired == SealsRequired }

// ReadSeals asks for the seals of a borrowed fd. A file that cannot have any,
// because it is no memfd, is ErrNotSealed; a bad fd is its errno.
func ReadSeals(fd int) (Seals, error) {
	n, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	switch err {
	case nil:
		return Seals(n), nil
	case unix.EINVAL:
		return 0, fmt.Errorf("seals of fd %d: %w: %w", fd, ErrNotSealed, err)
	}
	return 0, fmt.Errorf("seals of fd %d: %w", fd, err)
}

// memfd names show in /proc/PID/fd.
var memfdName = [...]byte{'s', 'h', 'm', 'm', 'e', 't', 'a', 0}

// noexecMissing is set once the kernel (before 6.3) has refused
// MFD_NOEXEC_SEAL.
var noexecMissing atomic.Bool

// newMemfd is unix.MemfdCreate without the allocation of the name.
func newMemfd() (int, error) {
	flags := uintptr(unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING)
	for {
		f := flags
		if !noexecMissing.Load() {
			f |= unix.MFD_NOEXEC_SEAL
		}
		fd, _, errno := unix.Syscall(unix.SYS_MEMFD_CREATE, uintptr(unsafe.Pointer(&memfdName[0])), f, 0)
		switch {
		case errno == 0:
			return int(fd), nil
		case errno == unix.EINVAL && f != flags:
			noexecMissing.Store(true)
		case errno != unix.EINTR:
			return -1, fmt.Errorf("memfd_create: %w", errno)
		}
	}
}

// Seal puts an encoded block into a new memfd that can never change again. The
// caller owns the descriptor. Content is taken as it is: what AppendTo made is
// valid, and Open checks.
//
// It is written, not mapped: for a few hundred bytes one write is cheaper than
// a mapping, and F_SEAL_WRITE is refused while a writable mapping exists.
func Seal(block []byte) (fd int, err error) {
	fd, err = newMemfd()
	if err != nil {
		return -1, err
	}
	if err := fill(fd, block); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func fill(fd int, block []byte) error {
	n, err := unix.Write(fd, block)
	for errors.Is(err, unix.EINTR) {
		n, err = unix.Write(fd, block)
	}
	if err == nil && n < len(block) {
		err = io.ErrShortWrite // memory is short
	}
	if err != nil {
		return fmt.Errorf("write block of %d bytes: %w", len(block), err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, int(SealsApplied)); err != nil {
		return fmt.Errorf("seal memfd: %w", err)
	}
	return nil
}
