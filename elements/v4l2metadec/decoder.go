package v4l2metadec

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2element"
)

// decoder is the Go half of one element. What is not said to be shared belongs to
// whoever holds the base class' stream lock, see gstx.Decoding.
type decoder struct {
	store
	element *gstx.Element
	open    func(path string) (*v4l2.Decoder, error) // v4l2.OpenDecoder but in tests
	find    func() []v4l2.FoundDecoder               // v4l2.Decoders but in tests

	wakeMu sync.Mutex // guards wake: unlock may come while stop runs
	wake   *sys.Wake

	device string // the property as it was at Start
	dev    *v4l2.Decoder
	caps   *gstx.VideoFormat // of the stream; nil until a format is set

	frame v4l2.Frame // of either queue, reused
	event v4l2.Event
	idle  [v4l2.MaxBuffers]int // buffers of In that are free
	nIdle int
	fed   int       // frames since the last drain or flush
	out   *pictures // nil until the driver knows the stream
	// refused are formats that the driver offers and has no pictures in.
	refused []v4l2.FourCC

	// The sequences of the stateful decoder interface. changed: the driver has
	// announced another format. last: it has given the last picture before that,
	// or before it stops. stopping: it has been, or is to be, told to stop. resumed:
	// it has been told to go on after that.
	changed, last, stopping, resumed bool
	stopped                          time.Time // when it was to stop

	videoMeta bool // downstream reads GstVideoMeta
}

func newDecoder(e *gstx.Element, open func(string) (*v4l2.Decoder, error), find func() []v4l2.FoundDecoder) *decoder {
	d := &decoder{element: e, open: open, find: find}
	d.fd = -1
	return d
}

// Start opens the device if it is named; which other one it can be depends on the
// stream.
func (d *decoder) Start() error {
	d.device = d.wanted()
	w, err := sys.NewWake()
	if err != nil {
		return err
	}
	d.wakeMu.Lock()
	d.wake = w
	d.wakeMu.Unlock()
	if d.device != "" {
		if err := d.openDevice(d.device); err != nil {
			d.Stop()
			return err
		}
	}
	return nil
}

// Stop closes the device. Pictures that are still held downstream stay valid.
func (d *decoder) Stop() error {
	d.closeDevice()
	d.caps = nil
	d.wakeMu.Lock()
	defer d.wakeMu.Unlock()
	if d.wake != nil {
		d.wake.Close()
		d.wake = nil
	}
	return nil
}

// Unlock ends the streaming threads' waits.
func (d *decoder) Unlock() {
	d.wakeMu.Lock()
	defer d.wakeMu.Unlock()
	if d.wake != nil {
		d.wake.Set()
	}
}

// UnlockStop allows waiting again.
func (d *decoder) UnlockStop() {
	d.wakeMu.Lock()
	defer d.wakeMu.Unlock()
	if d.wake != nil {
		d.wake.Clear()
	}
}

// DecideAllocation remembers whether downstream understands the driver's strides.
func (d *decoder) DecideAllocation(a gstx.Allocation) { d.videoMeta = a.VideoMeta }

func (d *decoder) openDevice(path string) error {
	dev, err := d.open(path)
	if err != nil {
		return d.explainOf(path, err)
	}
	takes, err := dev.Takes()
	if err == nil && len(takes) == 0 {
		err = v4l2.ErrNotDecoder // an encoder, say
	}
	// Without the announcement of the first format, no picture can be had.
	if err == nil {
		err = dev.Out.Subscribe(v4l2.EventSourceChange, 0)
	}
	if err != nil {
		dev.Close()
		return d.explainOf(path, err)
	}
	for _, id := range [...]uint32{v4l2.ControlMasteringDisplay, v4l2.ControlContentLight} {
		if err := dev.Out.Subscribe(v4l2.EventControl, id); err != nil {
			d.element.Debugf("%v", err)
		}
	}
	d.dev = dev
	d.opened(dev.Capability().Card, dev.FD())
	d.element.Infof("%s is %+v", path, dev.Capability())
	return nil
}

func (d *decoder) closeDevice() {
	if d.dev == nil {
		return
	}
	d.opened("", -1)
	d.tearDown()
	d.dev.Close()
	d.dev = nil
}

// tearDown stops both queues and frees their buffers.
func (d *decoder) tearDown() {
	// The device may be gone: there is nothing left to stop then.
	d.dev.In.StreamOff()
	d.out.close(d.dev)
	d.out = nil
	d.dev.RequestIn(0)
	d.nIdle, d.fed, d.refused = 0, 0, nil
	d.changed, d.last, d.stopping, d.resumed = false, false, false, false
}

// takes tells that the open device decodes a format.
func (d *decoder) takes(c *v4l2.Codec) bool {
	all, err := d.dev.Takes()
	if err != nil {
		return false
	}
	for _, t := range all {
		if t.FourCC == c.FourCC {
			return true
		}
	}
	return false
}

// SetCaps gets the device ready for a stream; what was in it has been drained.
func (d *decoder) SetCaps(f *gstx.VideoFormat) error {
	d.caps = nil
	codec := v4l2.CodecOf(f.Media)
	if codec == nil { // the pad's template has no others
		return &gstx.Error{Code: gstx.StreamWrongType, Text: "There is no V4L2 format for " + f.Media + "."}
	}
	if d.dev != nil {
		d.tearDown()
		if !d.takes(codec) {
			if d.device != "" {
				return d.noDecoder(d.device+" does not decode", codec)
			}
			d.closeDevice()
		}
	}
	if d.dev == nil {
		if err := d.choose(codec); err != nil {
			return err
		}
	}
	if err := d.setUp(codec, f); err != nil {
		d.tearDown()
		return d.explain(err)
	}
	d.caps = f
	return nil
}

// choose opens the first device of this machine that decodes a format.
func (d *decoder) choose(codec *v4l2.Codec) error {
	for _, found := range d.find() {
		for _, c := range found.Takes {
			if c.FourCC != codec.FourCC {
				continue
			}
			if err := d.openDevice(found.Path); err != nil {
				return err
			}
			return nil
		}
	}
	return d.noDecoder("No device of this machine decodes", codec)
}

// noDecoder is an error that tells what there is.
func (d *decoder) noDecoder(what string, codec *v4l2.Codec) error {
	var have []string
	for _, f := range d.find() {
		var media []string
		for _, c := range f.Takes {
			media = append(media, c.Media)
		}
		have = append(have, fmt.Sprintf("%s (%s: %s)", f.Path, f.Card, strings.Join(media, ", ")))
	}
	text := fmt.Sprintf("%s %s; there is no V4L2 decoder at all here: use a software decoder.", what, codec.Media)
	if len(have) > 0 {
		text = fmt.Sprintf("%s %s; there are: %s. Set the property device to one that does, or use a software decoder.", what, codec.Media, strings.Join(have, "; "))
	}
	return &gstx.Error{Code: gstx.ResourceNotFound, Text: text}
}

// inBuffers is how many compressed frames wait in the driver.
const inBuffers = 4

// leastRoom is what a buffer for compressed frames has at least: streams that do
// not tell their size shall find room, too.
const leastRoom = 1 << 20

func (d *decoder) setUp(codec *v4l2.Codec, f *gstx.VideoFormat) error {
	want := v4l2.Format{FourCC: codec.FourCC, Width: uint32(max(f.Width, 0)), Height: uint32(max(f.Height, 0)), NPlanes: 1}
	// A frame that is larger than its picture is not worth its compression; the
	// driver may know better.
	want.Planes[0].Size = max(leastRoom, uint32(min(uint64(want.Width)*uint64(want.Height)*3/2, 1<<30)))
	got, err := d.dev.In.SetFormat(want)
	if err != nil {
		return err
	}
	if got.FourCC != codec.FourCC {
		return d.noDecoder(d.dev.Name()+" does not take", codec)
	}
	n, err := d.dev.RequestIn(inBuffers)
	if err != nil {
		return err
	}
	d.idleAll()
	if err := d.dev.In.StreamOn(); err != nil {
		return err
	}
	d.element.Infof("%v in %d buffers of %d bytes for %s", &got, n, d.dev.Room(), f.Caps)
	return nil
}

// idleAll notes that the driver has no compressed frame.
func (d *decoder) idleAll() {
	d.nIdle = d.dev.In.Buffers()
	for i := range d.nIdle {
		d.idle[i] = i
	}
}

// EOS is part of gstx.Eventer; the base class drains.
func (d *decoder) EOS() {}

// Flush forgets all frames and pictures: a seek.
func (d *decoder) Flush() {
	if d.caps == nil || d.fed == 0 && !d.stopping {
		return
	}
	if err := d.flush(); err != nil {
		d.element.Fail(gstx.ResourceFailed, d.explain(err))
	}
}

func (d *decoder) flush() error {
	if err := d.dev.In.StreamOff(); err != nil {
		return err
	}
	d.idleAll()
	d.fed, d.stopping, d.resumed = 0, false, false
	switch {
	case d.out == nil:
	case d.changed:
		// The last picture before the change will not come any more.
		if err := d.dev.Out.StreamOff(); err != nil {
			return err
		}
		d.last = true
	default:
		d.last = false
		if err := d.out.restart(d.dev); err != nil {
			return err
		}
	}
	return d.dev.In.StreamOn()
}

func (d *decoder) explain(err error) error {
	name := d.device
	if d.dev != nil {
		name = d.dev.Name()
	}
	return d.explainOf(name, err)
}

func (d *decoder) explainOf(path string, err error) error {
	if errors.Is(err, v4l2.ErrTooLarge) {
		return &gstx.Error{
			Code:  gstx.ResourceNoSpaceLeft,
			Text:  fmt.Sprintf("A compressed frame does not fit into the buffers of %s, of %d bytes; put a parser in front that splits the stream into frames and tells their size, or use another decoder.", path, d.dev.Room()),
			Cause: err,
		}
	}
	return v4l2element.Words{
		Device: path, Kind: "V4L2 decoder", Does: "Decoding on", Stock: "a decoder of the plugin video4linux2", Here: d.here,
	}.Explain(err)
}

func (d *decoder) here() (out []v4l2.Found) {
	for _, f := range d.find() {
		out = append(out, v4l2.Found{Path: f.Path, Capability: f.Capability})
	}
	return out
}
