package hdrmetaattach

import (
	"errors"
	"fmt"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

// attacher is the element. Properties are set by any thread; the rest belongs to
// the thread that changes the state and, between Start and Stop, to the
// streaming thread.
type attacher struct {
	store
	e *gstx.Element

	set            settings // as they were at the start
	hdr10plus, rpu *track   // nil: no file
	caps           meta.Block
	number         numbering

	buffer *gstmeta.Reader // of what buffers have already
	writer *gstmeta.Writer

	// What the last buffer got; ours and block are kept here only to be reused.
	now   entries
	stale bool           // the caps have changed since
	got   gstmeta.Holder // the writer's; none: nothing
	ours  meta.Block
	block meta.Block

	frames int64 // highest number plus 1

	// What has been told already.
	told    bool // a file has another length
	untimed bool // a frame has no time
	broken  bool // the present run of blocks is
	full    bool // a block has no room for more
}

// entries are those of one frame in the files.
type entries struct{ hdr10plus, rpu int32 }

func newAttacher(e *gstx.Element) *attacher {
	return &attacher{e: e, buffer: gstmeta.NewReader(gstmeta.HDR), writer: gstmeta.NewWriter()}
}

// Start reads the files.
func (a *attacher) Start() (err error) {
	a.set = a.snapshot()
	if a.hdr10plus, err = load("hdr10plus-location", a.set.hdr10plus, a.readHDR10Plus); err != nil {
		return err
	}
	if a.rpu, err = load("rpu-location", a.set.rpu, a.readRPU); err != nil {
		a.hdr10plus = nil
		return err
	}
	a.caps = meta.Block{}
	a.number = numbering{offset: int64(a.set.offset), fpsD: 1}
	a.now, a.stale, a.got = entries{none, none}, true, gstmeta.Holder{}
	a.frames, a.told, a.untimed, a.broken, a.full = 0, false, false, false, false
	return nil
}

// Stop lets the files and blocks go; buffers keep what they carry.
func (a *attacher) Stop() error {
	a.buffer.Close()
	a.writer.Close()
	a.hdr10plus, a.rpu, a.got = nil, nil, gstmeta.Holder{}
	a.caps, a.ours, a.block = meta.Block{}, meta.Block{}, meta.Block{}
	return nil
}

// files says whether frames need numbers.
func (a *attacher) files() bool { return a.hdr10plus != nil || a.rpu != nil }

// SetCaps takes what the caps tell.
func (a *attacher) SetCaps(f *gstx.VideoFormat) (err error) {
	if a.caps, err = f.HDR(); err != nil {
		a.e.Warningf("%v", err)
	}
	a.stale = true
	c := &a.number
	c.byTime = a.set.frameNumber == numberTime || a.set.frameNumber == numberAuto && !f.Raw
	c.fpsN, c.fpsD = 0, 1
	if f.FPSN > 0 && f.FPSD > 0 {
		c.fpsN, c.fpsD = uint64(f.FPSN), uint64(f.FPSD)
	}
	if c.byTime && c.fpsN == 0 && a.files() {
		return &gstx.Error{Code: gstx.StreamFormat,
			Text: "The stream's caps have no framerate, which a frame's number in the files is computed from; " +
				"set it with capssetter, or frame-number=count if frames come in display order.",
			Cause: fmt.Errorf("caps %.1000s", f.Caps)}
	}
	return nil
}

// Frame attaches what belongs to one buffer.
func (a *attacher) Frame(f *gstx.Frame) gstx.Flow {
	found, changed, err := a.buffer.Read(f.Buffer.Pointer())
	if err == nil {
		a.broken = false
	} else { // as if it were not there
		a.warnOnce(&a.broken, "The metadata that a buffer has already cannot be trusted and is ignored.", err)
	}
	next, err := a.lookUp(f)
	if err != nil {
		a.e.Fail(gstx.StreamFailed, err)
		return gstx.FlowError
	}
	if changed || a.stale || next != a.now {
		a.now, a.stale = next, false
		if err := a.compose(found); err != nil {
			a.stale = true
			if !errors.Is(err, meta.ErrTooLarge) {
				a.e.Fail(gstx.ResourceFailed, &gstx.Error{Code: gstx.ResourceFailed,
					Text: "The metadata of a frame cannot be put into a sealed block.", Cause: err})
				return gstx.FlowError
			}
			a.warnOnce(&a.full, "A buffer has so much metadata already that a block has no room for more; it gets none.", err)
			return gstx.FlowOK
		}
	}
	switch {
	case !a.got.IsNil():
		if err := gstmeta.Attach(f.Buffer.Pointer(), gstmeta.HDR, a.got); err != nil {
			a.e.Fail(gstx.StreamFailed, err)
			return gstx.FlowError
		}
	case a.set.existing == existingReplace:
		gstmeta.Remove(f.Buffer.Pointer(), gstmeta.HDR)
	}
	return gstx.FlowOK
}

// lookUp finds the entries of a frame.
func (a *attacher) lookUp(f *gstx.Frame) (entries, error) {
	if !a.files() {
		return entries{none, none}, nil
	}
	n, ok := a.number.number(f)
	if !ok {
		a.warnOnce(&a.untimed, "A frame without a timestamp gets nothing from the files, since its number cannot be known; "+
			"attach behind the decoder, where frames are in order.", nil)
		return entries{none, none}, nil
	}
	if err := a.seen(n); err != nil {
		return entries{}, err
	}
	hold := a.set.pastEnd == endHold
	return entries{a.hdr10plus.at(n, hold), a.rpu.at(n, hold)}, nil
}

// compose makes the block of a buffer that has found already, nil for nothing.
func (a *attacher) compose(found *meta.Block) (err error) {
	a.ours = meta.Block{
		Color: a.set.color, MasteringDisplay: a.set.mastering, ContentLight: a.set.light,
		HDR10Plus: a.hdr10plus.payload(a.now.hdr10plus), DolbyVision: a.rpu.payload(a.now.rpu),
	}
	a.got = gstmeta.Holder{}
	if empty(&a.ours) && empty(&a.caps) {
		return nil
	}
	a.block = meta.Block{}
	if found != nil && a.set.existing == existingKeep {
		a.block.Fill(found)
	}
	a.block.Fill(&a.ours)
	if found != nil && a.set.existing == existingMerge {
		a.block.Fill(found)
	}
	// What the buffer says is of its own frame; caps are of all.
	a.block.Fill(&a.caps)
	a.got, err = a.writer.Write(&a.block)
	return err
}

// empty says whether b has none of the sections that the element can give.
func empty(b *meta.Block) bool {
	return b.Color == nil && b.MasteringDisplay == nil && b.ContentLight == nil &&
		len(b.HDR10Plus) == 0 && len(b.DolbyVision) == 0
}

// seen notes the number of a frame; it is an error past an end that must not be
// passed.
func (a *attacher) seen(n int64) error {
	a.frames = max(a.frames, n+1)
	if a.set.pastEnd != endError {
		return nil
	}
	for _, t := range [...]*track{a.hdr10plus, a.rpu} {
		if t.past(n) {
			return &gstx.Error{Code: gstx.StreamFailed, Text: fmt.Sprintf(
				"%s ends after %d frames and the stream does not; set past-end=hold or past-end=stop to go on.",
				t.location, len(t.frames)), Cause: fmt.Errorf("frame %d", n)}
		}
	}
	return nil
}

// warnOnce warns of what a stream does, the first time.
func (a *attacher) warnOnce(warned *bool, text string, cause error) {
	if !*warned {
		*warned = true
		a.e.Warn(gstx.StreamFormat, &gstx.Error{Code: gstx.StreamFormat, Text: text, Cause: cause})
	}
}

// EOS tells, once, of a file that is not as long as the stream.
func (a *attacher) EOS() {
	if a.told {
		return
	}
	for _, t := range [...]*track{a.hdr10plus, a.rpu} {
		if t == nil {
			continue
		}
		have := int64(len(t.frames))
		if a.frames > have || a.frames < have && !a.number.sought { // of a sought stream not every frame comes
			a.told = true
			a.e.Warn(gstx.StreamFormat, &gstx.Error{Code: gstx.StreamFormat, Text: fmt.Sprintf(
				"%s has %d frames and the stream %d: they may not belong together.", t.location, have, a.frames)})
		}
	}
}

// Flush follows a seek.
func (a *attacher) Flush() { a.number.flush() }
