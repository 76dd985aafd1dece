package hdrmetaparse

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/recorder"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/samples"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// run plays elements between a file and what is recorded.
func run(t *testing.T, path, elements string) (recorder.Record, *pipe.Pipe) {
	t.Helper()
	p := pipe.Play(t, "filesrc location="+path+" ! "+elements+" ! metarecorder name=out ! fakesink")
	p.EOS(time.Minute)
	return recorder.Take("out"), p
}

func TestStaticMetadataIsAddedToCapsThatHaveNone(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.AV1, Static: true})
	strip := `capssetter replace=true join=false caps="video/x-av1,stream-format=obu-stream,alignment=tu,width=320,height=180"`
	got, _ := run(t, s.File(t), "ivfparse ! av1parse ! video/x-av1,alignment=tu ! "+strip+" ! hdrmetaparse")
	if len(got.Formats) == 0 || len(got.Buffers) != s.Frames {
		t.Fatalf("%d caps, %d buffers", len(got.Formats), len(got.Buffers))
	}
	last := got.Formats[len(got.Formats)-1]
	if last.Mastering != streams.Mastering.String() || last.Light != streams.Light.String() {
		t.Errorf("caps say %q %q, want %q %q", last.Mastering, last.Light, streams.Mastering.String(), streams.Light.String())
	}
	if len(got.Formats) > 2 {
		t.Errorf("caps came %d times, want at most twice", len(got.Formats))
	}
}

func TestCapsFillWhatTheStreamDoesNotSay(t *testing.T) {
	const mastering, light = "1:2:3:4:5:6:7:8:90:1", "12:3"
	for _, static := range []bool{false, true} {
		s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: static})
		got, _ := run(t, s.File(t), "h265parse ! video/x-h265,alignment=au ! capssetter caps=\"video/x-h265,mastering-display-info=(string)"+
			mastering+",content-light-level=(string)"+light+"\" ! hdrmetaparse")
		for i, b := range got.Buffers {
			if b.Block == nil || b.Block.MasteringDisplay == nil || b.Block.ContentLight == nil {
				t.Fatalf("access unit %d: %+v", i, b.Block)
			}
			m, l := b.Block.MasteringDisplay.String(), b.Block.ContentLight.String()
			if static && (m != streams.Mastering.String() || l != streams.Light.String()) || !static && (m != mastering || l != light) {
				t.Errorf("access unit %d of a stream with its own %t: %s %s", i, static, m, l)
			}
		}
		if f := got.Formats[len(got.Formats)-1]; f.Mastering != mastering || f.Light != light {
			t.Errorf("upstream's caps became %q %q", f.Mastering, f.Light)
		}
	}
}

func TestWhatABufferHasIsKeptUnlessTheStreamSaysIt(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: true})
	path := streams.File(t, streams.HEVC, recorder.Insert(t, s, func(n int) *meta.Block {
		return &meta.Block{HDR10Plus: recorder.Payload(t, n)}
	}))
	// Somebody else's section, and an HDR10+ message that says nothing true.
	stamper.All(t, &meta.Block{HDR10Plus: []byte{0xB5, 0, 0x3C, 0, 1, 4, 1}, User: []meta.User{{Type: meta.TypeUser, Data: []byte("stamped")}}})
	// The first parser's HDR10+ is older by one access unit where the second's
	// stream has it, and the only one where it does not.
	got, _ := run(t, path, "h265parse ! video/x-h265,stream-format=byte-stream,alignment=au ! metastamper ! hdrmetaparse")
	order := s.Order(t)
	for i, b := range got.Buffers {
		if b.Block == nil || !bytes.Equal(b.Block.HDR10Plus, recorder.Payload(t, order[i])) {
			t.Errorf("access unit %d: HDR10+ is not the stream's", i)
		}
		if b.Block == nil || len(b.Block.User) != 1 || string(b.Block.User[0].Data) != "stamped" {
			t.Errorf("access unit %d: the buffer's own section is gone: %+v", i, b.Block)
		}
	}
}

func TestHDR10PlusHoldsUntilReplacedAndASeekForgetsIt(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: true})
	path := streams.Mux(t, streams.HEVC, recorder.Insert(t, s, func(n int) *meta.Block {
		if n > 0 {
			return nil
		}
		return &meta.Block{HDR10Plus: recorder.Payload(t, n)}
	}), "mkv")
	p := pipe.New(t, "filesrc location="+path+" ! matroskademux ! h265parse ! hdrmetaparse ! avdec_h265 ! metarecorder name=out ! fakesink")
	p.SetState(gst.StatePlaying)
	p.EOS(time.Minute)
	for i, b := range recorder.Take("out").Buffers {
		if b.Block == nil || !bytes.Equal(b.Block.HDR10Plus, recorder.Payload(t, 0)) {
			t.Errorf("picture %d has not the first one's HDR10+", i)
		}
	}
	if !p.Pipeline().SeekSimple(gst.FormatTime, gst.SeekFlagFlush|gst.SeekFlagKeyUnit, int64(time.Second)) {
		t.Fatal("seek refused")
	}
	p.EOS(time.Minute)
	after := recorder.Take("out").Buffers
	if len(after) == 0 || len(after) >= s.Frames {
		t.Fatalf("%d pictures after the seek", len(after))
	}
	for i, b := range after {
		if b.Block == nil || len(b.Block.HDR10Plus) > 0 || b.Block.MasteringDisplay == nil {
			t.Errorf("picture %d after the seek: %+v", i, b.Block)
		}
	}
}

// broken makes of the stream one whose access unit n (in decoding order) has the
// bytes from replaced by to.
func broken(t *testing.T, s *streams.Stream, data []byte, n int, from, to []byte) []byte {
	t.Helper()
	units := (&streams.Stream{Recipe: s.Recipe, Data: data}).Units(t)
	if !bytes.Contains(units[n], from) {
		t.Fatalf("access unit %d has no %x", n, from)
	}
	units[n] = bytes.Replace(units[n], from, to, 1)
	return bytes.Join(units, nil)
}

func TestBrokenMessagesAreCountedAndCostNothingElse(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: true, DolbyVision: true})
	whole := recorder.Insert(t, s, func(n int) *meta.Block { return &meta.Block{HDR10Plus: recorder.Payload(t, n)} })
	order := s.Order(t)
	const n = 5 // this access unit's HDR10+ gets an application version that does not exist
	head := []byte{0xB5, 0x00, 0x3C, 0x00, 0x01, 0x04}
	data := broken(t, s, whole, n, append(head[:6:6], 1), append(head[:6:6], 9))
	got, p := run(t, streams.File(t, streams.HEVC, data), "h265parse ! video/x-h265,stream-format=byte-stream,alignment=au ! hdrmetaparse name=parse")
	if count := p.Element("parse").ObjectProperty("broken"); count != uint64(1) {
		t.Errorf("broken is %v, want 1", count)
	}
	if len(got.Buffers) != s.Frames {
		t.Fatalf("%d access units, want %d", len(got.Buffers), s.Frames)
	}
	for i, b := range got.Buffers {
		want := order[i]
		if i == n {
			want = order[i-1] // the last good one holds
		}
		if b.Block == nil || !bytes.Equal(b.Block.HDR10Plus, recorder.Payload(t, want)) {
			t.Errorf("access unit %d: HDR10+ is not that of picture %d", i, want)
		}
		if b.Block == nil || !bytes.Equal(b.Block.DolbyVision, streams.RPU(order[i])) {
			t.Errorf("access unit %d: RPU is not its own", i)
		}
	}
}

func TestBrokenSamplesPassWithAWarning(t *testing.T) {
	// Without h265parse: it gives up such a stream before we see it.
	caps := `capssetter replace=true join=false caps="video/x-h265,stream-format=byte-stream,alignment=au"`
	got, _ := run(t, samples.Path(t, "hdr10plus/invalid-null-byte-seq.hevc"), "typefind ! "+caps+" ! hdrmetaparse")
	if len(got.Buffers) == 0 {
		t.Fatal("no buffer came through")
	}
	found := false
	for _, b := range got.Buffers {
		found = found || b.Block != nil && len(b.Block.HDR10Plus) > 0
	}
	if !found {
		t.Error("nothing of the broken sample was used")
	}
}

func TestStreamsThatCannotBeParsedAreRefusedInWords(t *testing.T) {
	p := pipe.Play(t, "videotestsrc num-buffers=1 ! video/x-raw,width=16,height=16 ! capssetter replace=true join=false "+
		"caps=video/x-h265,stream-format=hvc1,alignment=au ! hdrmetaparse ! fakesink")
	if m := p.Error(10 * time.Second); !strings.Contains(m.Debug, "codec_data") {
		t.Errorf("%s (%s)", m.Text, m.Debug)
	}
}

func TestThousandStartsLeaveNothing(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: true})
	pipe.New(t, "filesrc location="+s.File(t)+" ! h265parse ! hdrmetaparse ! fakesink").Starts(1000)
}
