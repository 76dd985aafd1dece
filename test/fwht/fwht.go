// Package fwht makes streams of the kernel's FWHT codec for tests, on the encoder of
// the driver vicodec.
package fwht

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// Devices are the paths of vicodec's encoder and decoder; without them the test is
// skipped.
func Devices(t testing.TB) (encoder, decoder string) {
	t.Helper()
	encoder, decoder = os.Getenv("VICODEC_ENC"), os.Getenv("VICODEC_DEC")
	if encoder == "" || decoder == "" {
		missing := fmt.Sprintf("no vicodec: VICODEC_ENC is %q and VICODEC_DEC %q (test/vm/gotest sets them)", encoder, decoder)
		if os.Getenv("REQUIRE_DEVICES") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	return encoder, decoder
}

// Encode encodes the pictures of a GStreamer source, n of them, in I420.
// GStreamer's v4l2fwhtenc cannot start: vicodec announces a larger image than it
// allocates.
func Encode(t testing.TB, device, source string, n, width, height int) (frames [][]byte) {
	t.Helper()
	dir := t.TempDir()
	raw, stream := filepath.Join(dir, "raw"), filepath.Join(dir, "fwht")
	p := pipe.Play(t, fmt.Sprintf("%s num-buffers=%d ! video/x-raw,width=%d,height=%d ! videoconvert ! "+
		"video/x-raw,format=I420 ! filesink location=%s", source, n, width, height, raw))
	p.EOS(60 * time.Second)
	p.Stop()

	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	// The encoder works on multiples of 16 and is told what is to be seen of them.
	out, err := exec.CommandContext(ctx, "v4l2-ctl", "-d", device, fmt.Sprintf("--set-fmt-video-out=width=%d,height=%d,pixelformat=YU12", width, height),
		fmt.Sprintf("--set-selection-output=target=crop,width=%d,height=%d", width, height), "--stream-mmap", "--stream-out-mmap", "--stream-from="+raw, "--stream-to="+stream).CombinedOutput()
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
