package sys

import (
	"errors"

	"golang.org/x/sys/unix"
)

// ErrWoken is returned by a wait that Wake.Set ended.
var ErrWoken = errors.New("woken")

// Wake ends a wait from another thread, through an eventfd: the fd that is
// waited on stays open, so no descriptor number can be reused under a poll.
// Set and Clear nest nowhere: after Set every wait returns ErrWoken at once
// until Clear.
type Wake struct{ fd *FD }

// NewWake makes an eventfd.
func NewWake() (*Wake, error) {
	n, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	return &Wake{NewFD(n)}, nil
}

// Set ends the current wait and all later ones. It never blocks.
func (w *Wake) Set() {
	one := [8]byte{1} // any non-zero count; the byte order does not matter
	unix.Write(w.fd.Int(), one[:])
}

// Clear lets waits wait again.
func (w *Wake) Clear() {
	var b [8]byte
	unix.Read(w.fd.Int(), b[:])
}

// FD lends the eventfd, which is readable while w is set, to a wait elsewhere.
func (w *Wake) FD() int { return w.fd.Int() }

// Close frees the eventfd. No wait may be running.
func (w *Wake) Close() error { return w.fd.Close() }

// Wait blocks until fd has one of events, or w is set (ErrWoken), or timeoutMS
// has passed (unix.ETIMEDOUT; negative: never). It returns the events seen,
// POLLERR and POLLHUP included. Woken wins over events, so that unlock always
// works. No allocation.
func (w *Wake) Wait(fd int, events int16, timeoutMS int) (int16, error) {
	seen, _, err := w.WaitEither(fd, events, -1, 0, timeoutMS)
	return seen, err
}

// WaitEither is Wait for two descriptors; a negative one is ignored.
func (w *Wake) WaitEither(fd int, events int16, other int, otherEvents int16, timeoutMS int) (int16, int16, error) {
	p := [3]unix.PollFd{
		{Fd: int32(w.fd.Int()), Events: unix.POLLIN},
		{Fd: int32(fd), Events: events},
		{Fd: int32(other), Events: otherEvents},
	}
	switch err := Poll(p[:], timeoutMS); {
	case err != nil:
		return 0, 0, err
	case p[0].Revents != 0:
		return 0, 0, ErrWoken
	}
	return p[1].Revents, p[2].Revents, nil
}

// Poll waits until one of fds has an event or timeoutMS has passed
// (unix.ETIMEDOUT; negative: never). A signal restarts it, so it may wait longer
// than timeoutMS in all: timeouts here are safety nets, not clocks.
func Poll(fds []unix.PollFd, timeoutMS int) error {
	for {
		n, err := unix.Poll(fds, timeoutMS)
		switch {
		case err == unix.EINTR:
			continue
		case err == nil && n == 0:
			return unix.ETIMEDOUT
		}
		return err
	}
}
