package witness

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Display is what drm_info says about a card.
type Display struct {
	Connectors []Object `json:"connectors"`
	CRTCs      []Object `json:"crtcs"`
	Planes     []Object `json:"planes"`
}

// Object is a connector, CRTC or plane.
type Object struct {
	ID         uint32              `json:"id"`
	Formats    []uint32            `json:"formats"` // of a plane
	FB         uint32              `json:"fb_id"`
	Type       int                 `json:"type"` // of a connector
	Properties map[string]Property `json:"properties"`
}

// Property is a property with its present value.
type Property struct {
	Type uint64          `json:"type"`
	Raw  uint64          `json:"raw_value"`
	Data json.RawMessage `json:"data"` // a blob, decoded
	Spec json.RawMessage `json:"spec"`
}

// Look runs drm_info.
func Look(card string) (Display, error) {
	text, err := Tool("drm_info", "-j", card)
	if err != nil {
		return Display{}, err
	}
	var cards map[string]Display
	if err := json.Unmarshal([]byte(text), &cards); err != nil {
		return Display{}, fmt.Errorf("drm_info -j %s: %w", card, err)
	}
	return cards[card], nil
}

// HDR gives the first connector that has HDR_OUTPUT_METADATA, nil without one.
func (d Display) HDR() *Object {
	for i, c := range d.Connectors {
		if _, ok := c.Properties["HDR_OUTPUT_METADATA"]; ok {
			return &d.Connectors[i]
		}
	}
	return nil
}

type enumEntry struct {
	Name  string
	Value uint64
}

func (p Property) entries() (all []enumEntry) {
	json.Unmarshal(p.Spec, &all) // not an enum: none
	return all
}

// Enum is the name of the present value of an enum property.
func (o *Object) Enum(name string) string {
	p := o.Properties[name]
	for _, e := range p.entries() {
		if e.Value == p.Raw {
			return e.Name
		}
	}
	return fmt.Sprintf("%s=%d", name, p.Raw)
}

func (o *Object) enumValue(property, value string) (uint64, bool) {
	for _, e := range o.Properties[property].entries() {
		if e.Name == value {
			return e.Value, true
		}
	}
	return 0, false
}

// State lists every property of every object as text, so that states can be
// compared over time: blobs by content, for their ids change; without DPMS,
// which the kernel derives from whether the CRTC is active.
func (d Display) State() []string {
	var lines []string
	for kind, objects := range map[string][]Object{"connector": d.Connectors, "crtc": d.CRTCs, "plane": d.Planes} {
		for _, o := range objects {
			for name, p := range o.Properties {
				if name == "DPMS" {
					continue
				}
				const blob = 1 << 4 // DRM_MODE_PROP_BLOB
				value := fmt.Sprint(p.Raw)
				if p.Type == blob {
					value = fmt.Sprintf("blob %v %s", p.Raw != 0, p.Data)
				}
				lines = append(lines, fmt.Sprintf("%s %d %s: %s", kind, o.ID, name, value))
			}
			lines = append(lines, fmt.Sprintf("%s %d framebuffer: %d", kind, o.ID, o.FB))
		}
	}
	slices.Sort(lines)
	return lines
}

// Difference of two states, empty when they are equal.
func Difference(before, after []string) string {
	var b strings.Builder
	for _, l := range before {
		if !slices.Contains(after, l) {
			fmt.Fprintf(&b, "- %s\n", l)
		}
	}
	for _, l := range after {
		if !slices.Contains(before, l) {
			fmt.Fprintf(&b, "+ %s\n", l)
		}
	}
	return b.String()
}

// A property's lines of modetest -c begin with its id after one tab.
var modetestHDR = regexp.MustCompile(`(?s)\n\t\d+ HDR_OUTPUT_METADATA:\n.*?\n\t\tvalue:((?:\n\t\t\t[0-9a-f]+)*)\n`)

// SetPlanes sets an enum property of all planes of a card that have it, by
// modetest; no other program may be master. The value stays until it is set again.
func SetPlanes(card, property, value string) error {
	driver, busID, err := identity(card)
	if err != nil {
		return err
	}
	d, err := Look(card)
	if err != nil {
		return err
	}
	args := []string{"-M", driver, "-D", busID}
	for _, plane := range d.Planes {
		if n, ok := plane.enumValue(property, value); ok {
			args = append(args, "-w", fmt.Sprintf("%d:%s:%d", plane.ID, property, n))
		}
	}
	if len(args) == 4 {
		return fmt.Errorf("%s: no plane has %s=%s", card, property, value)
	}
	_, err = Tool("modetest", args...)
	return err
}

// HDRMetadata is the content of HDR_OUTPUT_METADATA in hexadecimal, as modetest
// reads it from the card's first connector that has one; empty without a blob.
func HDRMetadata(card string) (string, error) {
	driver, busID, err := identity(card)
	if err != nil {
		return "", err
	}
	// By name it finds a card whose master has not asked for the bus id, by bus
	// id one whose master has.
	text, err := Tool("modetest", "-M", driver, "-D", busID, "-c")
	if err != nil {
		return "", err
	}
	found := modetestHDR.FindStringSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("%s: modetest finds no HDR_OUTPUT_METADATA", card)
	}
	return strings.Join(strings.Fields(found[1]), ""), nil
}
