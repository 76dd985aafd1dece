package hdrmetaattach

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"github.com/go-gst/go-gst/pkg/gstapp"

	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// A V4L2 stateful decoder, the kernel's vicodec: frames wait in its queues and
// GStreamer matches them by timestamp.
func TestPicturesOfV4L2DecoderHaveTheirOwnMetadata(t *testing.T) {
	enc, dec := os.Getenv("VICODEC_ENC"), os.Getenv("VICODEC_DEC")
	if enc == "" || dec == "" {
		if os.Getenv("REQUIRE_DEVICES") == "1" {
			t.Fatalf("VICODEC_ENC is %q and VICODEC_DEC %q", enc, dec)
		}
		t.Skip("needs vicodec: VICODEC_ENC, VICODEC_DEC (test/vm/gotest ./elements/hdrmetaattach)")
	}
	const n, width, height = 60, 640, 368
	frames := fwht(t, enc, n, width, height)
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

// fwht encodes numbered pictures. GStreamer's v4l2fwhtenc cannot start: vicodec
// announces a larger image than it allocates.
func fwht(t *testing.T, device string, n, width, height int) (frames [][]byte) {
	t.Helper()
	dir := t.TempDir()
	raw, stream := filepath.Join(dir, "raw"), filepath.Join(dir, "fwht")
	p := pipe.Play(t, fmt.Sprintf("hdrmetatestsrc hdr=sdr num-buffers=%d ! video/x-raw,format=BGRx,width=%d,height=%d ! videoconvert ! "+
		"video/x-raw,format=I420 ! filesink location=%s", n, width, height, raw))
	p.EOS(60 * time.Second)
	p.Stop()

	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "v4l2-ctl", "-d", device, fmt.Sprintf("--set-fmt-video-out=width=%d,height=%d,pixelformat=YU12", width, height),
		"--stream-mmap", "--stream-out-mmap", "--stream-from="+raw, "--stream-to="+stream).CombinedOutput()
	if err != nil {
		t.Fatalf("v4l2-ctl: %v\n%s", err, out)
	}
	data, err := os.ReadFile(stream)
	if err != nil {
		t.Fatal(err)
	}
	// struct fwht_cframe_hdr (drivers/media/test-drivers/vicodec/codec-fwht.h): the
	// magic, … and, last, the size of what follows.
	const header = 44
	for len(data) >= header {
		size := header + int(binary.BigEndian.Uint32(data[40:]))
		if binary.BigEndian.Uint64(data) != 0x4f4f4f4fffffffff || size > len(data) {
			t.Fatalf("frame %d of v4l2-ctl's file: %x, %d bytes left", len(frames), data[:header], len(data))
		}
		frames, data = append(frames, data[:size]), data[size:]
	}
	if len(frames) != n {
		t.Fatalf("v4l2-ctl encoded %d of %d frames\n%s", len(frames), n, out)
	}
	return frames
}
