package hdrmetaattach

import (
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/testpattern"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// A real encoder that reorders, a real decoder. The picture itself tells its
// number, which no timestamp had a part in.
const (
	counted = "hdrmetatestsrc hdr=sdr num-buffers=72 ! video/x-raw,format=BGRx,width=640,height=360,framerate=24000/1001 ! "
	// x265enc moves timestamps by a thousand hours.
	encoder = "videoconvert ! video/x-raw,format=I420 ! x265enc speed-preset=ultrafast key-int-max=24 " +
		`option-string="bframes=4:b-adapt=0:b-pyramid=1:pools=2:frame-threads=1" ! h265parse ! `
	decoder = "avdec_h265 ! videoconvert ! video/x-raw,format=BGRx ! "
)

func TestDecodedPicturesHaveTheEntryOfTheirOwnNumber(t *testing.T) {
	files := "hdr10plus-location=" + write(t, "a.json", hdr10plusFile(72, 6)) + " rpu-location=" + write(t, "a.bin", streams.RPUFile(72))
	attach := "hdrmetaattach existing=replace " + files + " ! "
	for name, pipeline := range map[string]string{
		"before the encoder":   counted + attach + encoder + decoder,
		"between them":         counted + encoder + attach + decoder,
		"in packets of length": counted + encoder + "video/x-h265,stream-format=hvc1,alignment=au ! " + attach + decoder,
		"after the decoder":    counted + encoder + decoder + attach,
		"by time after it":     counted + encoder + decoder + "hdrmetaattach frame-number=time existing=replace " + files + " ! ",
	} {
		t.Run(name, func(t *testing.T) {
			got.reset(true)
			p := pipe.Play(t, pipeline+"attachprobe ! fakesink")
			p.EOS(60 * time.Second)
			p.Stop()
			frames := got.all(t)
			if len(frames) != 72 {
				t.Fatalf("%d pictures, want 72", len(frames))
			}
			for i, f := range frames {
				number := numberIn(t, f.picture, 360)
				if number != i {
					t.Errorf("picture %d shows number %d", i, number)
				}
				if n, r := entryOf(t, f.block), rpuOf(t, f.block); n != number || r != number {
					t.Errorf("the picture with number %d has entry %d and RPU %d", number, n, r)
				}
			}
		})
	}
}

// The test would prove nothing if frames came in order between the codecs, or
// if counting them there were as good.
func TestCompressedFramesAreReordered(t *testing.T) {
	json := write(t, "a.json", hdr10plusFile(72, 6))
	got.reset(false)
	p := pipe.Play(t, counted+encoder+"hdrmetaattach hdr10plus-location="+json+" ! attachprobe ! fakesink")
	p.EOS(60 * time.Second)
	p.Stop()
	ahead := 0
	for i, f := range got.all(t) {
		if entryOf(t, f.block) > i+2 {
			ahead++
		}
	}
	if ahead < 10 {
		t.Errorf("%d of 72 frames come three or more places before their turn, want many", ahead)
	}
}

// numberIn reads the number in a picture that is 640 pixels wide.
func numberIn(t *testing.T, picture []byte, height int) int {
	t.Helper()
	layout := testpattern.Layout{Format: testpattern.BGRx, Width: 640, Height: height, NPlanes: 1, Stride: [2]int{2560}, Size: 2560 * height}
	n, err := testpattern.New(layout, testpattern.SDR, 60).FrameNumber(picture)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}
