package v4l2metadec

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/recorder"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/fwht"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

const noise = "videotestsrc pattern=ball"

// The encoder's smallest picture is 640x360.
func TestPicturesAreThoseOfGStreamersDecoder(t *testing.T) {
	enc, dec := fwht.Devices(t)
	for _, size := range [][2]int{{640, 368}, {656, 364}} {
		frames := fwht.Encode(t, enc, noise, 60, size[0], size[1])
		src := source("")
		// The conversion takes away the lines that are not to be seen.
		want := play(t, frames, "%s ! v4l2fwhtdec ! videoconvert ! video/x-raw,format=BGRx ! metarecorder name=seen ! fakesink", src)
		if len(want.Buffers) != 60 || want.Buffers[59].PTS != 59*uint64(period) {
			t.Fatalf("%d pictures of GStreamer's decoder, the last of %d", len(want.Buffers), want.Buffers[len(want.Buffers)-1].PTS)
		}
		got := play(t, frames, "%s ! v4l2metadec device=%s ! videoconvert ! video/x-raw,format=BGRx ! metarecorder name=seen ! fakesink", src, dec)
		if len(got.Buffers) != 60 {
			t.Fatalf("%d pictures", len(got.Buffers))
		}
		// GStreamer's shows all that was coded. The conversion looks at the line
		// below, so the last ones may differ.
		for i := range want.Buffers {
			w, g := &want.Buffers[i].Bytes, &got.Buffers[i].Bytes
			if len(*g) != 4*size[0]*size[1] {
				t.Fatalf("%v: %d bytes", size, len(*g))
			}
			*w, *g = (*w)[:4*size[0]*(size[1]-2)], (*g)[:4*size[0]*(size[1]-2)]
		}
		same(t, fmt.Sprint(size), got.Buffers, want.Buffers)
	}
}

// Their bytes, without a conversion in between, and with either kind of caps.
func TestBytesAreThoseOfGStreamersDecoder(t *testing.T) {
	enc, dec := fwht.Devices(t)
	frames := fwht.Encode(t, enc, noise, 60, 640, 368)
	want := play(t, frames, "%s ! v4l2fwhtdec ! video/x-raw,format=I420 ! metarecorder name=seen ! fakesink", source(""))
	for _, caps := range []string{"video/x-raw,format=I420", "video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=YU12"} {
		got := play(t, frames, "%s ! v4l2metadec device=%s ! %s ! metarecorder name=seen ! fakesink", source(""), dec, caps)
		same(t, caps, got.Buffers, want.Buffers)
	}
}

// light is a block that is told from others by its number.
func light(n int) *meta.Block {
	return &meta.Block{ContentLight: &meta.ContentLight{MaxCLL: uint16(n + 1)}}
}

func TestMetadataOfEachFrameIsOnItsPicture(t *testing.T) {
	enc, _ := fwht.Devices(t)
	frames := fwht.Encode(t, enc, noise, 60, 640, 368)
	stamper.ByNumber(t, func(n int) *meta.Block {
		if n%5 == 4 { // some have none
			return nil
		}
		return light(n)
	})
	r := play(t, frames, "%s ! metastamper ! v4l2metadec ! metarecorder name=seen ! fakesink", source(""))
	if len(r.Buffers) != 60 {
		t.Fatalf("%d pictures", len(r.Buffers))
	}
	for i, b := range r.Buffers {
		switch {
		case b.Block == nil || b.Layers == nil || b.Err != nil:
			t.Fatalf("picture %d: HDR meta %v, LAYERS meta %v, %v", i, b.Block != nil, b.Layers != nil, b.Err)
		case i%5 == 4:
			if b.Block.Color == nil || b.Block.ContentLight != nil || b.Block.Color.Matrix == meta.MatrixUnspecified {
				t.Errorf("picture %d has not the decoder's block but %+v", i, b.Block)
			}
		case b.Block.ContentLight == nil || b.Block.ContentLight.MaxCLL != uint16(i+1):
			t.Errorf("picture %d has the block %+v", i, b.Block.ContentLight)
		}
		if b.Frame.Mem[0].DMABuf != 1 {
			t.Errorf("picture %d is no DMA-buf", i)
		}
		l := b.Layers.Layers
		if len(l.Layers) != 1 || l.Layers[0].Width != 640 || l.Layers[0].Height != 368 || int(b.Frame.NPlanes) != len(l.Planes) {
			t.Fatalf("picture %d: LAYERS %+v, %d planes", i, l, b.Frame.NPlanes)
		}
		for k, p := range l.Planes {
			if p.Memory != b.Frame.PlaneMem[k] || p.Offset != b.Frame.PlaneOffset[k] || int32(p.Stride) != b.Frame.Stride[k] {
				t.Errorf("picture %d plane %d: %+v, GstVideoMeta says %d at %d", i, k, p, b.Frame.PlaneMem[k], b.Frame.PlaneOffset[k])
			}
		}
	}
}

func TestSeekWhilePlaying(t *testing.T) {
	enc, dec := fwht.Devices(t)
	frames := fwht.Encode(t, enc, noise, 60, 640, 368)
	want := play(t, frames, "%s ! v4l2fwhtdec ! metarecorder name=seen ! fakesink", source("")).Buffers
	stamper.ByTime(t, func(pts uint64) *meta.Block { return light(int(pts / 40e6)) })
	p := feed(t, frames, "%s ! metastamper ! v4l2metadec device=%s ! video/x-raw ! metarecorder name=seen ! fakesink name=sink sync=true", source(""), dec)
	p.SetState(gst.StatePlaying)
	for _, at := range []int{20, 0, 40, 10, 50, 30, 30} { // frames that stand for themselves
		time.Sleep(150 * time.Millisecond)
		if !p.Pipeline().SeekSimple(gst.FormatTime, gst.SeekFlagFlush, int64(at)*40e6) {
			t.Fatal("the seek failed")
		}
		recorder.Take("seen")
	}
	p.EOS(patience)
	p.Stop()
	// Pictures of before the last seek may have been on their way.
	got := recorder.Take("seen").Buffers
	for len(got) > 30 {
		got = got[1:]
	}
	same(t, "after the seeks", got, want[30:])
	for i, b := range got {
		if b.Block == nil || b.Block.ContentLight == nil || int(b.Block.ContentLight.MaxCLL) != 30+i+1 {
			t.Errorf("picture %d has %+v", i, b.Block)
		}
	}
}

func TestResolutionChangesInTheStream(t *testing.T) {
	enc, dec := fwht.Devices(t)
	var frames [][]byte
	var want []recorder.Buffer
	sizes := [][2]int{{640, 368}, {800, 480}, {800, 480}, {656, 384}, {640, 368}}
	for _, size := range sizes {
		part := fwht.Encode(t, enc, noise, 10, size[0], size[1])
		frames = append(frames, part...)
		want = append(want, play(t, part, "%s ! v4l2fwhtdec ! metarecorder name=seen ! fakesink", source("")).Buffers...)
	}
	for i := range want {
		want[i].PTS = uint64(i) * 40e6
	}
	stamper.ByNumber(t, light)
	for _, tail := range []string{"", "queue max-size-buffers=100 max-size-bytes=0 ! "} {
		r := play(t, frames, "%s ! metastamper ! v4l2metadec device=%s ! video/x-raw ! metarecorder name=seen ! %s fakesink", source(""), dec, tail)
		same(t, "in one stream", r.Buffers, want)
		for i, b := range r.Buffers {
			size := sizes[i/10]
			if int(b.Frame.Width) != size[0] || int(b.Frame.Height) != size[1] {
				t.Errorf("picture %d is of %dx%d", i, b.Frame.Width, b.Frame.Height)
			}
			if b.Block == nil || b.Block.ContentLight == nil || int(b.Block.ContentLight.MaxCLL) != i+1 {
				t.Errorf("picture %d has %+v", i, b.Block)
			}
		}
		if len(r.Formats) != 4 {
			t.Errorf("caps of %d formats, want 4", len(r.Formats))
		}
	}
}

// The stream ends while the driver is at a change of its size.
func TestEndInTheFirstFrameOfAnotherSize(t *testing.T) {
	enc, dec := fwht.Devices(t)
	frames := append(fwht.Encode(t, enc, noise, 3, 640, 368), fwht.Encode(t, enc, noise, 1, 800, 480)...)
	for range 10 {
		r := play(t, frames, "%s ! v4l2metadec device=%s ! metarecorder name=seen ! fakesink", source(""), dec)
		if len(r.Buffers) != 4 || r.Formats[len(r.Formats)-1].Width != 800 {
			t.Fatalf("%d pictures, the last of %dx%d", len(r.Buffers), r.Formats[len(r.Formats)-1].Width, r.Formats[len(r.Formats)-1].Height)
		}
	}
}

// Drained, the decoder goes on with what a seek brings.
func TestSeekAfterTheEnd(t *testing.T) {
	enc, dec := fwht.Devices(t)
	frames := fwht.Encode(t, enc, noise, 20, 640, 368)
	p := feed(t, frames, "%s ! v4l2metadec device=%s ! metarecorder name=seen ! fakesink", source(""), dec)
	p.SetState(gst.StatePlaying)
	p.EOS(patience)
	want := recorder.Take("seen").Buffers
	for range 3 {
		if !p.Pipeline().SeekSimple(gst.FormatTime, gst.SeekFlagFlush, 10*int64(period)) {
			t.Fatal("the seek failed")
		}
		p.EOS(patience)
		same(t, "after the end", recorder.Take("seen").Buffers, want[10:])
	}
}

// A picture does not wait for the next frame.
func TestPictureComesWithoutAnotherFrame(t *testing.T) {
	enc, dec := fwht.Devices(t)
	frames := fwht.Encode(t, enc, noise, 3, 640, 368)
	p := pipe.New(t, fmt.Sprintf("%s ! v4l2metadec device=%s ! metarecorder name=seen ! fakesink sync=false", strings.Replace(source(""), "seekable", "stream", 1), dec))
	p.SetState(gst.StatePlaying)
	for i, f := range frames {
		push(t, p, f, i)
		var n int
		for deadline := time.Now().Add(5 * time.Second); n == 0 && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			n = len(recorder.Take("seen").Buffers)
		}
		if n != 1 {
			t.Fatalf("%d pictures after frame %d", n, i)
		}
	}
}

// All buffers are held downstream, and the end of the stream waits for them.
func TestAllPicturesHeldDownstream(t *testing.T) {
	enc, dec := fwht.Devices(t)
	frames := fwht.Encode(t, enc, noise, 60, 640, 368)
	r := play(t, frames, "%s ! v4l2metadec device=%s ! metarecorder name=seen ! queue max-size-buffers=100 max-size-bytes=0 ! fakesink sync=true", source(""), dec)
	if len(r.Buffers) != 60 {
		t.Errorf("%d pictures", len(r.Buffers))
	}
	// Stopped in the middle of such a wait.
	p := feed(t, frames, "%s ! v4l2metadec device=%s ! queue max-size-buffers=100 max-size-bytes=0 ! fakesink sync=true", source(""), dec)
	p.SetState(gst.StatePaused)
	time.Sleep(300 * time.Millisecond)
	p.SetState(gst.StateNull)
	p.SetState(gst.StatePlaying)
	time.Sleep(300 * time.Millisecond)
}

func TestStartsLeaveNothing(t *testing.T) {
	enc, dec := fwht.Devices(t)
	dir := folder(t, fwht.Encode(t, enc, noise, 30, 640, 368))
	p := pipe.New(t, fmt.Sprintf("%s ! v4l2metadec device=%s ! fakesink", files(dir), dec))
	p.Starts(50)
}

func TestErrorsNameTheDeviceAndTheWayOut(t *testing.T) {
	enc, dec := fwht.Devices(t)
	dir := folder(t, fwht.Encode(t, enc, noise, 3, 640, 368))
	for _, c := range []struct{ description, want string }{
		{files(dir) + " ! v4l2metadec device=/dev/video99 ! fakesink", "no device /dev/video99; set the property device to one of: " + dec},
		{files(dir) + " ! v4l2metadec device=" + enc + " ! fakesink", enc + " is not a V4L2 decoder; set the property device to one of: " + dec},
		{files(dir) + " ! v4l2metadec device=/dev/null ! fakesink", "/dev/null is not a V4L2 decoder"},
		{"fakesrc name=src sizetype=fixed ! video/x-h264,stream-format=byte-stream,alignment=au,width=64,height=64,framerate=25/1 ! v4l2metadec ! fakesink", "No device of this machine decodes video/x-h264; there are: " + dec},
		{files(dir) + " ! v4l2metadec ! video/x-raw,format=BGRx ! fakesink", "insert videoconvert"},
	} {
		p := pipe.New(t, c.description)
		p.SetState(gst.StatePlaying)
		m := p.Error(patience)
		for m.From == "src" { // not-negotiated, of the source
			m = p.Error(patience)
		}
		if !strings.Contains(m.Text, c.want) {
			t.Errorf("%s:\ngot %q (%s)\nwant %q", c.description, m.Text, m.Debug, c.want)
		}
		p.Stop()
	}
}

func TestFrameTooLargeIsSaid(t *testing.T) {
	_, dec := fwht.Devices(t)
	dir := folder(t, [][]byte{make([]byte, 8<<20)})
	p := pipe.New(t, fmt.Sprintf("%s ! v4l2metadec device=%s ! fakesink", files(dir), dec))
	p.SetState(gst.StatePlaying)
	if m := p.Error(patience); !strings.Contains(m.Text, "does not fit into the buffers of "+dec) {
		t.Errorf("got %q (%s)", m.Text, m.Debug)
	}
}
