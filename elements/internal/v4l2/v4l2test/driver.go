// Package v4l2test is a V4L2 capture driver that exists in this process only.
// It answers as the kernel's videobuf2 drivers do, and, where a test says so,
// as no driver should: every reply can be altered on its way.
//
// The descriptor of a fake device is a socket, so that poll works on it; what
// it exports are memfds.
package v4l2test

import (
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

// Config is what a driver offers. The zero value is a single-planar device
// with the format YUYV.
type Config struct {
	Card        string
	Path        string // of the node, for messages; default /dev/fake0
	Multiplanar bool
	Formats     []string // V4L2 codes among those of sizes, default YUYV
	Buffers     int      // allocated whatever is asked for; 0: as many as asked
	Colorimetry v4l2.Colorimetry
	Controls    map[uint32]int32
	HDR10       *sys.V4L2CtrlHDR10MasteringDisplay // nil: no HDR10 controls
	Light       *sys.V4L2CtrlHDR10CLLInfo
	NoExport    bool
	NoSizes     bool // ENUM_FRAMESIZES and ENUM_FRAMEINTERVALS are not implemented
	FreeRunning bool // a queued buffer is a frame at once; else Frame makes one
	DataOffset  uint32
	// Fields are the V4L2_FIELD_* that it does; the first one when asked for another.
	// Default: NONE. With ALTERNATE each frame is two buffers, top and bottom.
	Fields   []uint32
	Standard uint64 // V4L2_STD_*; 0: no analog signal
	Compose  Compose
	// Visible is the part of a decoder's pictures that is to be seen; empty: it does not say.
	Visible sys.V4L2Rect

	// Alter, if set, runs after every request that succeeded and may change
	// the reply or turn it into an error.
	Alter func(req uintptr, arg unsafe.Pointer) error
}

// Compose is how a driver has V4L2_SEL_TGT_COMPOSE, the part of the picture that it
// writes to.
type Compose int

const (
	ComposeNot  Compose = iota // it has none
	ComposeFits                // a format leaves it as far as there is room, as with vivid
	ComposeAll                 // a format makes it the whole picture
)

// Driver is one fake device. Its methods may be called from any goroutine.
type Driver struct {
	mu        sync.Mutex
	cfg       Config
	near, far int // the device's descriptor as first opened, and its peer
	gone      bool
	stopped   bool
	streaming bool
	format    sys.V4L2Format
	compose   sys.V4L2Rect
	interval  sys.V4L2Fract
	buffers   []fakeBuffer
	queued    ring
	done      ring
	signalled bool // the descriptor is readable
	urgent    bool // it has an exceptional condition: events
	sequence  uint32
	events    []sys.V4L2Event
	eventSeq  uint32
	subs      map[uint32]bool
}

type fakeBuffer struct {
	memfd    []int
	sequence uint32
	time     int64 // ns
	field    uint32
	flags    uint32
	queued   bool
}

// ring is a queue of buffer indices that does not allocate.
type ring struct {
	at   [sys.VIDEO_MAX_FRAME]uint32
	head int
	n    int
}

func (r *ring) push(i uint32) {
	r.at[(r.head+r.n)%len(r.at)] = i
	r.n++
}

func (r *ring) pop() (uint32, bool) {
	if r.n == 0 {
		return 0, false
	}
	i := r.at[r.head]
	r.head = (r.head + 1) % len(r.at)
	r.n--
	return i, true
}

// New makes a driver. The test closes it.
func New(cfg Config) *Driver {
	if len(cfg.Formats) == 0 {
		cfg.Formats = []string{"YUYV"}
	}
	if len(cfg.Fields) == 0 {
		cfg.Fields = []uint32{sys.V4L2_FIELD_NONE}
	}
	if cfg.Card == "" {
		cfg.Card = "Fake"
	}
	if cfg.Path == "" {
		cfg.Path = "/dev/fake0"
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		panic(err)
	}
	d := &Driver{cfg: cfg, near: pair[0], far: pair[1], interval: sys.V4L2Fract{Numerator: 1, Denominator: 30}, subs: map[uint32]bool{}}
	d.format.Type = d.typ()
	d.adjust(&d.format)
	d.compose = d.whole()
	return d
}

// Open opens the device; any number of times. The caller closes it.
func (d *Driver) Open() (*v4l2.Device, error) {
	fd, err := sys.DupFD(d.near)
	if err != nil {
		return nil, err
	}
	return v4l2.New(d, fd, d.cfg.Path)
}

// Close ends the driver.
func (d *Driver) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.free()
	unix.Close(d.near)
	if !d.gone {
		unix.Close(d.far)
	}
}

// Frame completes the oldest queued buffer with the sequence number advanced by
// 1 + lost, in fields with ALTERNATE. It tells whether there was one.
func (d *Driver) Frame(lost uint32, flags uint32) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.complete(lost, flags)
}

func (d *Driver) complete(lost, flags uint32) bool {
	if !d.streaming {
		return false
	}
	i, ok := d.queued.pop()
	if !ok {
		return false
	}
	b := &d.buffers[i]
	d.sequence += lost
	b.sequence, b.time, b.flags, b.field = d.sequence, stamp(d.sequence), flags, d.field()
	if b.field == sys.V4L2_FIELD_ALTERNATE {
		b.time = (stamp(d.sequence/2) + stamp((d.sequence+1)/2)) / 2
		b.field = sys.V4L2_FIELD_TOP + d.sequence&1
		b.sequence /= 2
	}
	d.sequence++
	d.done.push(i)
	d.signal()
	return true
}

// Unplug removes the device: every request fails with ENODEV and poll says
// that the other side hung up.
func (d *Driver) Unplug() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.gone {
		d.gone = true
		unix.Close(d.far)
	}
}

// Stop puts the queue in error, as a driver does when its hardware fails: poll
// says POLLERR on dev and dequeuing fails with EIO.
func (d *Driver) Stop(dev *v4l2.Device) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	// The write end of a pipe nobody reads is what polls as POLLERR.
	var p [2]int
	must(unix.Pipe2(p[:], unix.O_CLOEXEC))
	unix.Close(p[0])
	must(unix.Dup3(p[1], dev.FD(), unix.O_CLOEXEC))
	unix.Close(p[1])
}

// Event sends an event to those who subscribed; payload is the first word of
// its union. It happens with the frame that is completed next.
func (d *Driver) Event(kind v4l2.EventKind, id, payload uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	seq := d.eventSeq
	d.eventSeq++
	if !d.subs[uint32(kind)] || len(d.events) == 2 { // two fit
		return
	}
	e := sys.V4L2Event{Type: uint32(kind), ID: id, Sequence: seq, Timestamp: unix.NsecToTimespec(stamp(d.sequence))}
	*(*uint32)(unsafe.Pointer(&e.U)) = payload
	d.events = append(d.events, e)
	d.signalEvents()
}

// signalEvents makes poll say POLLPRI exactly while events wait: what it says of
// a socket with out-of-band data.
func (d *Driver) signalEvents() {
	var b [1]byte
	switch want := len(d.events) > 0; {
	case d.gone || want == d.urgent:
	case want:
		must(unix.Sendto(d.far, b[:], unix.MSG_OOB, nil))
		d.urgent = true
	default:
		unix.Recvfrom(d.near, b[:], unix.MSG_OOB)
		if !d.signalled { // the byte's place in the stream polls as readable
			unix.Read(d.near, b[:])
		}
		d.urgent = false
	}
}

// signal makes the descriptor readable exactly while a frame is done.
func (d *Driver) signal() {
	var b [1]byte
	switch want := d.done.n > 0; {
	case d.gone || want == d.signalled:
	case want:
		unix.Write(d.far, b[:])
		d.signalled = true
	default:
		unix.Read(d.near, b[:])
		d.signalled = false
	}
}

// field is that of the format.
func (d *Driver) field() uint32 {
	if d.cfg.Multiplanar {
		return d.format.PixMP().Field
	}
	return d.format.Pix().Field
}

// whole is the picture of the format.
func (d *Driver) whole() sys.V4L2Rect {
	if d.cfg.Multiplanar {
		return sys.V4L2Rect{Width: d.format.PixMP().Width, Height: d.format.PixMP().Height}
	}
	return sys.V4L2Rect{Width: d.format.Pix().Width, Height: d.format.Pix().Height}
}

// inside makes a rectangle one of the picture.
func (d *Driver) inside(r sys.V4L2Rect) sys.V4L2Rect {
	w := d.whole()
	r.Width, r.Height = min(max(r.Width, 2), w.Width), min(max(r.Height, 2), w.Height)
	r.Left = min(max(r.Left, 0), int32(w.Width-r.Width))
	r.Top = min(max(r.Top, 0), int32(w.Height-r.Height))
	return r
}

func (d *Driver) typ() uint32 {
	if d.cfg.Multiplanar {
		return sys.V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
	}
	return sys.V4L2_BUF_TYPE_VIDEO_CAPTURE
}

// sizes gives stride and size of each memory: written down here a second time,
// apart from package v4l2's table.
func sizes(code string, w, h uint32) (out [][2]uint32) {
	h2, w2 := (h+1)/2, (w+1)/2
	switch code {
	case "YUYV":
		return [][2]uint32{{2 * w, 2 * w * h}}
	case "XR24", "AR24", "AYUV":
		return [][2]uint32{{4 * w, 4 * w * h}}
	case "NV12":
		return [][2]uint32{{w, w*h + w*h2}}
	case "P010":
		return [][2]uint32{{2 * w, 2*w*h + 2*w*h2}}
	case "YU12":
		return [][2]uint32{{w, w*h + 2*w2*h2}}
	case "NM12":
		return [][2]uint32{{w, w * h}, {w, w * h2}}
	case "TM12": // tiles of 32 lines
		return [][2]uint32{{w, w * ((h + 31) &^ 31)}, {w, w * ((h2 + 31) &^ 31)}}
	case "YM12":
		return [][2]uint32{{w, w * h}, {w2, w2 * h2}, {w2, w2 * h2}}
	case "MJPG":
		return [][2]uint32{{0, w * h}}
	}
	panic("v4l2test: no sizes for " + code)
}

func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("v4l2test: %v", err))
	}
}
