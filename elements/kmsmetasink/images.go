package kmsmetasink

import (
	"errors"
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// images makes framebuffers of buffers: imported ones, remembered for as long as
// the memory lives, or copies.
type images struct {
	dev   *kms.Device
	cache *gstx.MemoryCache
	// Framebuffers by our own numbers. The kernel uses its ids again, and a
	// number may be queued once for each memory of a buffer.
	byNumber map[uint32]*kms.Framebuffer
	last     uint32
	dead     [16]uint32
	waiting  int // frames before dead ones are swept, see wait
	layout   kms.Layout

	format  *gstx.VideoFormat
	frames  uint64 // of this format that the display has taken
	refused error  // why frames of this format are copied; nil while they are not
	warned  bool

	// Copies take turns: one is on the screen, one about to be, one is written.
	copies [3]*kms.Dumb
	turn   int
	old    []*kms.Dumb // of the format before, maybe still on the screen
}

var (
	errNotDMABuf = errors.New("the frames are not in DMA-bufs")
	errNoLayout  = errors.New("a buffer does not say where its planes lie (GstVideoMeta)")
	errNoCopy    = errors.New("the frame cannot be read for a copy")
)

func newImages(dev *kms.Device) (*images, error) {
	c, err := gstx.NewMemoryCache()
	if err != nil {
		return nil, err
	}
	return &images{dev: dev, cache: c, byNumber: map[uint32]*kms.Framebuffer{}}, nil
}

// setFormat starts anew for another format.
func (m *images) setFormat(f *gstx.VideoFormat) {
	for i, c := range m.copies {
		if c != nil {
			m.old = append(m.old, c)
			m.copies[i] = nil
		}
	}
	m.format, m.frames, m.refused, m.warned = f, 0, nil, false
}

// taken notes that the display took a frame; with the second of a format it has
// let go of what was before.
func (m *images) taken() {
	m.frames++
	m.waiting = max(m.waiting-1, 0)
	if m.frames == 2 {
		m.freeOld()
	}
}

func (m *images) freeOld() {
	for _, c := range m.old {
		c.Close()
	}
	m.old = nil
}

// close frees everything. The display must be off it.
func (m *images) close() {
	if m == nil {
		return
	}
	m.setFormat(nil)
	m.freeOld()
	m.cache.Retire()
	m.waiting = 0
	m.sweep()
	m.cache.Close()
	for _, fb := range m.byNumber { // of memories the cache had lost to another layout
		fb.Close()
	}
}

// framebuffer finds or imports the one for a frame.
func (m *images) framebuffer(f *gstx.Frame) (*kms.Framebuffer, error) {
	if f.NMem == 0 || f.Mem[0].DMABuf == 0 {
		return nil, errNotDMABuf
	}
	key := keyOf(f, m.format)
	if fb := m.known(&f.Mem[0], key); fb != nil {
		return fb, nil
	}
	if err := m.lay(f); err != nil {
		return nil, err
	}
	fb, err := m.dev.Import(&m.layout)
	if err != nil {
		return nil, err
	}
	m.keep(fb)
	// Whichever memory dies first takes the framebuffer with it.
	for i := range f.NMem {
		m.cache.Put(f.Mem[i].ID, key, m.last)
	}
	return fb, nil
}

// layer finds or imports the framebuffer of one layer of a frame.
func (m *images) layer(f *gstx.Frame, l *planned) (*kms.Framebuffer, error) {
	p := &l.picture
	key := seed.mix(uint64(p.FourCC)).mix(p.Modifier).mix(uint64(p.Width)<<32 | uint64(p.Height))
	m.layout = kms.Layout{FourCC: p.FourCC, Modifier: p.Modifier, Width: p.Width, Height: p.Height, Planes: l.nplanes}
	for i := range l.nplanes {
		plane := &l.planes[i]
		mem := &f.Mem[plane.Memory] // see planned.fits
		if mem.DMABuf == 0 {
			return nil, errNotDMABuf
		}
		m.layout.FD[i] = int(mem.FD)
		m.layout.Offset[i], m.layout.Stride[i] = mem.Offset+plane.Offset, plane.Stride
		key = key.mix(m.layout.Offset[i]).mix(uint64(plane.Stride)).mix(uint64(uintptr(mem.ID)))
	}
	if fb := m.known(&f.Mem[l.planes[0].Memory], uint64(key)); fb != nil {
		return fb, nil
	}
	fb, err := m.dev.Import(&m.layout)
	if err != nil {
		return nil, err
	}
	m.keep(fb)
	for _, p := range l.planes[:l.nplanes] {
		m.cache.Put(f.Mem[p.Memory].ID, uint64(key), m.last)
	}
	return fb, nil
}

// known finds the framebuffer of a memory in a layout; nil when there is none.
func (m *images) known(mem *gstx.Memory, key uint64) *kms.Framebuffer {
	if n, ok := mem.Cached(key); ok {
		return m.byNumber[n]
	}
	return nil
}

// keep remembers a framebuffer by a new number, m.last.
func (m *images) keep(fb *kms.Framebuffer) {
	m.last++
	m.byNumber[m.last] = fb
}

// lay describes the frame's memory for an import.
func (m *images) lay(f *gstx.Frame) error {
	if f.NPlanes == 0 {
		return errNoLayout
	}
	m.layout = kms.Layout{
		FourCC: m.format.FourCC, Modifier: m.format.Modifier,
		Width: uint32(m.format.Width), Height: uint32(m.format.Height),
		Planes: int(f.NPlanes),
	}
	for i := range min(f.NPlanes, 4) {
		if f.PlaneMem[i] >= min(f.NMem, uint32(len(f.Mem))) || f.Stride[i] <= 0 {
			return fmt.Errorf("plane %d with stride %d in memory %d of %d: %w", i, f.Stride[i], f.PlaneMem[i], f.NMem, errNoLayout)
		}
		mem := &f.Mem[f.PlaneMem[i]]
		if mem.DMABuf == 0 {
			return errNotDMABuf
		}
		m.layout.FD[i] = int(mem.FD)
		m.layout.Offset[i], m.layout.Stride[i] = f.PlaneOffset[i], uint32(f.Stride[i])
	}
	return nil
}

// keyOf mixes what else than its first memory makes a frame's framebuffer: its
// format too, for memory may be used again in another.
func keyOf(f *gstx.Frame, format *gstx.VideoFormat) uint64 {
	h := seed.mix(uint64(format.FourCC)).mix(format.Modifier).mix(uint64(format.Width)<<32 | uint64(format.Height))
	for i := range min(f.NPlanes, 4) {
		h = h.mix(uint64(f.PlaneMem[i])).mix(f.PlaneOffset[i]).mix(uint64(f.Stride[i]))
	}
	for i := range min(f.NMem, uint32(len(f.Mem))) {
		h = h.mix(uint64(uintptr(f.Mem[i].ID)))
	}
	return uint64(h)
}

// hash is FNV-1a over words.
type hash uint64

const seed hash = 0xcbf29ce484222325

func (h hash) mix(v uint64) hash { return (h ^ hash(v)) * 0x100000001b3 }

// wait keeps framebuffers whose memory may go before they have left the screen: two
// frames are in use, one on it and one on its way.
func (m *images) wait() { m.waiting = 2 }

// sweep removes the framebuffers of memories that are gone.
func (m *images) sweep() {
	if m.waiting > 0 {
		return
	}
	for {
		n := m.cache.Drain(m.dead[:])
		for _, d := range m.dead[:n] {
			if fb := m.byNumber[d]; fb != nil {
				fb.Close()
				delete(m.byNumber, d)
			}
		}
		if n < len(m.dead) {
			return
		}
	}
}

// mayCopy decides whether a copy can help where the frame's own memory failed,
// and remembers that for the frames to come.
func (m *images) mayCopy(err error) bool {
	if errors.Is(err, errNotDMABuf) {
		return true // and look again at the next frame
	}
	if !refusal(err) {
		return false
	}
	// A commit that fails after others of this format went well does not fail
	// for the memory.
	if c := (*kms.CommitError)(nil); m.frames > 0 && errors.As(err, &c) {
		return false
	}
	if _, known := kms.FormatOf(m.format.FourCC); !known || m.format.Modifier != sys.DRM_FORMAT_MOD_LINEAR {
		return false
	}
	m.refused = err
	return true
}

// refusal tells errors that may be about a frame's memory from those that are not.
func refusal(err error) bool {
	for _, fatal := range []error{kms.ErrGone, kms.ErrLost, kms.ErrNotMaster, kms.ErrRevoked, kms.ErrFault, kms.ErrNoConnector, kms.ErrNoFlip, sys.ErrWoken} {
		if errors.Is(err, fatal) {
			return false
		}
	}
	return true
}

// copy puts the frame's pixels into the next copy.
func (m *images) copy(e *gstx.Element, f *gstx.Frame) (*kms.Dumb, error) {
	c := m.copies[m.turn]
	if c == nil {
		var err error
		c, err = m.dev.CreateDumb(m.format.FourCC, uint32(m.format.Width), uint32(m.format.Height))
		if err != nil {
			return nil, err
		}
		m.copies[m.turn] = c
	}
	if !e.CopyPixels(f, c.Map, &c.Offset, &c.Stride) {
		return nil, errNoCopy
	}
	return c, nil
}

// copied makes it the next copy's turn, when the display has taken one.
func (m *images) copied() { m.turn = (m.turn + 1) % len(m.copies) }
