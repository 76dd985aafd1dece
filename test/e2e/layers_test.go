package e2e

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

const (
	bgrx640 = "video/x-raw,format=BGRx,width=640,height=480,framerate=30/1"
	bgrx160 = "video/x-raw,format=BGRx,width=160,height=120,framerate=30/1"
	p010640 = "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=P010,width=640,height=480,framerate=30/1"
)

// stock is what three layers of hdrmetatestsrc look like, put together by
// GStreamer's own compositor.
func stock() string {
	still := func(caps, pad string) string {
		return " hdrmetatestsrc hdr=sdr num-buffers=1 ! " + caps + " ! imagefreeze ! c." + pad
	}
	return "compositor name=c background=black sink_1::xpos=40 sink_1::ypos=330 sink_2::xpos=240 sink_2::ypos=330 ! " + bgrx640 + " ! %s" +
		still(bgrx640, "sink_0") + still(bgrx160, "sink_1") + still(bgrx160, "sink_2")
}

// planesLit counts the planes that show something.
func planesLit(t *testing.T) (n int) {
	t.Helper()
	for _, p := range look(t).Planes {
		if p.FB != 0 {
			n++
		}
	}
	return n
}

// Three layers on three planes are, to the last bit, the picture that the stock
// compositor makes of them and kmssink shows.
func TestLayersOnPlanesAreWhatTheCompositorMakes(t *testing.T) {
	machine(t)
	trace := traceFlips(t)
	p := play(t, fmt.Sprintf(stock(), "kmssink driver-name=vkms force-modesetting=true"))
	want := crc(t, p, trace)
	p.signal(syscall.SIGKILL) // imagefreeze before compositor takes no end
	p.wait()

	trace = traceFlips(t)
	p = play(t, "hdrmetatestsrc hdr=sdr layers=3 num-buffers=1 ! "+bgrx640+" ! imagefreeze ! kmsmetasink driver-name=vkms force-modesetting=true")
	if got := crc(t, p, trace); got != want {
		t.Errorf("check sum %s, want %s\n%s", got, want, &p.out)
	}
	if n := planesLit(t); n != 3 {
		t.Errorf("%d planes are lit, want 3", n)
	}
	checkImported(t)
}

// Frames of eight planes in four DMA-bufs, made of udmabufs, cross to another
// process by their file descriptors, and are shown there without a copy of the
// video. vkms has no alpha for planes: the fourth layer, which is translucent, is
// drawn.
func TestEightPlanesCrossToAnotherProcess(t *testing.T) {
	machine(t)
	planesTake(t, "P010")
	socket := filepath.Join(t.TempDir(), "socket")
	sender := play(t, "hdrmetatestsrc is-live=true layers=4 ! "+p010640+" ! unixfdsink socket-path="+socket)
	eventually(t, "the sender listens", func() bool { _, err := os.Stat(socket); return err == nil || sender.ended() })
	p := play(t, "-m", "unixfdsrc socket-path="+socket+" ! kmsmetasink driver-name=vkms force-modesetting=true sync=false")
	most := 0
	eventually(t, "four planes are lit", func() bool { most = max(most, planesLit(t)); return most == 4 || p.ended() })
	p.interrupt()
	p.mustEnd()
	if most != 4 {
		t.Errorf("at most %d planes were lit, want 4", most)
	}
	totals := regexp.MustCompile(`kms-totals.*frames-shown=\(guint64\)([0-9]+).*frames-imported=\(guint64\)([0-9]+), frames-copied=\(guint64\)0, .*layers-skipped=\(guint64\)0`).FindStringSubmatch(p.out.String())
	if totals == nil || totals[1] == "0" || totals[1] != totals[2] {
		t.Errorf("totals %q, want some shown, all imported, none copied, no layer skipped\n%s", totals, &p.out)
	}
	if n := strings.Count(p.out.String(), "composited in software"); n == 0 || !strings.Contains(p.out.String(), "1 of 4 layers") {
		t.Errorf("the drawn layer is not told of\n%s", &p.out)
	}
	sender.interrupt()
	sender.wait()
}

// A display with one plane, on which a person sees it: what software makes of the
// layers is what the stock compositor does.
func TestLayersOnADisplayWithOnePlane(t *testing.T) {
	machine(t)
	shot := func(name string, words string) image.Image {
		file := "../../out/" + name + ".png" // a folder that the host sees
		defer os.Remove(file)
		p := play(t, words)
		var picture image.Image
		eventually(t, "the picture is on the screen", func() bool {
			if _, err := witness.Tool("screendump", file); err != nil {
				return p.ended()
			}
			f, err := os.Open(file)
			if err != nil {
				return false
			}
			defer f.Close()
			if picture, err = png.Decode(f); err != nil {
				return false
			}
			r, g, b, _ := picture.At(picture.Bounds().Dx()/2, picture.Bounds().Dy()/2-40).RGBA()
			return r|g|b != 0 || p.ended()
		})
		p.signal(syscall.SIGKILL) // imagefreeze before compositor takes no end
		p.wait()
		return picture
	}
	sink := "kmsmetasink device=" + visibleCard + " mode=640x480"
	want := shot("stock", fmt.Sprintf(stock(), sink))
	got := shot("layers", "hdrmetatestsrc hdr=sdr layers=3 num-buffers=1 ! "+bgrx640+" ! imagefreeze ! "+sink)
	if want == nil || got == nil || want.Bounds() != got.Bounds() || want.Bounds().Dx() != 640 {
		t.Fatalf("no picture: %v, %v", want, got)
	}
	differ := 0
	for y := range 480 {
		for x := range 640 {
			if want.At(x, y) != got.At(x, y) {
				differ++
			}
		}
	}
	if differ > 0 {
		t.Errorf("%s of %d pixels differ", strconv.Itoa(differ), 640*480)
	}
}

// Subtitles are a second plane; the video's buffers are shown as they are.
func TestSubtitlesAreAPlane(t *testing.T) {
	machine(t)
	p := play(t, "-m", "videotestsrc num-buffers=90 ! "+bgrx640+" ! textoverlay text=subtitle ! kmsmetasink driver-name=vkms force-modesetting=true sync=false")
	most := 0
	eventually(t, "two planes are lit", func() bool { most = max(most, planesLit(t)); return most == 2 || p.ended() })
	p.mustEnd()
	if most != 2 {
		t.Errorf("at most %d planes were lit, want 2\n%s", most, &p.out)
	}
	if !regexp.MustCompile(`frames-imported=\(guint64\)90, frames-copied=\(guint64\)0`).MatchString(p.out.String()) {
		t.Errorf("the video was copied\n%s", &p.out)
	}
}
