package sys

import "structs"

// Structures of <drm/drm_mode.h>: what a card has and what it can show.

// DRMModeModeInfo is struct drm_mode_modeinfo; Clock is in kHz.
type DRMModeModeInfo struct {
	_                                             structs.HostLayout
	Clock                                         uint32
	HDisplay, HSyncStart, HSyncEnd, HTotal, HSkew uint16
	VDisplay, VSyncStart, VSyncEnd, VTotal, VScan uint16
	VRefresh                                      uint32 // Hz, rounded
	Flags, Type                                   uint32
	Name                                          [DRM_DISPLAY_MODE_LEN]byte
}

// DRMModeCardRes is struct drm_mode_card_res.
type DRMModeCardRes struct {
	_                                                    structs.HostLayout
	FBIDs, CRTCIDs, ConnectorIDs, EncoderIDs             Ptr // []uint32
	CountFBs, CountCRTCs, CountConnectors, CountEncoders uint32
	MinWidth, MaxWidth, MinHeight, MaxHeight             uint32
}

// DRMModeGetPlaneRes is struct drm_mode_get_plane_res.
type DRMModeGetPlaneRes struct {
	_           structs.HostLayout
	PlaneIDs    Ptr // []uint32
	CountPlanes uint32
	Pad         uint32
}

// DRMModeGetPlane is struct drm_mode_get_plane.
type DRMModeGetPlane struct {
	_                structs.HostLayout
	PlaneID, CRTCID  uint32
	FBID             uint32
	PossibleCRTCs    uint32 // bit n: the n-th CRTC of DRMModeCardRes
	GammaSize        uint32
	CountFormatTypes uint32
	FormatTypes      Ptr // []uint32
}

// DRMModeGetEncoder is struct drm_mode_get_encoder.
type DRMModeGetEncoder struct {
	_                             structs.HostLayout
	EncoderID, EncoderType        uint32
	CRTCID                        uint32
	PossibleCRTCs, PossibleClones uint32
}

// DRMModeGetConnector is struct drm_mode_get_connector.
type DRMModeGetConnector struct {
	_                                     structs.HostLayout
	Encoders                              Ptr // []uint32
	Modes                                 Ptr // []DRMModeModeInfo
	Props                                 Ptr // []uint32
	PropValues                            Ptr // []uint64
	CountModes, CountProps, CountEncoders uint32
	EncoderID, ConnectorID                uint32
	ConnectorType, ConnectorTypeID        uint32
	Connection                            uint32
	MMWidth, MMHeight                     uint32
	Subpixel                              uint32
	Pad                                   uint32
}

// DRMModePropertyEnum is struct drm_mode_property_enum.
type DRMModePropertyEnum struct {
	_     structs.HostLayout
	Value uint64
	Name  [DRM_PROP_NAME_LEN]byte
}

// DRMModeGetProperty is struct drm_mode_get_property.
type DRMModeGetProperty struct {
	_                           structs.HostLayout
	Values                      Ptr // []uint64
	EnumBlob                    Ptr // []DRMModePropertyEnum
	PropID, Flags               uint32
	Name                        [DRM_PROP_NAME_LEN]byte
	CountValues, CountEnumBlobs uint32
}

// DRMModeObjGetProperties is struct drm_mode_obj_get_properties.
type DRMModeObjGetProperties struct {
	_              structs.HostLayout
	Props          Ptr // []uint32
	PropValues     Ptr // []uint64
	CountProps     uint32
	ObjID, ObjType uint32
	Pad            uint32
}

// DRMModeGetBlob is struct drm_mode_get_blob.
type DRMModeGetBlob struct {
	_              structs.HostLayout
	BlobID, Length uint32
	Data           Ptr
}

// DRMModeCreateBlob is struct drm_mode_create_blob.
type DRMModeCreateBlob struct {
	_              structs.HostLayout
	Data           Ptr
	Length, BlobID uint32
}

// DRMModeDestroyBlob is struct drm_mode_destroy_blob.
type DRMModeDestroyBlob struct {
	_      structs.HostLayout
	BlobID uint32
}

// DRMModeFBCmd2 is struct drm_mode_fb_cmd2.
type DRMModeFBCmd2 struct {
	_             structs.HostLayout
	FBID          uint32
	Width, Height uint32
	PixelFormat   uint32
	Flags         uint32
	Handles       [4]uint32
	Pitches       [4]uint32
	Offsets       [4]uint32
	Pad           uint32
	Modifier      [4]uint64
}

// DRMModeCreateDumb is struct drm_mode_create_dumb.
type DRMModeCreateDumb struct {
	_             structs.HostLayout
	Height, Width uint32
	BPP, Flags    uint32
	Handle, Pitch uint32
	Size          uint64
}

// DRMModeMapDumb is struct drm_mode_map_dumb.
type DRMModeMapDumb struct {
	_           structs.HostLayout
	Handle, Pad uint32
	Offset      uint64
}

// DRMModeDestroyDumb is struct drm_mode_destroy_dumb.
type DRMModeDestroyDumb struct {
	_      structs.HostLayout
	Handle uint32
}

// DRMModeAtomic is struct drm_mode_atomic.
type DRMModeAtomic struct {
	_                structs.HostLayout
	Flags, CountObjs uint32
	Objs             Ptr // []uint32
	CountProps       Ptr // []uint32, one per object
	Props            Ptr // []uint32
	PropValues       Ptr // []uint64
	Reserved         uint64
	UserData         uint64
}

// DRMModeCreateLease is struct drm_mode_create_lease; FD is the lessee's file.
type DRMModeCreateLease struct {
	_           structs.HostLayout
	ObjectIDs   Ptr // []uint32
	ObjectCount uint32
	Flags       uint32 // O_CLOEXEC, O_NONBLOCK
	LesseeID    uint32
	FD          uint32
}

// DRMModeRevokeLease is struct drm_mode_revoke_lease.
type DRMModeRevokeLease struct {
	_        structs.HostLayout
	LesseeID uint32
}

// DRMFormatModifierBlob is struct drm_format_modifier_blob, the header of the
// IN_FORMATS property; offsets are in bytes from its start.
type DRMFormatModifierBlob struct {
	_                               structs.HostLayout
	Version, Flags                  uint32
	CountFormats, FormatsOffset     uint32
	CountModifiers, ModifiersOffset uint32
}

// DRMFormatModifier is struct drm_format_modifier: Modifier applies to format
// Offset+n when bit n of Formats is set.
type DRMFormatModifier struct {
	_           structs.HostLayout
	Formats     uint64
	Offset, Pad uint32
	Modifier    uint64
}

// HDROutputMetadata is struct hdr_output_metadata, the payload of the
// HDR_OUTPUT_METADATA property: static metadata type 1 of CTA-861-G.
// Chromaticities are in 0.00002, in the order R, G, B.
type HDROutputMetadata struct {
	_                structs.HostLayout
	MetadataType     uint32
	EOTF             uint8
	InfoMetadataType uint8
	DisplayPrimaries [3][2]uint16
	WhitePoint       [2]uint16
	MaxLuminance     uint16 // 1 cd/m²
	MinLuminance     uint16 // 0.0001 cd/m²
	MaxCLL, MaxFALL  uint16 // 1 cd/m²
	Pad              [2]byte
}
