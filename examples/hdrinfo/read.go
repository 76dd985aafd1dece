package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"github.com/go-gst/go-gst/pkg/gstapp"

	"github.com/gst-shmmeta/gst-shmmeta/elements"
	"github.com/gst-shmmeta/gst-shmmeta/examples/internal/bus"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
)

var (
	errNoVideo     = errors.New("no video in it")
	errInterrupted = errors.New("interrupted: only what was read until then is told")
)

const (
	poll        = gst.ClockTime(50 * time.Millisecond)
	stopTimeout = 5 * time.Second
	maxWarnings = 10
)

// The codecs whose access units hdrmetaparse understands.
var parsed = map[string]bool{"video/x-h265": true, "video/x-h264": true, "video/x-av1": true}

// stream is what was read of a file.
type stream struct {
	container string // media type
	size      int64
	video     video
	videos    int // video streams in the file; the first was read
	frames    *frames
	broken    uint64 // messages of the bitstream that could not be read
	warnings  []string
}

// reader runs the pipeline: a file, taken apart and never decoded, whose first
// video stream comes out of an appsink with the metadata on each buffer.
type reader struct {
	pipeline gst.Pipeline
	bus      gst.Bus
	stream   stream
	hdr      *gstmeta.Reader
	caps     *gst.Caps     // what stream.video was read from
	from, to int64         // the time stamps so far, ns
	total    time.Duration // what the file says of its length, 0 if nothing
	failed   error
	progress *progress

	mu        sync.Mutex // guards what the streaming threads tell
	container string     // media type
	sink      gstapp.AppSink
	linkErr   error
	streams   int
	videos    int
	complete  bool // every stream of the file is known
}

// read reads a file. The stream is nil if there is nothing to tell, and what was
// read before the error otherwise.
func read(ctx context.Context, file string, p *progress) (*stream, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, errors.Unwrap(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() == 0:
		return nil, errors.New("file is empty")
	}
	gst.Init()
	if err := elements.Register(nil); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	r := &reader{hdr: gstmeta.NewReader(gstmeta.HDR), progress: p, from: math.MaxInt64, to: math.MinInt64}
	defer r.hdr.Close()
	r.stream = stream{size: info.Size(), frames: newFrames()}
	if err := r.open(path); err != nil {
		return nil, err
	}
	defer r.pipeline.BlockSetState(gst.StateNull, gst.ClockTime(stopTimeout))
	err = r.run(ctx)
	r.progress.end()
	if len(r.stream.frames.all) == 0 {
		return nil, cmp.Or(err, errNoVideo)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stream.container, r.stream.videos = r.container, r.videos
	if hdr := r.pipeline.GetByName("hdr"); hdr != nil {
		r.stream.broken, _ = hdr.ObjectProperty("broken").(uint64)
	}
	return &r.stream, err
}

// open makes the pipeline.
func (r *reader) open(path string) error {
	if gst.ElementFactoryFind("parsebin") == nil {
		return needs("parsebin", "gstreamer1.0-plugins-base")
	}
	e, err := gst.ParseLaunch("filesrc name=file location=" + quote(path) + " ! parsebin name=parse")
	if err != nil {
		return err
	}
	p, ok := e.(gst.Pipeline)
	if !ok {
		return errors.New("no pipeline")
	}
	r.pipeline, r.bus = p, p.GetBus()
	parse := p.GetByName("parse")
	// parsebin asks about everything it finds; the first is the file itself.
	parse.Connect("autoplug-continue", func(_ gst.Element, _ gst.Pad, caps *gst.Caps) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.container == "" && caps.GetSize() > 0 {
			r.container = caps.GetStructure(0).GetName()
		}
		return true
	})
	parse.ConnectPadAdded(func(_ gst.Element, pad gst.Pad) { r.added(pad) })
	parse.ConnectNoMorePads(func(gst.Element) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.complete = true
	})
	return nil
}

// added links the first video stream. Other streams stay unlinked: demuxers then
// skip their data.
func (r *reader) added(pad gst.Pad) {
	caps := pad.GetCurrentCaps()
	if caps == nil {
		caps = pad.QueryCaps(nil)
	}
	if caps.GetSize() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.streams++
	structure := caps.GetStructure(0)
	media := structure.GetName()
	// What parsebin has no plugin for comes out as it is, the file itself included.
	if parsed, _ := structure.GetBoolean("parsed"); media == r.container && !parsed && packages[media] != "" {
		r.linkErr = missing(media)
		return
	}
	if !strings.HasPrefix(media, "video/") {
		return
	}
	if r.videos++; r.videos == 1 {
		r.sink, r.linkErr = r.link(pad, media)
	}
}

func (r *reader) link(pad gst.Pad, media string) (gstapp.AppSink, error) {
	description := "appsink name=out sync=false max-buffers=64"
	if parsed[media] {
		description = "hdrmetaparse name=hdr ! " + description
	}
	bin, err := gst.ParseBinFromDescription(description, true)
	if err != nil {
		return nil, err
	}
	r.pipeline.Add(bin)
	if got := pad.Link(bin.GetStaticPad("sink")); got != gst.PadLinkOK {
		return nil, fmt.Errorf("%s cannot be read: %v", mediaName(media), got)
	}
	bin.SyncStateWithParent()
	sink, ok := bin.GetByName("out").(gstapp.AppSink)
	if !ok {
		return nil, needs("appsink", "gstreamer1.0-plugins-base")
	}
	return sink, nil
}

// run reads to the end, an error or the end of ctx.
func (r *reader) run(ctx context.Context) error {
	r.pipeline.SetState(gst.StatePlaying)
	for ctx.Err() == nil {
		r.mu.Lock()
		sink, complete := r.sink, r.complete || r.linkErr != nil
		r.mu.Unlock()
		if sink == nil {
			r.messages(poll)
			if r.failed != nil || complete {
				return r.reason()
			}
			continue
		}
		sample := sink.TryPullSample(poll)
		if sample == nil {
			// The messages belong to what has been read by now: a failure comes
			// with the end of the stream behind what was good.
			r.messages(0)
			switch {
			case r.failed != nil:
				return r.reason()
			case sink.IsEOS():
				r.expectEnd()
				return nil
			}
			continue
		}
		r.take(sample)
	}
	return errInterrupted
}

// take reads one sample. It is given back at once: left to Go's garbage
// collector, which does not see their size, buffers would pile up.
func (r *reader) take(sample *gst.Sample) {
	defer gst.UnsafeSampleUnref(sample)
	if caps := sample.GetCaps(); caps != nil && (r.caps == nil || gst.UnsafeCapsToGlibNone(caps) != gst.UnsafeCapsToGlibNone(r.caps)) {
		// Only later caps have what the first access unit said.
		r.caps, r.stream.video = caps, videoOf(caps.GetStructure(0))
	}
	buf := sample.GetBuffer()
	if buf == nil {
		return
	}
	if len(r.stream.frames.all) == 0 {
		// Asked later, parsers give what they have counted.
		if d, ok := r.pipeline.QueryDuration(gst.FormatTime); ok && d > 0 {
			r.total = time.Duration(d)
		}
	}
	block, _, err := r.hdr.Read(gst.UnsafeBufferToGlibNone(buf))
	pts, duration := nanoseconds(buf.PTS(), noTime), nanoseconds(buf.Duration(), 0)
	r.stream.frames.add(pts, duration, block, err)
	if pts != noTime {
		r.from, r.to = min(r.from, pts), max(r.to, pts+duration)
	}
	r.progress.update(r, int64(buf.GetSize()))
}

func nanoseconds(t gst.ClockTime, none int64) int64 {
	if t == gst.ClockTimeNone {
		return none
	}
	return int64(t)
}

// messages takes what is on the bus; it waits for the first message.
func (r *reader) messages(wait gst.ClockTime) {
	for m := r.bus.TimedPop(wait); m != nil; m = r.bus.TimedPop(0) {
		switch m.Type() {
		case gst.MessageError:
			if r.failed == nil { // or it follows from the first
				r.failed = bus.Error(m)
			}
		case gst.MessageWarning:
			if len(r.stream.warnings) < maxWarnings {
				r.stream.warnings = append(r.stream.warnings, bus.Error(m).Error())
			}
		}
	}
}

// length is how much video was read.
func (r *reader) length() time.Duration { return time.Duration(max(r.to, r.from) - r.from) }

// expectEnd warns of a file that is shorter than it says: demuxers take the end
// of a file that was cut off for that of the stream.
func (r *reader) expectEnd() {
	read := r.length()
	if missing := r.total - read; read > 0 && r.stream.frames.untimed == 0 && missing > time.Second && missing > r.total/50 {
		r.stream.warnings = append(r.stream.warnings, fmt.Sprintf("the video ends after %s of %s: the file may have been cut off",
			clock(read.Seconds()), clock(r.total.Seconds())))
	}
}
