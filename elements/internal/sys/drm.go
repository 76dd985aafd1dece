package sys

import "structs"

// Structures of <drm/drm.h>: the device as such.

// DRMVersion is struct drm_version. The lengths are the buffers' sizes on the
// way in and the strings' true lengths, without terminator, on the way out.
type DRMVersion struct {
	_                        structs.HostLayout
	Major, Minor, Patchlevel int32
	Pad                      uint32
	NameLen                  uintptr
	Name                     Ptr
	DateLen                  uintptr
	Date                     Ptr
	DescLen                  uintptr
	Desc                     Ptr
}

// DRMUnique is struct drm_unique.
type DRMUnique struct {
	_         structs.HostLayout
	UniqueLen uintptr
	Unique    Ptr
}

// DRMSetVersion is struct drm_set_version.
type DRMSetVersion struct {
	_                structs.HostLayout
	DIMajor, DIMinor int32
	DDMajor, DDMinor int32
}

// DRMAuth is struct drm_auth.
type DRMAuth struct {
	_     structs.HostLayout
	Magic uint32
}

// DRMGetCap is struct drm_get_cap.
type DRMGetCap struct {
	_                 structs.HostLayout
	Capability, Value uint64
}

// DRMSetClientCap is struct drm_set_client_cap.
type DRMSetClientCap struct {
	_                 structs.HostLayout
	Capability, Value uint64
}

// DRMGEMClose is struct drm_gem_close.
type DRMGEMClose struct {
	_      structs.HostLayout
	Handle uint32
	Pad    uint32
}

// DRMPrimeHandle is struct drm_prime_handle.
type DRMPrimeHandle struct {
	_             structs.HostLayout
	Handle, Flags uint32
	FD            int32
}

// DRMEvent is struct drm_event, the header of everything read from a DRM fd.
// Length counts the header too.
type DRMEvent struct {
	_            structs.HostLayout
	Type, Length uint32
}

// DRMEventVBlank is struct drm_event_vblank, the payload of DRM_EVENT_VBLANK
// and DRM_EVENT_FLIP_COMPLETE.
type DRMEventVBlank struct {
	_         structs.HostLayout
	Base      DRMEvent
	UserData  uint64
	Sec, USec uint32
	Sequence  uint32
	CRTCID    uint32 // 0 before Linux 4.12
}

const drmBase = 'd' // DRM_IOCTL_BASE

var (
	DRM_IOCTL_VERSION            = IOWR[DRMVersion](drmBase, 0x00)
	DRM_IOCTL_GET_UNIQUE         = IOWR[DRMUnique](drmBase, 0x01)
	DRM_IOCTL_SET_VERSION        = IOWR[DRMSetVersion](drmBase, 0x07)
	DRM_IOCTL_GEM_CLOSE          = IOW[DRMGEMClose](drmBase, 0x09)
	DRM_IOCTL_GET_CAP            = IOWR[DRMGetCap](drmBase, 0x0c)
	DRM_IOCTL_SET_CLIENT_CAP     = IOW[DRMSetClientCap](drmBase, 0x0d)
	DRM_IOCTL_AUTH_MAGIC         = IOW[DRMAuth](drmBase, 0x11)
	DRM_IOCTL_SET_MASTER         = IO(drmBase, 0x1e)
	DRM_IOCTL_DROP_MASTER        = IO(drmBase, 0x1f)
	DRM_IOCTL_PRIME_HANDLE_TO_FD = IOWR[DRMPrimeHandle](drmBase, 0x2d)
	DRM_IOCTL_PRIME_FD_TO_HANDLE = IOWR[DRMPrimeHandle](drmBase, 0x2e)
)

const (
	DRM_CAP_DUMB_BUFFER          = 0x1
	DRM_CAP_DUMB_PREFER_SHADOW   = 0x4
	DRM_CAP_PRIME                = 0x5
	DRM_CAP_TIMESTAMP_MONOTONIC  = 0x6
	DRM_CAP_ADDFB2_MODIFIERS     = 0x10
	DRM_CAP_CRTC_IN_VBLANK_EVENT = 0x12

	DRM_PRIME_CAP_IMPORT = 0x1
	DRM_PRIME_CAP_EXPORT = 0x2

	DRM_CLIENT_CAP_UNIVERSAL_PLANES     = 2
	DRM_CLIENT_CAP_ATOMIC               = 3
	DRM_CLIENT_CAP_WRITEBACK_CONNECTORS = 5

	DRM_EVENT_VBLANK        = 0x01
	DRM_EVENT_FLIP_COMPLETE = 0x02
)
