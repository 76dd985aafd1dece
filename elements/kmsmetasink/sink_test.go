package kmsmetasink

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/edidtest"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

const (
	bgrx   = "videotestsrc num-buffers=20 ! video/x-raw,format=BGRx,width=640,height=480,framerate=60/1 ! "
	nv12PQ = "videotestsrc num-buffers=20 ! video/x-raw,format=NV12,width=640,height=480,framerate=60/1 ! capssetter caps=" +
		`"video/x-raw,colorimetry=bt2100-pq,mastering-display-info=(string)35400:14600:8500:39850:6550:2300:15635:16450:10000000:1,content-light-level=(string)1000:400" ! `
	// The 32 bytes of those caps, written down by hand.
	pqBlob = "00000000" + "0200" + "488a0839" + "3421aa9b" + "9619fc08" + "133d4240" + "e803" + "0100" + "e803" + "9001" + "0000"
)

func TestEveryFrameIsShownOnce(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	p := pipe.Play(t, bgrx+"fakekmssink name=sink sync=false")
	p.EOS(20 * time.Second)
	if got := property[uint64](t, p, "frames-shown"); got != 20 {
		t.Errorf("frames-shown: got %d, want 20", got)
	}
	if got := property[uint64](t, p, "frames-imported"); got != 20 {
		t.Errorf("frames-imported: got %d, want 20", got)
	}
	if w, h := property[int32](t, p, "display-width"), property[int32](t, p, "display-height"); w != 640 || h != 480 {
		t.Errorf("display %dx%d, want 640x480", w, h)
	}
	n := 0
	for _, c := range card.Commits() {
		if c.Err == nil && c.Flags&sys.DRM_MODE_ATOMIC_TEST_ONLY == 0 {
			n++
		}
	}
	if n != 20 {
		t.Errorf("%d commits, want one for each of 20 frames", n)
	}
	if card.Enum(kmstest.Primary1, "type") != "Primary" || card.Value(kmstest.Primary1, "FB_ID") == 0 {
		t.Error("the primary plane shows nothing")
	}
	before := kmstest.NewCard(kmstest.Quirks{}).Snapshot()
	file := theFile.Load()
	p.Stop()
	if left := file.Left(); len(left) > 0 {
		t.Errorf("left on the card: %v", left)
	}
	for k, v := range card.Snapshot() {
		if before[k] != v && !strings.Contains(k, "IN_FORMATS") {
			t.Errorf("after stop %s is %s, was %s", k, v, before[k])
		}
	}
}

func TestCapsMetadataReachesTheDisplay(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	p := pipe.Play(t, nv12PQ+"fakekmssink name=sink sync=false")
	got := statusMessages(t, p)
	if len(got) != 1 || !strings.Contains(got[0], "format=(string)HDR10") || !strings.Contains(got[0], "output=(string)applied") {
		t.Errorf("messages: %q", got)
	}
	if got := hex.EncodeToString(card.Blob(kmstest.Connector1, "HDR_OUTPUT_METADATA")); got != pqBlob {
		t.Errorf("HDR_OUTPUT_METADATA: got %s, want %s", got, pqBlob)
	}
	for _, c := range []struct {
		object   uint32
		prop, is string
	}{
		{kmstest.Connector1, "Colorspace", "BT2020_RGB"},
		{kmstest.Primary1, "COLOR_ENCODING", "ITU-R BT.2020 YCbCr"},
		{kmstest.Primary1, "COLOR_RANGE", "YCbCr limited range"},
	} {
		if got := card.Enum(c.object, c.prop); got != c.is {
			t.Errorf("%s: got %s, want %s", c.prop, got, c.is)
		}
	}
	if got := card.Value(kmstest.Connector1, "max bpc"); got != 10 {
		t.Errorf("max bpc: got %d, want 10", got)
	}
	if got := property[string](t, p, "hdr-status"); got != "HDR10: applied" {
		t.Errorf("hdr-status: got %q", got)
	}
}

func TestBlockWinsOverCaps(t *testing.T) {
	for _, c := range []struct {
		name   string
		block  meta.Block
		format string
		blob   func() []byte
	}{
		{"HLG without anything else", meta.Block{Color: &meta.Color{Primaries: 9, Transfer: meta.TransferHLG, Matrix: 9}}, "HLG",
			func() []byte { b := make([]byte, 32); b[4] = 3; return b }},
		{"PQ without MaxCLL", meta.Block{Color: &meta.Color{Primaries: 9, Transfer: meta.TransferPQ, Matrix: 9}}, "PQ",
			func() []byte { b := make([]byte, 32); b[4] = 2; return b }},
		{"PQ with content light", meta.Block{Color: &meta.Color{Primaries: 9, Transfer: meta.TransferPQ, Matrix: 9},
			ContentLight: &meta.ContentLight{MaxCLL: 0x1234, MaxFALL: 0x56}}, "HDR10",
			func() []byte { b := make([]byte, 32); b[4], b[26], b[27], b[28] = 2, 0x34, 0x12, 0x56; return b }},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := newCard(t, kmstest.Quirks{})
			stamper.All(t, &c.block)
			p := pipe.Play(t, bgrx+"metastamper ! fakekmssink name=sink sync=false")
			got := statusMessages(t, p)
			if len(got) != 1 || !strings.Contains(got[0], "format=(string)"+c.format) {
				t.Errorf("messages: %q", got)
			}
			if got := card.Blob(kmstest.Connector1, "HDR_OUTPUT_METADATA"); !bytes.Equal(got, c.blob()) {
				t.Errorf("got %x, want %x", got, c.blob())
			}
		})
	}
}

func TestDynamicMetadataIsReportedDropped(t *testing.T) {
	newCard(t, kmstest.Quirks{})
	hdr10plus, err := hex.DecodeString("b5003c00010401400000008b4c41ff1bd601036408000c28db205000acc800e190036e581032d02a6af848f318e1b40000")
	if err != nil {
		t.Fatal(err)
	}
	stamper.All(t, &meta.Block{Color: &meta.Color{Primaries: 9, Transfer: meta.TransferPQ, Matrix: 9}, HDR10Plus: hdr10plus})
	got := statusMessages(t, pipe.Play(t, bgrx+"metastamper ! fakekmssink name=sink sync=false"))
	if len(got) != 2 || !strings.Contains(got[1], "HDR10+") || !strings.Contains(got[1], "dropped") {
		t.Errorf("messages: %q", got)
	}
}

func TestHDROffTellsSDR(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	got := statusMessages(t, pipe.Play(t, nv12PQ+"fakekmssink name=sink sync=false hdr=off"))
	if len(got) != 1 || !strings.Contains(got[0], "dropped") || !strings.Contains(got[0], "property\\ hdr\\ is\\ off") {
		t.Errorf("messages: %q", got)
	}
	if card.Blob(kmstest.Connector1, "HDR_OUTPUT_METADATA") != nil {
		t.Error("HDR metadata was sent")
	}
}

func TestDriverWithoutHDRIsReportedUnsupported(t *testing.T) {
	newCard(t, kmstest.Quirks{NoHDR: true})
	got := statusMessages(t, pipe.Play(t, nv12PQ+"fakekmssink name=sink sync=false"))
	if len(got) != 1 || !strings.Contains(got[0], "unsupported") || !strings.Contains(got[0], "HDR_OUTPUT_METADATA") {
		t.Errorf("messages: %q", got)
	}
}

func TestMonitorWithoutPQGetsSDRUnlessForced(t *testing.T) {
	for _, c := range []struct {
		name, hdr, output string
		words             []string
		sent              bool
	}{
		{"auto", "auto", "unsupported", []string{"Dell\\ Inc.\\ Test\\ Desk", "PQ\\ and\\ BT.2020"}, false},
		{"force", "force", "applied", nil, true},
		{"off", "off", "dropped", []string{"property\\ hdr\\ is\\ off"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := newCard(t, kmstest.Quirks{})
			card.SetEDID(kmstest.Connector1, edidtest.Desk().EDID())
			p := pipe.Play(t, nv12PQ+"fakekmssink name=sink sync=false hdr="+c.hdr)
			got := statusMessages(t, p)
			if len(got) != 1 {
				t.Fatalf("messages: %q", got)
			}
			for _, w := range append(c.words, "output=(string)"+c.output) {
				if !strings.Contains(got[0], w) {
					t.Errorf("%q does not say %q", got[0], w)
				}
			}
			if status := property[string](t, p, "hdr-status"); !strings.HasPrefix(status, "HDR10: "+c.output) {
				t.Errorf("hdr-status: got %q", status)
			}
			if sent := card.Blob(kmstest.Connector1, "HDR_OUTPUT_METADATA") != nil; sent != c.sent {
				t.Errorf("HDR metadata sent: %t, want %t", sent, c.sent)
			}
		})
	}
}

func TestMonitorThatTakesAnothersPlaceIsNoticed(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	card.SetEDID(kmstest.Connector1, edidtest.TV().EDID())
	p := pipe.Play(t, strings.Replace(nv12PQ, "num-buffers=20", "is-live=true", 1)+"fakekmssink name=sink")
	status := func(want string) {
		t.Helper()
		p.Next(want, 10*time.Second, func(m pipe.Message) bool {
			return m.Type == gst.MessageElement && strings.HasPrefix(m.Text, "shm-hdr-status") && strings.Contains(m.Text, want)
		})
	}
	status("applied")
	card.SetEDID(kmstest.Connector1, edidtest.Desk().EDID())
	status("unsupported")
	card.SetEDID(kmstest.Connector1, edidtest.TV().EDID())
	status("applied")
}

func TestFaultsAreClearErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		quirks kmstest.Quirks
		setup  func(*testing.T, *kmstest.Card)
		props  string
		words  []string
	}{
		{"no such device", kmstest.Quirks{}, nil, "driver-name=none", []string{"no such display device", "driver none"}},
		{"another program is master", kmstest.Quirks{}, func(t *testing.T, c *kmstest.Card) {
			f := c.Open()
			t.Cleanup(func() { f.Close() })
		}, "", []string{"master", "fake"}},
		{"no display", kmstest.Quirks{}, func(_ *testing.T, c *kmstest.Card) { c.Disconnect(kmstest.Connector1) }, "",
			[]string{"no display is connected", "fake"}},
		{"no such connector", kmstest.Quirks{}, nil, "connector-id=4242", []string{"4242"}},
		{"no such plane", kmstest.Quirks{}, nil, "plane-id=4242", []string{"4242"}},
		{"no atomic driver", kmstest.Quirks{NoAtomic: true}, nil, "", []string{"atomic", "kmssink"}},
		{"no layout passes", kmstest.Quirks{NoScaling: true, PrimaryCovers: true, NoOverlay: true}, nil, "caps=400", []string{"no plane", "fake"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := newCard(t, c.quirks)
			if c.setup != nil {
				c.setup(t, card)
			}
			src := bgrx
			props := c.props
			if props == "caps=400" {
				src, props = strings.Replace(src, "width=640,height=480", "width=400,height=300", 1), ""
			}
			p := pipe.Play(t, src+"fakekmssink name=sink sync=false "+props)
			m := p.Error(20 * time.Second)
			all := strings.ToLower(m.Text + m.Debug)
			for _, w := range c.words {
				if !strings.Contains(all, w) {
					t.Errorf("%q does not say %q", all, w)
				}
			}
			file := theFile.Load()
			p.Stop()
			if file != nil {
				if left := file.Left(); len(left) > 0 {
					t.Errorf("left on the card: %v", left)
				}
			}
		})
	}
}

func TestUnpluggedCardIsAnError(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	p := pipe.Play(t, strings.Replace(bgrx, "num-buffers=20", "", 1)+"fakekmssink name=sink sync=false")
	for property[uint64](t, p, "frames-shown") < 5 {
		time.Sleep(time.Millisecond)
	}
	card.Unplug()
	if m := p.Error(10 * time.Second); !strings.Contains(m.Text, "is gone") {
		t.Errorf("got %q", m.Text)
	}
}

func TestPauseAndSeekKeepTheDisplay(t *testing.T) {
	card := newCard(t, kmstest.Quirks{HoldFlips: true})
	p := pipe.New(t, strings.Replace(bgrx, "num-buffers=20", "num-buffers=300", 1)+"fakekmssink name=sink sync=false")
	// A display that stands still for longer than a pause waits costs a frame; on a
	// busy machine ours does.
	var stalls atomic.Uint64
	stop := make(chan struct{})
	go func() {
		for last := time.Now(); ; {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				card.VBlank()
				if time.Since(last) > 40*time.Millisecond {
					stalls.Add(1)
				}
				last = time.Now()
			}
		}
	}()
	defer close(stop)
	p.SetState(gst.StatePlaying)
	for i := range 10 {
		time.Sleep(10 * time.Millisecond)
		p.SetState(gst.StatePaused)
		time.Sleep(5 * time.Millisecond)
		if i == 5 {
			p.Pipeline().SeekSimple(gst.FormatTime, gst.SeekFlagFlush, 0)
		}
		p.SetState(gst.StatePlaying)
	}
	p.EOS(20 * time.Second)
	if d, n := property[uint64](t, p, "frames-dropped"), stalls.Load(); d > n {
		t.Errorf("%d frames dropped by pausing, and %d stalls of the display", d, n)
	}
}

func TestStopEndsAWaitForADisplayThatHangs(t *testing.T) {
	newCard(t, kmstest.Quirks{HoldFlips: true})
	p := pipe.Play(t, bgrx+"fakekmssink name=sink sync=false")
	for property[uint64](t, p, "frames-shown") < 2 {
		time.Sleep(time.Millisecond)
	}
	card := theCard.Load()
	stopped, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		// Longer than a stop may wait for it. From then on the display goes on, as
		// what the stop itself commits has a flip too.
		for wait := 300 * time.Millisecond; ; wait = 20 * time.Millisecond {
			select {
			case <-stopped:
				return
			case <-time.After(wait):
				card.VBlank()
			}
		}
	}()
	start := time.Now()
	p.Stop()
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("stop took %v", d)
	}
	close(stopped)
	<-done
}

func TestStartsAndStopsLeaveNothing(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	p := pipe.New(t, nv12PQ+"fakekmssink name=sink sync=false")
	for range 50 {
		p.SetState(gst.StatePlaying)
		for property[uint64](t, p, "frames-shown") == 0 {
			time.Sleep(time.Millisecond)
		}
		p.SetState(gst.StateNull)
		if left := theFile.Load().Left(); len(left) > 0 {
			t.Fatalf("left on the card: %v", left)
		}
	}
	if card.Value(kmstest.CRTC1, "ACTIVE") != 0 {
		t.Error("the display was left on")
	}
}

// Every format by its name, written to the display's memory and copied there.
func TestNamesAreGStreamers(t *testing.T) {
	for _, n := range names {
		if _, ok := kms.FormatOf(n.fourcc); !ok {
			t.Errorf("%s cannot be copied", n.name)
		}
		for counter, q := range map[string]kmstest.Quirks{"frames-imported": {}, "frames-copied": {NoExport: true}} {
			card := newCard(t, q)
			card.SetFormats(kmstest.Primary1, n.fourcc)
			card.SetFormats(kmstest.Overlay1)
			p := pipe.Play(t, fmt.Sprintf("videotestsrc num-buffers=2 pattern=white ! videoconvert ! video/x-raw,format=%s,width=642,height=482 ! fakekmssink name=sink sync=false", n.name))
			p.EOS(10 * time.Second)
			if got := property[uint64](t, p, counter); got != 2 {
				t.Errorf("%s as %s: %s is %d, want 2", n.name, kms.FourCCName(n.fourcc), counter, got)
			}
			p.Stop()
		}
	}
}

func TestFormatWithAlphaGoesBeforeOneWithout(t *testing.T) {
	xr30 := kms.PlaneFormat{FourCC: sys.DRM_FORMAT_XRGB2101010}
	ar30 := kms.PlaneFormat{FourCC: sys.DRM_FORMAT_ARGB2101010, Modifiers: []uint64{kmstest.Modifier}}
	if got := plainCodes([]kms.PlaneFormat{xr30, ar30})["BGR10A2_LE"]; got != xr30.FourCC {
		t.Errorf("with a tiled AR30: %s, want XR30", kms.FourCCName(got))
	}
	ar30.Modifiers = append(ar30.Modifiers, sys.DRM_FORMAT_MOD_LINEAR)
	if got := plainCodes([]kms.PlaneFormat{xr30, ar30})["BGR10A2_LE"]; got != ar30.FourCC {
		t.Errorf("with a linear AR30: %s, want AR30", kms.FourCCName(got))
	}
	if caps := capsOf([]kms.PlaneFormat{xr30, ar30}); strings.Count(caps, "BGR10A2_LE") != strings.Count(caps, "; video/x-raw, ")+strings.Count(caps, "SystemMemory") {
		t.Errorf("the name is not there once: %s", caps)
	}
}
