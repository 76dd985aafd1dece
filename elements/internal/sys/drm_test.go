package sys

import (
	"testing"
	"unsafe"
)

// Figures of the kernel ABI on 64-bit platforms, from an independent
// measurement; test/abi compares every field with the headers as well.
func TestDRMNumbersAndSizesAreTheKernels(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"SET_CLIENT_CAP", DRM_IOCTL_SET_CLIENT_CAP, 0x4010640d},
		{"PRIME_FD_TO_HANDLE", DRM_IOCTL_PRIME_FD_TO_HANDLE, 0xc00c642e},
		{"GETRESOURCES", DRM_IOCTL_MODE_GETRESOURCES, 0xc04064a0},
		{"GETCONNECTOR", DRM_IOCTL_MODE_GETCONNECTOR, 0xc05064a7},
		{"GETPROPERTY", DRM_IOCTL_MODE_GETPROPERTY, 0xc04064aa},
		{"GETPROPBLOB", DRM_IOCTL_MODE_GETPROPBLOB, 0xc01064ac},
		{"ADDFB2", DRM_IOCTL_MODE_ADDFB2, 0xc06864b8},
		{"OBJ_GETPROPERTIES", DRM_IOCTL_MODE_OBJ_GETPROPERTIES, 0xc02064b9},
		{"ATOMIC", DRM_IOCTL_MODE_ATOMIC, 0xc03864bc},
		{"CREATEPROPBLOB", DRM_IOCTL_MODE_CREATEPROPBLOB, 0xc01064bd},
		{"DESTROYPROPBLOB", DRM_IOCTL_MODE_DESTROYPROPBLOB, 0xc00464be},
		{"sizeof drm_mode_fb_cmd2", unsafe.Sizeof(DRMModeFBCmd2{}), 104},
		{"sizeof drm_mode_atomic", unsafe.Sizeof(DRMModeAtomic{}), 56},
		{"sizeof hdr_output_metadata", unsafe.Sizeof(HDROutputMetadata{}), 32},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %#x, want %#x", c.name, c.got, c.want)
		}
	}
}

func TestFourCC(t *testing.T) {
	if got := FourCC('N', 'V', '1', '2'); got != DRM_FORMAT_NV12 {
		t.Errorf("NV12: got %#x, want %#x", got, DRM_FORMAT_NV12)
	}
}
