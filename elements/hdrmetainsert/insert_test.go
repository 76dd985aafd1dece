package hdrmetainsert

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements/hdrmetaparse"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/recorder"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

func TestMain(m *testing.M) {
	pipe.Main(m, func() error {
		return errors.Join(gstx.Register(nil, Class), gstx.Register(nil, hdrmetaparse.Class), recorder.Register(), stamper.Register())
	})
}

// rich is a stream with everything: static, HDR10+ and, in HEVC, RPUs.
func rich(t *testing.T, c streams.Codec) (*streams.Stream, []byte) {
	t.Helper()
	s := streams.Make(t, streams.Recipe{Codec: c, Static: true, DolbyVision: c == streams.HEVC})
	return s, recorder.Insert(t, s, func(n int) *meta.Block { return &meta.Block{HDR10Plus: recorder.Payload(t, n)} })
}

// write plays a file through elements into another one and gives its path.
func write(t *testing.T, in, elements, name string) (string, *pipe.Pipe) {
	t.Helper()
	out := filepath.Join(t.TempDir(), name)
	p := pipe.Play(t, "filesrc location="+in+" ! "+elements+" ! filesink location="+out)
	p.EOS(2 * time.Minute)
	return out, p
}

// blocks are those of a file's pictures in presentation order.
func blocks(t *testing.T, path, elements string) recorder.Record {
	t.Helper()
	p := pipe.Play(t, "filesrc location="+path+" ! "+elements+" ! metarecorder name=out ! fakesink")
	p.EOS(2 * time.Minute)
	return recorder.Take("out")
}

func TestTranscodeKeepsHDR10PlusAndDolbyVision(t *testing.T) {
	_, data := rich(t, streams.HEVC)
	path := streams.File(t, streams.HEVC, data)
	const decode = "h265parse ! hdrmetaparse ! avdec_h265 ! "
	for _, c := range []struct {
		codec        streams.Codec
		encode, name string
		parse        string
	}{
		// With static metadata in its caps, x265enc of GStreamer 1.26 writes a damaged
		// SEI of its own, which ffmpeg warns of.
		{streams.HEVC, "capssetter replace=true join=false caps=video/x-raw,format=I420_10LE,width=320,height=180,framerate=24/1,colorimetry=bt2100-pq ! " +
			"x265enc log-level=none speed-preset=ultrafast option-string=bframes=4:b-adapt=0:b-pyramid=1 ! " +
			"h265parse ! video/x-h265,stream-format=byte-stream,alignment=au ! hdrmetainsert", "out.hevc",
			"h265parse ! hdrmetaparse ! avdec_h265"},
		{streams.AV1, "svtav1enc preset=12 ! av1parse ! video/x-av1,alignment=tu ! hdrmetainsert ! matroskamux", "out.mkv",
			"matroskademux ! av1parse ! hdrmetaparse ! av1dec"},
		{streams.AVC, "videoconvert ! video/x-raw,format=I420 ! openh264enc ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! hdrmetainsert ! mp4mux", "out.mp4",
			"qtdemux ! h264parse ! hdrmetaparse ! avdec_h264"},
	} {
		t.Run(string(c.codec), func(t *testing.T) {
			out, p := write(t, path, decode+strings.Replace(c.encode, "hdrmetainsert", "hdrmetainsert name=insert", 1), c.name)
			if n := p.Element("insert").ObjectProperty("broken"); n != uint64(0) {
				t.Errorf("%v access units could not take their metadata", n)
			}
			got := blocks(t, out, c.parse)
			if c.codec != streams.AVC { // ffprobe knows neither HDR10+ nor RPUs there
				got.Compare(t, c.codec, out)
			}
			if len(got.Buffers) != 36 {
				t.Fatalf("%d pictures, want 36", len(got.Buffers))
			}
			for i, b := range got.Buffers {
				if b.Block == nil || !bytes.Equal(b.Block.HDR10Plus, recorder.Payload(t, i)) {
					t.Errorf("picture %d has not its HDR10+", i)
				}
				if b.Block == nil || !bytes.Equal(b.Block.DolbyVision, streams.RPU(i)) {
					t.Errorf("picture %d has not its RPU", i)
				}
				if b.Block == nil || !reflect.DeepEqual(b.Block.MasteringDisplay, &streams.Mastering) || !reflect.DeepEqual(b.Block.ContentLight, &streams.Light) {
					t.Errorf("picture %d has not its static metadata", i)
				}
			}
			streams.FrameMD5(t, out) // says nothing
		})
	}
}

func TestWhatTheStreamHasAlreadyIsLeftByteForByte(t *testing.T) {
	for c, way := range map[streams.Codec]string{
		streams.HEVC: "h265parse ! video/x-h265,stream-format=byte-stream,alignment=au",
		streams.AVC:  "h264parse ! video/x-h264,stream-format=byte-stream,alignment=au",
	} {
		_, data := rich(t, c)
		path := streams.File(t, c, data)
		plain, _ := write(t, path, way, "plain")
		out, p := write(t, path, way+" ! hdrmetaparse ! hdrmetainsert name=insert", "out")
		a, _ := os.ReadFile(plain)
		b, _ := os.ReadFile(out)
		if len(a) == 0 || !bytes.Equal(a, b) {
			t.Errorf("%s: %d bytes became %d", c, len(a), len(b))
		}
		if n := p.Element("insert").ObjectProperty("inserted"); n != uint64(0) {
			t.Errorf("%s: inserted is %v", c, n)
		}
	}
}

func TestPicturesAreBitIdenticalAndExistingIsReplacedOrKept(t *testing.T) {
	other := meta.MasteringDisplay{Red: meta.Chromaticity{X: 34000, Y: 16000}, Green: meta.Chromaticity{X: 13250, Y: 34500},
		Blue: meta.Chromaticity{X: 7500, Y: 3000}, White: meta.Chromaticity{X: 15635, Y: 16450}, MaxLuminance: 40000000, MinLuminance: 50}
	stamper.All(t, &meta.Block{MasteringDisplay: &other, AmbientViewing: &meta.AmbientViewing{Illuminance: 3140000,
		Light: meta.Chromaticity{X: 15635, Y: 16450}}})
	for _, c := range []struct{ container, in, out string }{
		{"hevc", "h265parse ! video/x-h265,stream-format=byte-stream,alignment=au", ""},
		{"mp4", "qtdemux ! h265parse ! video/x-h265,stream-format=hvc1", " ! mp4mux"},
		{"mkv", "matroskademux ! h265parse ! video/x-h265,stream-format=hev1", " ! matroskamux"},
	} {
		_, data := rich(t, streams.HEVC)
		path := streams.File(t, streams.HEVC, data)
		if c.container != "hevc" {
			path = streams.Mux(t, streams.HEVC, data, c.container)
		}
		before := streams.Probe(t, path)
		sums := streams.FrameMD5(t, path)
		for existing, want := range map[string]meta.MasteringDisplay{"replace": other, "keep": streams.Mastering} {
			t.Run(c.container+"/"+existing, func(t *testing.T) {
				out, p := write(t, path, c.in+" ! metastamper ! hdrmetainsert name=insert existing="+existing+c.out, "out."+c.container)
				if n := p.Element("insert").ObjectProperty("inserted"); n != uint64(3) {
					t.Errorf("inserted is %v, want 3: the key frames", n)
				}
				if got := streams.FrameMD5(t, out); !slices.Equal(got, sums) {
					t.Error("the pictures changed")
				}
				for i, f := range streams.Probe(t, out) {
					if f.MasteringDisplay == nil || *f.MasteringDisplay != want {
						t.Errorf("picture %d: %+v, want %+v", i, f.MasteringDisplay, want)
					}
					if f.AmbientViewing == nil || f.AmbientViewing.Illuminance != 3140000 {
						t.Errorf("picture %d: ambient viewing %+v", i, f.AmbientViewing)
					}
					if !reflect.DeepEqual(f.HDR10Plus, before[i].HDR10Plus) || !reflect.DeepEqual(f.DolbyVision, before[i].DolbyVision) {
						t.Errorf("picture %d: metadata of other kinds changed", i)
					}
				}
			})
		}
	}
}

func TestBlocksThatCannotBeInsertedAreCounted(t *testing.T) {
	s, data := rich(t, streams.HEVC)
	stamper.ByNumber(t, func(n int) *meta.Block {
		if n%2 == 0 {
			return &meta.Block{DolbyVision: []byte{0x19, 1, 2, 3, 0x80}} // no RPU
		}
		return nil
	})
	out, p := write(t, streams.File(t, streams.HEVC, data),
		"h265parse ! video/x-h265,stream-format=byte-stream,alignment=au ! metastamper ! hdrmetainsert name=insert", "out.hevc")
	if n := p.Element("insert").ObjectProperty("broken"); n != uint64(s.Frames/2) {
		t.Errorf("broken is %v, want %d", n, s.Frames/2)
	}
	if got := streams.FrameMD5(t, out); len(got) != s.Frames {
		t.Errorf("%d pictures, want %d", len(got), s.Frames)
	}
}

func TestThousandStartsLeaveNothing(t *testing.T) {
	_, data := rich(t, streams.HEVC)
	pipe.New(t, "filesrc location="+streams.File(t, streams.HEVC, data)+" ! h265parse ! hdrmetaparse ! hdrmetainsert ! fakesink").Starts(1000)
}
