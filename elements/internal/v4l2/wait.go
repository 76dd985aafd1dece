package v4l2

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Ready says what Wait found.
type Ready struct {
	Frame bool // Dequeue has something
	Event bool // DequeueEvent has something
	Other bool // the other descriptor is readable
}

// Wait blocks until a frame or an event can be dequeued, or other (a borrowed
// descriptor, or -1) is readable, or timeoutMS has passed (unix.ETIMEDOUT;
// negative: never). w.Set ends it from any thread with sys.ErrWoken. It does
// not allocate.
//
// ErrGone means that the device is gone, ErrStopped that the driver met an
// error it cannot continue from, or that the stream is not on.
func (d *Device) Wait(w *sys.Wake, other int, timeoutMS int) (Ready, error) {
	fd := d.fd.Int()
	if fd < 0 { // which poll would ignore
		return Ready{}, d.fail("wait", unix.EBADF)
	}
	// vb2's poll also says POLLERR, for once, when a signal comes while another call
	// on the device holds its lock (vb2_fop_poll), and Go's runtime sends signals. A
	// real error stays.
	var got, also int16
	var err error
	for range 3 {
		got, also, err = w.WaitEither(fd, unix.POLLIN|unix.POLLPRI, other, unix.POLLIN, timeoutMS)
		if err != nil || got&unix.POLLERR == 0 || got&(unix.POLLNVAL|unix.POLLHUP) != 0 {
			break
		}
	}
	switch {
	case err == sys.ErrWoken || err == unix.ETIMEDOUT:
		return Ready{}, err
	case err != nil:
		return Ready{}, d.fail("wait", err)
	case got&unix.POLLNVAL != 0:
		return Ready{}, d.fail("wait", unix.EBADF)
	case got&unix.POLLHUP != 0:
		return Ready{}, d.fail("wait", ErrGone)
	case got&unix.POLLERR != 0:
		// vb2 says the same for a device that left a moment ago and for a
		// queue in error. Only the former has no capabilities any more.
		if _, err := queryCapability(d.k, fd); err != nil {
			return Ready{}, d.fail("wait", err)
		}
		return Ready{}, d.fail("wait", ErrStopped)
	}
	return Ready{got&unix.POLLIN != 0, got&unix.POLLPRI != 0, also != 0}, nil
}

// FrameOnly tells that poll found a frame and nothing else, so that Wait would.
func FrameOnly(events int16) bool { return events == unix.POLLIN }

// WaitFD lends the file and the poll events that Wait looks at.
func (d *Device) WaitFD() (fd int, events int16) { return d.fd.Int(), unix.POLLIN | unix.POLLPRI }

// EventKind is V4L2_EVENT_*.
type EventKind uint32

// The events this package knows.
const (
	EventEOS          EventKind = sys.V4L2_EVENT_EOS
	EventControl      EventKind = sys.V4L2_EVENT_CTRL
	EventSourceChange EventKind = sys.V4L2_EVENT_SOURCE_CHANGE
)

// Event is something that happened to the device.
type Event struct {
	Kind     EventKind
	ID       uint32 // the control, or the input
	Changes  uint32 // V4L2_EVENT_CTRL_CH_* or V4L2_EVENT_SRC_CH_*
	Value    int32  // of the control
	Time     int64  // when it happened, ns of CLOCK_MONOTONIC
	Sequence uint32 // counts the events of this open file
	Lost     bool   // events before this one were dropped
	Pending  int    // events that wait behind this one
	next     uint32
}

// Subscribe asks for events of a kind; id is the control for EventControl, the input
// for EventSourceChange and 0 else. ErrUnsupported when the device has none such.
func (d *Device) Subscribe(kind EventKind, id uint32) error {
	return d.subscription(sys.VIDIOC_SUBSCRIBE_EVENT, "subscribe to", kind, id)
}

// Unsubscribe ends Subscribe.
func (d *Device) Unsubscribe(kind EventKind, id uint32) error {
	return d.subscription(sys.VIDIOC_UNSUBSCRIBE_EVENT, "unsubscribe from", kind, id)
}

func (d *Device) subscription(req uintptr, op string, kind EventKind, id uint32) error {
	s := sys.V4L2EventSubscription{Type: uint32(kind), ID: id}
	err := d.ioctl(req, unsafe.Pointer(&s))
	if err == unix.EINVAL { // how drivers refuse kinds and controls they lack
		err = ErrUnsupported
	}
	if err != nil {
		return d.fail(fmt.Sprintf("%s event %d", op, kind), err)
	}
	return nil
}

// DequeueEvent takes the next event; ErrAgain, bare, when there is none.
// Passing the same Event every time lets it tell lost events.
func (d *Device) DequeueEvent(e *Event) error {
	var v sys.V4L2Event
	err := d.ioctl(sys.VIDIOC_DQEVENT, unsafe.Pointer(&v))
	switch err {
	case nil:
	case unix.ENOENT, unix.EAGAIN:
		return ErrAgain
	default:
		return d.fail("dequeue event", err)
	}
	first := *e == Event{}
	*e = Event{
		Kind: EventKind(v.Type), ID: v.ID, Changes: v.Changes(), Value: v.CtrlValue(),
		Time: v.Timestamp.Nano(), Sequence: v.Sequence, Pending: int(v.Pending),
		Lost: !first && v.Sequence != e.next, next: v.Sequence + 1,
	}
	return nil
}
