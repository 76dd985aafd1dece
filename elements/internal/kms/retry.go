package kms

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// busyTimeout bounds how long a commit is tried again. What a driver is
	// busy with is done within some frames: the cleaning up after a mode set,
	// or another program's flip on a shared file.
	busyTimeout = time.Second
	busyPause   = 5 * time.Millisecond
	// A driver that refuses so many nonblocking commits in a row, and takes each
	// when it may block, has none.
	neverNonBlocking = 10
)

// busy tells refusals that time mends.
func busy(err error) bool {
	return err != nil && (errors.Is(err, unix.EBUSY) || errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR))
}

// flip commits o.req without waiting for it.
func (o *Output) flip() error {
	o.cookie++
	if !o.blocking {
		err := o.req.Commit(NonBlock|FlipEvent, o.cookie)
		if err == nil {
			o.pending, o.refusedNonBlock = true, 0
			return nil
		}
		if !busy(err) && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EOPNOTSUPP) {
			return err
		}
	}
	// It may be busy with what it waits for by itself when it may block, or not
	// know nonblocking commits.
	if err := o.commit(FlipEvent, o.cookie); err != nil {
		return err
	}
	o.pending = true
	if o.refusedNonBlock++; o.refusedNonBlock == neverNonBlocking {
		o.blocking = true
		o.debugf("%s takes no nonblocking commits: each frame waits for its vertical blank", o.d)
	}
	return nil
}

// commit sends o.req, again and again for a bounded time while the driver is
// busy. Unlock ends that, except in Close.
func (o *Output) commit(flags Flags, userData uint64) error {
	err := o.req.Commit(flags, userData)
	if !busy(err) {
		return err
	}
	for end := time.Now().Add(busyTimeout); busy(err) && time.Now().Before(end); {
		if o.closing {
			poll(-1, busyPause)
		} else if _, woken := o.wake.Wait(-1, 0, int(busyPause/time.Millisecond)); woken != unix.ETIMEDOUT {
			return woken
		}
		err = o.req.Commit(flags, userData)
	}
	return err
}
