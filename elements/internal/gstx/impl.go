package gstx

// The Go half of an element implements what it needs of these. Unless said
// otherwise a method runs on the thread that changes the state or negotiates,
// and an error it returns is posted on the bus: a *Error as it is, any other as
// a RESOURCE (Start, Stop) or STREAM failure.

// Properties is the element's property store. Both may run on any thread at any
// time, so they take the lock that guards the settings.
type Properties interface {
	SetProperty(name string, v any) error // an error is logged; GObject has no way to return it
	GetProperty(name string) any
}

// Starter opens on READY to PAUSED and closes on the way back. Stop runs even
// after a failed Start only if GStreamer calls it; Start must undo itself.
type Starter interface {
	Start() error
	Stop() error
}

// Unlocker ends a wait of the streaming thread, from another thread, and allows
// waiting again.
type Unlocker interface {
	Unlock()
	UnlockStop()
}

// Capser tells the caps possible now; "" is the template's.
type Capser interface {
	Caps() (string, error)
}

// CapsSetter takes the negotiated format.
type CapsSetter interface {
	SetCaps(*VideoFormat) error
}

// Preferrer steers a source's fixation: go as near as possible to these, 0 for
// no wish.
type Preferrer interface {
	Prefer() (width, height, fpsN, fpsD int32)
}

// Allocator hears what downstream answers to the ALLOCATION query.
type Allocator interface {
	DecideAllocation(Allocation)
}

// Allocation is what downstream wants of buffers.
type Allocation struct {
	// VideoMeta: it reads GstVideoMeta, so strides and offsets other than the
	// format's default will be understood.
	VideoMeta bool
	Buffers   int // how many it keeps
	// Pool is of downstream's memory, after Element.WantPool, and the receiver's; nil
	// when there is none.
	Pool *Borrowed
}

// Sharer is a sink with memory of its own to offer upstream, which then writes
// where the sink shows from.
type Sharer interface {
	// Holds is how many buffers the sink keeps while it shows them.
	Holds() int
	// Share makes memory for one picture in a format of GStreamer's, as upstream
	// needs it. It runs on any thread, also after Stop; with an error, which is
	// logged, upstream gets plain memory.
	Share(format string, width, height uint32) (Shared, error)
}

// Shared is memory for one picture.
type Shared struct {
	FD      int    // a DMA-buf that can be mapped for reading and writing; it is taken
	Size    uint64 // bytes
	NPlanes int
	Offset  [4]uint64
	Stride  [4]int32
}

// Creator is a source: it gives the next buffer and with it the reference.
// Runs on the streaming thread.
type Creator interface {
	Create() (Buffer, Flow)
}

// Latencier is a live source's answer to a latency query, in ns; not ok before
// it is known.
type Latencier interface {
	Latency() (minimum, maximum uint64, ok bool)
}

// Framer is a sink or a filter: it shows, looks at or changes one frame. The
// frame is lent for the call. Runs on the streaming thread.
type Framer interface {
	Frame(*Frame) Flow
}

// Overlayer is a sink whose picture an application places: GstVideoOverlay, of a
// Class with Overlay. Both run on the application's threads, at any time, also
// while a frame is shown.
type Overlayer interface {
	// RenderRectangle says where on the display the picture goes; a width and
	// height of -1 is all of it. An error is posted as a warning.
	RenderRectangle(x, y, width, height int32) error
	// Expose shows the last frame again.
	Expose()
	// Pointer gives the place in the picture, in its pixels, that is at x, y of the
	// display; for GstNavigation, by which applications say where a pointer is.
	Pointer(x, y float64) (float64, float64)
}

// Drainer is a sink that gives the buffers back that it holds: upstream is about to
// change or free their memory. Runs on the streaming thread.
type Drainer interface {
	Drain()
}

// Orienter is a sink that hears how the stream says that it is turned, as a
// GstVideoOrientationMethod. Runs on the streaming thread.
type Orienter interface {
	StreamOrientation(method int32)
}

// Eventer hears of the end of the stream and of flushes, on the streaming thread
// or the thread that seeks.
type Eventer interface {
	EOS()
	Flush()
}
