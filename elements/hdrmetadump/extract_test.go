package hdrmetadump

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// message is a valid HDR10+ message that tells n in its average.
func message(n int) *hdr10plus.Metadata {
	m := &hdr10plus.Metadata{Version: 1, NumWindows: 1}
	w := &m.Windows[0]
	w.AverageMaxRGB, w.MaxSCL = uint32(n), [3]uint32{1000, 2000, 3000}
	for _, p := range []uint8{1, 5, 10, 25, 50, 75, 90, 95, 99} {
		w.Percentiles[w.NumPercentiles] = hdr10plus.Percentile{Percentage: p, Value: uint32(p)}
		w.NumPercentiles++
	}
	return m
}

func payloadOf(m *hdr10plus.Metadata) []byte {
	p, err := m.Append(nil)
	if err != nil {
		panic(err)
	}
	return p
}

func plus(n int) *meta.Block { return &meta.Block{HDR10Plus: payloadOf(message(n))} }

// rpu is an intact RPU that tells n.
func rpu(n int) *meta.Block {
	body := binary.BigEndian.AppendUint64([]byte{0x08, 0x09, 0x08, 0x40, 0x61, 0x36, 0x50, 0x6e}, uint64(n))
	p := binary.BigEndian.AppendUint32(append([]byte{0x19}, body...), dovi.Checksum(body))
	return &meta.Block{DolbyVision: append(p, 0x80)}
}

// averages reads a JSON file: the average of each frame.
func averages(t *testing.T, path string) (out []uint32, f *hdr10plus.File) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if f, err = hdr10plus.ReadJSON(bytes.NewReader(text)); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	for i := range f.Len() {
		out = append(out, f.Frame(i).Windows[0].AverageMaxRGB)
	}
	return out, f
}

// warnings plays to the end of the stream, or an error, and gives what was warned of.
func warnings(t *testing.T, p *pipe.Pipe) (out []string) {
	t.Helper()
	p.Next("end of stream", 20*time.Second, func(m pipe.Message) bool {
		if m.Type == gst.MessageWarning {
			out = append(out, m.Text)
		}
		return m.Type == gst.MessageEOS
	})
	return out
}

// list writes the numbers as a text that is compared.
func list[T any](v []T) string { return strings.Trim(fmt.Sprint(v), "[]") }

func TestHDR10PlusJSONHasEachFrame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.json")
	stamper.ByNumber(t, func(n int) *meta.Block { return plus(n / 4) })
	p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump name=d format=hdr10plus-json location=%s ! fakesink", 10, path))
	if w := warnings(t, p); len(w) != 0 {
		t.Errorf("warnings %q", w)
	}
	// The file is complete before the element is stopped.
	got, f := averages(t, path)
	if list(got) != "0 0 0 0 1 1 1 1 2 2" || f.Profile != "A" || f.Scene(9) != 2 || f.Tool != "gst-shmmeta" {
		t.Errorf("averages %v, profile %s, last scene %d, tool %s", got, f.Profile, f.Scene(9), f.Tool)
	}
	if got := p.Element("d").ObjectProperty("missing").(uint64); got != 0 {
		t.Errorf("%d missing, want 0", got)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p.Stop()
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("%v; stopping changed the file to\n%s", err, after)
	}
}

func TestFramesWithoutHDR10PlusHaveThatOfTheFrameBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.json")
	broken := &meta.Block{HDR10Plus: []byte{0xB5, 0x00, 0x3C, 0x00, 0x01, 4, 1, 0x40}}
	stamper.ByNumber(t, func(n int) *meta.Block {
		return []*meta.Block{nil, light(1), plus(5), nil, stamper.Garbage, plus(6), broken, broken, nil, plus(7)}[n]
	})
	p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump name=d format=hdr10plus-json location=%s ! fakesink", 10, path))
	w := warnings(t, p)
	if got, _ := averages(t, path); list(got) != "5 5 5 5 5 6 6 6 6 7" {
		t.Errorf("averages %v", got)
	}
	// Frame 8 has none and got the broken one, which holds.
	if got := p.Element("d").ObjectProperty("missing").(uint64); got != 5 {
		t.Errorf("%d missing, want 5", got)
	}
	for _, want := range []string{": 5 frames have no HDR10+ metadata", ": 3 frames have HDR10+ metadata that cannot be read", "truncated"} {
		if !strings.Contains(strings.Join(w, "\n"), want) {
			t.Errorf("no %q in the warnings %q", want, w)
		}
	}
}

func TestWhatJSONCannotHoldIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.json")
	stamper.ByNumber(t, func(n int) *meta.Block {
		m := message(n)
		switch n {
		case 3, 4:
			m.Version, m.NumWindows = 0, 2
		case 6: // profile B
			m.TargetMaxLuminance, m.Windows[0].ToneMapping, m.Windows[0].NumAnchors = 400, true, 3
		}
		return &meta.Block{HDR10Plus: payloadOf(m)}
	})
	p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump format=hdr10plus-json location=%s ! fakesink", 8, path))
	w := warnings(t, p)
	got, f := averages(t, path)
	if list(got) != "0 1 2 3 4 5 6 7" || f.Profile != "N/A" {
		t.Errorf("averages %v of profile %s", got, f.Profile)
	}
	if text, err := os.ReadFile(path); err != nil || !bytes.Contains(text, []byte(`"HDR10plusProfile": "N/A",`)) {
		t.Errorf("%v; the text says %.80s", err, text)
	}
	if len(w) != 1 || !strings.Contains(w[0], ": 2 frames have HDR10+ metadata that is not all in the file (the first: ") || !strings.Contains(w[0], "2 windows") {
		t.Errorf("warnings %q", w)
	}
}

func TestStreamWithoutMetadataGivesAFileWithoutFrames(t *testing.T) {
	dir := t.TempDir()
	stamper.All(t, light(1))
	p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump format=hdr10plus-json location=%s/meta.json ! hdrmetadump format=rpu location=%s/rpu.bin ! fakesink", 5, dir, dir))
	w := strings.Join(warnings(t, p), "\n")
	if got, _ := averages(t, dir+"/meta.json"); len(got) != 0 {
		t.Errorf("averages %v", got)
	}
	if st, err := os.Stat(dir + "/rpu.bin"); err != nil || st.Size() != 0 {
		t.Errorf("%v, %v; want an empty file", st, err)
	}
	if !strings.Contains(w, "no frame has HDR10+") || !strings.Contains(w, "no frame has a Dolby Vision RPU") {
		t.Errorf("warnings %q", w)
	}
}

func TestStoppingBeforeTheEndLeavesACompleteFile(t *testing.T) {
	for name, end := range map[string]string{
		"stopped":        "fakesink",
		"while it waits": "fakesink sync=true",
		"after an error": "identity error-after=20 ! fakesink",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "meta.json")
			stamper.ByNumber(t, plus)
			p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump name=d format=hdr10plus-json location=%s ! %s", 1000000, path, end))
			for deadline := time.Now().Add(10 * time.Second); p.Element("d").ObjectProperty("buffers").(uint64) < 15; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("no frames")
				}
			}
			p.Stop()
			got, _ := averages(t, path)
			if len(got) < 15 {
				t.Fatalf("%d frames, want 15 or more", len(got))
			}
			for i, v := range got {
				if v != uint32(i) {
					t.Fatalf("frame %d is %d", i, v)
				}
			}
		})
	}
}

func TestRPUFileHasTheRPUs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rpu.bin")
	stamper.ByNumber(t, func(n int) *meta.Block {
		switch n {
		case 2:
			return nil
		case 5:
			return &meta.Block{DolbyVision: []byte{0x19, 8, 9, 8, 0x80}}
		}
		return rpu(n)
	})
	p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump name=d format=rpu location=%s ! fakesink", 8, path))
	w := strings.Join(warnings(t, p), "\n")
	if got := readRPUs(t, path); list(got) != "0 1 3 4 6 7" {
		t.Errorf("RPUs %v", got)
	}
	if got := p.Element("d").ObjectProperty("missing").(uint64); got != 1 {
		t.Errorf("%d missing, want 1", got)
	}
	if !strings.Contains(w, ": 1 frames have no Dolby Vision RPU") || !strings.Contains(w, ": 1 frames have a broken Dolby Vision RPU") {
		t.Errorf("warnings %q", w)
	}
}

func readRPUs(t *testing.T, path string) (out []uint64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := dovi.NewReader(f); ; {
		p, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, binary.BigEndian.Uint64(p[9:]))
	}
}

// A real encoder that reorders: the frame's number is what its time says.
func TestCompressedVideoIsPutInPresentationOrder(t *testing.T) {
	const frames = 150
	dir := t.TempDir()
	var arrived []int
	stamper.ByTime(t, func(pts uint64) *meta.Block {
		// x265enc moves the times by a thousand hours.
		n := int((pts - 1000*3600*1e9 + 10e6) / 20e6)
		arrived = append(arrived, n)
		return &meta.Block{HDR10Plus: plus(n).HDR10Plus, DolbyVision: rpu(n).DolbyVision}
	})
	p := pipe.Play(t, fmt.Sprintf("videotestsrc num-buffers=%d ! video/x-raw,format=I420,width=64,height=64,framerate=50/1 ! "+
		`x265enc speed-preset=ultrafast option-string="bframes=4:b-adapt=0:b-pyramid=1:pools=1:frame-threads=1" ! h265parse ! metastamper ! `+
		"hdrmetadump format=hdr10plus-json location=%s/meta.json ! hdrmetadump format=rpu location=%s/rpu.bin ! fakesink", frames, dir, dir))
	if w := warnings(t, p); len(w) != 0 {
		t.Errorf("warnings %q", w)
	}
	p.Stop()
	if slices.IsSorted(arrived) {
		t.Error("the encoder did not reorder")
	}
	var want []int
	for i := range frames {
		want = append(want, i)
	}
	if got, _ := averages(t, dir+"/meta.json"); list(got) != list(want) {
		t.Errorf("averages %v", got)
	}
	if got := readRPUs(t, dir+"/rpu.bin"); list(got) != list(want) {
		t.Errorf("RPUs %v", got)
	}
}

func TestCompressedVideoWithoutTimesStaysInOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.json")
	stamper.ByNumber(t, plus)
	p := pipe.Play(t, "fakesrc num-buffers=5 sizetype=fixed sizemax=100 ! video/x-h265 ! metastamper ! hdrmetadump format=hdr10plus-json location="+path+" ! fakesink")
	w := warnings(t, p)
	if got, _ := averages(t, path); list(got) != "0 1 2 3 4" {
		t.Errorf("averages %v", got)
	}
	if len(w) != 1 || !strings.Contains(w[0], ": 5 frames of compressed video have no time") {
		t.Errorf("warnings %q", w)
	}
}

func TestSeekGoesOnInTheSameFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.json")
	stamper.ByTime(t, func(pts uint64) *meta.Block { return plus(int(pts / 20e6)) })
	p := pipe.Play(t, "videotestsrc ! video/x-raw,width=16,height=16,framerate=50/1 ! metastamper ! hdrmetadump name=d format=hdr10plus-json location="+path+" ! fakesink sync=true")
	p.Next("PLAYING", 10*time.Second, func(m pipe.Message) bool { return m.Type == gst.MessageAsyncDone })
	if !p.Pipeline().SeekSimple(gst.FormatTime, gst.SeekFlagFlush, int64(100*time.Second)) {
		t.Fatal("the seek was refused")
	}
	p.Next("the seek", 10*time.Second, func(m pipe.Message) bool { return m.Type == gst.MessageAsyncDone })
	p.Stop()
	got, _ := averages(t, path)
	if i := slices.Index(got, 5000); i < 1 || got[0] != 0 {
		t.Errorf("averages %v; want 0… and then 5000…", got)
	}
}

func TestWhatFollowsTheEndIsNotInTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.json")
	out, err := openOutput(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.close()
	x := newExtract(formatHDR10Plus, out)
	for n := range 3 {
		if err := x.frame(uint64(n), plus(n)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := x.finish(); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(x.frame(7, plus(7)), x.flush()); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := averages(t, path); list(got) != "0 1 2" {
		t.Errorf("averages %v, want 0 1 2", got)
	}
}

func TestReaderThatSleepsIsAnErrorOfADocument(t *testing.T) {
	path, _ := reader(t)
	stamper.ByNumber(t, plus)
	p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump messages=false format=hdr10plus-json location=%s ! fakesink", 1000, path))
	if m := p.Error(20 * time.Second); !strings.Contains(m.Text, "does not keep up") || !strings.Contains(m.Debug, errNoReader.Error()) {
		t.Errorf("error %q (%q)", m.Text, m.Debug)
	}
}

func TestDocumentGoesThroughAPipe(t *testing.T) {
	path, r := reader(t)
	stamper.ByNumber(t, plus)
	p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump format=hdr10plus-json location=%s ! fakesink", 30, path))
	warnings(t, p)
	p.Stop()
	f, err := hdr10plus.ReadJSON(r)
	if err != nil || f.Len() != 30 {
		t.Errorf("%v, %+v; want 30 frames", err, f)
	}
}

func TestUnchangedMetadataDoesNotAllocateInDocuments(t *testing.T) {
	both := plus(7)
	both.DolbyVision = rpu(7).DolbyVision
	stamper.All(t, both)
	for _, format := range []string{"hdr10plus-json", "rpu"} {
		p := pipe.New(t, fmt.Sprintf(video+"hdrmetadump format=%s location=/dev/null ! fakesink sync=false", 3000, format))
		if n := p.Mallocs(); n > 300 {
			t.Errorf("%s: %d allocations for 3000 buffers, want 0 per buffer", format, n)
		}
	}
}
