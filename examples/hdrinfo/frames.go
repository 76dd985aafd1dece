package main

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"math"
	"slices"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
)

// noTime is the time of a frame without a time stamp.
const noTime = math.MinInt64

// maxKinds limits how many different values of one thing are remembered: a real
// stream has one or two, a hostile one a new one for every frame.
const maxKinds = 16

// light is what HDR10+ says of the first window, in cd/m². A file has several
// hundred thousand frames, so this is all that is kept of each.
type light struct {
	max, average, p99 float32
	target            uint16
	knee              [2]uint16 // in 1/4095, 0 without a tone curve
	curve             bool
}

// frame is what is kept of one access unit.
type frame struct {
	pts   int64  // ns or noTime
	scene uint64 // tells different HDR10+ messages apart; 0: the frame has none
	light light
}

// frames collects what the buffers of a stream carry.
type frames struct {
	all      []frame // in the order of the file
	untimed  int
	duration int64 // ns, of the last frame that has one

	color     *meta.Color
	mastering *meta.MasteringDisplay
	content   *meta.ContentLight
	ambient   *meta.AmbientViewing
	restatic  bool // a later value of these differs from the first, which is kept

	hdr10plus dynamic
	profiles  tally[string]
	versions  tally[uint8]
	dolby     dynamic
	dolbys    tally[dolbyKind]
	t35       tally[t35Kind]
	broken    problems // blocks that cannot be trusted

	seed    maphash.Seed
	payload []byte // of the last HDR10+ message
	scene   uint64
	light   light
	message hdr10plus.Metadata
	invalid error // what is wrong with it
}

// dynamic counts the frames of a kind of metadata that changes with them.
type dynamic struct {
	frames int
	problems
}

// problems counts what is wrong and keeps the first.
type problems struct {
	count int
	first string
}

func (p *problems) add(pts int64, frame int, err error) {
	if p.count++; p.count > 1 {
		return
	}
	if p.first = fmt.Sprintf("frame %d: %v", frame, err); pts != noTime {
		p.first = fmt.Sprintf("%s (frame %d of the file): %v", clock(float64(pts)/1e9), frame, err)
	}
}

// tally counts frames by a property of theirs.
type tally[K comparable] struct {
	keys   []K
	counts []int
	others int // frames with none of the keys, when those are too many
}

func (t *tally[K]) add(k K) {
	i := slices.Index(t.keys, k)
	switch {
	case i >= 0:
		t.counts[i]++
	case len(t.keys) == maxKinds:
		t.others++
	default:
		t.keys, t.counts = append(t.keys, k), append(t.counts, 1)
	}
}

func newFrames() *frames { return &frames{seed: maphash.MakeSeed()} }

// add takes the next access unit: its time stamp or noTime, its block or nil, and
// what is wrong with that.
func (f *frames) add(pts, duration int64, b *meta.Block, err error) {
	r := frame{pts: pts}
	n := len(f.all)
	if duration > 0 {
		f.duration = duration
	}
	if pts == noTime {
		f.untimed++
	}
	if err != nil {
		f.broken.add(pts, n, err)
	}
	if b != nil {
		f.addStatic(b)
		if len(b.HDR10Plus) > 0 {
			f.addHDR10Plus(b.HDR10Plus, &r, n)
		}
		if len(b.DolbyVision) > 0 {
			f.addDolbyVision(b.DolbyVision, pts, n)
		}
		for _, p := range b.T35 {
			f.t35.add(t35KindOf(p))
		}
	}
	f.all = append(f.all, r)
}

// addStatic keeps the first of each static value.
func (f *frames) addStatic(b *meta.Block) {
	for _, same := range []bool{
		keep(&f.color, b.Color),
		keep(&f.mastering, b.MasteringDisplay),
		keep(&f.content, b.ContentLight),
		keep(&f.ambient, b.AmbientViewing),
	} {
		f.restatic = f.restatic || !same
	}
}

// keep copies what a block lends if there is nothing yet, and tells whether it is
// what there was.
func keep[T comparable](dst **T, v *T) bool {
	switch {
	case v == nil:
		return true
	case *dst == nil:
		c := *v
		*dst = &c
	}
	return **dst == *v
}

func (f *frames) addHDR10Plus(p []byte, r *frame, n int) {
	if !bytes.Equal(p, f.payload) {
		f.payload = append(f.payload[:0], p...)
		f.scene = max(1, maphash.Bytes(f.seed, p))
		f.light = light{}
		if _, f.invalid = f.message.Decode(p); f.invalid == nil {
			f.light = lightOf(&f.message)
			f.invalid = f.message.Validate()
		}
	}
	f.hdr10plus.frames++
	if f.message.NumWindows > 0 {
		f.profiles.add(f.message.Profile().String())
		f.versions.add(f.message.Version)
		r.scene, r.light = f.scene, f.light
	}
	if f.invalid != nil {
		f.hdr10plus.add(r.pts, n, f.invalid)
	}
}

// dolbyKind is what the header of an RPU tells: the stream's profile, and the
// level of the RPU's syntax.
type dolbyKind struct{ profile, level int }

func (f *frames) addDolbyVision(rpu []byte, pts int64, n int) {
	f.dolby.frames++
	h, err := dovi.Parse(rpu)
	if err != nil {
		f.dolby.add(pts, n, err)
		return
	}
	f.dolbys.add(dolbyKind{h.StreamProfile(), int(h.Level)})
}

func lightOf(m *hdr10plus.Metadata) light {
	w := &m.Windows[0]
	l := light{
		max:     float32(w.MaxRGB()),
		average: float32(w.Average()),
		target:  uint16(min(m.TargetMaxLuminance, math.MaxUint16)),
		curve:   w.ToneMapping,
	}
	for _, p := range w.Percentiles[:w.NumPercentiles] {
		if p.Percentage == 99 {
			l.p99 = float32(p.Value) / 10
		}
	}
	if w.ToneMapping {
		l.knee = [2]uint16{w.Knee.X, w.Knee.Y}
	}
	return l
}
