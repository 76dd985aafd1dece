package gstx

// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"
)

// What C calls. Each function finds its Element by the instance's handle and is
// guarded: whatever the Go half does, a panic ends here.

func element(h C.guint64) *Element { return (*elements.all.Load())[h-1] }

// elements are all there are, each at its handle less one; nil is free. A lookup for
// each buffer is faster than that of cgo.Handle.
var elements struct {
	sync.Mutex // guards changes, each of which replaces the slice
	all        atomic.Pointer[[]*Element]
}

func init() { elements.all.Store(new([]*Element)) }

func hold(e *Element) C.guint64 {
	elements.Lock()
	defer elements.Unlock()
	all := slices.Clone(*elements.all.Load())
	i := slices.Index(all, nil)
	if i < 0 {
		i = len(all)
		all = append(all, nil)
	}
	all[i] = e
	elements.all.Store(&all)
	return C.guint64(i + 1)
}

func release(h C.guint64) {
	elements.Lock()
	defer elements.Unlock()
	all := slices.Clone(*elements.all.Load())
	all[h-1] = nil
	elements.all.Store(&all)
}

// guard turns a panic into an error on the bus; the caller's result is then what
// it was initialised with, which says failure.
func (e *Element) guard() {
	if r := recover(); r != nil {
		e.panicked(r)
	}
}

// panicked stands apart so that guard, which runs on every buffer, stays small.
func (e *Element) panicked(r any) {
	e.Fail(StreamFailed, &Error{
		Code:  StreamFailed,
		Text:  "Internal error in " + e.class.Name + "; please report it.",
		Cause: fmt.Errorf("panic: %v\n%s", r, debug.Stack()),
	})
}

//export goNew
func goNew(index C.guint64, p C.gpointer) (h C.guint64) {
	return hold(newElement(classAt(uint64(index)), (*C.GstElement)(p)))
}

//export goFinalize
func goFinalize(h C.guint64) { release(h) }

//export goSetProperty
func goSetProperty(h C.guint64, i C.guint, v *C.GstxValue) {
	e := element(h)
	defer e.guard()
	if e.props == nil {
		return
	}
	name := e.class.Props[i].Name
	if err := e.props.SetProperty(name, getValue(v)); err != nil {
		e.Warningf("property %s: %v", name, err)
		e.Warn(ResourceSettings, &Error{ResourceSettings, "Property " + name + " was not taken: " + err.Error(), nil})
	}
}

//export goGetProperty
func goGetProperty(h C.guint64, i C.guint, v *C.GstxValue) (ok C.gboolean) {
	e := element(h)
	defer e.guard()
	if e.props == nil {
		return 0
	}
	p := &e.class.Props[i]
	if err := setValue(v, p.Kind, e.props.GetProperty(p.Name)); err != nil {
		e.Warningf("property %s: %v", p.Name, err)
		return 0
	}
	return 1
}

//export goStart
func goStart(h C.guint64) (ok C.gboolean) {
	e := element(h)
	defer e.guard()
	if e.start != nil {
		if err := e.start.Start(); err != nil {
			e.Fail(ResourceFailed, err)
			return 0
		}
	}
	return 1
}

//export goStop
func goStop(h C.guint64) (ok C.gboolean) {
	e := element(h)
	defer e.guard()
	if e.start != nil {
		if err := e.start.Stop(); err != nil {
			e.Fail(ResourceFailed, err)
			return 0
		}
	}
	return 1
}

//export goUnlock
func goUnlock(h C.guint64, on C.gboolean) {
	e := element(h)
	defer e.guard()
	switch {
	case e.unlock == nil:
	case on != 0:
		e.unlock.Unlock()
	default:
		e.unlock.UnlockStop()
	}
}

// goCaps returns a C string that the caller frees, or NULL for the template.
//
//export goCaps
func goCaps(h C.guint64) (s *C.char) {
	e := element(h)
	defer e.guard()
	if e.caps == nil {
		return nil
	}
	caps, err := e.caps.Caps()
	if err != nil {
		e.Warningf("caps: %v", err)
	}
	if caps == "" {
		return nil
	}
	return C.CString(caps)
}

//export goSetCaps
func goSetCaps(h C.guint64, f *C.GstxFormat) (ok C.gboolean) {
	e := element(h)
	defer e.guard()
	if e.set != nil {
		if err := e.set.SetCaps(newVideoFormat(f)); err != nil {
			e.Fail(StreamFormat, err)
			return 0
		}
	}
	return 1
}

//export goPrefer
func goPrefer(h C.guint64, want *C.gint32) {
	e := element(h)
	defer e.guard()
	if e.prefer != nil {
		w := unsafe.Slice((*int32)(want), 4)
		w[0], w[1], w[2], w[3] = e.prefer.Prefer()
	}
}

//export goDecideAllocation
func goDecideAllocation(h C.guint64, a *C.GstxAllocation) {
	e := element(h)
	defer e.guard()
	out := Allocation{VideoMeta: a.video_meta != 0, Buffers: int(a.buffers)}
	if a.pool != nil {
		out.Pool = &Borrowed{p: a.pool, x: e.x}
	}
	if e.alloc != nil {
		e.alloc.DecideAllocation(out)
		return
	}
	out.Pool.Close()
}

//export goShare
func goShare(h C.guint64, format *C.char, width, height C.guint32, out *C.GstxShared) (ok C.gboolean) {
	e := element(h)
	defer e.guard()
	m, err := e.share.Share(C.GoString(format), uint32(width), uint32(height))
	if err != nil {
		e.Debugf("upstream gets plain memory: %v", err)
		return 0
	}
	*out = C.GstxShared{fd: C.gint32(m.FD), n_planes: C.guint32(m.NPlanes), size: C.guint64(m.Size), width: width, height: height}
	for i := range m.NPlanes {
		out.offset[i], out.stride[i] = C.guint64(m.Offset[i]), C.gint32(m.Stride[i])
	}
	return 1
}

//export goLatency
func goLatency(h C.guint64, lo, hi *C.guint64) (ok C.gboolean) {
	e := element(h)
	defer e.guard()
	if e.lat == nil {
		return 0
	}
	a, b, known := e.lat.Latency()
	*lo, *hi = C.guint64(a), C.guint64(b)
	return gboolean(known)
}

//export goCreate
func goCreate(h C.guint64, out *C.gpointer) (ret C.int) {
	ret = C.int(FlowError)
	e := element(h)
	defer e.guard()
	b, flow := e.create.Create()
	*out = C.gpointer(b.p)
	return C.int(flow)
}

//export goFrame
func goFrame(h C.guint64, f *C.GstxFrame) (ret C.int) {
	ret = C.int(FlowError)
	e := element(h)
	defer e.guard()
	return C.int(e.frame.Frame((*Frame)(unsafe.Pointer(f))))
}

//export goEvent
func goEvent(h C.guint64, eos C.gboolean) {
	e := element(h)
	defer e.guard()
	switch {
	case e.event == nil:
	case eos != 0:
		e.event.EOS()
	default:
		e.event.Flush()
	}
}

//export goRenderRectangle
func goRenderRectangle(h C.guint64, x, y, width, height C.gint) {
	e := element(h)
	defer e.guard()
	if e.over == nil {
		return
	}
	if err := e.over.RenderRectangle(int32(x), int32(y), int32(width), int32(height)); err != nil {
		e.Warningf("render rectangle: %v", err)
		e.Warn(ResourceSettings, &Error{ResourceSettings, "The render rectangle was not taken: " + err.Error(), nil})
	}
}

// goPointer maps a place on the display into the picture.
//
//export goPointer
func goPointer(h C.guint64, at *C.gdouble) {
	e := element(h)
	defer e.guard()
	if e.over == nil {
		return
	}
	p := unsafe.Slice(at, 2)
	x, y := e.over.Pointer(float64(p[0]), float64(p[1]))
	p[0], p[1] = C.gdouble(x), C.gdouble(y)
}

//export goDrain
func goDrain(h C.guint64) {
	e := element(h)
	defer e.guard()
	if e.drain != nil {
		e.drain.Drain()
	}
}

//export goExpose
func goExpose(h C.guint64) {
	e := element(h)
	defer e.guard()
	if e.over != nil {
		e.over.Expose()
	}
}

//export goOrientation
func goOrientation(h C.guint64, method C.int) {
	e := element(h)
	defer e.guard()
	if e.orient != nil {
		e.orient.StreamOrientation(int32(method))
	}
}
