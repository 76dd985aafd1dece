package v4l2

import (
	"fmt"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// MaxPlanes is how many separate memories one frame can have.
const MaxPlanes = sys.VIDEO_MAX_PLANES

// maxSide bounds what is believed of a driver's picture size, in pixels.
const maxSide = 1 << 16

// Format is a capture format, the same for both APIs.
type Format struct {
	FourCC        FourCC
	Width, Height uint32 // pixels
	Field         uint32 // V4L2_FIELD_*
	NPlanes       int    // memories, 1..MaxPlanes; always 1 in the single-planar API
	Planes        [MaxPlanes]PlaneFormat
	Colorimetry   Colorimetry
}

// PlaneFormat is one memory of a format.
type PlaneFormat struct {
	Stride uint32 // bytes from one line to the next; 0 for compressed formats
	Size   uint32 // bytes to be allocated
}

func (f Format) String() string {
	return fmt.Sprintf("%s %dx%d", f.FourCC, f.Width, f.Height)
}

// Format returns the current format.
func (d *Device) Format() (Format, error) {
	f := sys.V4L2Format{Type: d.typ}
	if err := d.ioctl(sys.VIDIOC_G_FMT, unsafe.Pointer(&f)); err != nil {
		return Format{}, d.fail("get format", err)
	}
	return d.decodeFormat("get format", &f)
}

// SetFormat asks for a format and returns what the driver made of it, which may
// differ in everything; strides and sizes of zero leave them to the driver.
// ErrBusy means that buffers are allocated, or another program streams.
func (d *Device) SetFormat(want Format) (Format, error) {
	return d.putFormat(sys.VIDIOC_S_FMT, "set format", want)
}

// TryFormat is SetFormat without the effect.
func (d *Device) TryFormat(want Format) (Format, error) {
	return d.putFormat(sys.VIDIOC_TRY_FMT, "try format", want)
}

func (d *Device) putFormat(req uintptr, op string, want Format) (Format, error) {
	op = fmt.Sprintf("%s %v", op, want)
	f, err := d.encodeFormat(want)
	if err != nil {
		return Format{}, d.fail(op, err)
	}
	if err := d.ioctl(req, unsafe.Pointer(&f)); err != nil {
		return Format{}, d.fail(op, err)
	}
	return d.decodeFormat(op, &f)
}

func (d *Device) encodeFormat(want Format) (sys.V4L2Format, error) {
	f := sys.V4L2Format{Type: d.typ}
	if !d.Multiplanar() {
		p := f.Pix()
		p.Width, p.Height, p.PixelFormat, p.Field = want.Width, want.Height, uint32(want.FourCC), want.Field
		p.BytesPerLine, p.SizeImage = want.Planes[0].Stride, want.Planes[0].Size
		p.Colorspace, p.Priv = want.Colorimetry.Colorspace, sys.V4L2_PIX_FMT_PRIV_MAGIC
		p.XferFunc, p.YCbCrEnc = want.Colorimetry.Transfer, want.Colorimetry.Encoding
		p.Quantization = want.Colorimetry.Quantization
		return f, nil
	}
	if want.NPlanes < 0 || want.NPlanes > MaxPlanes {
		return f, fmt.Errorf("%d planes of at most %d", want.NPlanes, MaxPlanes)
	}
	p := f.PixMP()
	p.Width, p.Height, p.PixelFormat, p.Field = want.Width, want.Height, uint32(want.FourCC), want.Field
	p.NumPlanes = uint8(want.NPlanes)
	for i, w := range want.Planes[:want.NPlanes] {
		p.PlaneFmt[i].BytesPerLine, p.PlaneFmt[i].SizeImage = w.Stride, w.Size
	}
	p.Colorspace = want.Colorimetry.Colorspace
	p.XferFunc, p.YCbCrEnc = uint8(want.Colorimetry.Transfer), uint8(want.Colorimetry.Encoding)
	p.Quantization = uint8(want.Colorimetry.Quantization)
	return f, nil
}

func (d *Device) decodeFormat(op string, f *sys.V4L2Format) (Format, error) {
	var out Format
	if !d.Multiplanar() {
		p := f.Pix()
		out = Format{
			FourCC: FourCC(p.PixelFormat), Width: p.Width, Height: p.Height, Field: p.Field,
			NPlanes:     1,
			Planes:      [MaxPlanes]PlaneFormat{{p.BytesPerLine, p.SizeImage}},
			Colorimetry: Colorimetry{Colorspace: p.Colorspace},
		}
		if p.Priv == sys.V4L2_PIX_FMT_PRIV_MAGIC { // else the fields after it are noise
			out.Colorimetry.Transfer, out.Colorimetry.Encoding = p.XferFunc, p.YCbCrEnc
			out.Colorimetry.Quantization = p.Quantization
		}
	} else {
		p := f.PixMP()
		out = Format{
			FourCC: FourCC(p.PixelFormat), Width: p.Width, Height: p.Height, Field: p.Field,
			NPlanes: int(p.NumPlanes),
			Colorimetry: Colorimetry{
				p.Colorspace, uint32(p.XferFunc), uint32(p.YCbCrEnc), uint32(p.Quantization)},
		}
		if out.NPlanes < 1 || out.NPlanes > MaxPlanes {
			return Format{}, d.nonsense(op, "%d planes, 1..%d are possible", out.NPlanes, MaxPlanes)
		}
		for i := range out.NPlanes {
			out.Planes[i] = PlaneFormat{p.PlaneFmt[i].BytesPerLine, p.PlaneFmt[i].SizeImage}
		}
	}
	if out.Width == 0 || out.Height == 0 || out.Width > maxSide || out.Height > maxSide {
		return Format{}, d.nonsense(op, "a picture of %dx%d", out.Width, out.Height)
	}
	for i, p := range out.Planes[:out.NPlanes] {
		if p.Size == 0 {
			return Format{}, d.nonsense(op, "plane %d has no size", i)
		}
	}
	return out, nil
}
