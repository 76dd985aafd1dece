package v4l2metasrc

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

// named are the controls with a property of their own.
var named = map[string]uint32{
	"brightness": sys.V4L2_CID_BRIGHTNESS,
	"contrast":   sys.V4L2_CID_CONTRAST,
	"saturation": sys.V4L2_CID_SATURATION,
	"hue":        sys.V4L2_CID_HUE,
}

// controls are those that the user has set. The device keeps what it is set to; nil
// stands for one that is not open.
type controls struct {
	values map[string]int32 // of named
	extra  gstx.Fields
}

func (c *controls) set(dev *v4l2.Device, name string, value int32) error {
	if c.values == nil {
		c.values = map[string]int32{}
	}
	c.values[name] = value
	if dev == nil {
		return nil
	}
	_, err := dev.SetControl(named[name], value)
	return err
}

// get is the device's value, or what it will be set to.
func (c *controls) get(dev *v4l2.Device, name string) any {
	id, ok := named[name]
	if !ok {
		return nil
	}
	if dev != nil {
		if v, err := dev.Control(id); err == nil {
			return v
		}
	}
	return c.values[name]
}

func (c *controls) setExtra(dev *v4l2.Device, f gstx.Fields) error {
	c.extra = f
	if dev == nil {
		return nil
	}
	return setFields(dev, f)
}

// apply sets all of them. The error is of those that could not be; the others are set.
func (c *controls) apply(dev *v4l2.Device) error {
	var errs []error
	for name, value := range c.values {
		if _, err := dev.SetControl(named[name], value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(append(errs, setFields(dev, c.extra))...)
}

// setFields sets controls by their names, as v4l2-ctl --list-ctrls writes them.
func setFields(dev *v4l2.Device, f gstx.Fields) error {
	if len(f.List) == 0 {
		return nil
	}
	all, err := dev.Controls()
	if err != nil {
		return err
	}
	var errs []error
	for _, x := range f.List {
		i := slices.IndexFunc(all, func(c v4l2.Control) bool { return key(c.Name) == key(x.Name) })
		value, isNumber := number(x.Value)
		switch {
		case i < 0:
			err = fmt.Errorf("%s has no control %s; v4l2-ctl --list-ctrls shows what it has", dev.Name(), x.Name)
		case !isNumber:
			err = fmt.Errorf("control %s takes a whole number", x.Name)
		default:
			_, err = dev.SetControl(all[i].ID, value)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func number(v any) (int32, bool) {
	switch v := v.(type) {
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int32:
		return v, true
	case uint32:
		return int32(v), true // of a bit mask
	case int64:
		return int32(v), v == int64(int32(v))
	case uint64:
		return int32(v), v <= 1<<32-1
	}
	return 0, false
}

// key is a control's name as one types it: "White Balance, Automatic" is
// white_balance_automatic.
func key(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "_")
}
