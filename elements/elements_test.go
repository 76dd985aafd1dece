package elements_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

func TestMain(m *testing.M) {
	pipe.Main(m, func() error { return elements.Register(nil) })
}

// needs skips a test without the devices that the virtual machine names in its
// environment, and fails it where they must be.
func needs(t *testing.T, variables ...string) {
	t.Helper()
	for _, v := range variables {
		switch {
		case os.Getenv(v) != "":
		case os.Getenv("REQUIRE_DEVICES") == "1":
			t.Fatalf("no %s here", v)
		default:
			t.Skipf("needs a device: %s (test/vm/gotest ./elements)", v)
		}
	}
}

func TestRegisteringTwiceIsHarmless(t *testing.T) {
	if err := elements.Register(nil); err != nil {
		t.Fatal(err)
	}
	p := pipe.Play(t, "hdrmetatestsrc num-buffers=3 ! hdrmetadump location=\"\" ! fakesink")
	p.EOS(20 * time.Second)
}

// TestThousandStarts takes each element to PLAYING, with a frame, and back a
// thousand times.
func TestThousandStarts(t *testing.T) {
	for _, c := range []struct {
		element, pipeline string
		devices           []string
	}{
		{"hdrmetatestsrc", "hdrmetatestsrc ! video/x-raw(ANY),width=320,height=240 ! fakesink", nil},
		{"hdrmetadump", "hdrmetatestsrc ! video/x-raw(ANY),width=320,height=240 ! hdrmetadump location=/dev/null ! fakesink", nil},
		{"hdrmetaattach", "videotestsrc ! video/x-raw,width=320,height=240 ! hdrmetaattach colorimetry=bt2100-pq content-light-level=1000:400 ! fakesink", nil},
		{"v4l2metasrc", "v4l2metasrc device=%s ! video/x-raw(ANY),width=320,height=180,framerate=60/1 ! fakesink", []string{"VIVID_SP"}},
		{"kmsmetasink", "videotestsrc ! video/x-raw,format=BGRx,width=320,height=240 ! kmsmetasink device=%s", []string{"VKMS_CARD"}},
	} {
		t.Run(c.element, func(t *testing.T) {
			needs(t, c.devices...)
			if len(c.devices) == 0 {
				pipe.NeedsNoDevice(t)
			}
			args := []any{}
			for _, d := range c.devices {
				args = append(args, os.Getenv(d))
			}
			pipe.New(t, fmt.Sprintf(c.pipeline, args...)).Starts(1000)
		})
	}
}
