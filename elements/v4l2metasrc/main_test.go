package v4l2metasrc

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta"
	"github.com/gst-shmmeta/gst-shmmeta/test/leak"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// fakes are the drivers behind the element fakev4l2metasrc, by device path.
var fakes sync.Map

func openFake(path string) (*v4l2.Device, error) {
	if d, ok := fakes.Load(path); ok {
		return d.(*v4l2test.Driver).Open()
	}
	if strings.Contains(path, ":") {
		return openOneFormat(path)
	}
	return v4l2.Open(path)
}

// recorder is a sink that remembers the frames it got and what they carry.
type recorder struct {
	mu     sync.Mutex // guards all
	format *gstx.VideoFormat
	frames []recorded
	hdr    *gstmeta.Reader
	layers *gstmeta.Reader
	keep   int           // how many buffers to keep a reference of
	hold   []gstx.Buffer // those
}

type recorded struct {
	gstx.Frame
	hdr, layers         *meta.Block // nil: none
	hdrNew, layersNew   bool        // another holder than the frame before
	hdrSeals, layerSeal meta.Seals
	captured            uint64 // GstReferenceTimestampMeta, 0 for none
	caps                string // that counted for it
}

// made is the recorder that was made last.
var made struct {
	sync.Mutex
	*recorder
}

func (r *recorder) Start() error {
	r.hdr, r.layers = gstmeta.NewReader(gstmeta.HDR), gstmeta.NewReader(gstmeta.Layers)
	return nil
}

func (r *recorder) Stop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.hold {
		b.Unref()
	}
	r.hold = nil
	r.hdr.Close()
	r.layers.Close()
	return nil
}

func (r *recorder) SetCaps(f *gstx.VideoFormat) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.format = f
	return nil
}

func (r *recorder) Frame(f *gstx.Frame) gstx.Flow {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.Preroll != 0 {
		return gstx.FlowOK
	}
	x := recorded{Frame: *f, captured: pipe.Captured(f.Buffer.Pointer()), caps: r.format.Caps}
	read := func(reader *gstmeta.Reader, isNew *bool, seals *meta.Seals) *meta.Block {
		b, changed, err := reader.Read(f.Buffer.Pointer())
		if err != nil {
			panic(err)
		}
		*isNew = changed
		if b == nil {
			return nil
		}
		*seals, _ = meta.ReadSeals(reader.Holder().FD())
		return b.Clone()
	}
	x.hdr = read(r.hdr, &x.hdrNew, &x.hdrSeals)
	x.layers = read(r.layers, &x.layersNew, &x.layerSeal)
	r.frames = append(r.frames, x)
	if len(r.hold) < r.keep {
		r.hold = append(r.hold, f.Buffer.Ref())
	}
	return gstx.FlowOK
}

func (r *recorder) all() []recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]recorded(nil), r.frames...)
}

// wait waits until n frames have come.
func (r *recorder) wait(t testing.TB, n int) []recorded {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if f := r.all(); len(f) >= n {
			return f
		}
	}
	t.Fatalf("%d frames came, not %d", len(r.all()), n)
	return nil
}

func TestMain(m *testing.M) {
	pipe.Init()
	fake := Class
	fake.Name, fake.TypeName = "fakev4l2metasrc", "FakeV4l2MetaSrc"
	fake.New = func(e *gstx.Element) any { return newSource(e, openFake) }
	for _, c := range []gstx.Class{Class, fake, lenderClass, {
		Name: "recorder", TypeName: "V4l2MetaSrcRecorder", LongName: "Recorder", Klass: "Sink",
		Description: "For tests", Author: "nobody", Parent: gstx.VideoSink,
		Pads: []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: "video/x-raw; video/x-raw(memory:DMABuf); video/x-raw(format:Interlaced); video/x-raw(memory:DMABuf, format:Interlaced)"}},
		New: func(*gstx.Element) any {
			made.Lock()
			defer made.Unlock()
			made.recorder = &recorder{}
			return made.recorder
		},
	}} {
		if err := gstx.Register(nil, c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// driver makes a fake driver behind the path /dev/fake/NAME of the test.
func driver(t testing.TB, cfg v4l2test.Config) (*v4l2test.Driver, string) {
	t.Helper()
	path := "/dev/fake/" + t.Name()
	cfg.Path = path
	d := v4l2test.New(cfg)
	fakes.Store(path, d)
	t.Cleanup(func() {
		fakes.Delete(path)
		d.Close()
	})
	return d, path
}

// modesOf are those of a fake driver.
func modesOf(t testing.TB, cfg v4l2test.Config) ([]mode, error) {
	t.Helper()
	d := v4l2test.New(cfg)
	defer d.Close()
	dev, err := d.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	return probe(dev, v4l2.Fraction{})
}

// latency is the answer of the source in a pipeline.
func latency(t testing.TB, p *pipe.Pipe) (live bool, lo, hi time.Duration) {
	t.Helper()
	q := gst.NewQueryLatency()
	if !p.Element("src").Query(q) {
		t.Fatal("no answer to the latency query")
	}
	live, least, most := q.ParseLatency()
	return live, time.Duration(least), time.Duration(most)
}

// run makes the driver complete a frame every interval until the test ends.
func run(t testing.TB, d *v4l2test.Driver, interval time.Duration) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(interval):
				d.Frame(0, 0)
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
}

// build makes a pipeline that ends in a recorder; it stays in NULL.
func build(t testing.TB, format string, args ...any) (*pipe.Pipe, *recorder) {
	t.Helper()
	p := pipe.New(t, fmt.Sprintf(format, args...)+" ! recorder sync=false")
	made.Lock()
	defer made.Unlock()
	return p, made.recorder
}

// release drops the buffers that are kept and keeps no more.
func (r *recorder) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.hold {
		b.Unref()
	}
	r.hold, r.keep = nil, 0
}

// leakless runs a test within t and then looks for what it left: the testing
// package keeps what a test's cleanups refer to until the test is over.
func leakless(t *testing.T, test func(*testing.T)) {
	before := leak.Now()
	if t.Run("", test); t.Failed() {
		return
	}
	if left := leak.Since(before, 16); len(left) > 0 {
		t.Errorf("left behind: %s", strings.Join(left, ", "))
	}
}
