package sys_test

import (
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/test/abi"
)

// drmStructs pairs each structure with its C fields in the order of the Go
// ones; "-" is padding that C leaves unnamed.
var drmStructs = []struct {
	c      string
	v      any
	fields string
}{
	{"drm_version", sys.DRMVersion{}, "version_major version_minor version_patchlevel - name_len name date_len date desc_len desc"},
	{"drm_unique", sys.DRMUnique{}, "unique_len unique"},
	{"drm_set_version", sys.DRMSetVersion{}, "drm_di_major drm_di_minor drm_dd_major drm_dd_minor"},
	{"drm_auth", sys.DRMAuth{}, "magic"},
	{"drm_get_cap", sys.DRMGetCap{}, "capability value"},
	{"drm_set_client_cap", sys.DRMSetClientCap{}, "capability value"},
	{"drm_gem_close", sys.DRMGEMClose{}, "handle pad"},
	{"drm_prime_handle", sys.DRMPrimeHandle{}, "handle flags fd"},
	{"drm_event", sys.DRMEvent{}, "type length"},
	{"drm_event_vblank", sys.DRMEventVBlank{}, "base user_data tv_sec tv_usec sequence crtc_id"},

	{"drm_mode_modeinfo", sys.DRMModeModeInfo{}, "clock hdisplay hsync_start hsync_end htotal hskew " +
		"vdisplay vsync_start vsync_end vtotal vscan vrefresh flags type name"},
	{"drm_mode_card_res", sys.DRMModeCardRes{}, "fb_id_ptr crtc_id_ptr connector_id_ptr encoder_id_ptr " +
		"count_fbs count_crtcs count_connectors count_encoders min_width max_width min_height max_height"},
	{"drm_mode_get_plane_res", sys.DRMModeGetPlaneRes{}, "plane_id_ptr count_planes -"},
	{"drm_mode_get_plane", sys.DRMModeGetPlane{}, "plane_id crtc_id fb_id possible_crtcs gamma_size count_format_types format_type_ptr"},
	{"drm_mode_get_encoder", sys.DRMModeGetEncoder{}, "encoder_id encoder_type crtc_id possible_crtcs possible_clones"},
	{"drm_mode_get_connector", sys.DRMModeGetConnector{}, "encoders_ptr modes_ptr props_ptr prop_values_ptr " +
		"count_modes count_props count_encoders encoder_id connector_id connector_type connector_type_id " +
		"connection mm_width mm_height subpixel pad"},
	{"drm_mode_property_enum", sys.DRMModePropertyEnum{}, "value name"},
	{"drm_mode_get_property", sys.DRMModeGetProperty{}, "values_ptr enum_blob_ptr prop_id flags name count_values count_enum_blobs"},
	{"drm_mode_obj_get_properties", sys.DRMModeObjGetProperties{}, "props_ptr prop_values_ptr count_props obj_id obj_type -"},
	{"drm_mode_get_blob", sys.DRMModeGetBlob{}, "blob_id length data"},
	{"drm_mode_create_blob", sys.DRMModeCreateBlob{}, "data length blob_id"},
	{"drm_mode_destroy_blob", sys.DRMModeDestroyBlob{}, "blob_id"},
	{"drm_mode_fb_cmd2", sys.DRMModeFBCmd2{}, "fb_id width height pixel_format flags handles pitches offsets - modifier"},
	{"drm_mode_create_dumb", sys.DRMModeCreateDumb{}, "height width bpp flags handle pitch size"},
	{"drm_mode_map_dumb", sys.DRMModeMapDumb{}, "handle pad offset"},
	{"drm_mode_destroy_dumb", sys.DRMModeDestroyDumb{}, "handle"},
	{"drm_mode_atomic", sys.DRMModeAtomic{}, "flags count_objs objs_ptr count_props_ptr props_ptr prop_values_ptr reserved user_data"},
	{"drm_mode_create_lease", sys.DRMModeCreateLease{}, "object_ids object_count flags lessee_id fd"},
	{"drm_mode_revoke_lease", sys.DRMModeRevokeLease{}, "lessee_id"},
	{"drm_format_modifier_blob", sys.DRMFormatModifierBlob{}, "version flags count_formats formats_offset count_modifiers modifiers_offset"},
	{"drm_format_modifier", sys.DRMFormatModifier{}, "formats offset pad modifier"},
	{"hdr_output_metadata", sys.HDROutputMetadata{}, "metadata_type hdmi_metadata_type1.eotf hdmi_metadata_type1.metadata_type " +
		"hdmi_metadata_type1.display_primaries hdmi_metadata_type1.white_point " +
		"hdmi_metadata_type1.max_display_mastering_luminance hdmi_metadata_type1.min_display_mastering_luminance " +
		"hdmi_metadata_type1.max_cll hdmi_metadata_type1.max_fall -"},
}

func TestDRMStructuresMatchTheHeaders(t *testing.T) {
	var rows []abi.Row
	for _, s := range drmStructs {
		typ := reflect.TypeOf(s.v)
		rows = append(rows, abi.Size(s.c, typ.Size()))
		var fields []reflect.StructField
		for i := range typ.NumField() {
			if f := typ.Field(i); f.Name != "_" {
				fields = append(fields, f)
			}
		}
		names := strings.Fields(s.fields)
		if len(names) != len(fields) {
			t.Errorf("%s: %d C names for %d Go fields", s.c, len(names), len(fields))
			continue
		}
		for i, name := range names {
			if name == "-" {
				continue
			}
			rows = append(rows,
				abi.Offset(s.c, name, fields[i].Offset),
				abi.Const("sizeof(((struct "+s.c+" *)0)->"+name+")", fields[i].Type.Size()))
		}
	}
	abi.Compare(t, drmHeaders, rows, drmFlags...)
}

func TestDRMNumbersMatchTheHeaders(t *testing.T) {
	rows := []abi.Row{
		abi.Const("DRM_IOCTL_VERSION", sys.DRM_IOCTL_VERSION),
		abi.Const("DRM_IOCTL_GET_UNIQUE", sys.DRM_IOCTL_GET_UNIQUE),
		abi.Const("DRM_IOCTL_SET_VERSION", sys.DRM_IOCTL_SET_VERSION),
		abi.Const("DRM_IOCTL_GEM_CLOSE", sys.DRM_IOCTL_GEM_CLOSE),
		abi.Const("DRM_IOCTL_GET_CAP", sys.DRM_IOCTL_GET_CAP),
		abi.Const("DRM_IOCTL_SET_CLIENT_CAP", sys.DRM_IOCTL_SET_CLIENT_CAP),
		abi.Const("DRM_IOCTL_AUTH_MAGIC", sys.DRM_IOCTL_AUTH_MAGIC),
		abi.Const("DRM_IOCTL_SET_MASTER", sys.DRM_IOCTL_SET_MASTER),
		abi.Const("DRM_IOCTL_DROP_MASTER", sys.DRM_IOCTL_DROP_MASTER),
		abi.Const("DRM_IOCTL_PRIME_HANDLE_TO_FD", sys.DRM_IOCTL_PRIME_HANDLE_TO_FD),
		abi.Const("DRM_IOCTL_PRIME_FD_TO_HANDLE", sys.DRM_IOCTL_PRIME_FD_TO_HANDLE),
		abi.Const("DRM_IOCTL_MODE_GETRESOURCES", sys.DRM_IOCTL_MODE_GETRESOURCES),
		abi.Const("DRM_IOCTL_MODE_GETENCODER", sys.DRM_IOCTL_MODE_GETENCODER),
		abi.Const("DRM_IOCTL_MODE_GETCONNECTOR", sys.DRM_IOCTL_MODE_GETCONNECTOR),
		abi.Const("DRM_IOCTL_MODE_GETPROPERTY", sys.DRM_IOCTL_MODE_GETPROPERTY),
		abi.Const("DRM_IOCTL_MODE_GETPROPBLOB", sys.DRM_IOCTL_MODE_GETPROPBLOB),
		abi.Const("DRM_IOCTL_MODE_RMFB", sys.DRM_IOCTL_MODE_RMFB),
		abi.Const("DRM_IOCTL_MODE_CREATE_DUMB", sys.DRM_IOCTL_MODE_CREATE_DUMB),
		abi.Const("DRM_IOCTL_MODE_MAP_DUMB", sys.DRM_IOCTL_MODE_MAP_DUMB),
		abi.Const("DRM_IOCTL_MODE_DESTROY_DUMB", sys.DRM_IOCTL_MODE_DESTROY_DUMB),
		abi.Const("DRM_IOCTL_MODE_GETPLANERESOURCES", sys.DRM_IOCTL_MODE_GETPLANERESOURCES),
		abi.Const("DRM_IOCTL_MODE_GETPLANE", sys.DRM_IOCTL_MODE_GETPLANE),
		abi.Const("DRM_IOCTL_MODE_ADDFB2", sys.DRM_IOCTL_MODE_ADDFB2),
		abi.Const("DRM_IOCTL_MODE_OBJ_GETPROPERTIES", sys.DRM_IOCTL_MODE_OBJ_GETPROPERTIES),
		abi.Const("DRM_IOCTL_MODE_ATOMIC", sys.DRM_IOCTL_MODE_ATOMIC),
		abi.Const("DRM_IOCTL_MODE_CREATEPROPBLOB", sys.DRM_IOCTL_MODE_CREATEPROPBLOB),
		abi.Const("DRM_IOCTL_MODE_DESTROYPROPBLOB", sys.DRM_IOCTL_MODE_DESTROYPROPBLOB),
		abi.Const("DRM_IOCTL_MODE_CREATE_LEASE", sys.DRM_IOCTL_MODE_CREATE_LEASE),
		abi.Const("DRM_IOCTL_MODE_REVOKE_LEASE", sys.DRM_IOCTL_MODE_REVOKE_LEASE),

		abi.Const("DRM_CAP_DUMB_BUFFER", sys.DRM_CAP_DUMB_BUFFER),
		abi.Const("DRM_CAP_DUMB_PREFER_SHADOW", sys.DRM_CAP_DUMB_PREFER_SHADOW),
		abi.Const("DRM_CAP_PRIME", sys.DRM_CAP_PRIME),
		abi.Const("DRM_CAP_TIMESTAMP_MONOTONIC", sys.DRM_CAP_TIMESTAMP_MONOTONIC),
		abi.Const("DRM_CAP_ADDFB2_MODIFIERS", sys.DRM_CAP_ADDFB2_MODIFIERS),
		abi.Const("DRM_CAP_CRTC_IN_VBLANK_EVENT", sys.DRM_CAP_CRTC_IN_VBLANK_EVENT),
		abi.Const("DRM_PRIME_CAP_IMPORT", sys.DRM_PRIME_CAP_IMPORT),
		abi.Const("DRM_PRIME_CAP_EXPORT", sys.DRM_PRIME_CAP_EXPORT),
		abi.Const("DRM_CLIENT_CAP_UNIVERSAL_PLANES", sys.DRM_CLIENT_CAP_UNIVERSAL_PLANES),
		abi.Const("DRM_CLIENT_CAP_ATOMIC", sys.DRM_CLIENT_CAP_ATOMIC),
		abi.Const("DRM_CLIENT_CAP_WRITEBACK_CONNECTORS", sys.DRM_CLIENT_CAP_WRITEBACK_CONNECTORS),
		abi.Const("DRM_EVENT_VBLANK", sys.DRM_EVENT_VBLANK),
		abi.Const("DRM_EVENT_FLIP_COMPLETE", sys.DRM_EVENT_FLIP_COMPLETE),

		abi.Const("DRM_DISPLAY_MODE_LEN", sys.DRM_DISPLAY_MODE_LEN),
		abi.Const("DRM_PROP_NAME_LEN", sys.DRM_PROP_NAME_LEN),
		abi.Const("DRM_MODE_TYPE_PREFERRED", sys.DRM_MODE_TYPE_PREFERRED),
		abi.Const("DRM_MODE_FLAG_INTERLACE", sys.DRM_MODE_FLAG_INTERLACE),
		abi.Const("DRM_MODE_FLAG_DBLSCAN", sys.DRM_MODE_FLAG_DBLSCAN),
		abi.Const("DRM_MODE_FLAG_3D_MASK", sys.DRM_MODE_FLAG_3D_MASK),
		abi.Const("DRM_MODE_CONNECTOR_USB", sys.DRM_MODE_CONNECTOR_USB),
		abi.Const("DRM_MODE_CONNECTOR_HDMIA", sys.DRM_MODE_CONNECTOR_HDMIA),
		abi.Const("DRM_MODE_CONNECTOR_DisplayPort", sys.DRM_MODE_CONNECTOR_DisplayPort),
		abi.Const("DRM_MODE_CONNECTOR_eDP", sys.DRM_MODE_CONNECTOR_eDP),
		abi.Const("DRM_MODE_CONNECTOR_VIRTUAL", sys.DRM_MODE_CONNECTOR_VIRTUAL),
		abi.Const("DRM_MODE_CONNECTOR_WRITEBACK", sys.DRM_MODE_CONNECTOR_WRITEBACK),
		abi.Const("DRM_MODE_PROP_RANGE", sys.DRM_MODE_PROP_RANGE),
		abi.Const("DRM_MODE_PROP_IMMUTABLE", sys.DRM_MODE_PROP_IMMUTABLE),
		abi.Const("DRM_MODE_PROP_ENUM", sys.DRM_MODE_PROP_ENUM),
		abi.Const("DRM_MODE_PROP_BLOB", sys.DRM_MODE_PROP_BLOB),
		abi.Const("DRM_MODE_PROP_BITMASK", sys.DRM_MODE_PROP_BITMASK),
		abi.Const("DRM_MODE_PROP_EXTENDED_TYPE", sys.DRM_MODE_PROP_EXTENDED_TYPE),
		abi.Const("DRM_MODE_PROP_OBJECT", sys.DRM_MODE_PROP_OBJECT),
		abi.Const("DRM_MODE_PROP_SIGNED_RANGE", sys.DRM_MODE_PROP_SIGNED_RANGE),
		abi.Const("DRM_MODE_PROP_ATOMIC", uint64(sys.DRM_MODE_PROP_ATOMIC)),
		abi.Const("DRM_MODE_OBJECT_CRTC", uint64(sys.DRM_MODE_OBJECT_CRTC)),
		abi.Const("DRM_MODE_OBJECT_CONNECTOR", uint64(sys.DRM_MODE_OBJECT_CONNECTOR)),
		abi.Const("DRM_MODE_OBJECT_PLANE", uint64(sys.DRM_MODE_OBJECT_PLANE)),
		abi.Const("DRM_MODE_FB_MODIFIERS", sys.DRM_MODE_FB_MODIFIERS),
		abi.Const("DRM_MODE_PAGE_FLIP_EVENT", sys.DRM_MODE_PAGE_FLIP_EVENT),
		abi.Const("DRM_MODE_ATOMIC_TEST_ONLY", sys.DRM_MODE_ATOMIC_TEST_ONLY),
		abi.Const("DRM_MODE_ATOMIC_NONBLOCK", sys.DRM_MODE_ATOMIC_NONBLOCK),
		abi.Const("DRM_MODE_ATOMIC_ALLOW_MODESET", sys.DRM_MODE_ATOMIC_ALLOW_MODESET),
		abi.Const("FORMAT_BLOB_CURRENT", sys.FORMAT_BLOB_CURRENT),
		abi.Const("DRM_FORMAT_MOD_LINEAR", uint64(sys.DRM_FORMAT_MOD_LINEAR)),
		abi.Const("DRM_FORMAT_MOD_INVALID", uint64(sys.DRM_FORMAT_MOD_INVALID)),
	}
	for name, v := range map[string]uint64{
		"R8": sys.DRM_FORMAT_R8, "R16": sys.DRM_FORMAT_R16,
		"RGB565": sys.DRM_FORMAT_RGB565, "BGR565": sys.DRM_FORMAT_BGR565,
		"RGB888": sys.DRM_FORMAT_RGB888, "BGR888": sys.DRM_FORMAT_BGR888,
		"XRGB8888": sys.DRM_FORMAT_XRGB8888, "XBGR8888": sys.DRM_FORMAT_XBGR8888,
		"RGBX8888": sys.DRM_FORMAT_RGBX8888, "BGRX8888": sys.DRM_FORMAT_BGRX8888,
		"ARGB8888": sys.DRM_FORMAT_ARGB8888, "ABGR8888": sys.DRM_FORMAT_ABGR8888,
		"RGBA8888": sys.DRM_FORMAT_RGBA8888, "BGRA8888": sys.DRM_FORMAT_BGRA8888,
		"XRGB2101010": sys.DRM_FORMAT_XRGB2101010, "XBGR2101010": sys.DRM_FORMAT_XBGR2101010,
		"ARGB2101010": sys.DRM_FORMAT_ARGB2101010, "ABGR2101010": sys.DRM_FORMAT_ABGR2101010,
		"XBGR16161616": sys.DRM_FORMAT_XBGR16161616, "ABGR16161616": sys.DRM_FORMAT_ABGR16161616,
		"Y210": sys.DRM_FORMAT_Y210, "Y212": sys.DRM_FORMAT_Y212, "Y410": sys.DRM_FORMAT_Y410, "Y412": sys.DRM_FORMAT_Y412,
		"NV15": sys.DRM_FORMAT_NV15, "P030": sys.DRM_FORMAT_P030,
		"XRGB16161616": sys.DRM_FORMAT_XRGB16161616, "ARGB16161616": sys.DRM_FORMAT_ARGB16161616,
		"YUYV": sys.DRM_FORMAT_YUYV, "YVYU": sys.DRM_FORMAT_YVYU,
		"UYVY": sys.DRM_FORMAT_UYVY, "VYUY": sys.DRM_FORMAT_VYUY, "AYUV": sys.DRM_FORMAT_AYUV,
		"NV12": sys.DRM_FORMAT_NV12, "NV21": sys.DRM_FORMAT_NV21, "NV16": sys.DRM_FORMAT_NV16,
		"NV61": sys.DRM_FORMAT_NV61, "NV24": sys.DRM_FORMAT_NV24, "NV42": sys.DRM_FORMAT_NV42,
		"P010": sys.DRM_FORMAT_P010, "P012": sys.DRM_FORMAT_P012, "P016": sys.DRM_FORMAT_P016,
		"YUV420": sys.DRM_FORMAT_YUV420, "YVU420": sys.DRM_FORMAT_YVU420,
		"YUV422": sys.DRM_FORMAT_YUV422, "YVU422": sys.DRM_FORMAT_YVU422,
		"YUV444": sys.DRM_FORMAT_YUV444, "YVU444": sys.DRM_FORMAT_YVU444,
	} {
		rows = append(rows, abi.Const("DRM_FORMAT_"+name, v))
	}
	abi.Compare(t, drmHeaders, rows, drmFlags...)
}

// Constants that only libdrm's headers have.
func TestDRMPlaneTypesAndConnectionsMatchLibdrm(t *testing.T) {
	abi.Compare(t, []string{"xf86drmMode.h"}, []abi.Row{
		abi.Const("DRM_MODE_CONNECTED", sys.DRM_MODE_CONNECTED),
		abi.Const("DRM_MODE_DISCONNECTED", sys.DRM_MODE_DISCONNECTED),
		abi.Const("DRM_MODE_UNKNOWNCONNECTION", sys.DRM_MODE_UNKNOWNCONNECTION),
		abi.Const("DRM_PLANE_TYPE_OVERLAY", sys.DRM_PLANE_TYPE_OVERLAY),
		abi.Const("DRM_PLANE_TYPE_PRIMARY", sys.DRM_PLANE_TYPE_PRIMARY),
		abi.Const("DRM_PLANE_TYPE_CURSOR", sys.DRM_PLANE_TYPE_CURSOR),
	}, drmFlags...)
}

var (
	drmHeaders = []string{"drm/drm.h", "drm/drm_mode.h", "drm/drm_fourcc.h"}
	// libdrm's own headers include <drm.h> from here.
	drmFlags = []string{"-I/usr/include/libdrm"}
)

func TestPtrIsAsWideAsTheKernelsU64(t *testing.T) {
	if got := unsafe.Sizeof(sys.Ptr{}); got != 8 {
		t.Errorf("got %d, want 8", got)
	}
}
