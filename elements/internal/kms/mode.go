package kms

import (
	"fmt"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// Mode is a display timing.
type Mode struct{ info sys.DRMModeModeInfo }

func (m *Mode) Width() uint32  { return uint32(m.info.HDisplay) }
func (m *Mode) Height() uint32 { return uint32(m.info.VDisplay) }

// Refresh is in mHz.
func (m *Mode) Refresh() uint32 {
	total := uint64(m.info.HTotal) * uint64(m.info.VTotal)
	if total == 0 {
		return 0
	}
	return uint32((uint64(m.info.Clock)*1e6 + total/2) / total)
}

// Preferred modes are the display's own.
func (m *Mode) Preferred() bool { return m.info.Type&sys.DRM_MODE_TYPE_PREFERRED != 0 }

// plain modes are progressive, single-scanned and flat.
func (m *Mode) plain() bool {
	return m.info.Flags&(sys.DRM_MODE_FLAG_INTERLACE|sys.DRM_MODE_FLAG_DBLSCAN|sys.DRM_MODE_FLAG_3D_MASK) == 0
}

// sameTiming ignores name and type, which say where a mode came from.
func (m *Mode) sameTiming(n *Mode) bool {
	a, b := m.info, n.info
	a.Name, a.Type, a.VRefresh = b.Name, b.Type, b.VRefresh
	return a == b
}

func (m *Mode) sameTimingAs(n Mode) bool { return m.sameTiming(&n) }

func (m *Mode) String() string {
	i := ""
	if m.interlaced() {
		i = "i"
	}
	return fmt.Sprintf("%dx%d%s@%d.%03d", m.Width(), m.Height(), i, m.Refresh()/1000, m.Refresh()%1000)
}

func (m *Mode) interlaced() bool { return m.info.Flags&sys.DRM_MODE_FLAG_INTERLACE != 0 }

func (m *Mode) doubled() bool { return m.info.Flags&sys.DRM_MODE_FLAG_DBLSCAN != 0 }

const modeBlobSize = int(unsafe.Sizeof(sys.DRMModeModeInfo{}))

// bytes is the payload of a MODE_ID blob.
func (m *Mode) bytes() []byte {
	b := *(*[modeBlobSize]byte)(unsafe.Pointer(&m.info))
	return b[:]
}

func parseMode(b []byte) (Mode, error) {
	var m Mode
	if len(b) != modeBlobSize {
		return m, malformed("a mode of %d bytes", len(b))
	}
	copy((*[modeBlobSize]byte)(unsafe.Pointer(&m.info))[:], b)
	if m.info.HDisplay == 0 || m.info.VDisplay == 0 {
		return Mode{}, malformed("a mode without pixels")
	}
	return m, nil
}

// modeFor picks a mode for a picture: of its exact size where there is one, else
// the display's preferred, and among several of one size the one whose rate the
// picture's divides best, then the faster. fps is in mHz, 0 when unknown. exact
// tells whether the size fits.
func modeFor(modes []Mode, width, height, fps uint32) (best *Mode, exact bool) {
	// A lower rank is better, compared from the left.
	rank := func(m *Mode) [4]uint32 {
		r := [4]uint32{1, 1, 0, ^m.Refresh()}
		if m.Width() == width && m.Height() == height {
			r[0] = 0
		} else if !m.Preferred() {
			r[0] = 2
		}
		if m.plain() {
			r[1] = 0
		}
		r[2] = judder(m.Refresh(), fps)
		return r
	}
	var least [4]uint32
	for i := range modes {
		m := &modes[i]
		r := rank(m)
		if best == nil || less(r, least) {
			best, least = m, r
		}
	}
	return best, best != nil && least[0] == 0
}

func less(a, b [4]uint32) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

// judder is how far a refresh rate is from a multiple of the frame rate, in
// 1/1000 of a frame, with 0.5 % taken as none: 59.94 and 60 serve 30 alike.
func judder(refresh, fps uint32) uint32 {
	if fps == 0 || refresh == 0 {
		return 0
	}
	ratio := uint64(refresh) * 1000 / uint64(fps) // 1000 = one refresh per frame
	if ratio < 995 {
		return uint32(2000 - ratio) // frames would have to be left out
	}
	off := uint32(ratio % 1000)
	off = min(off, 1000-off)
	if uint64(off)*200 <= ratio {
		return 0
	}
	return off
}
