package kms

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/edid"
)

// errNoEDID is a connector whose monitor says nothing of itself: none is plugged
// in, it is not a monitor but a capture device or a virtual one, or the wire does
// not carry it.
var errNoEDID = errors.New("no EDID")

// readMonitor reads the EDID that the connector's property had when its Object was
// read. What cannot be read is a monitor that nothing is known of; the error is
// for a device that is lost.
func (d *Device) readMonitor(c *Connector) error {
	m, unknown, err := d.monitorOf(uint32(c.Value("EDID")))
	c.Monitor, c.unknown, c.edidBlob = m, unknown, uint32(c.Value("EDID"))
	return err
}

func (d *Device) monitorOf(blob uint32) (m *edid.Monitor, unknown, err error) {
	if blob == 0 {
		return nil, errNoEDID, nil
	}
	b, err := d.readBlob(blob)
	switch {
	case err == nil:
		m, unknown = edid.Parse(b)
		return m, unknown, nil
	case hopeless(err):
		return nil, nil, err
	}
	return nil, err, nil // replaced in the meantime, for one; see monitorReplaced
}

// monitorReplaced follows the connector's EDID property to a new blob, and tells
// whether that is another monitor's. As a rule it is not: each program that asks
// for the connector's modes makes the kernel read the EDID anew.
func (o *Output) monitorReplaced(blob uint32) (bool, error) {
	c := o.Connector
	m, unknown, err := o.d.monitorOf(blob)
	if err != nil {
		return false, err
	}
	if m == c.Monitor || m != nil && c.Monitor != nil && *m == *c.Monitor {
		c.unknown, c.edidBlob = unknown, blob
		return false, nil
	}
	return true, nil
}

func (o *Output) debugMonitor() {
	c := o.Connector
	if c.Monitor == nil {
		o.debugf("%s: nothing is known of the monitor: %v", c.String(), c.unknown)
		return
	}
	o.debugf("%s: monitor %+v", c.String(), *c.Monitor)
}

// fit is what of the signal the connector and its monitor take, and, for a
// person, what they lack. A monitor that nothing is known of is taken to show
// everything: a signal that is marked rightly and shown wrongly is the monitor's
// fault, one that is marked wrongly is shown wrongly by all.
func (s Signal) fit(c *Connector) (fit Signal, lacks string) {
	var properties, abilities []string
	m := c.Monitor
	if s.Force {
		m = nil
	}
	fit = s
	if s.HDR {
		e := s.eotf()
		switch {
		case c.Property(hdrMetadata) == nil:
			properties, fit.HDR = append(properties, hdrMetadata), false
		case m != nil && m.EOTFs&(1<<e) == 0:
			abilities, fit.HDR = append(abilities, eotfName(e)), false
		}
	}
	if s.BT2020 {
		switch {
		case c.Property(colorspace) == nil:
			properties, fit.BT2020 = append(properties, colorspace), false
		case m != nil && len(bt2020(m)) == 0:
			abilities, fit.BT2020 = append(abilities, "BT.2020"), false
		}
	}
	if !fit.HDR {
		fit.MinBPC, fit.Metadata = 0, [32]byte{}
	}
	var all []string
	if len(properties) > 0 {
		all = append(all, fmt.Sprintf("%s has no property %s", c.String(), strings.Join(properties, ", ")))
	}
	if len(abilities) > 0 {
		all = append(all, fmt.Sprintf("the EDID of %s at %s says nothing of %s, so it is not sent unless forced",
			m, c.String(), strings.Join(abilities, " and ")))
	}
	return fit, strings.Join(all, "; ")
}

// eotf is the code of the transfer function, as CTA-861 numbers them.
func (s *Signal) eotf() uint8 { return s.Metadata[4] }

func eotfName(code uint8) string {
	names := [...]string{"SDR", "HDR with traditional gamma", "PQ", "HLG"}
	if int(code) < len(names) {
		return names[code]
	}
	return fmt.Sprintf("transfer function %d", code)
}

// bt2020 are the values of Colorspace for BT.2020 that the monitor understands,
// best first: the CRTC turns planes into RGB, and that is what goes over the wire
// unless the driver decides otherwise and converts once more.
func bt2020(m *edid.Monitor) []string {
	var names []string
	if m == nil || m.Colorimetry&edid.BT2020RGB != 0 {
		names = append(names, "BT2020_RGB")
	}
	if m == nil || m.Colorimetry&edid.BT2020YCC != 0 {
		names = append(names, "BT2020_YCC")
	}
	return names
}
