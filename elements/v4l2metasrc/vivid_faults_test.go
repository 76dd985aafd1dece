package v4l2metasrc

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// What vivid can be made to do wrong.

func frameRate(frames []recorded) float64 {
	first, last := frames[0], frames[len(frames)-1]
	return float64(last.Offset-first.Offset) / time.Duration(last.PTS-first.PTS).Seconds()
}

// Frames that the driver drops are counted to the last one, in the property, in the
// offsets and in QOS messages; the times tell that there were as many.
func TestVividDroppedFramesAreCounted(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	set(t, path, "Percentage of Dropped Buffers", 30)
	p, r := build(t, "v4l2metasrc name=src device=%s num-buffers=100 ! video/x-raw(ANY),width=320,height=180,framerate=60/1", path)
	p.SetState(gst.StatePlaying)
	var told, messages uint64
	p.Next("EOS", patience, func(m pipe.Message) bool {
		if m.Type == gst.MessageQos {
			messages++
			told = m.Dropped
		}
		return m.Type == gst.MessageEOS
	})
	frames := r.all()
	lost := p.Element("src").ObjectProperty("frames-lost").(uint64)
	missing := frames[99].Offset + 1 - 100
	if lost == 0 || lost != missing || lost != told || messages > lost {
		t.Errorf("lost %d by the property, %d by the offsets, %d by %d messages", lost, missing, told, messages)
	}
	if rate := frameRate(frames); rate < 58 || rate > 62 {
		t.Errorf("by the times there were %.1f frames a second, lost ones included, not 60", rate)
	}
}

// A number that starts again from 0 after 2^32 is no loss.
func TestVividSequenceNumbersWrapAround(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	set(t, path, "Wrap Sequence Number", 1)
	p, r := build(t, "v4l2metasrc name=src device=%s num-buffers=100 ! video/x-raw(ANY),width=320,height=180,framerate=60/1", path)
	p.SetState(gst.StatePlaying)
	p.EOS(patience)
	frames := r.all()
	if lost := p.Element("src").ObjectProperty("frames-lost").(uint64); frames[99].Offset+1-100 != lost || lost > 10 {
		t.Errorf("the last offset is %d, %d frames are lost", frames[99].Offset, lost)
	}
}

// Whatever the driver's clock does, times go forward, and with the pipeline's.
func TestVividTimestampsWrapAround(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	for _, how := range []int32{1, 2} { // of 64 bits, of 32
		set(t, path, "Wrap Timestamp", how)
		p, r := build(t, "v4l2metasrc name=src device=%s num-buffers=60 ! video/x-raw(ANY),width=320,height=180,framerate=60/1", path)
		p.SetState(gst.StatePlaying)
		p.EOS(patience)
		frames := r.all()
		for i := range frames[1:] {
			if frames[i+1].PTS < frames[i].PTS {
				t.Errorf("frame %d is of %v, after %v", i+1, time.Duration(frames[i+1].PTS), time.Duration(frames[i].PTS))
			}
		}
		if rate := frameRate(frames); rate < 50 || rate > 70 {
			t.Errorf("by the times there are %.1f frames a second", rate)
		}
		p.Stop()
	}
}

// Errors that the stream survives: it goes on, and what happened is told.
func TestVividErrorsThatAreSurvived(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	for _, c := range []struct {
		inject string
		told   func(pipe.Message) bool
		lost   uint64 // at least
	}{
		{"Inject V4L2_BUF_FLAG_ERROR", func(m pipe.Message) bool { return m.Type == gst.MessageQos && m.Dropped > 0 }, 1},
		{"Inject VIDIOC_QBUF Error", is(gst.MessageWarning, "Device "+path+" refuses a buffer"), 0},
		{"Inject Fatal Streaming Error", is(gst.MessageWarning, "Device "+path+" stopped with an error"), 0},
	} {
		t.Run(c.inject, func(t *testing.T) {
			leakless(t, func(t *testing.T) {
				p, r := build(t, "v4l2metasrc name=src device=%s ! video/x-raw(ANY),width=320,height=180,framerate=60/1", path)
				p.SetState(gst.StatePlaying)
				r.wait(t, 3)
				put(t, path, c.inject, 1)
				p.Next("message", patience, c.told)
				frames := r.wait(t, len(r.all())+20)
				for i := range frames[1:] {
					if a, b := frames[i], frames[i+1]; b.Offset <= a.Offset || b.PTS < a.PTS {
						t.Errorf("frame %d: offset %d pts %d after %d and %d", i+1, b.Offset, b.PTS, a.Offset, a.PTS)
					}
				}
				if lost := p.Element("src").ObjectProperty("frames-lost").(uint64); lost < c.lost {
					t.Errorf("%d frames are lost, want %d", lost, c.lost)
				}
			})
		})
	}
}

// A driver that stops again and again has the stream end, with the way out.
func TestVividThatStopsAgainAndAgain(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	p, r := build(t, "v4l2metasrc device=%s ! video/x-raw(ANY),width=320,height=180,framerate=60/1", path)
	p.SetState(gst.StatePlaying)
	for range maxStops {
		r.wait(t, len(r.all())+2)
		put(t, path, "Inject Fatal Streaming Error", 1)
		p.Next("warning", patience, is(gst.MessageWarning, "Device "+path+" stopped"))
	}
	r.wait(t, len(r.all())+2)
	put(t, path, "Inject Fatal Streaming Error", 1)
	if m := p.Error(patience); !strings.Contains(m.Text, "cannot continue from") {
		t.Errorf("got %q (%s)", m.Text, m.Debug)
	}
	p.SetState(gst.StateNull)
	n := len(r.all())
	p.SetState(gst.StatePlaying) // starting again works
	r.wait(t, n+2)
}

// Errors at the start are errors; starting again works.
func TestVividErrorsAtTheStart(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	for _, inject := range []string{"Inject VIDIOC_REQBUFS Error", "Inject VIDIOC_STREAMON Error"} {
		p, r := build(t, "v4l2metasrc device=%s", path)
		p.SetState(gst.StateReady)
		put(t, path, inject, 1)
		p.SetState(gst.StatePlaying)
		if m := p.Error(patience); !strings.Contains(m.Text, path) {
			t.Errorf("%s: %q (%s)", inject, m.Text, m.Debug)
		}
		p.SetState(gst.StateNull)
		p.SetState(gst.StatePlaying)
		r.wait(t, 3)
		p.Stop()
	}
}

const driverFolder = "/sys/bus/platform/drivers/vivid/"

func control(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(driverFolder+file, []byte("vivid.0"), 0); err != nil {
		t.Fatal(err)
	}
}

// plugIn brings the device back and waits for it.
func plugIn(t *testing.T, path string) {
	t.Helper()
	control(t, "bind")
	for deadline := time.Now().Add(patience); unix.Access(path, unix.R_OK|unix.W_OK) != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the device did not come back")
		}
	}
}

var unplugs = flag.Int("unplugs", 100, "how often to unplug vivid")

func TestVividUnpluggedWhileItStreams(t *testing.T) {
	path := vivid(t, "VIVID_MP")
	leakless(t, func(t *testing.T) {
		for range *unplugs {
			p, r := build(t, "v4l2metasrc device=%s", path)
			r.keep = 2 // held across the removal
			p.SetState(gst.StatePlaying)
			r.wait(t, 3)
			control(t, "unbind")
			m := p.Error(patience)
			if !strings.Contains(m.Text, path+" is gone") {
				t.Errorf("got %q (%s)", m.Text, m.Debug)
			}
			p.Stop()
			plugIn(t, path)
		}
	})
	p, r := build(t, "v4l2metasrc device=%s", path)
	p.SetState(gst.StatePlaying)
	r.wait(t, 3)
}

// vivid's own way of being unplugged: the node's driver is gone, the file stays open.
func TestVividDisconnected(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	p, r := build(t, "v4l2metasrc device=%s", path)
	p.SetState(gst.StatePlaying)
	r.wait(t, 3)
	put(t, path, "Disconnect", 1)
	if m := p.Error(patience); !strings.Contains(m.Text, path+" is gone") {
		t.Errorf("got %q (%s)", m.Text, m.Debug)
	}
	p.Stop()
	control(t, "unbind")
	plugIn(t, path)
	p, r = build(t, "v4l2metasrc device=%s", path)
	p.SetState(gst.StatePlaying)
	r.wait(t, 3)
}
