package kms

import (
	"errors"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// probeTime bounds Probe. A test takes microseconds with most drivers, some
// milliseconds where a mode set is planned for it; formats that the time does not
// suffice for stay as they are listed.
const probeTime = 250 * time.Millisecond

// Probe finds out which of the formats that the planes list the driver takes in a
// commit, and has Formats leave out the others: lists are wrong, or right for
// another mode or generation of the hardware only. Nothing changes on the display.
// It is for the time before the first frame.
//
// What is tried is linear memory that has not been written, in the mode that a
// frame would get, by TEST_ONLY commits as those that lay out a real picture. Of
// formats that no linear memory can be laid out for, and of tiled layouts, which
// cannot be made without the GPU's driver, nothing is found out, and they stay.
// So does all of it where a refusal has another reason than the format.
func (o *Output) Probe() {
	p := probe{o: o, start: time.Now(), verdicts: map[uint32]error{}}
	err := p.run()
	if p.black != nil {
		p.black.close(o.d)
	}
	o.d.destroyBlob(p.modeBlob)
	o.req.Reset()
	if err != nil {
		o.debugf("the formats stay as they are listed: %v", err)
		return
	}
	o.refused = map[uint32]bool{}
	for fourcc, refusal := range p.verdicts {
		if refusal != nil {
			o.refused[fourcc] = true
			o.debugf("%s in linear memory is left out: every plane that lists it refuses it: %v", FourCCName(fourcc), unwrapCommit(refusal))
		}
	}
	o.debugf("%d formats of linear memory tried by %d tests in %v, %d left out", len(p.verdicts), p.tests, time.Since(p.start), len(o.refused))
}

// withoutRefused takes out what Probe found to be refused.
func (o *Output) withoutRefused(all []PlaneFormat) []PlaneFormat {
	kept := all[:0]
	for _, f := range all {
		if o.refused[f.FourCC] {
			linear := func(m uint64) bool { return m == sys.DRM_FORMAT_MOD_LINEAR || m == sys.DRM_FORMAT_MOD_INVALID }
			if f.Modifiers = slices.DeleteFunc(f.Modifiers, linear); len(f.Modifiers) == 0 {
				continue
			}
		}
		kept = append(kept, f)
	}
	return kept
}

// probe is one run of Probe.
type probe struct {
	o        *Output
	start    time.Time
	tests    int
	mode     *Mode
	modeBlob uint32 // 0 where the mode is set already
	attempts []attempt
	black    *linearMemory    // beneath overlays, made when it is needed
	verdicts map[uint32]error // of each format that was tried: nil, or why not
}

// attempt is a way to show a picture. A refusal speaks of the format only if the
// same attempt passes with another one: proven.
type attempt struct {
	plane    *Plane
	under    *Plane
	src, dst Rect
	proven   bool
}

func (p *probe) run() error {
	o := p.o
	modes := o.modes()
	if len(modes) == 0 {
		return ErrNoConnector
	}
	p.mode = modes[0]
	if p.mode != o.lit {
		var err error
		if p.modeBlob, err = o.d.createBlob(p.mode.bytes()); err != nil {
			return err
		}
	}
	p.plan()
	refusedIn := map[uint32][]*attempt{}
	for _, g := range p.groups() {
		if time.Since(p.start) > probeTime {
			break
		}
		m, err := p.allocate(g.ask, g.formats)
		if errors.Is(err, unix.ENOMEM) { // a large one may be too large, and none is needed
			o.debugf("%s and other formats of %d bits are not tried: %v", FourCCName(g.formats[0].FourCC), g.ask.BPP, err)
			continue
		} else if err != nil {
			return err
		}
		for i := range g.formats {
			f := &g.formats[i]
			if time.Since(p.start) > probeTime {
				break
			}
			refusal, in, err := p.try(m, f)
			if err != nil {
				m.close(o.d)
				return err
			}
			p.verdicts[f.FourCC], refusedIn[f.FourCC] = refusal, in
		}
		m.close(o.d)
	}
	for fourcc, in := range refusedIn {
		if p.verdicts[fourcc] != nil && !slices.ContainsFunc(in, func(a *attempt) bool { return a.proven }) {
			p.verdicts[fourcc] = nil
		}
	}
	return nil
}

// plan lists the attempts, best first: all of the screen; a smaller picture in its
// middle, as large ones may be too much for the memory's bandwidth; and that one
// scaled, where a plane has to cover the screen.
func (p *probe) plan() {
	w, h := p.mode.Width(), p.mode.Height()
	full := Rect{W: w, H: h}
	half := Rect{W: max(w/2&^15, 1), H: max(h/2&^15, 1)}
	places := [][2]Rect{{full, full}, {half, middle(half.W, half.H, full)}}
	if !p.o.cfg.NoScale {
		places = append(places, [2]Rect{half, full})
	}
	for _, plane := range p.o.planes {
		unders := []*Plane{nil}
		if u := p.o.primary(); u != nil && u != plane {
			unders = append(unders, u)
		}
		for _, at := range places {
			for _, u := range unders {
				p.attempts = append(p.attempts, attempt{plane: plane, under: u, src: at[0], dst: at[1]})
			}
		}
	}
}

// group is formats that a driver is asked the same memory for, apart from the
// number of rows, so that one does for all of them.
type group struct {
	ask     sys.DRMModeCreateDumb
	formats []Format
}

func (p *probe) groups() []group {
	var all []group
	for _, listed := range p.o.listed() {
		f, known := FormatOf(listed.FourCC)
		tiled := listed.Modifiers != nil && !slices.Contains(listed.Modifiers, sys.DRM_FORMAT_MOD_LINEAR)
		if !known || tiled {
			continue
		}
		ask := f.dumb(p.mode.Width(), p.mode.Height())
		i := slices.IndexFunc(all, func(g group) bool { return g.ask.Width == ask.Width && g.ask.BPP == ask.BPP })
		if i < 0 {
			i = len(all)
			all = append(all, group{ask: ask})
		}
		all[i].ask.Height = max(all[i].ask.Height, ask.Height)
		all[i].formats = append(all[i].formats, f)
	}
	return all
}

// linearMemory is a dumb buffer, never mapped, that framebuffers of several
// formats are made in.
type linearMemory struct {
	handle, pitch uint32
	size          uint64
	fb            uint32
}

func (m *linearMemory) close(d *Device) {
	m.removeFB(d)
	d.closeHandle(m.handle)
}

func (m *linearMemory) removeFB(d *Device) {
	fb := Framebuffer{ID: m.fb, d: d}
	fb.Close()
	m.fb = 0
}

func (p *probe) allocate(ask sys.DRMModeCreateDumb, formats []Format) (*linearMemory, error) {
	if err := p.o.d.k.Ioctl(sys.DRM_IOCTL_MODE_CREATE_DUMB, unsafe.Pointer(&ask)); err != nil {
		return nil, failed(err, "%s: allocate %dx%d of %d bits to try %s in", p.o.d, ask.Width, ask.Height, ask.BPP, FourCCName(formats[0].FourCC))
	}
	return &linearMemory{handle: ask.Handle, pitch: ask.Pitch, size: ask.Size}, nil
}

// frame makes a framebuffer of the mode's size; a refusal is an errno that refuses
// tells of.
func (p *probe) frame(m *linearMemory, f *Format, modifier uint64) error {
	b := Dumb{Format: *f}
	w, h := p.mode.Width(), p.mode.Height()
	if err := b.lay(w, h, m.pitch, m.size); err != nil {
		return err
	}
	cmd := sys.DRMModeFBCmd2{Width: w, Height: h, PixelFormat: f.FourCC}
	for i := range f.Planes {
		cmd.Handles[i], cmd.Pitches[i], cmd.Offsets[i] = m.handle, b.Stride[i], b.Offset[i]
	}
	fb, err := p.o.d.addFB(&cmd, modifier, f.Planes)
	if err != nil {
		return err
	}
	m.fb = fb.ID
	return nil
}

// try finds out about one format: the refusal, if every attempt is refused, and
// which attempts were. The error is a failure that says nothing about it.
func (p *probe) try(m *linearMemory, f *Format) (refusal error, in []*attempt, err error) {
	// DMA-bufs come with the modifier said; copies do without.
	for _, modifier := range []uint64{sys.DRM_FORMAT_MOD_LINEAR, sys.DRM_FORMAT_MOD_INVALID} {
		if modifier == sys.DRM_FORMAT_MOD_LINEAR && !p.o.d.modifiers {
			continue
		}
		if err := p.frame(m, f, modifier); err != nil {
			if !refuses(err) {
				return nil, nil, err
			}
			refusal = err
			for i := range p.attempts { // not even made: as good as tried, wherever
				in = append(in, &p.attempts[i])
			}
			continue
		}
		refusal, err = p.tryEach(m, f, &in)
		m.removeFB(p.o.d)
		if refusal == nil || err != nil {
			return nil, nil, err
		}
	}
	return refusal, in, nil
}

func (p *probe) tryEach(m *linearMemory, f *Format, in *[]*attempt) (refusal, err error) {
	for i := range p.attempts {
		a := &p.attempts[i]
		if !a.plane.Supports(f.FourCC, sys.DRM_FORMAT_MOD_LINEAR) {
			continue
		}
		switch err := p.test(a, f, m.fb); {
		case err == nil:
			a.proven = true
			return nil, nil
		case !refuses(err):
			return nil, err
		default:
			refusal = err
			*in = append(*in, a)
		}
	}
	return refusal, nil
}

// test stages what tryLayout does for a first frame, but for what the user wants
// of the display beyond the picture: that is left out where it is refused.
func (p *probe) test(a *attempt, f *Format, fb uint32) error {
	o, r := p.o, p.o.req
	r.Reset()
	o.stagePipe(r, p.modeBlob)
	black := uint32(0)
	if a.under != nil {
		var err error
		if black, err = p.blackFor(a.under); err != nil {
			return err
		}
	}
	o.stageAround(r, a.plane, a.under, black, p.mode)
	stagePlane(r, a.plane, o.CRTC, fb, a.src, a.dst)
	stageNeutral(r, a.plane)
	if f.YUV {
		(&Picture{Encoding: BT709}).stageColor(r, a.plane)
	}
	p.tests++
	return r.Commit(Test|AllowModeset, 0)
}

// blackFor is a framebuffer for the lower plane; it need not be black to be tested.
func (p *probe) blackFor(under *Plane) (uint32, error) {
	if p.black != nil {
		return p.black.fb, nil
	}
	fourcc, ok := under.plainRGB()
	if !ok {
		return 0, unix.EINVAL
	}
	f, _ := FormatOf(fourcc)
	m, err := p.allocate(f.dumb(p.mode.Width(), p.mode.Height()), []Format{f})
	if err != nil {
		return 0, err
	}
	p.black = m
	err = p.frame(m, &f, sys.DRM_FORMAT_MOD_INVALID)
	return m.fb, err
}

// refuses tells errors by which drivers say that they cannot show such a picture.
// Others tell of the moment: busy, not master, out of memory, unplugged.
func refuses(err error) bool {
	const enotsupp = unix.Errno(524) // the kernel's own, which some drivers let out
	for _, no := range []error{unix.EINVAL, unix.ERANGE, unix.ENOSPC, unix.EOPNOTSUPP, enotsupp, unix.E2BIG} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}
