package meta

import "encoding/binary"

// The layout of a block, format version 1.0. All numbers are little-endian, on
// every machine; shmmeta.h says the same in C and a test compares the two.
//
//	header (32 bytes) | section table (16 bytes each) | section payloads
//
// Payloads start at multiples of 8, in the order of the table, and do not
// overlap; every byte that belongs to no payload is zero.
const (
	// Major changes when the header or the section table does, Minor when the
	// payload of a known section type does. A new section type needs neither:
	// readers skip it, or reject the block if the writer marked it critical.
	// Readers therefore refuse another Major and a greater Minor.
	Major = 1
	Minor = 0

	// MinSize and MaxSize bound a block, and with it the memfd, in bytes.
	MinSize = headerSize
	MaxSize = 65536
	// MaxSections bounds the section table.
	MaxSections = 64
	// MaxLayers, MaxPlanes (V4L2's VIDEO_MAX_PLANES) and MaxLayerPlanes (DRM's
	// AddFB2) bound a LAYERS section.
	MaxLayers      = 4
	MaxPlanes      = 8
	MaxLayerPlanes = 4

	magic     = "SHMM"
	alignment = 8
)

// Header.
const (
	headerMagic     = 0  // u8[4] "SHMM"
	headerMajor     = 4  // u16
	headerMinor     = 6  // u16
	headerBytes     = 8  // u32, the whole block's and file's size
	headerNSections = 12 // u32
	headerContentID = 16 // u64, first 8 bytes of SHA-256 over [32, size)
	headerReserved  = 24 // u64, zero
	headerSize      = 32
)

// Section table entry.
const (
	sectionType   = 0  // u32
	sectionFlags  = 4  // u32, all bits but flagCritical zero
	sectionOffset = 8  // u32, from the block's start
	sectionBytes  = 12 // u32
	sectionSize   = 16

	flagCritical = 1 << 0
)

// COLOR.
const (
	colorPrimaries  = 0 // u8
	colorTransfer   = 1 // u8
	colorMatrix     = 2 // u8
	colorFullRange  = 3 // u8, 0 or 1
	colorChromaSite = 4 // u8
	colorReserved   = 5 // u8[3], zero
	colorSize       = 8
)

// MASTERING_DISPLAY. x and y are u16, in 0.00002.
const (
	masteringRed   = 0
	masteringGreen = 4
	masteringBlue  = 8
	masteringWhite = 12
	masteringMax   = 16 // u32, 0.0001 cd/m²
	masteringMin   = 20 // u32, 0.0001 cd/m²
	masteringSize  = 24
)

// CONTENT_LIGHT.
const (
	lightMaxCLL  = 0 // u16, cd/m²
	lightMaxFALL = 2 // u16, cd/m²
	lightSize    = 4
)

// AMBIENT_VIEWING.
const (
	ambientIlluminance = 0 // u32, 0.0001 lx
	ambientLight       = 4 // u16 x, y in 0.00002
	ambientSize        = 8
)

// FILM_GRAIN and USER start with a fixed part, bytes follow.
const (
	grainKind = 0 // u32
	grainSize = 4

	userUUID = 0 // u8[16]
	userSize = 16
)

// LAYERS: two counts, the layers, the planes.
const (
	layersNLayers = 0 // u32
	layersNPlanes = 4 // u32
	layersSize    = 8

	layerFourCC     = 0  // u32, drm_fourcc.h
	layerRole       = 4  // u32
	layerWidth      = 8  // u32
	layerHeight     = 12 // u32
	layerCrop       = 16 // u32 x, y, w, h
	layerDst        = 32 // s32 x, y; u32 w, h
	layerZPos       = 48 // u32
	layerAlpha      = 52 // u32, 0..65535
	layerFirstPlane = 56 // u32
	layerNPlanes    = 60 // u32
	layerSize       = 64

	planeMemory   = 0  // u32, index of the GstMemory in the buffer
	planeStride   = 4  // u32
	planeOffset   = 8  // u64
	planeBytes    = 16 // u64
	planeModifier = 24 // u64
	planeSize     = 32
)

var le = binary.LittleEndian

// aligned rounds n up to where the next payload may start.
func aligned(n int) int { return (n + alignment - 1) &^ (alignment - 1) }
