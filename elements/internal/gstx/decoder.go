package gstx

// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// Decoding is the Go half of a decoder. Its methods, Start's, SetCaps and Flush run
// one at a time, on the thread that brings frames or on the one that hands pictures
// on. None of them waits: they name, with Element.WaitFor, what shall be waited for
// when they answer FlowAgain; the second descriptor has to be the device's. Unlock
// comes from any thread.
type Decoding interface {
	// Feed gives the device a compressed frame, which is lent for the call;
	// FlowAgain when it has no room now.
	Feed(frame []byte, number uint32) Flow
	// Picture gives the next picture that is ready; FlowAgain when there is none
	// yet, FlowEOS after the last one since StopDecoding.
	Picture(*Picture) Flow
	// StopDecoding has the device finish what it has; FlowEOS if that is nothing.
	StopDecoding() Flow
}

// Picture is a decoded frame. The buffer is given, HDR is lent.
type Picture struct {
	Buffer  Buffer         // none when nothing came of the frame
	Number  uint32         // Feed's
	HDR     gstmeta.Holder // put on the buffer if the frame brought no GstShmHdrMeta
	Damaged bool           // the buffer is marked as corrupted
}

// Output describes a decoder's pictures.
type Output struct {
	Format        string // GStreamer's name
	Width, Height uint32
	// With DMADRM, the caps are of memory:DMABuf and these.
	DMADRM   bool
	FourCC   uint32
	Modifier uint64
	// InterlaceMode is the caps field interlace-mode; "" while it is not known. TopFirst is
	// for "interleaved".
	InterlaceMode string
	TopFirst      bool
	// H.273 code points, for streams whose caps have no colorimetry.
	Primaries, Transfer, Matrix uint8
	FullRange                   bool

	// Set by SetOutput: the layout that the caps imply.
	Offset [4]uint64
	Stride [4]int32
}

func (o *Output) toC() (c C.GstxOutput) {
	c.format, c.interlace_mode = C.CString(o.Format), C.CString(o.InterlaceMode)
	c.width, c.height, c.fourcc, c.modifier = C.guint32(o.Width), C.guint32(o.Height), C.guint32(o.FourCC), C.guint64(o.Modifier)
	c.dma_drm, c.full_range = C.gint32(gboolean(o.DMADRM)), C.gint32(gboolean(o.FullRange))
	c.field_order = C.GST_VIDEO_FIELD_ORDER_BOTTOM_FIELD_FIRST
	if o.TopFirst {
		c.field_order = C.GST_VIDEO_FIELD_ORDER_TOP_FIELD_FIRST
	}
	c.primaries, c.transfer, c.matrix = C.guint32(o.Primaries), C.guint32(o.Transfer), C.guint32(o.Matrix)
	return c
}

func freeOutput(c *C.GstxOutput) {
	C.free(unsafe.Pointer(c.format))
	C.free(unsafe.Pointer(c.interlace_mode))
}

// Fits tells whether downstream of a decoder takes such pictures.
func (e *Element) Fits(o *Output) bool {
	c := o.toC()
	defer freeOutput(&c)
	return C.gstx_output_fits(e.p, &c) != 0
}

// SetOutput tells downstream of a decoder what comes next; false when it does not
// take it, or is flushing.
func (e *Element) SetOutput(o *Output) bool {
	c := o.toC()
	defer freeOutput(&c)
	ok := C.gstx_set_output(e.p, &c) != 0
	for i := range o.Offset {
		o.Offset[i], o.Stride[i] = uint64(c.offset[i]), int32(c.stride[i])
	}
	return ok
}

// SetDecoderLatency says how long, in ns, a decoder keeps pictures back.
func (e *Element) SetDecoderLatency(ns uint64) {
	C.gstx_set_decoder_latency(e.p, C.guint64(ns))
}

//export goFeed
func goFeed(h C.guint64, data C.gconstpointer, size C.gsize, number C.guint32) (ret C.int) {
	ret = C.int(FlowError)
	e := element(h)
	defer e.guard()
	return C.int(e.decode.Feed(unsafe.Slice((*byte)(data), int(size)), uint32(number)))
}

//export goPicture
func goPicture(h C.guint64, out *C.GstxPicture) (ret C.int) {
	ret = C.int(FlowError)
	e := element(h)
	defer e.guard()
	e.picture = Picture{}
	flow := e.decode.Picture(&e.picture)
	out.buffer = (*C.GstBuffer)(e.picture.Buffer.p)
	out.hdr = (*C.ShmMetaHolder)(e.picture.HDR.Pointer())
	out.number, out.damaged = C.guint32(e.picture.Number), C.gint32(gboolean(e.picture.Damaged))
	return C.int(flow)
}

//export goStopDecoding
func goStopDecoding(h C.guint64) (ret C.int) {
	ret = C.int(FlowError)
	e := element(h)
	defer e.guard()
	return C.int(e.decode.StopDecoding())
}
