package meta

import "encoding/binary"

// Sizes of struct v4l2_ctrl_hdr10_mastering_display and of struct
// v4l2_ctrl_hdr10_cll_info.
const (
	V4L2MasteringSize = 24
	V4L2LightSize     = 4
)

// Fields of v4l2_ctrl_hdr10_mastering_display: the x of green, blue and red,
// then their y. Byte order is the machine's.
const (
	v4l2X     = 0
	v4l2Y     = 6
	v4l2White = 12
	v4l2Max   = 16
	v4l2Min   = 20
)

// What the V4L2 framework accepts (V4L2_HDR10_MASTERING_* in v4l2-controls.h).
const (
	v4l2XLow, v4l2XHigh             = 5, 37000
	v4l2YLow, v4l2YHigh             = 5, 42000
	v4l2MaxLumaLow, v4l2MaxLumaHigh = 50000, 100000000
	v4l2MinLumaLow, v4l2MinLumaHigh = 1, 50000
)

// MasteringDisplayFromV4L2 reads the value of V4L2_CID_COLORIMETRY_HDR10_MASTERING_DISPLAY.
func MasteringDisplayFromV4L2(c [V4L2MasteringSize]byte) MasteringDisplay {
	u16 := func(at int) uint16 { return binary.NativeEndian.Uint16(c[at:]) }
	primary := func(i int) Chromaticity { return Chromaticity{u16(v4l2X + 2*i), u16(v4l2Y + 2*i)} }
	return MasteringDisplay{
		Green:        primary(0),
		Blue:         primary(1),
		Red:          primary(2),
		White:        Chromaticity{u16(v4l2White), u16(v4l2White + 2)},
		MaxLuminance: binary.NativeEndian.Uint32(c[v4l2Max:]),
		MinLuminance: binary.NativeEndian.Uint32(c[v4l2Min:]),
	}
}

// V4L2 gives the value to write to that control. It is not ok if a value is
// outside the framework's limits: V4L2 has no way to say "unknown", so such
// metadata is left unset rather than changed.
func (m *MasteringDisplay) V4L2() (c [V4L2MasteringSize]byte, ok bool) {
	put := func(at int, v uint16) { binary.NativeEndian.PutUint16(c[at:], v) }
	ok = true
	limit := func(p Chromaticity) {
		ok = ok && p.X >= v4l2XLow && p.X <= v4l2XHigh && p.Y >= v4l2YLow && p.Y <= v4l2YHigh
	}
	for i, p := range [...]Chromaticity{m.Green, m.Blue, m.Red} {
		limit(p)
		put(v4l2X+2*i, p.X)
		put(v4l2Y+2*i, p.Y)
	}
	limit(m.White)
	put(v4l2White, m.White.X)
	put(v4l2White+2, m.White.Y)
	ok = ok && m.MaxLuminance >= v4l2MaxLumaLow && m.MaxLuminance <= v4l2MaxLumaHigh &&
		m.MinLuminance >= v4l2MinLumaLow && m.MinLuminance <= v4l2MinLumaHigh
	binary.NativeEndian.PutUint32(c[v4l2Max:], m.MaxLuminance)
	binary.NativeEndian.PutUint32(c[v4l2Min:], m.MinLuminance)
	return c, ok
}

// ContentLightFromV4L2 reads the value of V4L2_CID_COLORIMETRY_HDR10_CLL_INFO.
func ContentLightFromV4L2(c [V4L2LightSize]byte) ContentLight {
	return ContentLight{binary.NativeEndian.Uint16(c[0:]), binary.NativeEndian.Uint16(c[2:])}
}

// V4L2 gives the value to write to that control.
func (l *ContentLight) V4L2() (c [V4L2LightSize]byte) {
	binary.NativeEndian.PutUint16(c[0:], l.MaxCLL)
	binary.NativeEndian.PutUint16(c[2:], l.MaxFALL)
	return c
}
