package kms

import (
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// readBlob reads a property blob. A blob's size never changes.
func (d *Device) readBlob(id uint32) ([]byte, error) {
	arg := sys.DRMModeGetBlob{BlobID: id}
	if err := d.k.Ioctl(sys.DRM_IOCTL_MODE_GETPROPBLOB, unsafe.Pointer(&arg)); err != nil {
		return nil, failed(err, "read blob %d", id)
	}
	if err := checkCount("bytes in a blob", arg.Length, maxBlob); err != nil {
		return nil, err
	}
	data := make([]byte, arg.Length)
	if len(data) == 0 {
		return data, nil
	}
	arg.Data = sys.PtrTo(data)
	if err := d.k.Ioctl(sys.DRM_IOCTL_MODE_GETPROPBLOB, unsafe.Pointer(&arg)); err != nil {
		return nil, failed(err, "read blob %d", id)
	}
	if int(arg.Length) != len(data) {
		return nil, malformed("blob %d had %d bytes and now has %d", id, len(data), arg.Length)
	}
	return data, nil
}

// createBlob makes a blob of data, which is copied. While an object's state
// uses it, the kernel keeps it even after destroyBlob.
func (d *Device) createBlob(data []byte) (uint32, error) {
	arg := sys.DRMModeCreateBlob{Data: sys.PtrTo(data), Length: uint32(len(data))}
	if err := d.k.Ioctl(sys.DRM_IOCTL_MODE_CREATEPROPBLOB, unsafe.Pointer(&arg)); err != nil {
		return 0, failed(err, "create a blob of %d bytes", len(data))
	}
	return arg.BlobID, nil
}

// destroyBlob gives a blob up; 0 is none.
func (d *Device) destroyBlob(id uint32) {
	if id == 0 {
		return
	}
	arg := sys.DRMModeDestroyBlob{BlobID: id}
	// It can fail only when the device is gone, and the blob with it.
	d.k.Ioctl(sys.DRM_IOCTL_MODE_DESTROYPROPBLOB, unsafe.Pointer(&arg))
}
