package v4l2metadec

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/recorder"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// fakes are the decoders behind the element fakev4l2metadec, by path.
var fakes sync.Map

func openFake(path string) (*v4l2.Decoder, error) {
	if d, ok := fakes.Load(path); ok {
		return d.(*v4l2test.Decoder).Open()
	}
	return nil, fmt.Errorf("%s: %w", path, unix.ENOENT)
}

func findFakes() (out []v4l2.FoundDecoder) {
	fakes.Range(func(path, d any) bool {
		dev, err := d.(*v4l2test.Decoder).Open()
		if err != nil {
			return true
		}
		defer dev.Close()
		takes, _ := dev.Takes()
		out = append(out, v4l2.FoundDecoder{Path: path.(string), Capability: dev.Capability(), Takes: takes})
		return true
	})
	return out
}

// registerFake makes fakev4l2metadec, the element on fakes.
func registerFake() error {
	c := Class
	c.Name, c.TypeName = "fakev4l2metadec", "FakeV4l2MetaDec"
	c.New = func(e *gstx.Element) any { return newDecoder(e, openFake, findFakes) }
	return gstx.Register(nil, c)
}

// fake makes a decoder of H.264 that gives pictures once so many wait.
func fake(t testing.TB, cfg v4l2test.Config, reorder int) *v4l2test.Decoder {
	t.Helper()
	cfg.Path = "/dev/fake/" + t.Name()
	d := v4l2test.NewDecoder(cfg, []string{"H264"}, reorder)
	fakes.Store(cfg.Path, d)
	t.Cleanup(func() {
		fakes.Delete(cfg.Path)
		d.Close()
	})
	return d
}

func h264(fields string) string {
	return strings.Replace(source(fields), "video/x-fwht", "video/x-h264,stream-format=byte-stream,alignment=au", 1)
}

// coded makes n frames whose pictures are shown in another order, see shownAs.
func coded(n int, width, height uint16) (frames [][]byte) {
	for i := range n {
		frames = append(frames, v4l2test.Coded(width, height, uint16(shownAs(i))))
	}
	return frames
}

// shownAs is the place in display order of frame i of coded: each group of four is
// 0 3 1 2.
func shownAs(i int) int { return i&^3 + []int{0, 3, 1, 2}[i&3] }

// A decoder that reorders: each picture has its own frame's metadata and time.
func TestMetadataFollowsItsPictureThroughReordering(t *testing.T) {
	for _, cfg := range []v4l2test.Config{
		{Formats: []string{"NV12"}},
		{Formats: []string{"NM12"}, Multiplanar: true},
		{Formats: []string{"NM12"}, Multiplanar: true, DataOffset: 64},
		{Formats: []string{"P010"}, Multiplanar: true},
	} {
		t.Run(fmt.Sprint(cfg.Formats, cfg.Multiplanar, cfg.DataOffset), func(t *testing.T) {
			fake(t, cfg, 2)
			// In the order of decoding, and none on every fifth.
			stamper.ByNumber(t, func(n int) *meta.Block {
				if n%5 == 4 {
					return nil
				}
				return light(n)
			})
			frames := append(coded(40, 640, 360), coded(40, 320, 180)...)
			r := play(t, frames, "%s ! metastamper ! fakev4l2metadec ! metarecorder name=seen ! fakesink", h264(""))
			if len(r.Buffers) != 80 || len(r.Formats) != 2 {
				t.Fatalf("%d pictures of %d formats, want 80 of 2", len(r.Buffers), len(r.Formats))
			}
			for i, b := range r.Buffers {
				n := i&^3 + []int{0, 2, 3, 1}[i&3] // the frame of picture i
				if b.PTS != uint64(i)*uint64(period) {
					t.Fatalf("picture %d is of %v", i, time.Duration(b.PTS))
				}
				switch {
				case b.Block == nil || b.Layers == nil:
					t.Fatalf("picture %d: HDR meta %v, LAYERS meta %v", i, b.Block != nil, b.Layers != nil)
				case n%5 == 4 && (b.Block.Color == nil || b.Block.ContentLight != nil):
					t.Errorf("picture %d has not the decoder's block but %+v", i, b.Block)
				case n%5 != 4 && (b.Block.ContentLight == nil || int(b.Block.ContentLight.MaxCLL) != n+1):
					t.Errorf("picture %d of frame %d has %+v", i, n, b.Block.ContentLight)
				}
				for k, p := range b.Layers.Layers.Planes {
					if p.Memory != b.Frame.PlaneMem[k] || p.Offset != b.Frame.PlaneOffset[k] || int32(p.Stride) != b.Frame.Stride[k] {
						t.Errorf("picture %d plane %d: %+v, GstVideoMeta says memory %d, %d at %d", i, k, p, b.Frame.PlaneMem[k], b.Frame.Stride[k], b.Frame.PlaneOffset[k])
					}
				}
			}
		})
	}
}

// The block of a decoder with the HDR10 controls.
func TestDecodersOwnMetadata(t *testing.T) {
	fake(t, v4l2test.Config{
		Formats:     []string{"P010"},
		Colorimetry: v4l2.Colorimetry{Colorspace: sys.V4L2_COLORSPACE_BT2020, Transfer: sys.V4L2_XFER_FUNC_SMPTE2084},
		Light:       &sys.V4L2CtrlHDR10CLLInfo{MaxContentLightLevel: 1000, MaxPicAverageLightLevel: 400},
	}, 0)
	r := play(t, coded(4, 640, 360), "%s ! fakev4l2metadec ! metarecorder name=seen ! fakesink", h264(""))
	if len(r.Buffers) != 4 {
		t.Fatalf("%d pictures", len(r.Buffers))
	}
	b := r.Buffers[0].Block
	if b == nil || b.ContentLight == nil || *b.ContentLight != (meta.ContentLight{MaxCLL: 1000, MaxFALL: 400}) || b.Color.Transfer != meta.TransferPQ {
		t.Errorf("got %+v", b)
	}
	if c := r.Formats[0].Caps; !strings.Contains(c, "colorimetry=(string)bt2100-pq") {
		t.Errorf("caps %s", c)
	}
	// What a parser has found in the stream counts more.
	r = play(t, coded(4, 640, 360), "%s ! fakev4l2metadec ! metarecorder name=seen ! fakesink", h264(",colorimetry=bt709"))
	if c := r.Buffers[0].Block.Color; c.Transfer != meta.TransferBT709 || !strings.Contains(r.Formats[0].Caps, "colorimetry=(string)bt709") {
		t.Errorf("got %+v, caps %s", c, r.Formats[0].Caps)
	}
}

// The stream ends right after a change of its size, while all is in the decoder.
func TestEndRightAfterAChange(t *testing.T) {
	fake(t, v4l2test.Config{Formats: []string{"NV12"}}, 2)
	frames := append(coded(4, 640, 360), coded(1, 320, 180)...)
	for range 5 {
		if r := play(t, frames, "%s ! fakev4l2metadec ! metarecorder name=seen ! fakesink", h264("")); len(r.Buffers) != 5 {
			t.Fatalf("%d pictures, want 5", len(r.Buffers))
		}
	}
}

// New caps, as parsers send them with a new size.
func TestNewCapsInTheStream(t *testing.T) {
	fake(t, v4l2test.Config{Formats: []string{"NV12"}}, 2)
	first, second := coded(8, 640, 360), coded(8, 320, 180)
	p := pipe.New(t, strings.Replace(h264(",width=640,height=360"), "seekable", "stream", 1)+" ! fakev4l2metadec ! metarecorder name=seen ! fakesink")
	p.SetState(gst.StatePlaying)
	for i, f := range first {
		push(t, p, f, i)
	}
	p.Element("src").SetObjectProperty("caps", gst.CapsFromString("video/x-h264,stream-format=byte-stream,alignment=au,framerate=25/1,width=320,height=180"))
	for i, f := range second {
		push(t, p, f, 8+i)
	}
	end(p)
	p.EOS(patience)
	p.Stop()
	r := recorder.Take("seen")
	if len(r.Buffers) != 16 || len(r.Formats) != 2 || r.Formats[1].Width != 320 {
		t.Fatalf("%d pictures of %d formats", len(r.Buffers), len(r.Formats))
	}
}

// A stream that the decoder says nothing about ends all the same.
func TestStreamThatTheDecoderCannotRead(t *testing.T) {
	fake(t, v4l2test.Config{Formats: []string{"NV12"}, Alter: func(req uintptr, arg unsafe.Pointer) error {
		if req == sys.VIDIOC_DQEVENT {
			(*sys.V4L2Event)(arg).Type = sys.V4L2_EVENT_EOS
		}
		return nil
	}}, 2)
	p := feed(t, coded(4, 640, 360), "%s ! fakev4l2metadec ! fakesink", h264(""))
	p.SetState(gst.StatePlaying)
	p.Next("end or error", patience, func(m pipe.Message) bool { return m.Type == gst.MessageEOS || m.Type == gst.MessageError })
}

func TestDriversThatFail(t *testing.T) {
	count := 0
	fail := func(on uintptr, after int, err error) func(uintptr, unsafe.Pointer) error {
		count = 0
		return func(req uintptr, _ unsafe.Pointer) error {
			if req == on {
				if count++; count > after {
					return err
				}
			}
			return nil
		}
	}
	for _, c := range []struct {
		name  string
		alter func(uintptr, unsafe.Pointer) error
		want  string
	}{
		{"no buffers", fail(sys.VIDIOC_REQBUFS, 0, unix.EBUSY), "in use by another program"},
		{"no pictures' buffers", fail(sys.VIDIOC_REQBUFS, 3, unix.ENOMEM), "No memory for the buffers"},
		{"no export", fail(sys.VIDIOC_EXPBUF, 0, unix.ENOTTY), "cannot export its buffers"},
		{"gone", fail(sys.VIDIOC_DQBUF, 6, unix.ENODEV), "is gone"},
		{"stopped", fail(sys.VIDIOC_DQBUF, 6, unix.EIO), "stopped with an error"},
		{"no drain", fail(sys.VIDIOC_DECODER_CMD, 0, unix.ENOTTY), "Decoding on"},
		{"nonsense", func(req uintptr, arg unsafe.Pointer) error {
			if req == sys.VIDIOC_DQBUF {
				(*sys.V4L2Buffer)(arg).Index = 31
			}
			return nil
		}, "answers what cannot be"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fake(t, v4l2test.Config{Formats: []string{"NV12"}, Alter: c.alter}, 0)
			p := feed(t, coded(20, 640, 360), "%s ! fakev4l2metadec ! fakesink", h264(""))
			p.SetState(gst.StatePlaying)
			m := p.Error(patience)
			if !strings.Contains(m.Text, c.want) {
				t.Errorf("got %q (%s), want %q", m.Text, m.Debug, c.want)
			}
		})
	}
}

// Pictures of numbers that no frame has are not shown, and others still are.
func TestPicturesOfNoFrame(t *testing.T) {
	n := 0
	fake(t, v4l2test.Config{Formats: []string{"NV12"}, Alter: func(req uintptr, arg unsafe.Pointer) error {
		if req != sys.VIDIOC_DQBUF {
			return nil
		}
		if b := (*sys.V4L2Buffer)(arg); b.Type == sys.V4L2_BUF_TYPE_VIDEO_CAPTURE {
			if n++; n%3 == 0 {
				b.Timestamp = unix.NsecToTimeval(1e15)
			}
		}
		return nil
	}}, 0)
	if r := play(t, coded(24, 640, 360), "%s ! fakev4l2metadec ! metarecorder name=seen ! fakesink", h264("")); len(r.Buffers) != 16 {
		t.Errorf("%d pictures, want 16", len(r.Buffers))
	}
}

func TestPanicsAreErrors(t *testing.T) {
	fake(t, v4l2test.Config{Formats: []string{"NV12"}, Alter: func(req uintptr, _ unsafe.Pointer) error {
		if req == sys.VIDIOC_DQBUF {
			panic("a bug")
		}
		return nil
	}}, 0)
	p := feed(t, coded(20, 640, 360), "%s ! fakev4l2metadec ! fakesink", h264(""))
	p.SetState(gst.StatePlaying)
	if m := p.Error(patience); !strings.Contains(m.Text, "Internal error") {
		t.Errorf("got %q", m.Text)
	}
}

// Seeks at any moment: while the decoder is set up, waits, drains. After the last
// one, all pictures from there come.
func TestSeeksAtAnyMoment(t *testing.T) {
	fake(t, v4l2test.Config{Formats: []string{"NV12"}}, 2)
	stamper.ByTime(t, func(pts uint64) *meta.Block { return light(int(pts / uint64(period))) })
	frames := slices.Concat(coded(40, 640, 360), coded(40, 320, 180), coded(40, 640, 360))
	for _, tail := range []string{"", "queue max-size-buffers=20 ! "} {
		p := feed(t, frames, "%s ! metastamper ! fakev4l2metadec ! metarecorder name=seen ! %s fakesink name=sink", h264(""), tail)
		p.SetState(gst.StatePlaying)
		for i := range 200 {
			time.Sleep(time.Duration(i*i%7) * time.Millisecond)
			if !p.Pipeline().SeekSimple(gst.FormatTime, gst.SeekFlagFlush, int64(i*13%30*4)*int64(period)) {
				t.Fatalf("seek %d failed", i)
			}
		}
		recorder.Take("seen")
		if !p.Pipeline().SeekSimple(gst.FormatTime, gst.SeekFlagFlush, 20*int64(period)) {
			t.Fatal("the last seek failed")
		}
		// Pictures of the seek before may still have come.
		var got []recorder.Buffer
		done := func() bool {
			n := len(got)
			return n >= 100 && got[n-100].PTS == 20*uint64(period) && got[n-1].PTS == 119*uint64(period)
		}
		for deadline := time.Now().Add(patience); !done() && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			got = append(got, recorder.Take("seen").Buffers...)
		}
		p.Stop()
		if !done() {
			t.Fatalf("%d pictures after the last seek, not 100 at its end", len(got))
		}
		got = got[len(got)-100:]
		for i, b := range got {
			if b.PTS != uint64(20+i)*uint64(period) || b.Block == nil || int(b.Block.ContentLight.MaxCLL) != 20+i+1 {
				t.Fatalf("picture %d is of %v and has %+v", i, time.Duration(b.PTS), b.Block)
			}
		}
	}
}

func TestFakeStartsLeaveNothing(t *testing.T) {
	fake(t, v4l2test.Config{Formats: []string{"NM12"}, Multiplanar: true}, 2)
	dir := folder(t, coded(30, 640, 360))
	p := pipe.New(t, strings.Replace(files(dir), "video/x-fwht", "video/x-h264,stream-format=byte-stream,alignment=au", 1)+" ! fakev4l2metadec ! fakesink")
	p.Starts(200)
}
