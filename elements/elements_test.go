package elements_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements"
	"github.com/gst-shmmeta/gst-shmmeta/test/leak"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

func TestMain(m *testing.M) {
	pipe.Init()
	if err := elements.Register(nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
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
		{"v4l2metasrc", "v4l2metasrc device=%s ! video/x-raw(ANY),width=320,height=180,framerate=60/1 ! fakesink", []string{"VIVID_SP"}},
		{"kmsmetasink", "videotestsrc ! video/x-raw,format=BGRx,width=320,height=240 ! kmsmetasink device=%s", []string{"VKMS_CARD"}},
	} {
		t.Run(c.element, func(t *testing.T) {
			needs(t, c.devices...)
			if len(c.devices) == 0 && os.Getenv("REQUIRE_DEVICES") == "1" {
				t.Skip("needs no device: it has run outside of the virtual machine, where it takes seconds")
			}
			args := []any{}
			for _, d := range c.devices {
				args = append(args, os.Getenv(d))
			}
			p := pipe.New(t, fmt.Sprintf(c.pipeline, args...))
			cycle := func() {
				p.SetState(gst.StatePlaying)
				if _, _, ret := p.Pipeline().GetState(gst.ClockTime(20 * time.Second)); ret == gst.StateChangeFailure {
					p.Error(time.Second) // names the reason if there is none
					t.Fatal("the pipeline did not get to PLAYING")
				}
				p.SetState(gst.StateNull)
			}
			for range 3 {
				cycle()
			}
			before := leak.Now()
			for range 1000 {
				cycle()
			}
			if left := leak.Since(before, 8); len(left) > 0 {
				t.Errorf("after 1000 starts: %s", strings.Join(left, ", "))
			}
		})
	}
}
