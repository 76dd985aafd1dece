package v4l2metadec

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2element"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// spare is how many pictures can be held downstream, and be filled next, beside
// those that the decoder keeps for its references.
const spare = 6

// pictures is one format of the driver's pictures and its buffers.
type pictures struct {
	format   v4l2.Format
	geometry v4l2element.Geometry
	crop     gstx.Rect   // what is to be seen; zero: all of the geometry
	fds      [][]*sys.FD // each buffer's memories
	pool     *gstx.Pool  // nil until the first picture tells where they start
	output   *gstx.Output

	blocks v4l2element.Blocks
}

// close gives the buffers up; those downstream stay valid. o may be nil.
func (o *pictures) close(dev *v4l2.Decoder) {
	if o == nil {
		return
	}
	dev.Out.StreamOff()
	o.pool.Close()
	for _, memories := range o.fds {
		for _, fd := range memories {
			fd.Close()
		}
	}
	dev.Out.Request(0)
	o.blocks.Close()
}

// restart empties the queue and starts it again. Buffers that are held downstream
// come back on their own.
func (o *pictures) restart(dev *v4l2.Decoder) error {
	held := [v4l2.MaxBuffers]bool{}
	for i := range o.fds {
		held[i] = !dev.Out.Has(i)
	}
	if err := dev.Out.StreamOff(); err != nil {
		return err
	}
	for i := range o.fds {
		if !held[i] {
			if err := dev.Out.Queue(i); err != nil {
				return err
			}
		}
	}
	if err := o.giveBack(dev); err != nil {
		return err
	}
	return dev.Out.StreamOn()
}

// giveBack queues the buffers that nobody downstream holds any more. o may be nil.
func (o *pictures) giveBack(dev *v4l2.Decoder) error {
	if o == nil || o.pool == nil {
		return nil
	}
	for {
		i, ok := o.pool.Returned()
		if !ok {
			return nil
		}
		if err := dev.Out.Queue(i); err != nil {
			return err
		}
	}
}

// renew puts the pictures of the stream's present format in the place of what was
// before.
func (d *decoder) renew() (err error) {
	before := d.out
	d.out.close(d.dev)
	d.out = nil
	o := &pictures{}
	defer func() {
		if err != nil {
			o.close(d.dev)
		}
	}()
	native, err := d.dev.Out.Format()
	if err != nil {
		return err
	}
	if before != nil && before.pool == nil && native.FourCC != before.format.FourCC &&
		native.Width == before.format.Width && native.Height == before.format.Height {
		// vicodec lists and takes formats that it cannot decode to, and then
		// announces the stream's once more.
		d.refused = append(d.refused, before.format.FourCC)
	}
	out, err := d.negotiate(o, &native)
	if err != nil {
		return err
	}
	if err := d.describe(o); err != nil {
		return err
	}
	if !d.element.SetOutput(out) {
		return errRefused
	}
	o.output = out
	n, err := d.dev.Out.Request(min(d.dev.Keeps()+spare, v4l2.MaxBuffers))
	if err != nil {
		return err
	}
	if o.fds, err = v4l2element.Export(d.dev.Out); err != nil {
		return err
	}
	for i := range n {
		if err := d.dev.Out.Queue(i); err != nil {
			return err
		}
	}
	if err := d.dev.Out.StreamOn(); err != nil {
		return err
	}
	if d.caps.FPSN > 0 {
		frame := uint64(d.caps.FPSD) * uint64(time.Second) / uint64(d.caps.FPSN)
		d.element.SetDecoderLatency(frame * uint64(max(d.dev.Keeps(), 1)))
	}
	d.out = o
	d.element.Infof("%v, %dx%d to be seen, in %d buffers of %d memories", &o.format,
		o.geometry.Width, o.geometry.Height, n, d.dev.Out.Memories())
	return nil
}

// negotiate sets the first of the decoder's formats that downstream takes, those
// that can be shared as DMA-bufs first, and the decoder's own before those that it
// converts to.
func (d *decoder) negotiate(o *pictures, native *v4l2.Format) (*gstx.Output, error) {
	formats, err := d.dev.Out.Formats()
	if err != nil {
		return nil, err
	}
	codes := []v4l2.FourCC{native.FourCC}
	for _, f := range formats {
		if !slices.Contains(codes, f.FourCC) && !slices.Contains(d.refused, f.FourCC) {
			codes = append(codes, f.FourCC)
		}
	}
	_, _, width, height := d.dev.Visible(native)
	var none error = &gstx.Error{
		Code: gstx.StreamFormat,
		Text: fmt.Sprintf("The next element takes none of the formats that %s decodes to (%v and %d more); insert videoconvert.", d.dev.Name(), native.FourCC, len(codes)-1),
	}
	for _, dmabuf := range [...]bool{true, false} {
		for _, code := range codes {
			p := v4l2.PixelOf(code)
			if p == nil || p.Name == "" || dmabuf && !p.NamedByDRM() || !dmabuf && !p.Linear() {
				continue
			}
			out := &gstx.Output{Format: p.Name, Width: width, Height: height, DMADRM: dmabuf, FourCC: uint32(p.DRM), Modifier: p.Modifier}
			if !d.element.Fits(out) {
				continue
			}
			switch ok, err := d.setFormat(o, native, p, out); {
			case errors.Is(err, errFields):
				none = err // another format may do
			case ok || err != nil:
				return out, err
			}
		}
	}
	return nil, none
}

// errFields means that a format has fields in a way that cannot be told downstream.
var errFields = errors.New("V4L2_FIELD_*")

// setFormat sets one format; not ok when the driver makes another one of it.
func (d *decoder) setFormat(o *pictures, native *v4l2.Format, p *v4l2.Pixel, out *gstx.Output) (ok bool, err error) {
	want := *native
	if p.FourCC != native.FourCC { // strides and sizes are of the other format
		want = v4l2.Format{FourCC: p.FourCC, Width: native.Width, Height: native.Height, NPlanes: p.Memories,
			Field: native.Field, Colorimetry: native.Colorimetry}
	}
	f, err := d.dev.Out.SetFormat(want)
	if err != nil {
		return false, err
	}
	if f.FourCC != p.FourCC {
		return false, nil
	}
	layout, err := f.Layout()
	if err != nil {
		return false, err
	}
	left, top, width, height := d.dev.Visible(&f)
	o.crop = gstx.Rect{}
	if left != 0 || top != 0 { // caps begin at the corner
		o.crop = gstx.Rect{X: left, Y: top, W: width, H: height}
		width, height = width+left, height+top
	}
	out.Width, out.Height = width, height
	out.InterlaceMode = string(v4l2element.ScanOf(f.Field))
	out.TopFirst = v4l2element.FieldFlags(f.Field, false)&gstx.VideoTFF != 0
	if err := d.checkFields(&f, &layout, out); err != nil {
		return false, err
	}
	o.format = f
	o.geometry = v4l2element.Geometry{Layout: layout, Memories: f.NPlanes, Width: width, Height: height, Field: f.Field}
	c := d.color(&f)
	out.Primaries, out.Transfer, out.Matrix, out.FullRange = c.Primaries, c.Transfer, c.Matrix, c.FullRange
	return true, nil
}

// checkFields tells that downstream can learn where the fields of pictures are.
func (d *decoder) checkFields(f *v4l2.Format, l *v4l2.Layout, out *gstx.Output) error {
	var why string
	switch v4l2element.ScanOf(f.Field) {
	case v4l2element.Progressive, v4l2element.Interleaved:
		return nil
	case v4l2element.Sequential:
		// Only a block has room for the planes of both fields.
		switch _, _, whole := l.Fields(); {
		case !l.Pixel.Linear():
			why = "one after the other in tiles, which can be in both"
		case !whole:
			why = "one after the other in no whole number of lines each"
		case !l.Pixel.NamedByDRM():
			why = "one after the other in a format that drm-format cannot name"
		case !out.DMADRM || !d.element.Fits(out):
			why = "one after the other, and the next element does not take video/x-raw(memory:DMABuf) with interlace-mode=fields, as kmsmetasink does"
		default:
			return nil
		}
	case v4l2element.Alternate:
		why = "in pictures of their own"
	default:
		why = "in a way that caps cannot say"
	}
	return &gstx.Error{
		Code: gstx.StreamFormat, Cause: fmt.Errorf("%w: %d", errFields, f.Field),
		Text: fmt.Sprintf("%s gives the fields of %v %s; use a software decoder.", d.dev.Name(), f, why),
	}
}

// color is what the stream's caps say, which parsers have from its headers, else
// what the decoder says.
func (d *decoder) color(f *v4l2.Format) v4l2.Color {
	c := f.Color()
	if s := d.caps; s.Primaries != meta.PrimariesUnspecified && s.Primaries != 0 {
		c = v4l2.Color{Primaries: s.Primaries, Transfer: s.Transfer, Matrix: s.Matrix, FullRange: s.FullRange}
	}
	return c
}

// describe makes the block of pictures whose frames bring none.
func (d *decoder) describe(o *pictures) error {
	mastering, light, err := v4l2element.Static(d.dev.Out)
	if err != nil {
		return err
	}
	if mastering == nil && d.caps.Mastering != "" {
		if m, err := meta.ParseMasteringDisplay(d.caps.Mastering); err == nil {
			mastering = &m
		}
	}
	if light == nil && d.caps.Light != "" {
		if l, err := meta.ParseContentLight(d.caps.Light); err == nil {
			light = &l
		}
	}
	return o.blocks.Describe(d.color(&o.format), mastering, light)
}

// take makes a picture of what was dequeued; not ok if it is nothing but the mark
// of the last one.
func (d *decoder) take(p *gstx.Picture) (ok bool, err error) {
	f, o := &d.frame, d.out
	d.last = d.last || f.Last
	empty := f.Planes[0].Offset == f.Planes[0].Used
	if empty && f.Last {
		return false, d.keep(f.Index)
	}
	p.Number = uint32(f.Number())
	if empty || o.geometry.Short(f) {
		return true, d.keep(f.Index)
	}
	if v4l2element.ScanOf(f.Field) == v4l2element.Progressive {
		// Many drivers copy it from the compressed frame, which has NONE.
		f.Field = o.format.Field
	}
	if err := o.geometry.Holds(f); err != nil {
		return false, err
	}
	if o.pool == nil {
		if err := d.makePool(o, f); err != nil {
			return false, err
		}
	}
	if err := o.geometry.Places(f); err != nil {
		return false, err
	}
	b := o.pool.Acquire(f.Index, gstx.Stamp{
		PTS: gstx.None, Duration: gstx.None, Offset: gstx.None,
		Flags: v4l2element.FieldFlags(f.Field, false), Crop: o.crop, Blocks: gstx.Blocks{Layers: o.blocks.Layers},
	})
	if b.IsNil() {
		return false, fmt.Errorf("%w: buffer %d, which is held downstream", v4l2.ErrReply, f.Index)
	}
	p.Buffer, p.HDR, p.Damaged = b, o.blocks.HDR, f.Damaged
	return true, nil
}

// keep gives a buffer that is not handed on back to the driver.
func (d *decoder) keep(i int) error {
	// After the last one, the queue is started again or replaced.
	return d.dev.Out.Queue(i)
}

// makePool makes the buffers, with planes where the first picture has them.
func (d *decoder) makePool(o *pictures, f *v4l2.Frame) error {
	for m := range f.NPlanes {
		o.geometry.Start[m] = f.Planes[m].Offset
	}
	pool, layout, err := o.geometry.Pool(o.fds, true)
	if err != nil {
		return err
	}
	o.pool = pool
	if !d.videoMeta && !o.output.DMADRM && (layout.Offset != o.output.Offset || layout.Stride != o.output.Stride) {
		d.element.Warn(gstx.StreamFormat, &gstx.Error{
			Code: gstx.StreamFormat,
			Text: fmt.Sprintf("The lines of %s's pictures are padded, and the next element does not read GstVideoMeta: what it makes of them may be skewed. Insert videoconvert.", d.dev.Name()),
		})
	}
	return o.blocks.Place(&o.geometry)
}
