package hdrmetaattach

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements/hdrmetatestsrc"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

func TestMain(m *testing.M) {
	pipe.Init()
	for _, c := range []gstx.Class{Class, hdrmetatestsrc.Class, {
		Name: "attachprobe", TypeName: "HdrAttachProbe", LongName: "probe", Klass: "Filter", Description: "For tests",
		Author: "nobody", Parent: gstx.Filter, Bytes: true, Pads: pads, New: func(*gstx.Element) any { return &got },
	}, {
		Name: "attachstamp", TypeName: "HdrAttachStamp", LongName: "stamper", Klass: "Filter", Description: "For tests",
		Author: "nobody", Parent: gstx.Filter, InPlace: true, Pads: pads, New: func(*gstx.Element) any { return new(stamper) },
	}} {
		if err := gstx.Register(nil, c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

var pads = []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: "ANY"}, {Name: "src", Direction: gstx.Src, Caps: "ANY"}}

// probe keeps what the buffers of a test carry.
type probe struct {
	mu       sync.Mutex
	pictures bool // to be kept too
	frames   []frame
}

type frame struct {
	pts, streamTime uint64
	block           *meta.Block // nil: none
	fd              int         // of it
	picture         []byte
	err             error
}

var got probe

func (p *probe) Frame(f *gstx.Frame) gstx.Flow {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := frame{pts: f.PTS, streamTime: f.StreamTime, fd: gstmeta.Get(f.Buffer.Pointer(), gstmeta.HDR).FD()}
	var b meta.Block
	ok, err := gstmeta.Open(f.Buffer.Pointer(), gstmeta.HDR, &b)
	if x.err = err; ok {
		x.block = b.Clone()
	}
	if p.pictures {
		x.picture = bytes.Clone(f.Bytes())
	}
	p.frames = append(p.frames, x)
	return gstx.FlowOK
}

// reset forgets the frames and says whether pictures are wanted from now on.
func (p *probe) reset(pictures bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frames, p.pictures = nil, pictures
}

func (p *probe) all(t *testing.T) []frame {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, f := range p.frames {
		if f.err != nil {
			t.Fatalf("frame %d: %v", i, f.err)
		}
	}
	return append([]frame(nil), p.frames...)
}

// stamper puts stamps.block on every buffer, or a sealed file that is no block.
type stamper struct {
	w       *gstmeta.Writer
	garbage gstmeta.Holder
}

var stamps struct {
	block   *meta.Block // nil: none
	garbage bool
}

func (s *stamper) Start() error {
	s.w = gstmeta.NewWriter()
	fd, err := meta.Seal([]byte("thirty-two bytes of no block at all"))
	if err != nil {
		return err
	}
	s.garbage, err = gstmeta.NewHolder(fd)
	return err
}

func (s *stamper) Stop() error {
	s.w.Close()
	s.garbage.Unref()
	return nil
}

func (s *stamper) Frame(f *gstx.Frame) gstx.Flow {
	h := s.garbage
	switch {
	case stamps.garbage:
	case stamps.block == nil:
		return gstx.FlowOK
	default:
		var err error
		if h, err = s.w.Write(stamps.block); err != nil {
			return gstx.FlowError
		}
	}
	if gstmeta.Attach(f.Buffer.Pointer(), gstmeta.HDR, h) != nil {
		return gstx.FlowError
	}
	return gstx.FlowOK
}

// run plays a description with a probe in it to its end.
func run(t *testing.T, description string) []frame {
	t.Helper()
	got.reset(false)
	p := pipe.Play(t, description)
	p.EOS(30 * time.Second)
	p.Stop()
	return got.all(t)
}

// outside skips a long test in the virtual machine, where an encoder takes a
// minute: it needs no device and has run outside.
func outside(t *testing.T) {
	t.Helper()
	if os.Getenv("REQUIRE_DEVICES") == "1" {
		t.Skip("needs no device: it has run outside of the virtual machine, where it takes seconds")
	}
}

// write makes a file for a test and gives its path.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// hdr10plusFile is a file of n frames, in scenes of scene frames; that of frame i
// has an average of 10·i, and is so told from others.
func hdr10plusFile(n, scene int) []byte {
	var entries, first, count []string
	for i := range n {
		if i%scene == 0 {
			first = append(first, fmt.Sprint(i))
			count = append(count, fmt.Sprint(min(scene, n-i)))
		}
		entries = append(entries, fmt.Sprintf(`{"LuminanceParameters": {"AverageRGB": %d,
			"LuminanceDistributions": {"DistributionIndex": [1, 5, 10, 25, 50, 75, 90, 95, 99],
				"DistributionValues": [3, 14024, 43, 56, 219, 1036, 2714, 4668, 14445]},
			"MaxScl": [17830, 16895, 14252]}, "NumberOfWindows": 1, "TargetedSystemDisplayMaximumLuminance": 0,
			"SceneFrameIndex": %d, "SceneId": %d, "SequenceFrameIndex": %d}`, 10*i, i%scene, i/scene, i))
	}
	return fmt.Appendf(nil, `{"JSONInfo": {"HDR10plusProfile": "A", "Version": "1.0"}, "SceneInfo": [%s],
		"SceneInfoSummary": {"SceneFirstFrameIndex": [%s], "SceneFrameNumbers": [%s]},
		"ToolInfo": {"Tool": "test", "Version": "1"}}`, strings.Join(entries, ",\n"), strings.Join(first, ","), strings.Join(count, ","))
}

// entryOf tells which frame of hdr10plusFile a block has the metadata of, -1 none.
func entryOf(t *testing.T, b *meta.Block) int {
	t.Helper()
	if b == nil || b.HDR10Plus == nil {
		return -1
	}
	var m hdr10plus.Metadata
	if n, err := m.Decode(b.HDR10Plus); err != nil || n != len(b.HDR10Plus) {
		t.Fatalf("payload %x: %d bytes, %v", b.HDR10Plus, n, err)
	}
	return int(m.Windows[0].AverageMaxRGB / 10)
}

// rpuOf tells which RPU of streams.RPUFile a block has, -1 none.
func rpuOf(t *testing.T, b *meta.Block) int {
	t.Helper()
	if b == nil || b.DolbyVision == nil {
		return -1
	}
	for n := range 512 {
		if bytes.Equal(b.DolbyVision, streams.RPU(n)) {
			return n
		}
	}
	t.Fatalf("no known RPU: %x", b.DolbyVision)
	return 0
}
