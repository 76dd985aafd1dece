package gstx_test

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

const (
	mastering = "35400:14600:8500:39850:6550:2300:15635:16450:10000000:1"
	light     = "1000:180"
)

// editor rewrites what passes: content, and from the second frame on the caps.
type editor struct {
	e *gstx.Element
	n int
}

func (d *editor) Frame(f *gstx.Frame) gstx.Flow {
	d.n++
	edited := append([]byte("edited "), f.Bytes()...)
	if !f.Buffer.Replace(edited) {
		return gstx.FlowError
	}
	if d.n == 2 && !d.e.SetStaticCaps(mastering, light) {
		return gstx.FlowError
	}
	return gstx.FlowOK
}

// recorder keeps what it is shown.
type recorder struct {
	mu    sync.Mutex // guards what follows
	log   []string
	times []uint64
	data  []byte
}

func (r *recorder) SetCaps(f *gstx.VideoFormat) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, fmt.Sprintf("%s %s %dx%d %d/%d color %d %d %d [%s] [%s] %x", f.Media, f.StreamFormat, f.Width, f.Height,
		f.FPSN, f.FPSD, f.Primaries, f.Transfer, f.Matrix, f.Mastering, f.Light, f.CodecData))
	return nil
}

func (r *recorder) Frame(f *gstx.Frame) gstx.Flow {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, "frame")
	r.times = append(r.times, f.StreamTime)
	r.data = append(r.data[:0], f.Bytes()...)
	return gstx.FlowOK
}

var recorded *recorder

func init() {
	pads := []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: "ANY"}, {Name: "src", Direction: gstx.Src, Caps: "ANY"}}
	extraClasses = []gstx.Class{{
		Name: "gstxtesteditor", TypeName: "GstxTestEditor", LongName: "Editor", Klass: "Filter", Description: "For tests", Author: "nobody",
		Parent: gstx.Filter, InPlace: true, Bytes: true, StaticCaps: true, Pads: pads,
		New: func(e *gstx.Element) any { return &editor{e: e} },
	}, {
		Name: "gstxtestrecorder", TypeName: "GstxTestRecorder", LongName: "Recorder", Klass: "Filter", Description: "For tests", Author: "nobody",
		Parent: gstx.Filter, Bytes: true, Pads: pads,
		New: func(*gstx.Element) any { recorded = &recorder{}; return recorded },
	}}
}

func TestCompressedStreamIsReadRewrittenAndItsCapsExtended(t *testing.T) {
	const caps = "video/x-h265,stream-format=byte-stream,alignment=au,width=320,height=240,framerate=25/1," +
		"colorimetry=bt2100-pq,codec_data=(buffer)010203"
	// A tee's other branch holds the buffers too: they must be copied, not changed.
	p := pipe.Play(t, "videotestsrc num-buffers=3 ! video/x-raw,format=GRAY8,width=4,height=1,framerate=25/1 ! tee name=t"+
		" t. ! queue ! capssetter join=false replace=true caps=\""+caps+"\" ! gstxtesteditor name=editor ! gstxtestrecorder ! fakesink"+
		" t. ! queue ! fakesink")
	p.EOS(10 * time.Second)
	recorded.mu.Lock()
	defer recorded.mu.Unlock()
	const base = "video/x-h265 byte-stream 320x240 25/1 color 9 16 9 [%s] [%s] 010203"
	want := []string{fmt.Sprintf(base, "", ""), "frame", fmt.Sprintf(base, mastering, light), "frame", "frame"}
	if !slices.Equal(recorded.log, want) {
		t.Errorf("downstream saw\n%q, want\n%q", recorded.log, want)
	}
	if !bytes.Equal(recorded.data[:7], []byte("edited ")) || len(recorded.data) != 11 || bytes.Contains(recorded.data[7:], []byte("edited")) {
		t.Errorf("downstream read %q", recorded.data)
	}
}

func TestStreamTimeKnowsOfSeeks(t *testing.T) {
	p := pipe.New(t, "videotestsrc num-buffers=100 ! video/x-raw,width=16,height=16,framerate=10/1 ! gstxtestrecorder ! fakesink")
	p.SetState(gst.StatePaused)
	p.Next("preroll", 5*time.Second, func(m pipe.Message) bool { return m.Type == gst.MessageAsyncDone })
	if !p.Pipeline().SeekSimple(gst.FormatTime, gst.SeekFlagFlush, int64(3*time.Second)) {
		t.Fatal("seek refused")
	}
	p.SetState(gst.StatePlaying)
	p.EOS(10 * time.Second)
	recorded.mu.Lock()
	defer recorded.mu.Unlock()
	if !slices.Contains(recorded.times, uint64(3*time.Second)) || slices.Contains(recorded.times, uint64(2*time.Second)) {
		t.Errorf("stream times %v", recorded.times)
	}
}
