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

// The HDR10 controls' values, as the kernel lays them out (package meta reads
// them).
type (
	ContentLight     [unsafe.Sizeof(sys.V4L2CtrlHDR10CLLInfo{})]byte
	MasteringDisplay [unsafe.Sizeof(sys.V4L2CtrlHDR10MasteringDisplay{})]byte
)

// The HDR10 controls' identifiers, for Subscribe.
const (
	ControlContentLight     = sys.V4L2_CID_COLORIMETRY_HDR10_CLL_INFO
	ControlMasteringDisplay = sys.V4L2_CID_COLORIMETRY_HDR10_MASTERING_DISPLAY
)

// ContentLight reads V4L2_CID_COLORIMETRY_HDR10_CLL_INFO; ok is false when the
// device has none (all capture devices but some HDMI receivers and decoders).
func (d *Device) ContentLight() (v ContentLight, ok bool, err error) {
	ok, err = getCompound(d, ControlContentLight, &v)
	return v, ok, err
}

// MasteringDisplay reads V4L2_CID_COLORIMETRY_HDR10_MASTERING_DISPLAY; ok is
// false when the device has none.
func (d *Device) MasteringDisplay() (v MasteringDisplay, ok bool, err error) {
	ok, err = getCompound(d, ControlMasteringDisplay, &v)
	return v, ok, err
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
