package kmsmetasink

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// At is where the primary plane shows the picture: "640x480+0+0".
func at(c *kmstest.Card) string {
	v := func(name string) uint64 { return c.Value(kmstest.Primary1, name) }
	return fmt.Sprintf("%dx%d%+d%+d", v("CRTC_W"), v("CRTC_H"), int64(v("CRTC_X")), int64(v("CRTC_Y")))
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %s within 10 s", what)
		}
	}
}

func TestTheWindowIsSetByProperties(t *testing.T) {
	for _, c := range []struct{ props, at, rotation string }{
		{"", "640x480+0+0", "1"},
		{`render-rectangle=<10,20,320,240>`, "320x240+10+20", "1"},
		{`render-rectangle=<10,20,320,120>`, "160x120+90+20", "1"},
		{`render-rectangle=<10,20,320,120> force-aspect-ratio=false`, "320x120+10+20", "1"},
		{`render-rectangle=<10,20,320,120> fullscreen=true`, "640x480+0+0", "1"},
		{`render-rectangle=<10,20,-1,-1>`, "640x480+0+0", "1"},
		{`render-rectangle=<600,0,320,240>`, "40x240+600+0", "1"},
		{`rotate-method=180`, "640x480+0+0", "4"},
		{`rotate-method=90r`, "360x480+140+0", "8"},
		{`rotate-method=vert`, "640x480+0+0", "33"},
		{`plane-properties=s,rotation=4`, "640x480+0+0", "4"},
		{`mode=1280x720@50`, "960x720+160+0", "1"},
		{`can-scale=false mode=1280x720`, "640x480+320+120", "1"},
	} {
		t.Run(c.props, func(t *testing.T) {
			card := newCard(t, kmstest.Quirks{})
			p := pipe.Play(t, bgrx+"fakekmssink name=sink sync=false "+c.props)
			m := p.Next("end of stream", 20*time.Second, func(m pipe.Message) bool {
				return m.Type == gst.MessageEOS || m.Type == gst.MessageError || m.Type == gst.MessageWarning
			})
			if m.Type != gst.MessageEOS {
				t.Fatalf("%s (%s)", m.Text, m.Debug)
			}
			if got := at(card); got != c.at {
				t.Errorf("picture at %s, want %s", got, c.at)
			}
			if got := fmt.Sprint(card.Value(kmstest.Primary1, "rotation")); got != c.rotation {
				t.Errorf("rotation %s, want %s", got, c.rotation)
			}
		})
	}
}

func TestWhatCannotBeSetIsAWarning(t *testing.T) {
	for _, c := range []struct {
		quirks kmstest.Quirks
		props  string
		words  []string
	}{
		{kmstest.Quirks{}, `render-rectangle=<0,0,0,10>`, []string{"render-rectangle", "0 × 10"}},
		{kmstest.Quirks{}, `render-rectangle=<0,0,10,-10>`, []string{"render-rectangle", "10 × -10"}},
		{kmstest.Quirks{}, `render-rectangle=<1,2,3>`, []string{"render-rectangle", "3 numbers"}},
		{kmstest.Quirks{}, `render-rectangle=<1,2,3,4,5>`, []string{"render-rectangle", "5 numbers"}},
		{kmstest.Quirks{}, `render-rectangle=<0,0,2147483647,2147483647>`, []string{"render-rectangle", "65535"}},
		{kmstest.Quirks{}, `render-rectangle=<5000,0,10,10>`, []string{"10x10+5000+0", "640x480", "whole screen"}},
		{kmstest.Quirks{}, `render-rectangle=<-2147483648,-2147483648,10,10>`, []string{"whole screen"}},
		{kmstest.Quirks{}, `rotate-method=custom`, []string{"rotate-method", "custom"}},
		{kmstest.Quirks{NoRotation: true}, `rotate-method=180`, []string{"plane 301", "upside down"}},
		{kmstest.Quirks{}, `zpos=9`, []string{"zpos=9", "0…3"}},
		{kmstest.Quirks{}, `max-bpc=16`, []string{"max bpc=16", "6…12"}},
		{kmstest.Quirks{NoVRR: true}, `vrr=true`, []string{"vrr_capable"}},
		{kmstest.Quirks{}, `connector-properties=s,gamma=1`, []string{"connector-properties", "gamma", "Broadcast-RGB"}},
		{kmstest.Quirks{}, `plane-properties=s,zpos=1/2`, []string{"plane-properties", "zpos"}},
		{kmstest.Quirks{}, `fd=7 driver-name=fake`, []string{"fd", "driver-name"}},
	} {
		t.Run(c.props, func(t *testing.T) {
			card := newCard(t, c.quirks)
			// Properties are set while the pipeline is parsed, before a bus is
			// there to tell of those that are refused at once.
			p := pipe.New(t, bgrx+"fakekmssink name=sink sync=false")
			for _, assignment := range strings.Fields(c.props) {
				name, value, _ := strings.Cut(assignment, "=")
				gst.UtilSetObjectArg(p.Element("sink"), name, value)
			}
			p.SetState(gst.StatePlaying)
			m := p.Next("warning", 20*time.Second, func(m pipe.Message) bool {
				return m.Type == gst.MessageWarning || m.Type == gst.MessageError || m.Type == gst.MessageEOS
			})
			if m.Type != gst.MessageWarning {
				t.Fatalf("got %v: %s (%s)", m.Type, m.Text, m.Debug)
			}
			for _, w := range c.words {
				if !strings.Contains(m.Text, w) {
					t.Errorf("%q does not say %q", m.Text, w)
				}
			}
			p.EOS(20 * time.Second)
			if got := property[uint64](t, p, "frames-shown"); got != 20 {
				t.Errorf("%d frames shown, want 20", got)
			}
			if got := at(card); got != "640x480+0+0" {
				t.Errorf("picture at %s", got)
			}
		})
	}
}

func TestWhatCannotBeChosenIsAnError(t *testing.T) {
	for props, words := range map[string][]string{
		"connector=HDMI-A-7": {"HDMI-A-7 does not exist", "HDMI-A-1 (id 101, connected)"},
		"connector=DP-1":     {"DP-1", "no display"},
		"connector=HDMI-A-1 connector-id=4242 mode=9x9": {"mode 9x9", "1920x1080@60"},
		"mode=1920x1080@144":                            {"1920x1080@144.000", "1920x1080@60"},
		"mode=big":                                      {"Property mode", "WIDTHxHEIGHT"},
		"plane-id=304":                                  {"plane 304", "CRTC 201", "plane 301"},
		"plane-id=4242":                                 {"plane 4242 does not exist", "plane 301"},
		"connector-id=4242":                             {"connector 4242 does not exist"},
	} {
		t.Run(props, func(t *testing.T) {
			newCard(t, kmstest.Quirks{})
			m := pipe.Play(t, bgrx+"fakekmssink name=sink sync=false "+props).Error(20 * time.Second)
			for _, w := range words {
				if !strings.Contains(m.Text, w) {
					t.Errorf("%q does not say %q", m.Text, w)
				}
			}
		})
	}
}

func TestPropertiesOfTheDisplayArePutBack(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	before := card.Snapshot()
	p := pipe.Play(t, bgrx+"fakekmssink name=sink sync=false zpos=2 max-bpc=10 vrr=true "+
		"connector-properties=s,Broadcast-RGB=Full,tint=-7 plane-properties=s,alpha=(guint64)32768,rotation=rotate-0+reflect-y")
	p.EOS(20 * time.Second)
	for _, c := range []struct {
		object uint32
		prop   string
		want   uint64
	}{
		{kmstest.Primary1, "zpos", 2}, {kmstest.Connector1, "max bpc", 10}, {kmstest.CRTC1, "VRR_ENABLED", 1},
		{kmstest.Connector1, "Broadcast RGB", 1}, {kmstest.Connector1, "tint", 1<<64 - 7},
		{kmstest.Primary1, "alpha", 32768}, {kmstest.Primary1, "rotation", 33},
	} {
		if got := card.Value(c.object, c.prop); got != c.want {
			t.Errorf("%s: got %d, want %d", c.prop, got, c.want)
		}
	}
	p.Stop()
	for k, v := range card.Snapshot() {
		if before[k] != v {
			t.Errorf("after stop %s is %s, was %s", k, v, before[k])
		}
	}
}

func TestPausedPictureMovesAtOnce(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	p := pipe.New(t, bgrx+"fakekmssink name=sink sync=false")
	p.SetState(gst.StatePaused)
	p.Reaches(gst.StatePaused)
	o := p.Overlay("sink")
	for _, c := range []struct {
		do   func()
		want string
	}{
		{func() { o.SetRenderRectangle(10, 20, 320, 240) }, "320x240+10+20"},
		{func() { gst.UtilSetObjectArg(p.Element("sink"), "render-rectangle", "<0,0,64,64>") }, "64x48+0+8"},
		{func() { p.Element("sink").SetObjectProperty("force-aspect-ratio", false) }, "64x64+0+0"},
		{func() { p.Element("sink").SetObjectProperty("fullscreen", true) }, "640x480+0+0"},
		{func() { p.Element("sink").SetObjectProperty("fullscreen", false) }, "64x64+0+0"},
		{func() { o.SetRenderRectangle(5000, 0, 10, 10) }, "64x64+0+0"},
		{func() { o.SetRenderRectangle(0, 0, -1, -1) }, "640x480+0+0"},
	} {
		c.do()
		if got := at(card); got != c.want {
			t.Errorf("picture at %s, want %s", got, c.want)
		}
	}
	m := p.Next("warning", time.Second, func(m pipe.Message) bool { return m.Type == gst.MessageWarning })
	if !strings.Contains(m.Text, "10x10+5000+0") {
		t.Errorf("warning %q", m.Text)
	}
	p.SetState(gst.StatePlaying)
	p.EOS(20 * time.Second)
	if got := property[uint64](t, p, "frames-shown"); got != 20 {
		t.Errorf("%d frames shown, want 20", got)
	}
}

func TestExposeShowsTheLastFrameAgain(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	p := pipe.New(t, bgrx+"fakekmssink name=sink sync=false")
	p.Overlay("sink").Expose() // nothing to show yet
	p.SetState(gst.StatePaused)
	p.Reaches(gst.StatePaused)
	fb := card.Value(kmstest.Primary1, "FB_ID")
	card.ForgetCommits()
	p.Overlay("sink").Expose()
	if n := len(card.Commits()); n != 1 {
		t.Errorf("%d commits, want 1", n)
	}
	if got := card.Value(kmstest.Primary1, "FB_ID"); got != fb {
		t.Errorf("framebuffer %d, want %d", got, fb)
	}
	p.Overlay("sink").SetWindowHandle(42)
	p.Overlay("sink").HandleEvents(true)
	p.Stop()
	p.Overlay("sink").Expose()
}

// Applications call from their threads whatever the stream does.
func TestOverlayFromManyThreadsWhileTheStateChanges(t *testing.T) {
	newCard(t, kmstest.Quirks{})
	p := pipe.New(t, strings.Replace(bgrx, "num-buffers=20", "", 1)+"fakekmssink name=sink sync=false")
	o := p.Overlay("sink")
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for i := range 4 {
		wg.Go(func() {
			for n := int32(0); ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				switch i {
				case 0:
					o.Expose()
				case 1:
					o.SetRenderRectangle(n%700-50, n%500-50, 1+n%640, 1+n%480)
				case 2:
					p.Element("sink").SetObjectProperty("fullscreen", n%2 == 0)
					time.Sleep(time.Millisecond)
				case 3:
					gst.UtilSetObjectArg(p.Element("sink"), "rotate-method", []string{"identity", "90r", "vert"}[n%3])
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	for range 30 {
		for _, s := range []gst.State{gst.StatePaused, gst.StatePlaying, gst.StatePaused, gst.StateReady} {
			p.SetState(s)
			time.Sleep(time.Millisecond)
		}
	}
	p.SetState(gst.StatePlaying)
	waitFor(t, "frames", func() bool { return property[uint64](t, p, "frames-shown") > 20 })
	close(stop)
	wg.Wait()
	p.Stop()
	if left := theFile.Load().Left(); len(left) > 0 {
		t.Errorf("left on the card: %v", left)
	}
}

func TestTheStreamsOrientationTagIsFollowed(t *testing.T) {
	const tagged = "videotestsrc num-buffers=20 ! video/x-raw,format=BGRx,width=640,height=480,framerate=60/1 ! " +
		`taginject tags="image-orientation=rotate-180" ! `
	for props, want := range map[string]uint64{"rotate-method=auto": 4, "": 1, "rotate-method=horiz": 17} {
		card := newCard(t, kmstest.Quirks{})
		p := pipe.Play(t, tagged+"fakekmssink name=sink sync=false "+props)
		p.EOS(20 * time.Second)
		if got := card.Value(kmstest.Primary1, "rotation"); got != want {
			t.Errorf("%s: rotation %d, want %d", props, got, want)
		}
	}
}

func TestUpstreamScalesWhatThePlaneMayNot(t *testing.T) {
	card := newCard(t, kmstest.Quirks{NoScaling: true})
	p := pipe.Play(t, "videotestsrc ! videoscale ! video/x-raw,format=BGRx ! fakekmssink name=sink sync=false can-scale=false "+
		"render-rectangle=<10,20,160,120>")
	source := func() string {
		return fmt.Sprintf("%dx%d", card.Value(kmstest.Primary1, "SRC_W")>>16, card.Value(kmstest.Primary1, "SRC_H")>>16)
	}
	waitFor(t, "frame", func() bool { return property[uint64](t, p, "frames-shown") > 0 })
	if got := source() + " at " + at(card); got != "160x120 at 160x120+10+20" {
		t.Errorf("got %s", got)
	}
	p.Overlay("sink").SetRenderRectangle(0, 0, 64, 64)
	waitFor(t, "picture of 64x64", func() bool { return source()+" at "+at(card) == "64x64 at 64x64+0+0" })
	if got := property[uint64](t, p, "frames-dropped"); got != 0 {
		t.Errorf("%d frames dropped", got)
	}
}

func TestAPlaneThatCannotTurnIsToldWhilePlaying(t *testing.T) {
	newCard(t, kmstest.Quirks{NoRotation: true})
	p := pipe.Play(t, strings.Replace(bgrx, "num-buffers=20", "", 1)+"fakekmssink name=sink sync=false")
	warning := func(m pipe.Message) bool {
		if m.Type == gst.MessageError {
			t.Fatalf("%s (%s)", m.Text, m.Debug)
		}
		return m.Type == gst.MessageWarning
	}
	waitFor(t, "frame", func() bool { return property[uint64](t, p, "frames-shown") > 0 })
	for _, c := range []struct{ method, says string }{{"180", "upside down"}, {"horiz", "mirrored left to right"}} {
		gst.UtilSetObjectArg(p.Element("sink"), "rotate-method", c.method)
		if m := p.Next("warning", 10*time.Second, warning); !strings.Contains(m.Text, c.says) {
			t.Errorf("%s: %q does not say %q", c.method, m.Text, c.says)
		}
	}
	// What has been told is not told again.
	gst.UtilSetObjectArg(p.Element("sink"), "rotate-method", "180")
	gst.UtilSetObjectArg(p.Element("sink"), "rotate-method", "vert")
	if m := p.Next("warning", 10*time.Second, warning); !strings.Contains(m.Text, "mirrored top to bottom") {
		t.Errorf("%q", m.Text)
	}
}

// Where an application's pointer is on the display, upstream hears as where it is in
// the picture.
func TestPointerIsToldInThePicturesPixels(t *testing.T) {
	newCard(t, kmstest.Quirks{})
	for _, c := range []struct{ props, x, y, wantX, wantY string }{
		{"", "960", "540", "320", "240"},
		{"", "240", "0", "0", "0"}, // 1440x1080 in the middle of 1920x1080
		{`render-rectangle="<100,200,320,240>"`, "110", "210", "20", "20"},
		{"rotate-method=90r", "960", "540", "320", "240"},
		{"rotate-method=90r", "1365", "0", "0", "0"}, // 810x1080 at 555
	} {
		p := pipe.Play(t, "videotestsrc num-buffers=3 ! video/x-raw,format=BGRx,width=640,height=480 ! fakekmssink name=sink sync=false mode=1920x1080 "+c.props)
		p.EOS(20 * time.Second)
		number := func(s string) (f float64) {
			fmt.Sscan(s, &f)
			return f
		}
		x, y, heard := p.MovePointer("sink", number(c.x), number(c.y))
		if !heard || math.Abs(x-number(c.wantX)) > 0.01 || math.Abs(y-number(c.wantY)) > 0.01 {
			t.Errorf("%s: pointer at %s,%s: upstream hears %v of %v,%v, want %s,%s", c.props, c.x, c.y, heard, x, y, c.wantX, c.wantY)
		}
		p.Stop()
	}
}
