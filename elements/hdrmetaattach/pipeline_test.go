package hdrmetaattach

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/recorder"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

const video = "videotestsrc num-buffers=%d ! video/x-raw,format=I420,width=16,height=16,framerate=50/1 ! "

func warning(m pipe.Message) bool { return m.Type == gst.MessageWarning }

func TestEveryFrameHasItsOwnEntry(t *testing.T) {
	json, rpu := write(t, "a.json", hdr10plusFile(100, 10)), write(t, "a.bin", streams.RPUFile(100))
	for _, mode := range []string{"auto", "count", "time"} {
		frames := run(t, fmt.Sprintf(video+"hdrmetaattach frame-number=%s hdr10plus-location=%s rpu-location=%s ! metarecorder name=out ! fakesink", 100, mode, json, rpu))
		if len(frames) != 100 {
			t.Fatalf("%s: %d frames, want 100", mode, len(frames))
		}
		for i, f := range frames {
			if n, r := entryOf(t, f.Block), rpuOf(t, f.Block); n != i || r != i {
				t.Errorf("%s: frame %d has HDR10+ entry %d and RPU %d", mode, i, n, r)
			}
		}
	}
}

func TestFramesOfASceneShareItsFirstEntry(t *testing.T) {
	json := write(t, "a.json", hdr10plusFile(95, 10))
	frames := run(t, fmt.Sprintf(video+"hdrmetaattach by=scene hdr10plus-location=%s ! metarecorder name=out ! fakesink", 95, json))
	for i, f := range frames {
		if n := entryOf(t, f.Block); n != i/10*10 {
			t.Errorf("frame %d has entry %d, want %d", i, n, i/10*10)
		}
		if i%10 != 0 && f.FD != frames[i-1].FD {
			t.Errorf("frame %d has fd %d, and the one before, of the same scene, %d", i, f.FD, frames[i-1].FD)
		}
	}
}

func TestPastTheEnd(t *testing.T) {
	json, rpu := write(t, "a.json", hdr10plusFile(20, 5)), write(t, "a.bin", streams.RPUFile(30))
	const pipeline = video + "hdrmetaattach name=a past-end=%s content-light-level=1000:400 hdr10plus-location=%s rpu-location=%s ! metarecorder name=out ! fakesink"
	for mode, want := range map[string]int{"hold": 19, "stop": -1} {
		frames := run(t, fmt.Sprintf(pipeline, 40, mode, json, rpu))
		for i, f := range frames {
			wantEntry, wantRPU := i, i
			if i >= 20 {
				wantEntry = want
			}
			if i >= 30 {
				wantRPU = min(want, 0)
				if mode == "hold" {
					wantRPU = 29
				}
			}
			if n, r := entryOf(t, f.Block), rpuOf(t, f.Block); n != wantEntry || r != wantRPU {
				t.Errorf("%s: frame %d has entry %d and RPU %d, want %d and %d", mode, i, n, r, wantEntry, wantRPU)
			}
			if f.Block == nil || f.Block.ContentLight == nil || f.Block.ContentLight.MaxCLL != 1000 {
				t.Errorf("%s: frame %d has lost the content light: %+v", mode, i, f.Block)
			}
			if mode == "hold" && i > 30 && f.FD != frames[i-1].FD {
				t.Errorf("frame %d has another fd than the one before", i)
			}
		}
	}
	p := pipe.Play(t, fmt.Sprintf(pipeline, 40, "error", json, rpu))
	m := p.Error(10 * time.Second)
	if !strings.Contains(m.Text, json+" ends after 20 frames") || !strings.Contains(m.Text, "past-end=") || !strings.Contains(m.Debug, "frame 20") {
		t.Errorf("error %q (%q)", m.Text, m.Debug)
	}
	p.Stop()
	if n := len(recorded(t)); n != 20 {
		t.Errorf("%d frames before the error, want 20", n)
	}
}

func TestOffsetMovesTheStreamInTheFile(t *testing.T) {
	json := write(t, "a.json", hdr10plusFile(30, 5))
	for _, mode := range []string{"count", "time"} {
		for _, offset := range []int{-7, 0, 12, -2147483647, 2147483647} {
			frames := run(t, fmt.Sprintf(video+"hdrmetaattach past-end=stop frame-number=%s frame-offset=%d hdr10plus-location=%s ! metarecorder name=out ! fakesink", 20, mode, offset, json))
			for i, f := range frames {
				want := i + offset
				if want < 0 || want >= 30 {
					want = -1
				}
				if n := entryOf(t, f.Block); n != want {
					t.Errorf("%s %+d: frame %d has entry %d, want %d", mode, offset, i, n, want)
				}
			}
		}
	}
}

func TestExistingMetadata(t *testing.T) {
	json := write(t, "a.json", hdr10plusFile(10, 5))
	found := &meta.Block{
		Color: &meta.Color{Primaries: 12, Transfer: 16}, ContentLight: &meta.ContentLight{MaxCLL: 1},
		DolbyVision: streams.RPU(500), T35: [][]byte{{0xb5, 1}}, Unknown: []meta.Section{{Type: 77, Data: []byte{7}}},
		User: []meta.User{{Type: meta.TypeUser + 1, Data: []byte{8}}}, AmbientViewing: &meta.AmbientViewing{Illuminance: 5},
		Critical: meta.TypeSet(0).With(meta.TypeColor),
	}
	stamper.All(t, found)
	caps := meta.Color{Primaries: 9, Transfer: 18, Matrix: 9, ChromaSite: meta.ChromaTopLeft}
	for _, c := range []struct {
		name, properties string
		want             func(b *meta.Block)
	}{
		{"merge", "content-light-level=1000:400 existing=merge", func(b *meta.Block) {
			b.ContentLight = &meta.ContentLight{MaxCLL: 1000, MaxFALL: 400}
		}},
		{"keep", "content-light-level=1000:400 mastering-display-info=1:2:3:4:5:6:7:8:9:10 existing=keep", func(b *meta.Block) {
			m, _ := meta.ParseMasteringDisplay("1:2:3:4:5:6:7:8:9:10")
			b.MasteringDisplay = &m
		}},
		{"replace", "colorimetry=bt2100-pq existing=replace", func(b *meta.Block) {
			*b = meta.Block{Color: &meta.Color{Primaries: 9, Transfer: 16, Matrix: 9, ChromaSite: meta.ChromaUnspecified}}
		}},
		{"replace by caps", "existing=replace", func(b *meta.Block) { *b = meta.Block{Color: &caps} }},
		{"nothing of ours", "", func(*meta.Block) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			frames := run(t, "videotestsrc num-buffers=10 ! video/x-raw,format=P010_10LE,width=16,height=16,colorimetry=bt2100-hlg,chroma-site=cosited ! metastamper ! hdrmetaattach hdr10plus-location="+json+" "+c.properties+" ! metarecorder name=out ! fakesink")
			for i, f := range frames {
				want := found.Clone()
				c.want(want)
				if n := entryOf(t, f.Block); n != i {
					t.Errorf("frame %d has entry %d", i, n)
				}
				if f.Block == nil {
					continue
				}
				f.Block.HDR10Plus = nil
				if !reflect.DeepEqual(f.Block, want) {
					t.Errorf("frame %d has %+v, want %+v", i, f.Block, want)
				}
			}
		})
	}
}

func TestReplacingByNothingTakesTheMetadataOff(t *testing.T) {
	stamper.All(t, &meta.Block{ContentLight: &meta.ContentLight{MaxCLL: 1}})
	for mode, want := range map[string]bool{"merge": true, "keep": true, "replace": false} {
		frames := run(t, "fakesrc num-buffers=3 ! video/x-other ! metastamper ! hdrmetaattach existing="+mode+" ! metarecorder name=out ! fakesink")
		for i, f := range frames {
			if (f.Block != nil) != want {
				t.Errorf("%s: frame %d has %+v", mode, i, f.Block)
			}
		}
	}
}

func TestBrokenMetadataIsReplacedWithOneWarning(t *testing.T) {
	stamper.All(t, stamper.Garbage)
	p := pipe.Play(t, fmt.Sprintf(video+"metastamper ! hdrmetaattach name=a content-light-level=5:4 ! metarecorder name=out ! fakesink", 10))
	m := p.Next("warning", 10*time.Second, warning)
	if m.From != "a" || !strings.Contains(m.Text, "cannot be trusted") || m.Debug == "" {
		t.Errorf("warning of %s: %q (%q)", m.From, m.Text, m.Debug)
	}
	p.Next("end of stream with no other warning", 10*time.Second, func(m pipe.Message) bool {
		if warning(m) {
			t.Errorf("warned again: %s", m.Text)
		}
		return m.Type == gst.MessageEOS
	})
	for i, f := range recorded(t) {
		if f.Block == nil || f.Block.ContentLight == nil || f.Block.ContentLight.MaxCLL != 5 {
			t.Errorf("frame %d: %+v", i, f.Block)
		}
	}
}

func TestFullBlockStaysAsItIsWithOneWarning(t *testing.T) {
	stamper.All(t, &meta.Block{T35: [][]byte{make([]byte, meta.MaxSize-200)}})
	rpu := write(t, "a.bin", streams.RPUFile(10))
	p := pipe.Play(t, fmt.Sprintf(video+"metastamper ! hdrmetaattach rpu-location=%s ! metarecorder name=out ! fakesink", 10, rpu))
	if m := p.Next("warning", 10*time.Second, warning); !strings.Contains(m.Text, "no room") || !strings.Contains(m.Debug, "too large") {
		t.Errorf("warning %q (%q)", m.Text, m.Debug)
	}
	p.Next("end of stream with no other warning", 10*time.Second, func(m pipe.Message) bool {
		if warning(m) {
			t.Errorf("warned again: %s", m.Text)
		}
		return m.Type == gst.MessageEOS
	})
	for i, f := range recorded(t) {
		if f.Block == nil || len(f.Block.T35) != 1 || f.Block.DolbyVision != nil {
			t.Errorf("frame %d: %+v", i, f.Block)
		}
	}
}

func TestStaticMetadataOfCapsAndProperties(t *testing.T) {
	const display = "35400:14600:8500:39850:6550:2300:15635:16450:10000000:1"
	const inCaps = ",colorimetry=bt2100-pq,chroma-site=jpeg,content-light-level=(string)700:70,mastering-display-info=(string)" + display
	color := func(transfer, site uint8) meta.Color {
		return meta.Color{Primaries: 9, Transfer: transfer, Matrix: 9, ChromaSite: site}
	}
	for _, c := range []struct {
		name, caps, properties string
		color                  meta.Color
		display, light         string
	}{
		{"caps", inCaps, "", color(16, meta.ChromaCenter), display, "700:70"},
		{"properties", ",colorimetry=bt2100-pq", "colorimetry=bt2100-hlg content-light-level=900:90 mastering-display-info=1:2:3:4:5:6:7:8:9:10",
			color(18, meta.ChromaUnspecified), "1:2:3:4:5:6:7:8:9:10", "900:90"},
		{"colorimetry in numbers", ",content-light-level=(string)7:6,mastering-display-info=(string)" + display, "colorimetry=1:6:14:7",
			meta.Color{Primaries: 9, Transfer: 16, Matrix: 9, FullRange: true, ChromaSite: meta.ChromaUnspecified}, display, "7:6"},
		{"properties over caps", inCaps, "content-light-level=900:90", color(16, meta.ChromaCenter), display, "900:90"},
		{"caps of nonsense", ",colorimetry=bt2100-pq,chroma-site=jpeg,content-light-level=(string)bright,mastering-display-info=(string)" + display, "",
			color(16, meta.ChromaCenter), display, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			frames := run(t, `videotestsrc num-buffers=2 ! video/x-raw,format=P010_10LE,width=16,height=16 ! capssetter caps="video/x-raw`+c.caps+`" ! hdrmetaattach `+c.properties+" ! metarecorder name=out ! fakesink")
			if len(frames) != 2 || frames[0].Block == nil {
				t.Fatalf("%d frames, first %+v", len(frames), frames)
			}
			b := frames[1].Block
			if *b.Color != c.color {
				t.Errorf("color %+v, want %+v", *b.Color, c.color)
			}
			if got := b.MasteringDisplay.String(); got != c.display {
				t.Errorf("mastering display %s, want %s", got, c.display)
			}
			switch {
			case c.light == "" && b.ContentLight != nil:
				t.Errorf("content light %v, want none", b.ContentLight)
			case c.light != "" && b.ContentLight.String() != c.light:
				t.Errorf("content light %v, want %s", b.ContentLight, c.light)
			}
		})
	}
}

func TestSeeksFindTheEntry(t *testing.T) {
	json := write(t, "a.json", hdr10plusFile(400, 10))
	for _, mode := range []string{"auto", "count", "time"} {
		p := pipe.New(t, "videotestsrc ! video/x-raw,format=I420,width=16,height=16,framerate=50/1 ! hdrmetaattach hdr10plus-location="+json+" frame-number="+mode+" ! metarecorder name=out ! fakesink sync=false")
		for _, to := range []int{0, 300, 120, 399, 0} {
			p.SetState(gst.StatePaused)
			p.Pipeline().GetState(gst.ClockTime(5 * time.Second))
			recorded(t) // of before the seek
			if !p.Pipeline().SeekSimple(gst.FormatTime, gst.SeekFlagFlush|gst.SeekFlagAccurate, int64(to)*20e6) {
				t.Fatalf("%s: no seek to %d", mode, to)
			}
			p.SetState(gst.StatePlaying)
			var frames []recorder.Buffer
			for deadline := time.Now().Add(10 * time.Second); len(frames) < 50; time.Sleep(time.Millisecond) {
				if frames = append(frames, recorded(t)...); time.Now().After(deadline) {
					t.Fatalf("%s: %d frames after the seek to %d", mode, len(frames), to)
				}
			}
			for i, f := range frames {
				if f.StreamTime != uint64(to+i)*20e6 {
					t.Fatalf("%s: frame %d after the seek to %d is at %d ms", mode, i, to, f.StreamTime/1e6)
				}
				if n, want := entryOf(t, f.Block), min(to+i, 399); n != want {
					t.Fatalf("%s: frame %d after the seek to %d has entry %d, want %d", mode, i, to, n, want)
				}
			}
		}
		p.Stop()
	}
}

func TestDroppedFramesKeepStepByTime(t *testing.T) {
	json := write(t, "a.json", hdr10plusFile(200, 10))
	frames := run(t, fmt.Sprintf(video+"identity drop-probability=0.5 ! hdrmetaattach hdr10plus-location=%s frame-number=time ! metarecorder name=out ! fakesink", 200, json))
	if len(frames) == 0 || len(frames) == 200 {
		t.Fatalf("%d frames of 200 came through, want about half", len(frames))
	}
	for _, f := range frames {
		if n, want := entryOf(t, f.Block), int(f.PTS/20e6); n != want {
			t.Errorf("the frame at %d ms has entry %d, want %d", f.PTS/1e6, n, want)
		}
	}
}

func TestFrameWithoutATimeGetsNothingByTime(t *testing.T) {
	json := write(t, "a.json", hdr10plusFile(10, 5))
	p := pipe.Play(t, "fakesrc num-buffers=5 sizetype=fixed sizemax=384 ! video/x-raw,format=I420,width=16,height=16,framerate=50/1 ! hdrmetaattach frame-number=time hdr10plus-location="+json+" ! metarecorder name=out ! fakesink")
	if m := p.Next("warning", 10*time.Second, warning); !strings.Contains(m.Text, "without a timestamp") {
		t.Errorf("warning %q", m.Text)
	}
	p.EOS(10 * time.Second)
	for i, f := range recorded(t) {
		if n := entryOf(t, f.Block); n != -1 {
			t.Errorf("frame %d has entry %d, want none", i, n)
		}
	}
}

func TestTimeWithoutFramerateIsAnError(t *testing.T) {
	json := write(t, "a.json", hdr10plusFile(10, 5))
	for _, caps := range []string{"video/x-raw,format=I420,width=16,height=16,framerate=0/1", "video/x-h265,stream-format=byte-stream,alignment=au"} {
		mode := "time"
		if strings.Contains(caps, "h265") {
			mode = "auto"
		}
		p := pipe.Play(t, "fakesrc num-buffers=5 sizetype=fixed sizemax=384 ! "+caps+" ! hdrmetaattach frame-number="+mode+" hdr10plus-location="+json+" ! fakesink")
		if m := p.Error(10 * time.Second); !strings.Contains(m.Text, "no framerate") || !strings.Contains(m.Text, "frame-number=count") {
			t.Errorf("%s: error %q (%q)", caps, m.Text, m.Debug)
		}
		p.Stop()
		// Nothing needs a number here.
		run(t, "fakesrc num-buffers=5 sizetype=fixed sizemax=384 ! "+caps+" ! hdrmetaattach frame-number=time content-light-level=5:4 ! metarecorder name=out ! fakesink")
	}
}

func TestOtherLengthIsToldOnceAtTheEnd(t *testing.T) {
	json := write(t, "a.json", hdr10plusFile(20, 5))
	for _, n := range []int{19, 20, 21} {
		p := pipe.Play(t, fmt.Sprintf(video+"hdrmetaattach hdr10plus-location=%s ! fakesink", n, json))
		var warnings []string
		p.Next("end of stream", 10*time.Second, func(m pipe.Message) bool {
			if warning(m) {
				warnings = append(warnings, m.Text)
			}
			return m.Type == gst.MessageEOS
		})
		switch text := strings.Join(warnings, "; "); {
		case n == 20 && text != "":
			t.Errorf("files of the stream's length: %s", text)
		case n != 20 && (len(warnings) != 1 || !strings.Contains(text, fmt.Sprintf("%s has 20 frames and the stream %d", json, n))):
			t.Errorf("%d frames: warnings %q", n, text)
		}
		p.Stop()
	}
}

func TestThousandStartsLeaveNothing(t *testing.T) {
	pipe.NeedsNoDevice(t)
	json, rpu := write(t, "a.json", hdr10plusFile(20, 5)), write(t, "a.bin", streams.RPUFile(20))
	pipe.New(t, fmt.Sprintf(video+"hdrmetaattach hdr10plus-location=%s rpu-location=%s ! fakesink sync=false", 3, json, rpu)).Starts(1000)
}

// Whether the block changes with every frame or never: the streaming thread makes
// nothing in Go.
func TestFramesDoNotAllocate(t *testing.T) {
	const n = 3000
	json, rpu := write(t, "a.json", hdr10plusFile(n, 1)), write(t, "a.bin", streams.RPUFile(100))
	stamper.All(t, &meta.Block{ContentLight: &meta.ContentLight{MaxCLL: 1}})
	for _, properties := range []string{"", "by=scene hdr10plus-location=" + json, "rpu-location=" + rpu, "existing=keep content-light-level=5:4 frame-number=time hdr10plus-location=" + json} {
		p := pipe.New(t, fmt.Sprintf(video+"metastamper ! hdrmetaattach %s ! fakesink sync=false", n, properties))
		if made := p.Mallocs(); made > 400 {
			t.Errorf("%q: %d allocations for %d frames, want 0 per frame", properties, made, n)
		}
		p.Stop()
	}
}
