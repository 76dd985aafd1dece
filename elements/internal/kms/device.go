package kms

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Device is an open card with atomic mode setting.
type Device struct {
	Path   string // "" for a borrowed fd
	Driver string // "i915", "vkms"…
	BusID  string // "pci:0000:00:02.0"; "" where the driver has none

	borrowed  bool // the file is someone else's too
	k         Kernel
	modifiers bool // ADDFB2 takes modifiers
	canImport bool
	canExport bool
	// shadow: the driver wants its dumb buffers to be written in order and
	// never read, for reading them is slow (drm_mode.h, DUMB_PREFER_SHADOW).
	shadow     bool
	properties map[uint32]*Property
	handles    handles
	eventBuf   [1024]byte
}

// New takes k, also when it fails.
func New(k Kernel) (*Device, error) {
	d := &Device{k: k, properties: map[uint32]*Property{}, handles: handles{}}
	if err := d.init(); err != nil {
		k.Close()
		return nil, err
	}
	return d, nil
}

func (d *Device) init() error {
	var err error
	if d.Driver, err = d.driverName(); err != nil {
		return failed(err, "ask for the driver's name")
	}
	d.BusID = d.busID()
	// PLANE_COLOR_PIPELINE stays unset: with it drivers ignore COLOR_ENCODING
	// and COLOR_RANGE.
	for _, c := range []uint64{sys.DRM_CLIENT_CAP_UNIVERSAL_PLANES, sys.DRM_CLIENT_CAP_ATOMIC} {
		arg := sys.DRMSetClientCap{Capability: c, Value: 1}
		if err := d.k.Ioctl(sys.DRM_IOCTL_SET_CLIENT_CAP, unsafe.Pointer(&arg)); err != nil {
			return fmt.Errorf("%s: %w (%w)", d.Driver, ErrNotAtomic, err)
		}
	}
	d.modifiers = d.capability(sys.DRM_CAP_ADDFB2_MODIFIERS) != 0
	prime := d.capability(sys.DRM_CAP_PRIME)
	d.canImport, d.canExport = prime&sys.DRM_PRIME_CAP_IMPORT != 0, prime&sys.DRM_PRIME_CAP_EXPORT != 0
	d.shadow = d.capability(sys.DRM_CAP_DUMB_PREFER_SHADOW) != 0
	return nil
}

// Close closes the card. Framebuffers and dumb buffers must be gone.
func (d *Device) Close() error { return d.k.Close() }

// String names the device for messages.
func (d *Device) String() string {
	if d.Path == "" {
		return d.Driver
	}
	return d.Path + " (" + d.Driver + ")"
}

// capability is 0 for what the kernel does not know.
func (d *Device) capability(c uint64) uint64 {
	arg := sys.DRMGetCap{Capability: c}
	if d.k.Ioctl(sys.DRM_IOCTL_GET_CAP, unsafe.Pointer(&arg)) != nil {
		return 0
	}
	return arg.Value
}

func (d *Device) driverName() (string, error) {
	var buf [64]byte
	arg := sys.DRMVersion{NameLen: uintptr(len(buf)), Name: sys.PtrTo(buf[:])}
	if err := d.k.Ioctl(sys.DRM_IOCTL_VERSION, unsafe.Pointer(&arg)); err != nil {
		return "", err
	}
	return text(buf[:min(arg.NameLen, uintptr(len(buf)))]), nil
}

// busID is how libdrm's drmGetBusid knows the device. The kernel fills it in
// for the master that asked for interface version 1.1 or later; others read
// what an earlier master left.
func (d *Device) busID() string {
	v := sys.DRMSetVersion{DIMajor: 1, DIMinor: 4, DDMajor: -1, DDMinor: -1}
	d.k.Ioctl(sys.DRM_IOCTL_SET_VERSION, unsafe.Pointer(&v)) // refused to all but the master
	var buf [128]byte
	arg := sys.DRMUnique{UniqueLen: uintptr(len(buf)), Unique: sys.PtrTo(buf[:])}
	if d.k.Ioctl(sys.DRM_IOCTL_GET_UNIQUE, unsafe.Pointer(&arg)) != nil {
		return ""
	}
	return text(buf[:min(arg.UniqueLen, uintptr(len(buf)))])
}

// checkMaster is nil for the master, or else ErrNotMaster or ErrGone.
func (d *Device) checkMaster() error {
	// Authenticating nobody is refused to all but the master with EACCES, and
	// to the master with EINVAL (libdrm's drmIsMaster).
	var nobody sys.DRMAuth
	switch err := d.k.Ioctl(sys.DRM_IOCTL_AUTH_MAGIC, unsafe.Pointer(&nobody)); err {
	case unix.EACCES, unix.ENODEV:
		return failed(err, "%s", d)
	}
	return nil
}

// AcquireMaster makes sure that the device may be configured. The first to
// open a card is its master; where another program is, the error is
// ErrNotMaster. On a borrowed file that is the owner's to change: a session
// manager gives and takes it as virtual terminals are switched, and a lease's
// holder is master as long as the lessor is.
func (d *Device) AcquireMaster() error {
	err := d.checkMaster()
	if d.borrowed || !errors.Is(err, ErrNotMaster) {
		return err
	}
	if err := d.k.Ioctl(sys.DRM_IOCTL_SET_MASTER, nil); err != nil {
		if err == unix.ENODEV {
			return failed(err, "%s", d)
		}
		return &opError{op: d.String(), kind: ErrNotMaster, err: err}
	}
	return nil
}

// masterPatience is what a tool that only looks, and by opening the card has become
// its master, needs at most until it has closed it.
const masterPatience = 500 * time.Millisecond

// waitForMaster is AcquireMaster with patience.
func (d *Device) waitForMaster() (err error) {
	for end := time.Now().Add(masterPatience); ; time.Sleep(10 * time.Millisecond) {
		if err = d.AcquireMaster(); !errors.Is(err, ErrNotMaster) || d.borrowed || time.Now().After(end) {
			return err
		}
	}
}

// DropMaster lets another program configure the device while this one stays
// open.
func (d *Device) DropMaster() error {
	return failed(d.k.Ioctl(sys.DRM_IOCTL_DROP_MASTER, nil), "%s: give up the display", d)
}

// text is a C string in a buffer, which need not be terminated.
func text(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
