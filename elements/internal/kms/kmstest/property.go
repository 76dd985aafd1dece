package kmstest

import (
	"encoding/binary"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

type enumValues []string // "" leaves a value out

// kinds describes the properties by name.
var kinds = map[string]struct {
	flags  uint32
	values []uint64
	enums  enumValues
}{
	"ACTIVE":              {flags: sys.DRM_MODE_PROP_RANGE | sys.DRM_MODE_PROP_ATOMIC, values: []uint64{0, 1}},
	"MODE_ID":             {flags: sys.DRM_MODE_PROP_BLOB | sys.DRM_MODE_PROP_ATOMIC},
	"GAMMA_LUT":           {flags: sys.DRM_MODE_PROP_BLOB},
	"OUT_FENCE_PTR":       {flags: sys.DRM_MODE_PROP_RANGE | sys.DRM_MODE_PROP_ATOMIC, values: []uint64{0, 1<<64 - 1}},
	"CRTC_ID":             {flags: sys.DRM_MODE_PROP_OBJECT | sys.DRM_MODE_PROP_ATOMIC, values: []uint64{sys.DRM_MODE_OBJECT_CRTC}},
	"FB_ID":               {flags: sys.DRM_MODE_PROP_OBJECT | sys.DRM_MODE_PROP_ATOMIC, values: []uint64{0xfbfbfbfb}},
	"max bpc":             {flags: sys.DRM_MODE_PROP_RANGE, values: []uint64{6, 12}},
	"link-status":         {flags: sys.DRM_MODE_PROP_ENUM, enums: enumValues{"Good", "Bad"}},
	"HDR_OUTPUT_METADATA": {flags: sys.DRM_MODE_PROP_BLOB},
	"Colorspace":          {flags: sys.DRM_MODE_PROP_ENUM, enums: enumValues{0: "Default", 9: "BT2020_RGB", 10: "BT2020_YCC"}},
	"EDID":                {flags: sys.DRM_MODE_PROP_BLOB | sys.DRM_MODE_PROP_IMMUTABLE},
	"type":                {flags: sys.DRM_MODE_PROP_ENUM | sys.DRM_MODE_PROP_IMMUTABLE, enums: enumValues{"Overlay", "Primary", "Cursor"}},
	"SRC_X":               coordinate, "SRC_Y": coordinate, "SRC_W": coordinate, "SRC_H": coordinate,
	"CRTC_X": coordinate, "CRTC_Y": coordinate, "CRTC_W": coordinate, "CRTC_H": coordinate,
	"rotation":       {flags: sys.DRM_MODE_PROP_BITMASK, enums: enumValues{"rotate-0", "rotate-90", "rotate-180", "rotate-270", "reflect-x", "reflect-y"}},
	"alpha":          {flags: sys.DRM_MODE_PROP_RANGE, values: []uint64{0, 0xffff}},
	"VRR_ENABLED":    {flags: sys.DRM_MODE_PROP_RANGE, values: []uint64{0, 1}},
	"vrr_capable":    {flags: sys.DRM_MODE_PROP_RANGE | sys.DRM_MODE_PROP_IMMUTABLE, values: []uint64{0, 1}},
	"Broadcast RGB":  {flags: sys.DRM_MODE_PROP_ENUM, enums: enumValues{"Automatic", "Full", "Limited 16:235"}},
	"tint":           {flags: sys.DRM_MODE_PROP_SIGNED_RANGE, values: []uint64{1<<64 - 50, 50}},
	"zpos":           {flags: sys.DRM_MODE_PROP_RANGE, values: []uint64{0, 3}},
	"COLOR_ENCODING": {flags: sys.DRM_MODE_PROP_ENUM, enums: enumValues{"ITU-R BT.601 YCbCr", "ITU-R BT.709 YCbCr", "ITU-R BT.2020 YCbCr"}},
	"COLOR_RANGE":    {flags: sys.DRM_MODE_PROP_ENUM, enums: enumValues{"YCbCr limited range", "YCbCr full range"}},
	"IN_FORMATS":     {flags: sys.DRM_MODE_PROP_BLOB | sys.DRM_MODE_PROP_IMMUTABLE},
}

var coordinate = struct {
	flags  uint32
	values []uint64
	enums  enumValues
}{flags: sys.DRM_MODE_PROP_SIGNED_RANGE | sys.DRM_MODE_PROP_ATOMIC, values: []uint64{1 << 63, 1<<63 - 1}}

// add makes an object with the named properties; objects share their
// descriptions, as they do in the kernel.
func (c *Card) add(id, kind uint32, names ...string) *object {
	o := &object{id: id, kind: kind}
	for _, n := range names {
		o.props = append(o.props, prop{c.def(n), len(c.state)})
		c.state, c.next = append(c.state, 0), append(c.next, 0)
	}
	c.objects = append(c.objects, o)
	return o
}

func (c *Card) def(name string) *propDef {
	for _, d := range c.props {
		if d.name == name {
			return d
		}
	}
	k := kinds[name]
	d := &propDef{id: c.id(), flags: k.flags, name: name, values: k.values}
	for i, n := range k.enums {
		if n != "" {
			e := sys.DRMModePropertyEnum{Value: uint64(i)}
			copy(e.Name[:], n)
			d.enums = append(d.enums, e)
			d.values = append(d.values, uint64(i))
		}
	}
	c.props = append(c.props, d)
	return d
}

// InFormats makes an IN_FORMATS blob in which every format has every modifier.
func InFormats(formats []uint32, modifiers ...uint64) []byte {
	ne := binary.NativeEndian
	b := ne.AppendUint32(nil, sys.FORMAT_BLOB_CURRENT)
	b = ne.AppendUint32(b, 0)
	b = ne.AppendUint32(b, uint32(len(formats)))
	b = ne.AppendUint32(b, 24)
	b = ne.AppendUint32(b, uint32(len(modifiers)))
	b = ne.AppendUint32(b, uint32(24+(4*len(formats)+7)&^7))
	for _, f := range formats {
		b = ne.AppendUint32(b, f)
	}
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	for _, m := range modifiers {
		b = ne.AppendUint64(b, 1<<len(formats)-1)
		b = ne.AppendUint64(b, 0) // offset, pad
		b = ne.AppendUint64(b, m)
	}
	return b
}
