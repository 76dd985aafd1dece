package kmsmetasink

import (
	"bytes"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

const (
	grey = "videotestsrc pattern=solid-color foreground-color=0xff404040 num-buffers=20 ! video/x-raw,format=BGRx,width=640,height=480,framerate=60/1 ! "
	text = `textoverlay text=subtitle font-desc="Sans 40" draw-shadow=false draw-outline=false ! `
)

// brightest is the greatest value of a colour on a plane, and how many pixels are
// not transparent.
func brightest(pixels []byte) (value byte, seen int) {
	for p := pixels; len(p) >= 4; p = p[4:] {
		if p[3] != 0 {
			seen++
			value = max(value, p[0], p[1], p[2])
		}
	}
	return value, seen
}

// Subtitles are a plane of their own, above the video, which is what it was without
// them.
func TestSubtitlesAreALayer(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	p := pipe.Play(t, grey+text+"fakekmssink name=sink sync=false")
	p.EOS(20 * time.Second)
	if got := card.Stack(kmstest.CRTC1); len(got) != 2 || got[0] != kmstest.Primary1 || got[1] != kmstest.Overlay1 {
		t.Fatalf("planes %v are lit, want the primary and an overlay", got)
	}
	if got := card.Pixels(kmstest.Primary1); bytes.ContainsFunc(got, func(r rune) bool { return r != 0x40 && r != 0xff && r != 0xfffd }) {
		t.Error("something is drawn into the video")
	}
	white, seen := brightest(card.Pixels(kmstest.Overlay1))
	if white != 255 || seen < 500 {
		t.Errorf("the text has %d pixels, the brightest of %d; want white ones", seen, white)
	}
	if n := property[uint64](t, p, "frames-imported"); n != 20 {
		t.Errorf("frames-imported: got %d, want 20: subtitles cost no copy of the video", n)
	}
	file := theFile.Load()
	p.Stop()
	if left := file.Left(); len(left) > 0 {
		t.Errorf("left on the card: %v", left)
	}
}

// White graphics on a PQ picture are reference white (203 cd/m², 58 %), not the
// peak of 10000.
func TestSubtitlesDoNotGlareInHDR(t *testing.T) {
	for _, c := range []struct {
		transfer uint8
		want     byte
	}{{meta.TransferPQ, 148}, {meta.TransferHLG, 191}} {
		card := newCard(t, kmstest.Quirks{})
		stamper.All(t, &meta.Block{Color: &meta.Color{Primaries: 9, Transfer: c.transfer, Matrix: 9}})
		pipe.Play(t, grey+text+"metastamper ! fakekmssink name=sink sync=false").EOS(20 * time.Second)
		if white, _ := brightest(card.Pixels(kmstest.Overlay1)); white != c.want {
			t.Errorf("transfer %d: white is %d, want %d", c.transfer, white, c.want)
		}
	}
}

// On a display with one plane the text is drawn with the video, and the user told;
// not at all would be worse.
func TestSubtitlesWithoutAPlaneAreDrawn(t *testing.T) {
	card := newCard(t, kmstest.Quirks{NoOverlay: true})
	p := pipe.Play(t, grey+text+"fakekmssink name=sink sync=false")
	warned := 0
	p.Next("end of stream", 20*time.Second, func(m pipe.Message) bool {
		if m.Type == gst.MessageWarning {
			warned++
		}
		return m.Type == gst.MessageEOS
	})
	white, seen := brightest(card.Pixels(kmstest.Primary1))
	if white != 255 || seen < 640*480 || warned != 1 {
		t.Errorf("brightest %d of %d pixels, %d warnings; want white text on all of the screen, and 1", white, seen, warned)
	}
	grey := 0
	for p := card.Pixels(kmstest.Primary1); len(p) >= 4; p = p[4:] {
		if p[0] == 0x40 && p[1] == 0x40 && p[2] == 0x40 {
			grey++
		}
	}
	if grey < 640*480/2 {
		t.Errorf("%d pixels of the video's grey", grey)
	}
}

// The text is rendered for the display, not for the video.
func TestSubtitlesHaveTheDisplaysResolution(t *testing.T) {
	var size [2]int
	for i, mode := range []string{"640x480", "1920x1080"} {
		card := newCard(t, kmstest.Quirks{})
		p := pipe.Play(t, grey+text+"fakekmssink name=sink sync=false mode="+mode)
		p.EOS(20 * time.Second)
		size[i] = int(card.Value(kmstest.Overlay1, "CRTC_H"))
		if src := int(card.Value(kmstest.Overlay1, "SRC_H") >> 16); src != size[i] {
			t.Errorf("%s: text of %d rows shown in %d", mode, src, size[i])
		}
		t.Logf("%s: text %d rows high", mode, size[i])
	}
	// The video's 480 rows are 1080.
	if size[1] < 2*size[0] {
		t.Errorf("the text is %d rows high on the large display, %d on the small", size[1], size[0])
	}
}
