package gstmeta

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta/internal/gsttest"
)

const (
	frames = 8
	size   = 128 * 128 * 3 / 2
	source = "appsrc name=in format=time caps=video/x-raw,format=I420,width=128,height=128,framerate=25/1 "
)

func pts(n int) time.Duration { return time.Duration(n) * 40 * time.Millisecond }

// run pushes buffers and gives each that comes out of a sink to check.
func run(t *testing.T, description string, in []unsafe.Pointer, sinks []string, check func(sink string, i int, buf unsafe.Pointer)) {
	t.Helper()
	p, err := gsttest.Launch(description)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	for _, buf := range in {
		if err := p.Push(buf); err != nil {
			t.Fatal(err)
		}
	}
	p.EOS()
	for _, sink := range sinks {
		n := 0
		for ; ; n++ {
			buf, err := p.Pull(sink)
			if err != nil {
				t.Fatal(err)
			}
			if buf == nil {
				break
			}
			check(sink, n, buf)
			gsttest.Unref(buf)
		}
		if n != len(in) {
			t.Errorf("%d of %d buffers came out of %s", n, len(in), sink)
		}
	}
}

func stream(t *testing.T) []unsafe.Pointer {
	w := writer(t)
	var in []unsafe.Pointer
	for i := range frames {
		in = append(in, frame(t, w, size, i))
	}
	return in
}

func TestElementsPassTheMetasOn(t *testing.T) {
	const sink = "! appsink name=out sync=false"
	for name, c := range map[string]struct {
		pipeline string
		layers   bool
	}{
		"identity":           {"! identity " + sink, true},
		"queue":              {"! queue " + sink, true},
		"videoconvert":       {"! videoconvert ! video/x-raw,format=RGB " + sink, false},
		"videoscale":         {"! videoscale ! video/x-raw,width=64,height=32 " + sink, false},
		"convert and scale":  {"! videoconvertscale ! video/x-raw,format=P010_10LE,width=64,height=64 " + sink, false},
		"videoconvert as is": {"! videoconvert " + sink, true}, // passthrough
		"videoflip":          {"! videoflip method=clockwise " + sink, false},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, source+c.pipeline, stream(t), []string{"out"}, func(_ string, i int, buf unsafe.Pointer) {
				if got := number(t, buf); got != i {
					t.Errorf("buffer %d has block %d", i, got)
				}
				if got := !Get(buf, Layers).IsNil(); got != c.layers {
					t.Errorf("buffer %d has layers: %v, want %v", i, got, c.layers)
				}
			})
		})
	}
}

func TestTee(t *testing.T) {
	run(t, source+"! tee name=t ! queue ! appsink name=a sync=false t. ! queue ! videoconvert ! video/x-raw,format=RGB ! appsink name=b sync=false",
		stream(t), []string{"a", "b"}, func(sink string, i int, buf unsafe.Pointer) {
			if got := number(t, buf); got != i {
				t.Errorf("buffer %d of %s has block %d", i, sink, got)
			}
			if got := !Get(buf, Layers).IsNil(); got != (sink == "a") {
				t.Errorf("buffer %d of %s has layers: %v", i, sink, got)
			}
		})
}

func TestCompositor(t *testing.T) {
	if major, minor := gsttest.Version(); major == 1 && minor < 28 {
		t.Skipf("compositor of GStreamer %d.%d drops every meta, from 1.28 on it keeps them", major, minor)
	}
	run(t, source+"! compositor ! appsink name=out sync=false", stream(t), []string{"out"}, func(_ string, i int, buf unsafe.Pointer) {
		if got := number(t, buf); got != i {
			t.Errorf("buffer %d has block %d", i, got)
		}
	})
}

// Each compressed frame gets a block; the decoder puts it on the picture that
// comes of it, however it reorders them.
func TestDecoderPutsTheBlockOnItsPicture(t *testing.T) {
	const caps = "video/x-h265,stream-format=byte-stream,alignment=au"
	var compressed []unsafe.Pointer
	var plain []unsafe.Pointer
	for i := range frames {
		plain = append(plain, gsttest.NewBuffer(size, pts(i)))
	}
	w := writer(t)
	blocks := map[time.Duration]int{}
	run(t, source+"! x265enc speed-preset=ultrafast option-string=bframes=2:b-adapt=0 log-level=none ! h265parse ! "+caps+" ! appsink name=out sync=false",
		plain, []string{"out"}, func(_ string, i int, buf unsafe.Pointer) {
			cp := gsttest.Copy(buf) // ours alone, so writable
			attach(t, cp, HDR, write(t, w, light(100+i)))
			attach(t, cp, Layers, write(t, w, layers()))
			blocks[gsttest.PTS(cp)] = 100 + i
			compressed = append(compressed, cp)
		})
	reordered := false
	run(t, "appsrc name=in format=time caps="+caps+",width=128,height=128,framerate=25/1 ! avdec_h265 ! appsink name=out sync=false",
		compressed, []string{"out"}, func(_ string, i int, buf unsafe.Pointer) {
			got := number(t, buf)
			if want := blocks[gsttest.PTS(buf)]; got != want {
				t.Errorf("picture %d has block %d, want %d", i, got, want)
			}
			reordered = reordered || got != 100+i
			if !Get(buf, Layers).IsNil() {
				t.Errorf("picture %d has the compressed buffer's layers", i)
			}
		})
	if !reordered {
		t.Error("the stream was not reordered, so this proved less than it should")
	}
}

// The metas cross to another process by value.
func TestUnixFD(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	p, err := gsttest.Launch(source + "! unixfdsink sync=false wait-for-connection=true socket-path=" + socket)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	for try := 0; ; try++ {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		if try == 200 {
			t.Fatalf("%s does not appear: %v", socket, p.Err())
		}
		time.Sleep(10 * time.Millisecond)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=receive", "SOCKET="+socket)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	defer stop.Stop()
	w := writer(t)
	for i := range frames {
		if err := p.Push(dress(t, w, gsttest.NewFDBuffer(size, pts(i)), i)); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for lines := bufio.NewScanner(out); lines.Scan(); n++ {
		if got, want := lines.Text(), expect(n); got != want {
			t.Errorf("received %q, want %q", got, want)
		}
	}
	if n != frames {
		t.Errorf("%d of %d buffers received", n, frames)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("receiver: %v", err)
	}
}

// expect is what the receiver says of the i-th frame: a content id is equal if
// the content is.
func expect(i int) string {
	id := func(b *meta.Block) uint64 {
		var c meta.Block
		data, err := b.AppendTo(nil)
		if err == nil {
			err = c.Decode(data)
		}
		if err != nil {
			panic(err)
		}
		return c.ContentID()
	}
	return fmt.Sprintf("%016x %v %016x", id(light(i)), meta.SealsApplied, id(layers()))
}

// receive is the other process: it prints a line for each buffer.
func receive() error {
	if err := Register(); err != nil {
		return err
	}
	p, err := gsttest.Launch("unixfdsrc socket-path=" + os.Getenv("SOCKET") + " ! appsink name=out sync=false")
	if err != nil {
		return err
	}
	defer p.Stop()
	for i := range frames {
		buf, err := p.Pull("out")
		if err != nil {
			return err
		}
		if buf == nil {
			return errors.New("the stream ended")
		}
		var hdr, lay meta.Block
		if ok, err := Open(buf, HDR, &hdr); !ok || err != nil {
			return fmt.Errorf("buffer %d: hdr %v, %w", i, ok, err)
		}
		if ok, err := Open(buf, Layers, &lay); !ok || err != nil {
			return fmt.Errorf("buffer %d: layers %v, %w", i, ok, err)
		}
		seals, err := meta.ReadSeals(Get(buf, HDR).FD())
		if err != nil {
			return err
		}
		fmt.Printf("%016x %v %016x\n", hdr.ContentID(), seals&meta.SealsApplied, lay.ContentID())
		gsttest.Unref(buf)
	}
	return nil
}
