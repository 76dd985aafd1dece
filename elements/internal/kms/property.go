package kms

import (
	"fmt"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Kind is the type of a mode object.
type Kind uint32

const (
	KindConnector Kind = sys.DRM_MODE_OBJECT_CONNECTOR
	KindCRTC      Kind = sys.DRM_MODE_OBJECT_CRTC
	KindPlane     Kind = sys.DRM_MODE_OBJECT_PLANE
)

func (k Kind) String() string {
	switch k {
	case KindConnector:
		return "connector"
	case KindCRTC:
		return "CRTC"
	case KindPlane:
		return "plane"
	}
	return fmt.Sprintf("object type %#x", uint32(k))
}

// Property describes a property; the same one is shared by many objects.
type Property struct {
	ID    uint32
	Name  string
	Flags uint32     // DRM_MODE_PROP_*
	Range [2]uint64  // least and greatest value of a range
	Enums []EnumName // of an enum or a bitmask
}

// EnumName is one value of an enum. For a bitmask Value is the bit's number.
type EnumName struct {
	Value uint64
	Name  string
}

// Enum finds a value by its name.
func (p *Property) Enum(name string) (uint64, bool) {
	for i := range p.Enums {
		if p.Enums[i].Name == name {
			return p.Enums[i].Value, true
		}
	}
	return 0, false
}

// Immutable properties are set by the driver only.
func (p *Property) Immutable() bool { return p.Flags&sys.DRM_MODE_PROP_IMMUTABLE != 0 }

func (p *Property) isBlob() bool {
	return p.Flags&(sys.DRM_MODE_PROP_BLOB|sys.DRM_MODE_PROP_EXTENDED_TYPE) == sys.DRM_MODE_PROP_BLOB
}

// Object is a connector, CRTC or plane with its properties and the values they
// had when it was read.
type Object struct {
	Kind  Kind
	ID    uint32
	Label string // "HDMI-A-1"; "" for all but connectors

	props []propertyValue
}

type propertyValue struct {
	*Property
	value uint64
}

func (o *Object) String() string {
	if o.Label != "" {
		return fmt.Sprintf("%s (%s %d)", o.Label, o.Kind, o.ID)
	}
	return fmt.Sprintf("%s %d", o.Kind, o.ID)
}

// Property finds a property by name, or is nil.
func (o *Object) Property(name string) *Property {
	for i := range o.props {
		if o.props[i].Name == name {
			return o.props[i].Property
		}
	}
	return nil
}

// Value is the value a property had when the object was read; 0 without such a
// property.
func (o *Object) Value(name string) uint64 {
	for i := range o.props {
		if o.props[i].Name == name {
			return o.props[i].value
		}
	}
	return 0
}

// Limits on what a driver may claim to have, far above any real one.
const (
	maxObjects    = 1024
	maxProperties = 1024
	maxEnums      = 1024
	maxModes      = 4096
	maxFormats    = 4096
	maxBlob       = 1 << 20
)

// The number of something may grow between the call that asks for it and the
// one that fetches; so often it is asked again.
const maxTries = 8

func checkCount(what string, n, limit uint32) error {
	if n > limit {
		return malformed("%d %s", n, what)
	}
	return nil
}

// readObject reads an object's properties.
func (d *Device) readObject(kind Kind, id uint32, label string) (Object, error) {
	o := Object{Kind: kind, ID: id, Label: label}
	var ids []uint32
	var values []uint64
	for range maxTries {
		arg := sys.DRMModeObjGetProperties{
			Props: sys.PtrTo(ids), PropValues: sys.PtrTo(values),
			CountProps: uint32(len(ids)), ObjID: id, ObjType: uint32(kind),
		}
		if err := d.k.Ioctl(sys.DRM_IOCTL_MODE_OBJ_GETPROPERTIES, unsafe.Pointer(&arg)); err != nil {
			return o, failed(err, "read the properties of %s", &o)
		}
		if err := checkCount("properties", arg.CountProps, maxProperties); err != nil {
			return o, err
		}
		n := int(arg.CountProps)
		if n > len(ids) {
			ids, values = make([]uint32, n), make([]uint64, n)
			continue
		}
		o.props = make([]propertyValue, n)
		for i := range o.props {
			p, err := d.property(ids[i])
			if err != nil {
				return o, err
			}
			o.props[i] = propertyValue{p, values[i]}
		}
		return o, nil
	}
	return o, malformed("the properties of %s never stop growing", &o)
}

// property describes a property, once per device.
func (d *Device) property(id uint32) (*Property, error) {
	if p := d.properties[id]; p != nil {
		return p, nil
	}
	var values []uint64
	var enums []sys.DRMModePropertyEnum
	for range maxTries {
		arg := sys.DRMModeGetProperty{
			PropID: id,
			Values: sys.PtrTo(values), CountValues: uint32(len(values)),
			EnumBlob: sys.PtrTo(enums), CountEnumBlobs: uint32(len(enums)),
		}
		if err := d.k.Ioctl(sys.DRM_IOCTL_MODE_GETPROPERTY, unsafe.Pointer(&arg)); err != nil {
			return nil, failed(err, "describe property %d", id)
		}
		p := &Property{ID: id, Name: text(arg.Name[:]), Flags: arg.Flags}
		if p.isBlob() {
			arg.CountEnumBlobs = 0 // an old kernel counts blobs here
		}
		if err := checkCount("values of a property", arg.CountValues, maxEnums); err != nil {
			return nil, err
		}
		if err := checkCount("names of a property", arg.CountEnumBlobs, maxEnums); err != nil {
			return nil, err
		}
		nv, ne := int(arg.CountValues), int(arg.CountEnumBlobs)
		if nv > len(values) || ne > len(enums) {
			values, enums = make([]uint64, nv), make([]sys.DRMModePropertyEnum, ne)
			continue
		}
		if nv >= 2 {
			p.Range = [2]uint64{values[0], values[1]}
		}
		for _, e := range enums[:ne] {
			p.Enums = append(p.Enums, EnumName{e.Value, text(e.Name[:])})
		}
		d.properties[id] = p
		return p, nil
	}
	return nil, malformed("property %d never stops growing", id)
}
