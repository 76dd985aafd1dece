package v4l2

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Control describes a control.
type Control struct {
	ID                      uint32
	Name                    string
	Type                    uint32 // V4L2_CTRL_TYPE_*
	Min, Max, Step, Default int32
	Flags                   uint32 // V4L2_CTRL_FLAG_*
}

// Controls lists the controls that hold one integer, a switch or a menu entry.
func (d *Device) Controls() ([]Control, error) {
	var out []Control
	var id uint32
	for range maxEntries {
		q := sys.V4L2QueryCtrl{ID: id | sys.V4L2_CTRL_FLAG_NEXT_CTRL}
		err := d.ioctl(sys.VIDIOC_QUERYCTRL, unsafe.Pointer(&q))
		if err == unix.EINVAL || err == unix.ENOTTY {
			return out, nil
		}
		if err != nil {
			return nil, d.fail("list controls", err)
		}
		if q.ID <= id {
			return nil, d.nonsense("list controls", "control %#x after %#x", q.ID, id)
		}
		id = q.ID
		if q.Flags&sys.V4L2_CTRL_FLAG_DISABLED == 0 && q.Type != sys.V4L2_CTRL_TYPE_CTRL_CLASS {
			out = append(out, Control{q.ID, text(q.Name[:]), q.Type, q.Minimum, q.Maximum, q.Step, q.DefaultValue, q.Flags})
		}
	}
	return nil, d.nonsense("list controls", "more than %d", maxEntries)
}

// Control reads an integer control. ErrUnsupported when there is none such.
func (d *Device) Control(id uint32) (int32, error) {
	c := sys.V4L2Control{ID: id}
	if err := d.ioctl(sys.VIDIOC_G_CTRL, unsafe.Pointer(&c)); err != nil {
		return 0, d.failControl("read", id, err)
	}
	return c.Value, nil
}

// SetControl writes an integer control and returns what the driver made of it.
func (d *Device) SetControl(id uint32, value int32) (int32, error) {
	c := sys.V4L2Control{ID: id, Value: value}
	if err := d.ioctl(sys.VIDIOC_S_CTRL, unsafe.Pointer(&c)); err != nil {
		return 0, d.failControl("write", id, err)
	}
	return c.Value, nil
}

func (d *Device) failControl(op string, id uint32, err error) error {
	if err == unix.EINVAL { // how the framework refuses controls it lacks
		err = ErrUnsupported
	}
	return d.fail(fmt.Sprintf("%s control %#x", op, id), err)
}

// ContentLight is the HDR10 content light level, in cd/m²; 0 is unknown.
type ContentLight struct{ MaxCLL, MaxFALL uint16 }

// MasteringDisplay is the HDR10 mastering display colour volume.
type MasteringDisplay struct {
	Primaries [3][2]uint16 // R, G, B; x, y in 0.00002
	White     [2]uint16    // x, y in 0.00002
	MaxLum    uint32       // 0.0001 cd/m²
	MinLum    uint32       // 0.0001 cd/m²
}

// ContentLight reads the HDR10 content light control; ok is false when the
// device has none (all capture devices but HDMI receivers and decoders).
func (d *Device) ContentLight() (c ContentLight, ok bool, err error) {
	var v sys.V4L2CtrlHDR10CLLInfo
	ok, err = getCompound(d, sys.V4L2_CID_COLORIMETRY_HDR10_CLL_INFO, &v)
	if !ok {
		return c, false, err
	}
	return ContentLight{v.MaxContentLightLevel, v.MaxPicAverageLightLevel}, true, nil
}

// MasteringDisplay reads the HDR10 mastering display control; ok is false when
// the device has none, or holds a value outside the control's own limits (zeros
// before a source has told any, say).
func (d *Device) MasteringDisplay() (m MasteringDisplay, ok bool, err error) {
	var v sys.V4L2CtrlHDR10MasteringDisplay
	ok, err = getCompound(d, sys.V4L2_CID_COLORIMETRY_HDR10_MASTERING_DISPLAY, &v)
	if !ok || !plausible(&v) {
		return m, false, err
	}
	for i, from := range [3]int{2, 0, 1} { // the control has G, B, R, as the SEI message
		m.Primaries[i] = [2]uint16{v.DisplayPrimariesX[from], v.DisplayPrimariesY[from]}
	}
	m.White = [2]uint16{v.WhitePointX, v.WhitePointY}
	m.MaxLum, m.MinLum = v.MaxDisplayMasteringLuminance, v.MinDisplayMasteringLuminance
	return m, true, nil
}

// plausible applies the limits of v4l2-controls.h
// (V4L2_HDR10_MASTERING_*_LOW and _HIGH).
func plausible(v *sys.V4L2CtrlHDR10MasteringDisplay) bool {
	x := func(v uint16) bool { return v >= 5 && v <= 37000 }
	y := func(v uint16) bool { return v >= 5 && v <= 42000 }
	for i := range 3 {
		if !x(v.DisplayPrimariesX[i]) || !y(v.DisplayPrimariesY[i]) {
			return false
		}
	}
	return x(v.WhitePointX) && y(v.WhitePointY) &&
		v.MaxDisplayMasteringLuminance >= 50000 && v.MaxDisplayMasteringLuminance <= 100000000 &&
		v.MinDisplayMasteringLuminance >= 1 && v.MinDisplayMasteringLuminance <= 50000
}

// getCompound reads a compound control; false when the device has none.
func getCompound[T any](d *Device, id uint32, v *T) (bool, error) {
	var pin runtime.Pinner // the union hides the pointer from the collector
	defer pin.Unpin()
	pin.Pin(v)
	c := &sys.V4L2ExtControl{ID: id}
	c.SetPtr(unsafe.Pointer(v), unsafe.Sizeof(*v))
	pin.Pin(c)
	cs := sys.V4L2ExtControls{Which: sys.V4L2_CTRL_WHICH_CUR_VAL, Count: 1, Controls: c}
	err := d.ioctl(sys.VIDIOC_G_EXT_CTRLS, unsafe.Pointer(&cs))
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOTTY), errors.Is(err, unix.EACCES):
		return false, nil // no such control, no controls at all, write-only (an encoder's)
	}
	return false, d.failControl("read", id, err)
}
