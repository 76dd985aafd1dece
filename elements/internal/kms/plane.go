package kms

import (
	"slices"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Plane is a layer that a CRTC reads and composes.
type Plane struct {
	Object
	Formats []PlaneFormat

	possibleCRTCs uint32
}

// PlaneFormat is a pixel format a plane can show.
type PlaneFormat struct {
	FourCC uint32
	// Modifiers are the memory layouts; nil when the driver does not tell, and
	// only what it implies for a buffer (usually linear) can be shown.
	Modifiers []uint64
}

// Primary planes are a CRTC's main one; many drivers want it to cover the
// screen.
func (p *Plane) Primary() bool { return p.Value("type") == sys.DRM_PLANE_TYPE_PRIMARY }

// Cursor planes are small and take few formats.
func (p *Plane) Cursor() bool { return p.Value("type") == sys.DRM_PLANE_TYPE_CURSOR }

// Supports tells whether the driver lists the format. DRM_FORMAT_MOD_INVALID
// stands for the layout that the driver implies.
func (p *Plane) Supports(fourcc uint32, modifier uint64) bool {
	for i := range p.Formats {
		f := &p.Formats[i]
		if f.FourCC != fourcc {
			continue
		}
		if modifier == sys.DRM_FORMAT_MOD_INVALID {
			return true
		}
		if f.Modifiers == nil {
			return modifier == sys.DRM_FORMAT_MOD_LINEAR
		}
		return slices.Contains(f.Modifiers, modifier)
	}
	return false
}

func (d *Device) readPlane(id uint32) (*Plane, error) {
	p := new(Plane)
	var formats []uint32
	for try := 0; ; try++ {
		if try == maxTries {
			return nil, malformed("the formats of plane %d never stop growing", id)
		}
		arg := sys.DRMModeGetPlane{
			PlaneID:     id,
			FormatTypes: sys.PtrTo(formats), CountFormatTypes: uint32(len(formats)),
		}
		if err := d.k.Ioctl(sys.DRM_IOCTL_MODE_GETPLANE, unsafe.Pointer(&arg)); err != nil {
			return nil, failed(err, "read plane %d", id)
		}
		if err := checkCount("formats", arg.CountFormatTypes, maxFormats); err != nil {
			return nil, err
		}
		n := int(arg.CountFormatTypes)
		if n > len(formats) {
			formats = make([]uint32, n)
			continue
		}
		formats = formats[:n]
		p.possibleCRTCs = arg.PossibleCRTCs
		break
	}
	var err error
	if p.Object, err = d.readObject(KindPlane, id, ""); err != nil {
		return nil, err
	}
	if blob := uint32(p.Value("IN_FORMATS")); blob != 0 {
		b, err := d.readBlob(blob)
		if err != nil {
			return nil, err
		}
		p.Formats, err = parseInFormats(b)
		return p, err
	}
	for _, f := range formats {
		p.Formats = append(p.Formats, PlaneFormat{FourCC: f})
	}
	return p, nil
}
