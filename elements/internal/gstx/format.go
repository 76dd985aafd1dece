package gstx

// #include "gstx.h"
import "C"

import "unsafe"

// VideoFormat is a negotiated format, taken apart.
type VideoFormat struct {
	Caps  string // serialised
	Media string // video/x-raw, video/x-h265…
	Raw   bool   // video/x-raw; otherwise there is no layout

	// Of a compressed stream.
	StreamFormat string // byte-stream, hvc1, avc, obu-stream…
	CodecData    []byte // hvcC, avcC, av1C

	Format string // GStreamer's name of the pixel layout, "" when it has none
	FourCC uint32 // DRM's, 0 when it has none
	// Modifier is the DRM format modifier; 0 (linear) for all but DMA_DRM caps.
	Modifier uint64
	DMABuf   bool // the caps feature memory:DMABuf
	DMADRM   bool // format=DMA_DRM

	Width, Height int32
	FPSN, FPSD    int32 // 0/1 when variable
	PARN, PARD    int32

	// The layout that the caps imply, for buffers without GstVideoMeta.
	NPlanes int
	Offset  [4]uint64
	Stride  [4]int32
	Size    uint64

	// H.273 code points; 2 (or 0) is unspecified.
	Primaries, Transfer, Matrix uint8
	FullRange                   bool
	ChromaSite                  uint8 // chroma_sample_loc_type + 1, 0 unknown

	Mastering     string // caps field mastering-display-info, "" when absent
	Light         string // caps field content-light-level, "" when absent
	InterlaceMode string // caps field interlace-mode, "" when absent, which is progressive
}

func newVideoFormat(c *C.GstxFormat) *VideoFormat {
	f := &VideoFormat{
		Caps: C.GoString(c.caps), Media: C.GoString(c.media), Raw: c.raw != 0,
		FourCC: uint32(c.fourcc), Modifier: uint64(c.modifier),
		DMABuf: c.dmabuf != 0, DMADRM: c.dma_drm != 0,
		Width: int32(c.width), Height: int32(c.height),
		FPSN: int32(c.fps_n), FPSD: int32(c.fps_d),
		PARN: int32(c.par_n), PARD: int32(c.par_d),
		NPlanes: int(c.n_planes), Size: uint64(c.size),
		Primaries: uint8(c.primaries), Transfer: uint8(c.transfer), Matrix: uint8(c.matrix),
		FullRange: c.full_range != 0, ChromaSite: uint8(c.chroma_site),
	}
	for i := 0; i < f.NPlanes && i < len(f.Offset); i++ {
		f.Offset[i] = uint64(c.plane_offset[i])
		f.Stride[i] = int32(c.stride[i])
	}
	if c.stream_format != nil {
		f.StreamFormat = C.GoString(c.stream_format)
	}
	if c.codec_data != nil {
		f.CodecData = C.GoBytes(unsafe.Pointer(c.codec_map.data), C.int(c.codec_map.size))
	}
	if c.format != nil {
		f.Format = C.GoString(c.format)
	}
	if c.mastering != nil {
		f.Mastering = C.GoString(c.mastering)
	}
	if c.light != nil {
		f.Light = C.GoString(c.light)
	}
	if c.interlace_mode != nil {
		f.InterlaceMode = C.GoString(c.interlace_mode)
	}
	return f
}
