package v4l2metadec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"github.com/go-gst/go-gst/pkg/gstapp"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/recorder"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

const patience = 30 * time.Second

func TestMain(m *testing.M) {
	pipe.Main(m, func() error {
		return errors.Join(gstx.Register(nil, Class), registerFake(), recorder.Register(), stamper.Register())
	})
}

// folder writes frames to files for source.
func folder(t *testing.T, frames [][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for i, f := range frames {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d", i)), f, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// files plays a folder, without times.
func files(dir string) string {
	return fmt.Sprintf(`multifilesrc name=src location=%s/%%05d start-index=0 caps="video/x-fwht,framerate=25/1"`, dir)
}

// period is the time from one frame of feed's to the next.
const period = 40 * time.Millisecond

// source is an appsrc for feed; fields are further ones of the caps.
func source(fields string) string {
	return `appsrc name=src format=time stream-type=seekable max-buffers=1 caps="video/x-fwht,framerate=25/1` + fields + `"`
}

// feed makes a pipeline whose source plays frames and can be sought.
func feed(t *testing.T, frames [][]byte, description string, args ...any) *pipe.Pipe {
	t.Helper()
	p := pipe.New(t, fmt.Sprintf(description, args...))
	src := p.Element("src").(gstapp.AppSrc)
	src.SetObjectProperty("duration", uint64(len(frames))*uint64(period))
	var next atomic.Int64
	src.ConnectSeekData(func(_ gstapp.AppSrc, at uint64) bool {
		next.Store(int64(at) / int64(period))
		return true
	})
	src.ConnectNeedData(func(src gstapp.AppSrc, _ uint) {
		i := int(next.Add(1)) - 1
		if i >= len(frames) {
			src.EndOfStream()
			return
		}
		at := i // in display order
		if strings.Contains(description, "fakev4l2metadec") {
			at = shownAs(i)
		}
		src.PushBuffer(buffer(frames[i], at))
	})
	return p
}

// push gives frame i to a source that nobody feeds.
func push(t *testing.T, p *pipe.Pipe, frame []byte, i int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		ret := p.Element("src").(gstapp.AppSrc).PushBuffer(buffer(frame, i))
		if ret == gst.FlowOK {
			return
		}
		// It is flushing until it has started.
		if ret != gst.FlowFlushing || time.Now().After(deadline) {
			t.Fatalf("frame %d: %v", i, ret)
		}
	}
}

// end ends a source that nobody feeds.
func end(p *pipe.Pipe) { p.Element("src").(gstapp.AppSrc).EndOfStream() }

func buffer(frame []byte, i int) *gst.Buffer {
	b := gst.NewBufferAllocate(nil, uint(len(frame)), nil)
	m, ok := b.Map(gst.MapWrite)
	if !ok {
		panic("no memory for a frame")
	}
	m.Write(frame)
	m.Unmap()
	b.SetPTS(gst.ClockTime(i) * gst.ClockTime(period))
	b.SetDuration(gst.ClockTime(period))
	return b
}

// play plays frames in a description with a recorder called seen in it to its end.
func play(t *testing.T, frames [][]byte, description string, args ...any) recorder.Record {
	t.Helper()
	p := feed(t, frames, description, args...)
	p.SetState(gst.StatePlaying)
	p.EOS(patience)
	p.Stop()
	return recorder.Take("seen")
}

// same compares pictures, byte for byte.
func same(t *testing.T, what string, got, want []recorder.Buffer) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d pictures, want %d", what, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if string(got[i].Bytes) != string(want[i].Bytes) {
			t.Fatalf("%s: picture %d is another (%d bytes, want %d)", what, i, len(got[i].Bytes), len(want[i].Bytes))
		}
		if got[i].PTS != want[i].PTS || got[i].Duration != want[i].Duration {
			t.Errorf("%s: picture %d is of %d for %d ns, want %d for %d", what, i, got[i].PTS, got[i].Duration, want[i].PTS, want[i].Duration)
		}
	}
}
