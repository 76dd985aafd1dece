package gstx

// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"fmt"
	"math"
	"sync"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// Parent is the GStreamer base class of an element.
type Parent int32

// The base classes.
const (
	PushSrc   Parent = C.GSTX_PUSH_SRC
	VideoSink Parent = C.GSTX_VIDEO_SINK
	// Filter is GstBaseTransform, in passthrough: it looks at buffers and hands
	// them on. With Class.InPlace it gets writable buffers.
	Filter Parent = C.GSTX_FILTER
	// Decoder is GstVideoDecoder, see Decoding.
	Decoder Parent = C.GSTX_DECODER
)

// Direction of a pad.
type Direction int32

// The directions.
const (
	Src  Direction = C.GST_PAD_SRC
	Sink Direction = C.GST_PAD_SINK
)

// Pad is an always-present pad's template.
type Pad struct {
	Name      string
	Direction Direction
	Caps      string
}

// Class describes an element class. Register copies it.
type Class struct {
	Name     string // of the factory
	TypeName string // of the GType
	// The texts of gst-inspect-1.0.
	LongName, Klass, Description, Author string

	Parent Parent
	// Of a Filter: writable buffers; Frame.Bytes; Element.SetStaticCaps.
	InPlace, Bytes, StaticCaps bool
	// Of a VideoSink: GstVideoOverlay, see Overlayer; GstVideoOverlayComposition
	// beside the picture, see Frame.Graphics.
	Overlay, Graphics bool
	// Of a PushSrc: v4l2src's signal prepare-format, by which an application gets the
	// descriptor of Element.SetFD, and the caps, before SetCaps.
	PrepareFormat bool

	Pads  []Pad
	Props []Prop

	// New makes the Go half of an instance. What it returns is asked, once, for
	// the interfaces of impl.go.
	New func(*Element) any
}

var classes struct {
	sync.RWMutex // guards list
	list         []*Class
}

func classAt(i uint64) *Class {
	classes.RLock()
	defer classes.RUnlock()
	return classes.list[i]
}

// Register makes the class known to GStreamer: as a feature of plugin (a
// GstPlugin), or, with nil, of the running program. A type of that name that is
// there already, registered by another copy of this library, is used as it is.
func Register(plugin unsafe.Pointer, c Class) error {
	if err := gstmeta.Register(); err != nil { // Frame and Pool know the metas
		return err
	}
	classes.Lock()
	index := len(classes.list)
	classes.list = append(classes.list, &c)
	classes.Unlock()

	// All of this lives as long as the process, as the GType does.
	info := (*C.GstxClassInfo)(C.calloc(1, C.sizeof_GstxClassInfo))
	info.index = C.guint64(index)
	info.name, info.type_name = C.CString(c.Name), C.CString(c.TypeName)
	info.long_name, info.klass = C.CString(c.LongName), C.CString(c.Klass)
	info.description, info.author = C.CString(c.Description), C.CString(c.Author)
	info.parent = C.gint32(c.Parent)
	info.in_place, info.bytes, info.static_caps = C.gint32(gboolean(c.InPlace)), C.gint32(gboolean(c.Bytes)), C.gint32(gboolean(c.StaticCaps))
	info.prepare_format = C.gint32(gboolean(c.PrepareFormat))
	info.overlay, info.graphics = C.gint32(gboolean(c.Overlay)), C.gint32(gboolean(c.Graphics))
	info.n_pads, info.n_props = C.guint32(len(c.Pads)), C.guint32(len(c.Props))
	info.pads = (*C.GstxPadTemplate)(C.calloc(C.size_t(len(c.Pads)+1), C.sizeof_GstxPadTemplate))
	for i, p := range c.Pads {
		unsafe.Slice(info.pads, len(c.Pads))[i] = C.GstxPadTemplate{
			name: C.CString(p.Name), caps: C.CString(p.Caps), direction: C.gint32(p.Direction),
		}
	}
	info.props = (*C.GstxProp)(C.calloc(C.size_t(len(c.Props)+1), C.sizeof_GstxProp))
	for i := range c.Props {
		if err := c.Props[i].toC(&unsafe.Slice(info.props, len(c.Props))[i]); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	if C.gstx_register((*C.GstPlugin)(plugin), info) == 0 {
		return fmt.Errorf("%s: GStreamer refused the element class", c.Name)
	}
	return nil
}

// Kind is a property's type.
type Kind int32

// The kinds, with the Go type of their values.
const (
	Bool      Kind = C.GSTX_BOOL      // bool
	Int       Kind = C.GSTX_INT       // int32
	Uint      Kind = C.GSTX_UINT      // uint32
	Int64     Kind = C.GSTX_INT64     // int64
	Uint64    Kind = C.GSTX_UINT64    // uint64
	Double    Kind = C.GSTX_DOUBLE    // float64
	String    Kind = C.GSTX_STRING    // string; NULL is ""
	Fraction  Kind = C.GSTX_FRACTION  // [2]int32
	Enum      Kind = C.GSTX_ENUM      // int32
	Structure Kind = C.GSTX_STRUCTURE // Fields
	// Ints is a GstValueArray of gint: []int32, of at most four.
	Ints Kind = C.GSTX_INTS
	// Orientation is a GstVideoOrientationMethod: int32.
	Orientation Kind = C.GSTX_ORIENTATION
	// Flags are a GFlags: uint32, of the values of Prop.Enum.
	Flags Kind = C.GSTX_FLAGS
)

// Fields is a GstStructure: serialised, and its fields in order. The Value of a
// field that is neither bool, number nor string is nil. To GStreamer, Text counts.
type Fields struct {
	Text string // "" for NULL
	List []Field
}

// EnumValue is one value of an enum property.
type EnumValue struct {
	Value int32
	Nick  string // what is typed: hdr=auto
	Name  string // what gst-inspect shows beside it
}

// Prop is a property. Default, Min and Max have the kind's Go type; nil is the
// type's zero, lowest and highest value.
type Prop struct {
	Name, Nick, Blurb string
	Kind              Kind
	Default, Min, Max any
	Enum              []EnumValue
	ReadOnly          bool
	WhilePlaying      bool // may be set in any state
}

func (p *Prop) toC(c *C.GstxProp) error {
	c.name, c.nick, c.blurb = C.CString(p.Name), C.CString(p.Nick), C.CString(p.Blurb)
	lo, hi := p.Min, p.Max
	switch p.Kind {
	case Int:
		lo, hi = or(lo, int32(math.MinInt32)), or(hi, int32(math.MaxInt32))
	case Uint:
		hi = or(hi, uint32(math.MaxUint32))
	case Int64:
		lo, hi = or(lo, int64(math.MinInt64)), or(hi, int64(math.MaxInt64))
	case Uint64:
		hi = or(hi, uint64(math.MaxUint64))
	case Double:
		lo, hi = or(lo, -math.MaxFloat64), or(hi, math.MaxFloat64)
	case Fraction:
		lo, hi = or(lo, [2]int32{0, 1}), or(hi, [2]int32{math.MaxInt32, 1})
		p.Default = or(p.Default, [2]int32{0, 1})
	case Enum, Flags:
		v := unsafe.Slice((*C.GEnumValue)(C.calloc(C.size_t(len(p.Enum)+1), C.sizeof_GEnumValue)), len(p.Enum)+1)
		for i, e := range p.Enum {
			v[i] = C.GEnumValue{value: C.gint(e.Value), value_name: C.CString(e.Name), value_nick: C.CString(e.Nick)}
		}
		c.values = &v[0]
	}
	for _, x := range []struct {
		v any
		c *C.GstxValue
	}{{p.Default, &c.def}, {lo, &c.min}, {hi, &c.max}} {
		if err := setValue(x.c, p.Kind, x.v); err != nil {
			return fmt.Errorf("property %s: %w", p.Name, err)
		}
	}
	if p.ReadOnly {
		c.read_only = 1
	}
	if p.WhilePlaying {
		c.while_playing = 1
	}
	return nil
}

func or(v, def any) any {
	if v == nil {
		return def
	}
	return v
}

// setValue writes v, of the kind's Go type or nil, for C. A string is allocated
// by C and belongs to the receiver.
func setValue(c *C.GstxValue, k Kind, v any) error {
	c.kind = C.gint32(k)
	if v == nil {
		return nil
	}
	switch x := v.(type) {
	case bool:
		if k == Bool {
			if x {
				c.i = 1
			} else {
				c.i = 0
			}
			return nil
		}
	case int32:
		if k == Int || k == Enum || k == Orientation {
			c.i = C.gint64(x)
			return nil
		}
	case uint32:
		if k == Uint || k == Flags {
			c.i = C.gint64(x)
			return nil
		}
	case int64:
		if k == Int64 {
			c.i = C.gint64(x)
			return nil
		}
	case uint64:
		if k == Uint64 {
			c.i = C.gint64(x)
			return nil
		}
	case float64:
		if k == Double {
			c.d = C.gdouble(x)
			return nil
		}
	case string:
		if k == String {
			c.s = C.CString(x)
			return nil
		}
	case Fields:
		if k == Structure {
			c.s = nil
			if x.Text != "" {
				c.s = C.CString(x.Text)
			}
			return nil
		}
	case []int32:
		if k == Ints && len(x) <= len(c.ints) {
			c.n_ints = C.gint32(len(x))
			for i, n := range x {
				c.ints[i] = C.gint32(n)
			}
			return nil
		}
	case [2]int32:
		if k == Fraction {
			c.num, c.den = C.gint32(x[0]), C.gint32(x[1])
			return nil
		}
	}
	return fmt.Errorf("value %v (%T) is not of the property's kind", v, v)
}

func getValue(c *C.GstxValue) any {
	switch Kind(c.kind) {
	case Bool:
		return c.i != 0
	case Int, Enum, Orientation:
		return int32(c.i)
	case Uint, Flags:
		return uint32(c.i)
	case Int64:
		return int64(c.i)
	case Uint64:
		return uint64(c.i)
	case Double:
		return float64(c.d)
	case Fraction:
		return [2]int32{int32(c.num), int32(c.den)}
	case Ints:
		// A longer array keeps its length, so that it can be told.
		list := make([]int32, max(c.n_ints, 0))
		for i := range min(len(list), len(c.ints)) {
			list[i] = int32(c.ints[i])
		}
		return list
	case Structure:
		var f Fields
		if c.s != nil {
			f.Text = C.GoString(c.s)
		}
		for i := range unsafe.Slice(c.fields, c.n_fields) {
			x := &unsafe.Slice(c.fields, c.n_fields)[i]
			f.List = append(f.List, Field{C.GoString(x.name), getValue(&x.value)})
		}
		return f
	case String:
		if c.s == nil {
			return ""
		}
		return C.GoString(c.s)
	}
	return nil
}
