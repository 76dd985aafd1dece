package kms

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/edid"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Resources are a card's mode objects and their state at the time of reading.
type Resources struct {
	Connectors []*Connector
	CRTCs      []*CRTC
	Planes     []*Plane
}

// Connector is a socket a display may be plugged into.
type Connector struct {
	Object
	Connection    uint32 // DRM_MODE_CONNECTED, …
	Modes         []Mode
	MMWidth       uint32 // of the display, in mm; 0 when unknown
	MMHeight      uint32
	Monitor       *edid.Monitor // what it says of itself; nil when unknown
	unknown       error         // why
	edidBlob      uint32        // that Monitor was read from
	possibleCRTCs uint32
}

// Connected tells whether a display is plugged in for certain.
func (c *Connector) Connected() bool { return c.Connection == sys.DRM_MODE_CONNECTED }

// CRTC is a display pipe.
type CRTC struct {
	Object
	bit uint32 // in possible_crtcs masks
}

// Active tells whether the pipe was running when it was read.
func (c *CRTC) Active() bool { return c.Value("ACTIVE") != 0 }

// Resources reads all objects. It asks the displays what they are, which can
// take some hundred milliseconds.
func (d *Device) Resources() (*Resources, error) {
	connectors, crtcs, err := d.resourceIDs()
	if err != nil {
		return nil, err
	}
	planes, err := d.planeIDs()
	if err != nil {
		return nil, err
	}
	r := new(Resources)
	if len(crtcs) > 32 {
		return nil, malformed("%d CRTCs", len(crtcs)) // masks have 32 bits
	}
	for i, id := range crtcs {
		o, err := d.readObject(KindCRTC, id, "")
		if err != nil {
			return nil, err
		}
		r.CRTCs = append(r.CRTCs, &CRTC{o, 1 << i})
	}
	for _, id := range connectors {
		c, err := d.readConnector(id)
		if err != nil {
			return nil, err
		}
		r.Connectors = append(r.Connectors, c)
	}
	for _, id := range planes {
		p, err := d.readPlane(id)
		if err != nil {
			return nil, err
		}
		r.Planes = append(r.Planes, p)
	}
	return r, nil
}

func (d *Device) resourceIDs() (connectors, crtcs []uint32, err error) {
	for range maxTries {
		arg := sys.DRMModeCardRes{
			ConnectorIDs: sys.PtrTo(connectors), CountConnectors: uint32(len(connectors)),
			CRTCIDs: sys.PtrTo(crtcs), CountCRTCs: uint32(len(crtcs)),
		}
		if err := d.k.Ioctl(sys.DRM_IOCTL_MODE_GETRESOURCES, unsafe.Pointer(&arg)); err != nil {
			return nil, nil, failed(err, "%s: list connectors and CRTCs", d)
		}
		if err := checkCount("connectors", arg.CountConnectors, maxObjects); err != nil {
			return nil, nil, err
		}
		if err := checkCount("CRTCs", arg.CountCRTCs, maxObjects); err != nil {
			return nil, nil, err
		}
		nc, nr := int(arg.CountConnectors), int(arg.CountCRTCs)
		if nc > len(connectors) || nr > len(crtcs) {
			connectors, crtcs = make([]uint32, nc), make([]uint32, nr)
			continue
		}
		return connectors[:nc], crtcs[:nr], nil
	}
	return nil, nil, malformed("the connectors never stop growing")
}

func (d *Device) planeIDs() (ids []uint32, err error) {
	for range maxTries {
		arg := sys.DRMModeGetPlaneRes{PlaneIDs: sys.PtrTo(ids), CountPlanes: uint32(len(ids))}
		if err := d.k.Ioctl(sys.DRM_IOCTL_MODE_GETPLANERESOURCES, unsafe.Pointer(&arg)); err != nil {
			return nil, failed(err, "%s: list planes", d)
		}
		if err := checkCount("planes", arg.CountPlanes, maxObjects); err != nil {
			return nil, err
		}
		n := int(arg.CountPlanes)
		if n > len(ids) {
			ids = make([]uint32, n)
			continue
		}
		return ids[:n], nil
	}
	return nil, malformed("the planes never stop growing")
}

func (d *Device) readConnector(id uint32) (*Connector, error) {
	c := new(Connector)
	var modes []sys.DRMModeModeInfo
	var encoders []uint32
	for try := 0; ; try++ {
		if try == maxTries {
			return nil, malformed("the modes of connector %d never stop growing", id)
		}
		// No room for modes makes the kernel probe the display; properties
		// are read by readObject.
		arg := sys.DRMModeGetConnector{
			ConnectorID: id,
			Modes:       sys.PtrTo(modes), CountModes: uint32(len(modes)),
			Encoders: sys.PtrTo(encoders), CountEncoders: uint32(len(encoders)),
		}
		if err := d.k.Ioctl(sys.DRM_IOCTL_MODE_GETCONNECTOR, unsafe.Pointer(&arg)); err != nil {
			return nil, failed(err, "read connector %d", id)
		}
		if err := checkCount("modes", arg.CountModes, maxModes); err != nil {
			return nil, err
		}
		if err := checkCount("encoders", arg.CountEncoders, maxObjects); err != nil {
			return nil, err
		}
		nm, ne := int(arg.CountModes), int(arg.CountEncoders)
		if nm > len(modes) || ne > len(encoders) {
			// Never no room again: one probe is enough.
			modes, encoders = make([]sys.DRMModeModeInfo, max(nm, 1)), make([]uint32, ne)
			continue
		}
		modes, encoders = modes[:nm], encoders[:ne]
		c.Connection, c.MMWidth, c.MMHeight = arg.Connection, arg.MMWidth, arg.MMHeight
		c.Label = connectorName(arg.ConnectorType, arg.ConnectorTypeID)
		break
	}
	for _, m := range modes {
		if m.HDisplay != 0 && m.VDisplay != 0 {
			c.Modes = append(c.Modes, Mode{m})
		}
	}
	for _, e := range encoders {
		arg := sys.DRMModeGetEncoder{EncoderID: e}
		if err := d.k.Ioctl(sys.DRM_IOCTL_MODE_GETENCODER, unsafe.Pointer(&arg)); err != nil {
			return nil, failed(err, "read encoder %d", e)
		}
		c.possibleCRTCs |= arg.PossibleCRTCs
	}
	var err error
	if c.Object, err = d.readObject(KindConnector, id, c.Label); err != nil {
		return nil, err
	}
	return c, d.readMonitor(c)
}

// connectorTypes are the kernel's names (drm_connector.c), by which users and
// other tools know the sockets.
var connectorTypes = [...]string{
	sys.DRM_MODE_CONNECTOR_Unknown:     "Unknown",
	sys.DRM_MODE_CONNECTOR_VGA:         "VGA",
	sys.DRM_MODE_CONNECTOR_DVII:        "DVI-I",
	sys.DRM_MODE_CONNECTOR_DVID:        "DVI-D",
	sys.DRM_MODE_CONNECTOR_DVIA:        "DVI-A",
	sys.DRM_MODE_CONNECTOR_Composite:   "Composite",
	sys.DRM_MODE_CONNECTOR_SVIDEO:      "SVIDEO",
	sys.DRM_MODE_CONNECTOR_LVDS:        "LVDS",
	sys.DRM_MODE_CONNECTOR_Component:   "Component",
	sys.DRM_MODE_CONNECTOR_9PinDIN:     "DIN",
	sys.DRM_MODE_CONNECTOR_DisplayPort: "DP",
	sys.DRM_MODE_CONNECTOR_HDMIA:       "HDMI-A",
	sys.DRM_MODE_CONNECTOR_HDMIB:       "HDMI-B",
	sys.DRM_MODE_CONNECTOR_TV:          "TV",
	sys.DRM_MODE_CONNECTOR_eDP:         "eDP",
	sys.DRM_MODE_CONNECTOR_VIRTUAL:     "Virtual",
	sys.DRM_MODE_CONNECTOR_DSI:         "DSI",
	sys.DRM_MODE_CONNECTOR_DPI:         "DPI",
	sys.DRM_MODE_CONNECTOR_WRITEBACK:   "Writeback",
	sys.DRM_MODE_CONNECTOR_SPI:         "SPI",
	sys.DRM_MODE_CONNECTOR_USB:         "USB",
}

func connectorName(typ, id uint32) string {
	if typ < uint32(len(connectorTypes)) {
		return fmt.Sprintf("%s-%d", connectorTypes[typ], id)
	}
	return fmt.Sprintf("Type%d-%d", typ, id)
}

// find by id; nil without.
func (r *Resources) connector(id uint32) *Connector {
	return pick(r.Connectors, func(c *Connector) bool { return c.ID == id })
}
func (r *Resources) crtc(id uint64) *CRTC {
	return pick(r.CRTCs, func(c *CRTC) bool { return uint64(c.ID) == id })
}
func (r *Resources) plane(id uint32) *Plane {
	return pick(r.Planes, func(p *Plane) bool { return p.ID == id })
}

func pick[T any](s []*T, ok func(*T) bool) *T {
	if i := slices.IndexFunc(s, ok); i >= 0 {
		return s[i]
	}
	return nil
}
