package hdrmetadump

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// patience is how long a line waits for the reader of a pipe or terminal. After
// that it is dropped: who looks at a stream must not hold it up, and a wait
// without end could not be ended by a state change.
const patience = 2000 // ms

// errNoReader is a line that was dropped because nobody took it.
var errNoReader = errors.New("the reader of the output does not read")

// output is where the lines go.
type output struct {
	fd   *sys.FD
	name string
	file bool // a regular file, which never makes a writer wait
	ours bool // opened here, and so written from its beginning
	// stuck: the last line found no reader; the next ones do not wait again.
	stuck bool
	// rest is what is left of a line that was cut; it goes before the next one.
	rest []byte
}

// openOutput opens location for writing and empties it; "-" is the standard
// output, which is duplicated, and "" is nowhere (a nil *output).
func openOutput(location string) (*output, error) {
	o := &output{name: location}
	switch location {
	case "":
		return nil, nil
	case "-":
		fd, err := sys.DupFD(1)
		if err != nil {
			return nil, &gstx.Error{Code: gstx.ResourceOpenWrite, Text: "The standard output is closed; set location to a file.", Cause: err}
		}
		o.fd, o.name = fd, "the standard output"
	default:
		// Without O_NONBLOCK a FIFO would keep the state change waiting for its
		// reader; regular files do not care.
		n, err := unix.Open(location, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC|unix.O_CLOEXEC|unix.O_NONBLOCK, 0o666)
		if err != nil {
			text := fmt.Sprintf("Could not open file %q for writing.", location)
			if err == unix.ENXIO {
				text = fmt.Sprintf("Nobody reads %q; start the reader first.", location)
			}
			return nil, &gstx.Error{Code: gstx.ResourceOpenWrite, Text: text, Cause: fmt.Errorf("%s: %w", location, err)}
		}
		o.fd, o.ours = sys.NewFD(n), true
	}
	var st unix.Stat_t
	if err := unix.Fstat(o.fd.Int(), &st); err != nil {
		o.fd.Close()
		return nil, &gstx.Error{Code: gstx.ResourceOpenWrite, Text: fmt.Sprintf("Could not look at %s.", o.name), Cause: err}
	}
	o.file = st.Mode&unix.S_IFMT == unix.S_IFREG
	return o, nil
}

// write writes one line, all of it or nothing. It returns errNoReader when the
// line was dropped, and any other error when no further line can be written. It
// does not allocate unless something is wrong.
func (o *output) write(line []byte) error {
	if len(o.rest) > 0 {
		n, err := o.send(o.rest)
		o.rest = o.rest[:copy(o.rest, o.rest[n:])]
		if err != nil {
			return err
		}
	}
	n, err := o.send(line)
	if err == errNoReader && n > 0 {
		// Half a line is out: the other half must follow before anything else.
		o.rest = append(o.rest, line[n:]...)
		return nil
	}
	return err
}

// send writes as much of p as the reader takes.
func (o *output) send(p []byte) (done int, err error) {
	for done < len(p) {
		part := p[done:]
		if !o.file {
			if err := o.wait(); err != nil {
				return done, err
			}
			// What poll promises room for, and what pipe(7) writes in one piece.
			part = part[:min(len(part), 4096)]
		}
		n, err := unix.Write(o.fd.Int(), part)
		switch {
		case err == unix.EINTR, err == unix.EAGAIN:
			continue
		case err != nil:
			return done, o.failed(err)
		}
		done += n
		o.stuck = false
	}
	return done, nil
}

// wait waits until the reader has room. A pipe without a reader is told by poll,
// before a write could raise SIGPIPE in somebody's program.
func (o *output) wait() error {
	timeout := patience
	if o.stuck {
		timeout = 0
	}
	p := [1]unix.PollFd{{Fd: int32(o.fd.Int()), Events: unix.POLLOUT}}
	switch err := sys.Poll(p[:], timeout); {
	case err == unix.ETIMEDOUT:
		o.stuck = true
		return errNoReader
	case err != nil:
		return o.failed(err)
	case p[0].Revents&(unix.POLLERR|unix.POLLNVAL) != 0:
		return o.failed(unix.EPIPE)
	}
	return nil
}

// whole is an output that nothing may be missing from: a reader that does not
// keep up is an error of it.
type whole struct{ *output }

// Write writes all of p, if only at the next call or flush.
func (w whole) Write(p []byte) (int, error) {
	if err := w.write(p); err != nil {
		return 0, w.complete(err)
	}
	return len(p), nil
}

// WriteAt changes what was written: in a file of ours, errors.ErrUnsupported
// otherwise.
func (w whole) WriteAt(p []byte, at int64) (int, error) {
	if !w.file || !w.ours {
		return 0, errors.ErrUnsupported
	}
	n, err := unix.Pwrite(w.fd.Int(), p, at)
	if err != nil {
		return n, w.failed(err)
	}
	return n, nil
}

// flush writes what the reader has not taken yet.
func (w whole) flush() error {
	if err := w.write(nil); err != nil {
		return w.complete(err)
	}
	return nil
}

func (w whole) complete(err error) error {
	if err == errNoReader {
		return &gstx.Error{Code: gstx.ResourceWrite, Cause: err,
			Text: fmt.Sprintf("The reader of %s does not keep up, and what is written there has to be complete.", w.name)}
	}
	return err
}

// failed is a write error in filesink's words.
func (o *output) failed(err error) error {
	e := &gstx.Error{Code: gstx.ResourceWrite, Text: fmt.Sprintf("Error while writing to %s.", o.name), Cause: fmt.Errorf("write: %w", err)}
	switch {
	case err == unix.ENOSPC || err == unix.EDQUOT:
		e.Code, e.Text = gstx.ResourceNoSpaceLeft, fmt.Sprintf("No space left to write %s.", o.name)
	case err == unix.EPIPE:
		e.Text = fmt.Sprintf("The reader of %s has gone.", o.name)
	}
	return e
}

// close closes the descriptor; o may be nil. Some file systems tell only now
// that data could not be stored.
func (o *output) close() error {
	if o == nil {
		return nil
	}
	if err := o.fd.Close(); err != nil {
		return o.failed(err)
	}
	return nil
}
