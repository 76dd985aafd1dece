package gstx

// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"
)

// Element is one instance: GStreamer's side of it as seen from Go. It lives as
// long as the GObject; none of its methods may be used after.
type Element struct {
	p     *C.GstElement // borrowed: the GObject outlives its Go half
	x     *C.GstxInstance
	info  *C.GstxClassInfo
	class *Class

	// What the Go half implements, asked once.
	props   Properties
	start   Starter
	unlock  Unlocker
	caps    Capser
	set     CapsSetter
	prefer  Preferrer
	alloc   Allocator
	create  Creator
	lat     Latencier
	frame   Framer
	event   Eventer
	over    Overlayer
	orient  Orienter
	drain   Drainer
	share   Sharer
	decode  Decoding
	picture Picture // reused for each one of a decoder
}

func newElement(class *Class, p *C.GstElement) (e *Element) {
	x := C.gstx_instance(C.gpointer(p))
	x.held = -1
	e = &Element{p: p, x: x, info: x.info, class: class}
	// GObject cannot fail to make an instance, so one whose Go half panicked is
	// made all the same and refuses to start.
	defer func() {
		if r := recover(); r != nil {
			e.start = broken{fmt.Errorf("panic while it was made: %v", r)}
		}
	}()
	impl := class.New(e)
	e.props, _ = impl.(Properties)
	e.start, _ = impl.(Starter)
	e.unlock, _ = impl.(Unlocker)
	e.caps, _ = impl.(Capser)
	e.set, _ = impl.(CapsSetter)
	e.prefer, _ = impl.(Preferrer)
	e.alloc, _ = impl.(Allocator)
	e.create, _ = impl.(Creator)
	e.lat, _ = impl.(Latencier)
	e.frame, _ = impl.(Framer)
	e.event, _ = impl.(Eventer)
	e.over, _ = impl.(Overlayer)
	e.orient, _ = impl.(Orienter)
	e.drain, _ = impl.(Drainer)
	e.decode, _ = impl.(Decoding)
	if e.share, _ = impl.(Sharer); e.share != nil {
		x.held = C.gint32(e.share.Holds())
	}
	return e
}

// broken is the Starter of an instance without a Go half.
type broken struct{ err error }

func (b broken) Start() error { return b.err }
func (b broken) Stop() error  { return nil }

// Name is the instance's name in its pipeline.
func (e *Element) Name() string {
	s := C.gstx_object_name(C.gpointer(e.p))
	defer C.g_free(C.gpointer(s))
	return C.GoString(s)
}

// SetLive makes a source live: it produces in PLAYING only and has a latency.
func (e *Element) SetLive(live bool) {
	C.gst_base_src_set_live((*C.GstBaseSrc)(unsafe.Pointer(e.p)), gboolean(live))
}

// RunningTime is the pipeline's running time now in ns, None without a clock.
func (e *Element) RunningTime() uint64 { return uint64(C.gstx_running_time(e.p)) }

// Clocks is RunningTime and, read at the same moment, CLOCK_MONOTONIC in ns, as they
// were right before this call of Create.
func (e *Element) Clocks() (running uint64, monotonic int64) {
	return uint64(e.x.running), int64(e.x.monotonic)
}

// Playing tells whether the element is in PLAYING, from any thread; a change that
// is under way counts when it is done.
func (e *Element) Playing() bool { return C.gstx_playing(e.p) != 0 }

// WaitFD is a borrowed descriptor and the poll events to wait for.
type WaitFD struct {
	FD     int
	Events int16
}

// WaitFor names what the streaming thread shall wait for, outside of Go, before
// every Create or Frame from the next one on: until one of at most four
// descriptors is ready or timeoutMS has passed (negative: never). The first has to
// be what Unlock sets. It is a hint, for Go's runtime works while a thread
// waits inside of it: Create and Frame still look for themselves. A sink's wait
// comes before the base class decides whether the frame is too late. With no
// descriptors there is no wait; Stop ends it too. To be called in Create and
// Frame only.
func (e *Element) WaitFor(timeoutMS int, fds ...WaitFD) {
	for i, f := range fds {
		e.x.wait[i] = C.struct_pollfd{fd: C.int(f.FD), events: C.short(f.Events)}
	}
	e.x.n_wait, e.x.wait_ms = C.guint32(len(fds)), C.gint32(timeoutMS)
}

// Waited tells the poll events of descriptor i of WaitFor that the wait before
// this call of Create or Frame ended with.
func (e *Element) Waited(i int) int16 { return int16(e.x.wait[i].revents) }

// SetWindowSize says how large a sink shows its pictures, so that graphics can be
// rendered for that; 0 when it is not known. It may be called from any thread and
// counts from the next negotiation on.
func (e *Element) SetWindowSize(width, height int32) {
	atomic.StoreInt32((*int32)(unsafe.Pointer(&e.x.window_width)), width)
	atomic.StoreInt32((*int32)(unsafe.Pointer(&e.x.window_height)), height)
}

// SetFD is the descriptor that the signal prepare-format gives to an application.
func (e *Element) SetFD(fd int) { e.x.fd = C.gint32(fd) }

// ContentCaps are the fields of caps about the content of pictures that may change from
// one to the next; "" removes the field.
type ContentCaps struct{ Colorimetry, MasteringDisplay, ContentLight string }

// UpdateCaps tells downstream of a source, before its next buffer, what else the caps
// say from then on. Where downstream does not take that, the caps stay.
func (e *Element) UpdateCaps(c ContentCaps) {
	var values [3]*C.char
	for i, v := range [...]string{c.Colorimetry, c.MasteringDisplay, c.ContentLight} {
		if v != "" {
			values[i] = C.CString(v)
			defer C.free(unsafe.Pointer(values[i]))
		}
	}
	C.gstx_update_caps(e.p, values[0], values[1], values[2])
}

// PostLatency asks the pipeline to gather latencies again.
func (e *Element) PostLatency() { C.gstx_post_latency(e.p) }

// Reconfigure asks upstream of a sink to negotiate again. It may be called from
// any thread.
func (e *Element) Reconfigure() { C.gstx_reconfigure(e.p) }

// NotifyProperty tells listeners that a property's value has changed.
func (e *Element) NotifyProperty(name string) {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	C.g_object_notify((*C.GObject)(unsafe.Pointer(e.p)), s)
}

// ErrorCode is a GStreamer error: the domain and its code.
type ErrorCode uint32

func code(domain, c uint32) ErrorCode { return ErrorCode(domain<<16 | c) }

// The errors that elements post. Domain 3 is GST_RESOURCE_ERROR, 4
// GST_STREAM_ERROR.
var (
	ResourceFailed        = code(3, C.GST_RESOURCE_ERROR_FAILED)
	ResourceNotFound      = code(3, C.GST_RESOURCE_ERROR_NOT_FOUND)
	ResourceBusy          = code(3, C.GST_RESOURCE_ERROR_BUSY)
	ResourceOpenRead      = code(3, C.GST_RESOURCE_ERROR_OPEN_READ)
	ResourceOpenWrite     = code(3, C.GST_RESOURCE_ERROR_OPEN_WRITE)
	ResourceOpenReadWrite = code(3, C.GST_RESOURCE_ERROR_OPEN_READ_WRITE)
	ResourceRead          = code(3, C.GST_RESOURCE_ERROR_READ)
	ResourceWrite         = code(3, C.GST_RESOURCE_ERROR_WRITE)
	ResourceSettings      = code(3, C.GST_RESOURCE_ERROR_SETTINGS)
	ResourceNoSpaceLeft   = code(3, C.GST_RESOURCE_ERROR_NO_SPACE_LEFT)
	ResourceNotAuthorized = code(3, C.GST_RESOURCE_ERROR_NOT_AUTHORIZED)
	StreamFailed          = code(4, C.GST_STREAM_ERROR_FAILED)
	StreamNotImplemented  = code(4, C.GST_STREAM_ERROR_NOT_IMPLEMENTED)
	StreamWrongType       = code(4, C.GST_STREAM_ERROR_WRONG_TYPE)
	StreamFormat          = code(4, C.GST_STREAM_ERROR_FORMAT)
)

// Error is an error for the bus: a sentence for a person and the cause.
type Error struct {
	Code  ErrorCode
	Text  string // names the device and the way out
	Cause error  // may be nil
}

func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Text
	}
	return e.Text + " (" + e.Cause.Error() + ")"
}

func (e *Error) Unwrap() error { return e.Cause }

// Fail posts err as an error message. A *Error anywhere in its chain gives code
// and text, otherwise code and err's own words do.
func (e *Element) Fail(fallback ErrorCode, err error) { e.message(C.GST_MESSAGE_ERROR, fallback, err) }

// Warn posts err as a warning message.
func (e *Element) Warn(fallback ErrorCode, err error) {
	e.message(C.GST_MESSAGE_WARNING, fallback, err)
}

// Inform posts an info message.
func (e *Element) Inform(info *Error) { e.message(C.GST_MESSAGE_INFO, info.Code, info) }

// PostQoS tells of frames that a live element lost, in a message QOS: those missing
// before timestamp, which take duration, and how many frames there were since the
// start and were lost.
func (e *Element) PostQoS(timestamp, duration, processed, dropped uint64) {
	C.gstx_post_qos(e.p, C.guint64(timestamp), C.guint64(duration), C.guint64(processed), C.guint64(dropped))
}

func (e *Element) message(kind C.GstMessageType, c ErrorCode, err error) {
	text, debug := err.Error(), ""
	var x *Error
	if errors.As(err, &x) {
		c, text = x.Code, x.Text
		if x.Cause != nil {
			debug = x.Cause.Error()
		}
	}
	ct, cd := C.CString(text), C.CString(debug)
	defer C.free(unsafe.Pointer(ct))
	defer C.free(unsafe.Pointer(cd))
	C.gstx_post_message(e.p, kind, C.gint(c>>16), C.gint(c&0xffff), ct, cd)
}

// Field is one field of an element message or of a device's properties. The value is a bool, int32, uint32,
// int64, uint64, float64, string or, as a fraction, [2]int32.
type Field struct {
	Name  string
	Value any
}

// Post posts an element message: a GstStructure called name.
func (e *Element) Post(name string, fields ...Field) error {
	s, err := newStructure(name, fields)
	if err != nil {
		return err
	}
	C.gstx_post_structure(e.p, s)
	return nil
}

// newStructure makes a GstStructure, the receiver's.
func newStructure(name string, fields []Field) (*C.GstStructure, error) {
	cn := C.CString(name)
	s := C.gstx_structure_new(cn)
	C.free(unsafe.Pointer(cn))
	for _, f := range fields {
		kind, err := kindOf(f.Value)
		var v C.GstxValue
		if err == nil {
			err = setValue(&v, kind, f.Value)
		}
		if err != nil {
			C.gst_structure_free(s)
			return nil, fmt.Errorf("structure %s, field %s: %w", name, f.Name, err)
		}
		fn := C.CString(f.Name)
		C.gstx_structure_set(s, fn, &v)
		C.free(unsafe.Pointer(fn))
		C.free(unsafe.Pointer(v.s))
	}
	return s, nil
}

func kindOf(v any) (Kind, error) {
	switch v.(type) {
	case bool:
		return Bool, nil
	case int32:
		return Int, nil
	case uint32:
		return Uint, nil
	case int64:
		return Int64, nil
	case uint64:
		return Uint64, nil
	case float64:
		return Double, nil
	case string:
		return String, nil
	case [2]int32:
		return Fraction, nil
	}
	return 0, fmt.Errorf("a %T cannot be a field", v)
}

// Level is a GstDebugLevel.
type Level int

// The levels that elements log at.
const (
	LevelError   Level = C.GST_LEVEL_ERROR
	LevelWarning Level = C.GST_LEVEL_WARNING
	LevelInfo    Level = C.GST_LEVEL_INFO
	LevelDebug   Level = C.GST_LEVEL_DEBUG
	LevelLog     Level = C.GST_LEVEL_LOG
)

// Logf writes to the element's debug category (GST_DEBUG=name:level). Below the
// category's threshold nothing is formatted; still, streaming threads do not
// log per frame.
func (e *Element) Logf(l Level, format string, args ...any) {
	if l > Level(C.gstx_log_threshold(e.info)) {
		return
	}
	s := C.CString(fmt.Sprintf(format, args...))
	defer C.free(unsafe.Pointer(s))
	C.gstx_log(e.info, e.p, C.gint(l), s)
}

// Warningf, Infof and Debugf are Logf at their level.
func (e *Element) Warningf(format string, args ...any) { e.Logf(LevelWarning, format, args...) }

// Infof logs at INFO.
func (e *Element) Infof(format string, args ...any) { e.Logf(LevelInfo, format, args...) }

// Debugf logs at DEBUG.
func (e *Element) Debugf(format string, args ...any) { e.Logf(LevelDebug, format, args...) }

func gboolean(b bool) C.gboolean {
	if b {
		return 1
	}
	return 0
}
