package kmsmetasink

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// sinkCaps are what the sink takes once it has its display.
func sinkCaps(t *testing.T, p *pipe.Pipe) string {
	t.Helper()
	p.SetState(gst.StatePaused)
	p.Pipeline().GetState(gst.ClockTime(20 * time.Second))
	return p.Element("sink").GetStaticPad("sink").QueryCaps(nil).String()
}

// rawFormats are the plain formats in caps.
func rawFormats(caps string) []string {
	m := regexp.MustCompile(`video/x-raw, format=\(string\)(?:\{ ([^}]*) \}|(\w+))`).FindStringSubmatch(caps)
	if m == nil {
		return nil
	}
	return strings.Split(m[1]+m[2], ", ")
}

// Upstream that has the choice takes a format that the driver takes, also of a
// driver that lists others.
func TestNegotiationKeepsToWhatCanBeShown(t *testing.T) {
	card := newCard(t, kmstest.Quirks{WrongFormats: true})
	p := pipe.New(t, "videotestsrc num-buffers=3 ! videoconvert ! video/x-raw,width=640,height=480 ! fakekmssink name=sink sync=false")
	caps := sinkCaps(t, p)
	if got := rawFormats(caps); !slices.Equal(got, []string{"BGRx"}) {
		t.Errorf("plain formats %q of %s, want BGRx", got, caps)
	}
	// Tiled memory may be shown; of linear, only XR24 is.
	m := regexp.MustCompile(`drm-format=\(string\)\{ ([^}]*) \}`).FindStringSubmatch(caps)
	want := []string{"AR24:0x0100000000000001", "NV12:0x0100000000000001", "P010:0x0100000000000001", "XR24", "XR24:0x0100000000000001"}
	if m == nil {
		t.Fatalf("caps %s", caps)
	}
	got := strings.Split(m[1], ", ")
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("DMA-bufs in %q, want %q", got, want)
	}
	p.SetState(gst.StatePlaying)
	p.EOS(20 * time.Second)
	if got := property[uint64](t, p, "frames-shown"); got != 3 {
		t.Errorf("%d frames shown, want 3", got)
	}
	if card.Value(kmstest.Primary1, "FB_ID") == 0 {
		t.Error("nothing is on the screen")
	}
	for _, c := range card.Commits() {
		if c.Err != nil && c.Flags&sys.DRM_MODE_ATOMIC_TEST_ONLY == 0 {
			t.Errorf("a commit was refused: %v", c.Err)
		}
	}
}

// Every plain format that the sink offers on vkms is one that it shows.
func TestVkmsShowsEveryFormatItOffers(t *testing.T) {
	needsVkms(t)
	p := pipe.New(t, "videotestsrc num-buffers=1 ! kmsmetasink name=sink driver-name=vkms sync=false")
	caps := sinkCaps(t, p)
	p.Stop()
	formats := rawFormats(caps)
	if !slices.Contains(formats, "BGRx") || !slices.Contains(formats, "NV12") {
		t.Errorf("caps: %s", caps)
	}
	for _, f := range formats {
		p := pipe.Play(t, "videotestsrc num-buffers=3 ! videoconvert ! video/x-raw,format="+f+",width=640,height=480 ! kmsmetasink name=sink driver-name=vkms sync=false")
		p.EOS(20 * time.Second)
		if got := property[uint64](t, p, "frames-shown"); got != 3 {
			t.Errorf("%s: %d frames shown, want 3", f, got)
		}
		p.Stop()
	}
	t.Logf("%d formats: %s", len(formats), strings.Join(formats, " "))
}
