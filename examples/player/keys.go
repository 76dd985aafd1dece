package main

import (
	"context"
	"os"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// keys reads single key presses from a terminal; without one there are none.
type keys struct {
	pressed <-chan byte
	fd      int
	before  *term.State
}

func readKeys(ctx context.Context) *keys {
	k := &keys{fd: int(os.Stdin.Fd())}
	if !term.IsTerminal(k.fd) || !foreground(k.fd) {
		return k
	}
	before, err := term.MakeRaw(k.fd)
	if err != nil {
		return k
	}
	k.before = before
	// Raw mode, but output and Ctrl-C stay as a shell user has them.
	if t, err := unix.IoctlGetTermios(k.fd, unix.TCGETS); err == nil {
		t.Oflag |= unix.OPOST
		t.Lflag |= unix.ISIG
		unix.IoctlSetTermios(k.fd, unix.TCSETS, t)
	}
	ch := make(chan byte)
	k.pressed = ch
	go func() {
		// A read of a terminal cannot be ended; the program ends with it pending.
		var b [1]byte
		for {
			if n, err := os.Stdin.Read(b[:]); n != 1 || err != nil {
				return
			}
			select {
			case ch <- b[0]:
			case <-ctx.Done():
				return
			}
		}
	}()
	return k
}

// foreground tells whether this process may change the terminal: one in the
// background would be stopped for it.
func foreground(fd int) bool {
	pgrp, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && pgrp == unix.Getpgrp()
}

// restore gives the terminal back as it was.
func (k *keys) restore() {
	if k.before != nil {
		term.Restore(k.fd, k.before)
	}
}
