package hdrmetaattach

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/recorder"
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
	pipe.NeedsNoDevice(t)
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
			check(t, run(t, pipeline+"metarecorder name=out ! fakesink"), 0, 72)
		})
	}
}

func TestAV1PicturesHaveTheEntryOfTheirOwnNumber(t *testing.T) {
	pipe.NeedsNoDevice(t)
	files := "hdr10plus-location=" + write(t, "a.json", hdr10plusFile(72, 6)) + " rpu-location=" + write(t, "a.bin", streams.RPUFile(72))
	check(t, run(t, counted+"videoconvert ! video/x-raw,format=I420 ! svtav1enc preset=13 ! av1parse ! hdrmetaattach existing=replace "+files+
		" ! av1dec ! videoconvert ! video/x-raw,format=BGRx ! metarecorder name=out ! fakesink"), 0, 72)
}

// In a file the first picture need not be at 0, timestamps may be whole
// milliseconds, and a seek begins to decode before its target.
func TestSeeksInContainersFindTheEntry(t *testing.T) {
	pipe.NeedsNoDevice(t)
	files := "hdr10plus-location=" + write(t, "a.json", hdr10plusFile(72, 6)) + " rpu-location=" + write(t, "a.bin", streams.RPUFile(72))
	for mux, demux := range map[string]string{"mp4mux": "qtdemux", "matroskamux": "matroskademux"} {
		path := filepath.Join(t.TempDir(), mux)
		p := pipe.Play(t, counted+encoder+mux+" ! filesink location="+path)
		p.EOS(60 * time.Second)
		p.Stop()
		for place, pipeline := range map[string]string{
			"before": "hdrmetaattach existing=replace " + files + " ! " + decoder,
			"behind": decoder + "hdrmetaattach existing=replace " + files + " ! ",
		} {
			t.Run(demux+" "+place, func(t *testing.T) {
				p := pipe.New(t, "filesrc location="+path+" ! "+demux+" ! h265parse ! "+pipeline+"metarecorder name=out ! fakesink sync=false")
				for _, to := range []int{0, 31, 50, 7} {
					p.SetState(gst.StatePaused)
					p.Pipeline().GetState(gst.ClockTime(20 * time.Second))
					recorded(t)                                // of before the seek
					target := (int64(to)*10 + 6) * 1001e5 / 24 // in the frame's second half
					if !p.Pipeline().SeekSimple(gst.FormatTime, gst.SeekFlagFlush|gst.SeekFlagAccurate, target) {
						t.Fatalf("no seek to %d", to)
					}
					p.SetState(gst.StatePlaying)
					p.EOS(60 * time.Second)
					check(t, recorded(t), to, 72)
				}
				p.Stop()
			})
		}
	}
}

// check wants the pictures from number first on, each with its own entries.
func check(t *testing.T, frames []recorder.Buffer, first, end int) {
	t.Helper()
	if len(frames) != end-first {
		t.Errorf("%d pictures, want %d to %d", len(frames), first, end-1)
	}
	for i, f := range frames {
		number := numberIn(t, f.Bytes, 360)
		if number != first+i {
			t.Errorf("picture %d shows number %d, want %d", i, number, first+i)
		}
		if n, r := entryOf(t, f.Block), rpuOf(t, f.Block); n != number || r != number {
			t.Errorf("the picture with number %d has entry %d and RPU %d", number, n, r)
		}
	}
}

// The tests would prove nothing if frames came in order between the codecs.
func TestCompressedFramesAreReordered(t *testing.T) {
	pipe.NeedsNoDevice(t)
	json := write(t, "a.json", hdr10plusFile(72, 6))
	frames := run(t, counted+encoder+"hdrmetaattach hdr10plus-location="+json+" ! metarecorder name=out ! fakesink")
	ahead := 0
	for i, f := range frames {
		if entryOf(t, f.Block) > i+2 {
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
