package hdrmetaattach

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"github.com/go-gst/go-gst/pkg/gstapp"

	"github.com/gst-shmmeta/gst-shmmeta/test/fwht"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// A V4L2 stateful decoder, the kernel's vicodec: frames wait in its queues and
// GStreamer matches them by timestamp.
func TestPicturesOfV4L2DecoderHaveTheirOwnMetadata(t *testing.T) {
	enc, _ := fwht.Devices(t)
	const n, width, height = 60, 640, 368
	frames := fwht.Encode(t, enc, "hdrmetatestsrc hdr=sdr", n, width, height)
	files := "hdr10plus-location=" + write(t, "a.json", hdr10plusFile(n, 6)) + " rpu-location=" + write(t, "a.bin", streams.RPUFile(n))
	for _, number := range []string{"auto", "count"} {
		p := pipe.New(t, fmt.Sprintf(`appsrc name=src format=time max-bytes=0 caps="video/x-fwht,width=%d,height=%d,framerate=30000/1001" ! `+
			"hdrmetaattach frame-number=%s %s ! v4l2fwhtdec ! videoconvert ! video/x-raw,format=BGRx ! metarecorder name=out ! fakesink", width, height, number, files))
		p.SetState(gst.StatePlaying)
		push(t, p.Element("src").(gstapp.AppSrc), frames)
		p.EOS(60 * time.Second)
		p.Stop()
		pictures := recorded(t)
		if len(pictures) != n {
			t.Errorf("%s: %d pictures, want %d", number, len(pictures), n)
		}
		for i, f := range pictures {
			shown := numberIn(t, f.Bytes, height)
			if e, r := entryOf(t, f.Block), rpuOf(t, f.Block); shown != i || e != shown || r != shown {
				t.Errorf("%s: picture %d shows number %d and has entry %d and RPU %d", number, i, shown, e, r)
			}
		}
	}
}

// push gives the source all frames, at 30000/1001 a second, and the end.
func push(t *testing.T, src gstapp.AppSrc, frames [][]byte) {
	t.Helper()
	for i, f := range frames {
		b := gst.NewBufferAllocate(nil, uint(len(f)), nil)
		m, ok := b.Map(gst.MapWrite)
		if !ok {
			t.Fatal("no memory for a frame")
		}
		m.Write(f)
		m.Unmap()
		b.SetPTS(gst.ClockTime(i * 1001000000 / 30))
		if ret := src.PushBuffer(b); ret != gst.FlowOK {
			t.Fatalf("frame %d: %v", i, ret)
		}
	}
	src.EndOfStream()
}
