package hdrmetadump

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/hdrmetaparse"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

func TestMain(m *testing.M) {
	pipe.Main(m, func() error {
		return errors.Join(gstx.Register(nil, Class), gstx.Register(nil, hdrmetaparse.Class), stamper.Register())
	})
}

const video = "videotestsrc num-buffers=%d ! video/x-raw,width=16,height=16,framerate=50/1 ! metastamper ! "

func light(cll uint16) *meta.Block {
	return &meta.Block{ContentLight: &meta.ContentLight{MaxCLL: cll}}
}

type line struct {
	PTS       *uint64
	Formats   []string
	Light     *meta.ContentLight `json:"content_light"`
	Seals     string
	ID        string `json:"content_id"`
	Unchanged bool
	Error     string
}

func readLines(t *testing.T, path string) (out []line) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("%v in %s", err, s.Bytes())
		}
		out = append(out, l)
	}
	return out
}

func TestOneLineForEachBuffer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.jsonl")
	stamper.ByNumber(t, func(n int) *meta.Block {
		if n >= 8 {
			return nil
		}
		return light(uint16(100 + n/4))
	})
	p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump name=d location=%s ! fakesink", 10, path))
	p.EOS(10 * time.Second)
	if got := p.Element("d").ObjectProperty("buffers").(uint64); got != 10 {
		t.Errorf("%d buffers counted, want 10", got)
	}
	p.Stop()

	lines := readLines(t, path)
	if len(lines) != 10 {
		t.Fatalf("%d lines, want 10", len(lines))
	}
	for i, l := range lines {
		if l.PTS == nil || *l.PTS != uint64(i)*20000000 {
			t.Errorf("line %d: pts %v", i, l.PTS)
		}
		if i >= 8 {
			if l.Light != nil || l.ID != "" {
				t.Errorf("line %d tells of a block that is not there: %+v", i, l)
			}
			continue
		}
		if l.Light == nil || strings.Join(l.Formats, "") != "HDR10" || len(l.ID) != 16 || !strings.Contains(l.Seals, "shrink|grow|write") {
			t.Errorf("line %d: %+v", i, l)
		}
		if l.Unchanged != (i%4 != 0) {
			t.Errorf("line %d: unchanged is %v", i, l.Unchanged)
		}
	}
}

func TestMessagesTellOfChanges(t *testing.T) {
	stamper.ByNumber(t, func(n int) *meta.Block { return light(uint16(100 + n/5)) })
	p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump location=\"\" ! fakesink", 20))
	var got []string
	p.Next("end of stream", 10*time.Second, func(m pipe.Message) bool {
		if m.Type == gst.MessageElement {
			got = append(got, m.Text)
		}
		return m.Type == gst.MessageEOS
	})
	if len(got) != 4 || !strings.HasPrefix(got[3], "hdr-metadata, pts=(guint64)300000000, formats=(string)HDR10,") {
		t.Errorf("messages: %q; want 4, for each change", got)
	}
	p = pipe.Play(t, fmt.Sprintf(video+"hdrmetadump location=\"\" messages=false ! fakesink", 20))
	p.Next("end of stream", 10*time.Second, func(m pipe.Message) bool {
		if m.Type == gst.MessageElement {
			t.Errorf("message with messages=false: %s", m.Text)
		}
		return m.Type == gst.MessageEOS
	})
}

func TestBrokenBlocksAreCountedAndTheStreamGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.jsonl")
	stamper.ByNumber(t, func(n int) *meta.Block {
		if n >= 3 && n < 7 || n == 9 {
			return stamper.Garbage
		}
		return light(1)
	})
	p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump name=d location=%s ! fakesink", 12, path))
	warnings := 0
	p.Next("end of stream", 10*time.Second, func(m pipe.Message) bool {
		if m.Type == gst.MessageWarning {
			warnings++
			if !strings.Contains(m.Text, "cannot be trusted") || !strings.Contains(m.Debug, meta.ErrMagic.Error()) {
				t.Errorf("warning %q (%q)", m.Text, m.Debug)
			}
		}
		return m.Type == gst.MessageEOS
	})
	if warnings != 2 {
		t.Errorf("%d warnings, want one for each of the two runs", warnings)
	}
	if got := p.Element("d").ObjectProperty("broken").(uint64); got != 5 {
		t.Errorf("%d broken blocks counted, want 5", got)
	}
	for i, l := range readLines(t, path) {
		if bad := i >= 3 && i < 7 || i == 9; (l.Error != "") != bad || (l.Light == nil) != bad {
			t.Errorf("line %d: %+v, broken: %v", i, l, bad)
		}
	}
}

func TestOutputErrors(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	stamper.All(t, light(1))
	for _, c := range []struct{ location, text, debug string }{
		{"/dev/full", "No space left to write /dev/full.", "no space left on device"},
		{filepath.Join(dir, "no/such/folder"), "Could not open file", "no such file or directory"},
		{dir, "Could not open file", "is a directory"},
		{fifo, "Nobody reads", "no such device or address"},
	} {
		p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump location=%s ! fakesink", 5, c.location))
		if m := p.Error(10 * time.Second); !strings.Contains(m.Text, c.text) || !strings.Contains(m.Debug, c.debug) {
			t.Errorf("%s: %q (%q), want %q (%q)", c.location, m.Text, m.Debug, c.text, c.debug)
		}
		p.Stop()
	}
}

// reader opens a FIFO for reading so that the element can open it for writing.
func reader(t *testing.T) (path string, f *os.File) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	f = os.NewFile(uintptr(fd), path)
	t.Cleanup(func() { f.Close() })
	return path, f
}

func TestReaderThatGoesIsAnErrorNotASignal(t *testing.T) {
	path, r := reader(t)
	stamper.ByNumber(t, func(n int) *meta.Block {
		if n == 3 {
			r.Close()
		}
		return light(1)
	})
	p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump location=%s ! fakesink", 10, path))
	if m := p.Error(10 * time.Second); !strings.Contains(m.Text, "has gone") || !strings.Contains(m.Debug, "broken pipe") {
		t.Errorf("error %q (%q)", m.Text, m.Debug)
	}
}

func TestReaderThatSleepsLosesLinesAndDoesNotHoldTheStream(t *testing.T) {
	path, r := reader(t)
	stamper.ByNumber(t, func(n int) *meta.Block { return light(uint16(n)) })
	p := pipe.Play(t, fmt.Sprintf(video+"hdrmetadump name=d messages=false location=%s ! fakesink", 2000, path))
	p.EOS(10 * time.Second)
	dropped := p.Element("d").ObjectProperty("dropped").(uint64)
	p.Stop()

	lines := uint64(0)
	for s := bufio.NewScanner(r); s.Scan(); {
		if !json.Valid(s.Bytes()) && s.Text() != "" {
			// Only the last line may be cut: its rest never found a reader.
			if s.Scan() {
				t.Fatalf("cut line in the middle")
			}
			break
		}
		lines++
	}
	if dropped == 0 || lines == 0 || lines+dropped < 1999 || lines+dropped > 2000 {
		t.Errorf("%d lines read and %d dropped of 2000", lines, dropped)
	}
}

// It stands in compressed streams too, and changes nothing.
func TestAnyStreamPassesUnchanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	p := pipe.Play(t, "fakesrc num-buffers=5 sizetype=fixed sizemax=100 filltype=pattern ! hdrmetadump location=/dev/null ! filesink location="+path)
	p.EOS(10 * time.Second)
	if st, err := os.Stat(path); err != nil || st.Size() != 500 {
		t.Errorf("%v, %v; want 500 bytes", st, err)
	}
}

func TestStartAndStopLeaveNothing(t *testing.T) {
	stamper.All(t, light(1))
	pipe.New(t, fmt.Sprintf(video+"hdrmetadump location=/dev/null ! fakesink sync=false", 2)).Starts(1000)
}

func TestUnchangedMetadataDoesNotAllocate(t *testing.T) {
	stamper.All(t, light(1))
	p := pipe.New(t, fmt.Sprintf(video+"hdrmetadump location=/dev/null ! fakesink sync=false", 3000))
	if n := p.Mallocs(); n > 300 {
		t.Errorf("%d allocations for 3000 buffers, want 0 per buffer", n)
	}
}
