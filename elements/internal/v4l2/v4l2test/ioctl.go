package v4l2test

import (
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

// Ioctl is the driver's side of [v4l2.Kernel].
func (d *Driver) Ioctl(_ int, req uintptr, arg unsafe.Pointer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone {
		return unix.ENODEV
	}
	if errno := d.serve(req, arg); errno != 0 {
		return errno
	}
	if d.cfg.Alter != nil {
		return d.cfg.Alter(req, arg)
	}
	return nil
}

// Mmap is the driver's side of [v4l2.Kernel]; the cookie is index·8 + plane.
func (d *Driver) Mmap(_ int, offset int64, length int) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fd := d.buffers[offset>>12/sys.VIDEO_MAX_PLANES].memfd[offset>>12%sys.VIDEO_MAX_PLANES]
	return unix.Mmap(fd, 0, length, unix.PROT_READ, unix.MAP_SHARED)
}

func (d *Driver) serve(req uintptr, arg unsafe.Pointer) unix.Errno {
	switch req {
	case sys.VIDIOC_QUERYCAP:
		c := (*sys.V4L2Capability)(arg)
		copy(c.Driver[:], "fake")
		copy(c.Card[:], d.cfg.Card)
		copy(c.BusInfo[:], "platform:fake-000")
		c.DeviceCaps = sys.V4L2_CAP_VIDEO_CAPTURE | sys.V4L2_CAP_STREAMING
		if d.cfg.Multiplanar {
			c.DeviceCaps = sys.V4L2_CAP_VIDEO_CAPTURE_MPLANE | sys.V4L2_CAP_STREAMING
		}
		c.Capabilities = c.DeviceCaps | sys.V4L2_CAP_DEVICE_CAPS | sys.V4L2_CAP_VIDEO_OUTPUT
	case sys.VIDIOC_ENUM_FMT:
		e := (*sys.V4L2FmtDesc)(arg)
		if int(e.Index) >= len(d.cfg.Formats) {
			return unix.EINVAL
		}
		code := d.cfg.Formats[e.Index]
		e.PixelFormat = uint32(v4l2.MakeFourCC(code))
		copy(e.Description[:], code)
		if code == "MJPG" {
			e.Flags = sys.V4L2_FMT_FLAG_COMPRESSED
		}
	case sys.VIDIOC_ENUM_FRAMESIZES:
		e := (*sys.V4L2FrmSizeEnum)(arg)
		if d.cfg.NoSizes {
			return unix.ENOTTY
		}
		if e.Index > 0 {
			return unix.EINVAL
		}
		e.Type = sys.V4L2_FRMSIZE_TYPE_STEPWISE
		*e.Stepwise() = sys.V4L2FrmSizeStepwise{MinWidth: 16, MaxWidth: 1920, StepWidth: 2, MinHeight: 16, MaxHeight: 1080, StepHeight: 2}
	case sys.VIDIOC_ENUM_FRAMEINTERVALS:
		e := (*sys.V4L2FrmIvalEnum)(arg)
		if d.cfg.NoSizes {
			return unix.ENOTTY
		}
		if e.Index > 1 {
			return unix.EINVAL
		}
		e.Type = sys.V4L2_FRMIVAL_TYPE_DISCRETE
		e.Stepwise().Min = sys.V4L2Fract{Numerator: 1, Denominator: 60 - 30*e.Index}
	case sys.VIDIOC_G_FMT:
		*(*sys.V4L2Format)(arg) = d.format
	case sys.VIDIOC_TRY_FMT:
		d.adjust((*sys.V4L2Format)(arg))
	case sys.VIDIOC_S_FMT:
		if len(d.buffers) > 0 {
			return unix.EBUSY
		}
		d.adjust((*sys.V4L2Format)(arg))
		d.format = *(*sys.V4L2Format)(arg)
		if d.compose = d.inside(d.compose); d.cfg.Compose != ComposeFits {
			d.compose = d.whole()
		}
	case sys.VIDIOC_G_SELECTION, sys.VIDIOC_S_SELECTION:
		s := (*sys.V4L2Selection)(arg)
		switch {
		case d.cfg.Compose == ComposeNot:
			return unix.ENOTTY
		case s.Type != sys.V4L2_BUF_TYPE_VIDEO_CAPTURE || s.Target != sys.V4L2_SEL_TGT_COMPOSE:
			return unix.EINVAL
		case req == sys.VIDIOC_S_SELECTION:
			d.compose = d.inside(s.R)
		}
		s.R = d.compose
	case sys.VIDIOC_G_PARM, sys.VIDIOC_S_PARM:
		p := (*sys.V4L2StreamParm)(arg)
		if w := p.Capture().TimePerFrame; req == sys.VIDIOC_S_PARM && w.Numerator != 0 && w.Denominator != 0 {
			d.interval = w
		}
		*p.Capture() = sys.V4L2CaptureParm{Capability: sys.V4L2_CAP_TIMEPERFRAME, TimePerFrame: d.interval}
	case sys.VIDIOC_G_CTRL, sys.VIDIOC_S_CTRL:
		c := (*sys.V4L2Control)(arg)
		v, ok := d.cfg.Controls[c.ID]
		if !ok {
			return unix.EINVAL
		}
		if req == sys.VIDIOC_S_CTRL {
			d.cfg.Controls[c.ID], v = c.Value, c.Value
		}
		c.Value = v
	case sys.VIDIOC_QUERYCTRL:
		return d.queryControl((*sys.V4L2QueryCtrl)(arg))
	case sys.VIDIOC_G_EXT_CTRLS:
		return d.compound((*sys.V4L2ExtControls)(arg))
	case sys.VIDIOC_G_STD:
		if d.cfg.Standard == 0 {
			return unix.ENOTTY
		}
		*(*uint64)(arg) = d.cfg.Standard
	case sys.VIDIOC_SUBSCRIBE_EVENT, sys.VIDIOC_UNSUBSCRIBE_EVENT:
		s := (*sys.V4L2EventSubscription)(arg)
		if s.Type != sys.V4L2_EVENT_SOURCE_CHANGE {
			return unix.EINVAL
		}
		d.subs[s.Type] = req == sys.VIDIOC_SUBSCRIBE_EVENT
	case sys.VIDIOC_DQEVENT:
		if len(d.events) == 0 {
			return unix.ENOENT
		}
		e := (*sys.V4L2Event)(arg)
		*e = d.events[0]
		d.events = d.events[1:]
		e.Pending = uint32(len(d.events))
		d.signalEvents()
	default:
		return d.serveBuffers(req, arg)
	}
	return 0
}

// adjust makes a format one the driver has.
func (d *Driver) adjust(f *sys.V4L2Format) {
	pick := func(asked uint32) string {
		for _, c := range d.cfg.Formats {
			if uint32(v4l2.MakeFourCC(c)) == asked {
				return c
			}
		}
		return d.cfg.Formats[0]
	}
	side := func(v, lo, hi uint32) uint32 {
		if v == 0 {
			v = hi / 3
		}
		return min(max(v, lo), hi) &^ 1
	}
	sized := func(width, height, asked uint32) (w, h, field uint32) {
		least := uint32(16)
		field, h = d.cfg.Fields[0], 1080
		if slices.Contains(d.cfg.Fields, asked) {
			field = asked
		}
		if field == sys.V4L2_FIELD_ALTERNATE {
			least, h = 8, 540
		}
		return side(width, 16, 1920), side(height, least, h), field
	}
	c := d.cfg.Colorimetry
	if !d.cfg.Multiplanar {
		p := f.Pix()
		code := pick(p.PixelFormat)
		w, h, field := sized(p.Width, p.Height, p.Field)
		s := sizes(code, w, h)[0]
		*p = sys.V4L2PixFormat{
			Width: w, Height: h, PixelFormat: uint32(v4l2.MakeFourCC(code)), Field: field,
			BytesPerLine: s[0], SizeImage: s[1] + d.cfg.DataOffset, Priv: sys.V4L2_PIX_FMT_PRIV_MAGIC,
			Colorspace: c.Colorspace, XferFunc: c.Transfer, YCbCrEnc: c.Encoding, Quantization: c.Quantization,
		}
		return
	}
	p := f.PixMP()
	code := pick(p.PixelFormat)
	w, h, field := sized(p.Width, p.Height, p.Field)
	*p = sys.V4L2PixFormatMplane{
		Width: w, Height: h, PixelFormat: uint32(v4l2.MakeFourCC(code)), Field: field,
		Colorspace: c.Colorspace, XferFunc: uint8(c.Transfer), YCbCrEnc: uint8(c.Encoding), Quantization: uint8(c.Quantization),
	}
	for i, s := range sizes(code, w, h) {
		p.PlaneFmt[i].BytesPerLine, p.PlaneFmt[i].SizeImage = s[0], s[1]+d.cfg.DataOffset
		p.NumPlanes++
	}
}

func (d *Driver) queryControl(q *sys.V4L2QueryCtrl) unix.Errno {
	next, found := uint32(0), false
	for id := range d.cfg.Controls {
		if id > q.ID&^sys.V4L2_CTRL_FLAG_NEXT_CTRL && (!found || id < next) {
			next, found = id, true
		}
	}
	if !found {
		return unix.EINVAL
	}
	*q = sys.V4L2QueryCtrl{ID: next, Type: sys.V4L2_CTRL_TYPE_INTEGER, Maximum: 255, Step: 1}
	copy(q.Name[:], "Control")
	return 0
}

// compound answers one HDR10 control.
func (d *Driver) compound(cs *sys.V4L2ExtControls) unix.Errno {
	c := cs.Controls
	var payload unsafe.Pointer // as put there by SetPtr; the packed union is unaligned
	copy((*[unsafe.Sizeof(payload)]byte)(unsafe.Pointer(&payload))[:], c.U[:])
	switch {
	case cs.Count != 1:
		return unix.EINVAL
	case c.ID == sys.V4L2_CID_COLORIMETRY_HDR10_MASTERING_DISPLAY && d.cfg.HDR10 != nil:
		if c.Size != uint32(unsafe.Sizeof(*d.cfg.HDR10)) {
			return unix.ENOSPC
		}
		*(*sys.V4L2CtrlHDR10MasteringDisplay)(payload) = *d.cfg.HDR10
	case c.ID == sys.V4L2_CID_COLORIMETRY_HDR10_CLL_INFO && d.cfg.Light != nil:
		if c.Size != uint32(unsafe.Sizeof(*d.cfg.Light)) {
			return unix.ENOSPC
		}
		*(*sys.V4L2CtrlHDR10CLLInfo)(payload) = *d.cfg.Light
	default:
		return unix.EINVAL
	}
	return 0
}
