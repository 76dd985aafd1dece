package v4l2metasrc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/udmabuf"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// lender is a recorder that offers upstream its memory: udmabufs, with lines of a
// multiple of 256 bytes, as displays have them.
type lender struct {
	recorder
	device *udmabuf.Device
	bufs   []*udmabuf.Buffer
}

var lenderClass = gstx.Class{
	Name: "lender", TypeName: "V4l2MetaSrcLender", LongName: "Lender", Klass: "Sink",
	Description: "For tests", Author: "nobody", Parent: gstx.VideoSink,
	Pads: []gstx.Pad{{Name: "sink", Direction: gstx.Sink, Caps: "video/x-raw; video/x-raw(memory:DMABuf)"}},
	New: func(*gstx.Element) any {
		made.Lock()
		defer made.Unlock()
		l := &lender{}
		made.recorder = &l.recorder
		return l
	},
}

func (l *lender) Holds() int { return 2 }

func (l *lender) Share(format string, width, height uint32) (out gstx.Shared, err error) {
	for _, p := range v4l2.Pixels() {
		if p.Name != format || p.Memories != 1 || !p.Linear() {
			continue
		}
		f := v4l2.Format{FourCC: p.FourCC, Width: width, Height: height, NPlanes: 1}
		f.Planes[0] = v4l2.PlaneFormat{Stride: (width*4 + 255) / 256 * 256, Size: 1 << 30}
		layout, err := f.Layout()
		if err != nil {
			return out, err
		}
		last := layout.Planes[layout.N-1]
		// Room for what multi-planar devices put before the picture.
		size := (int(last.Offset+last.Size) + 1<<16) &^ 0xfff
		if l.device == nil {
			if l.device, err = udmabuf.Open(); err != nil {
				return out, err
			}
		}
		b, err := l.device.New("lent", size)
		if err != nil {
			return out, err
		}
		l.bufs = append(l.bufs, b)
		fd, err := unix.FcntlInt(uintptr(b.FD()), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return out, err
		}
		out = gstx.Shared{FD: fd, Size: uint64(size), NPlanes: layout.N}
		for i, plane := range layout.Planes[:layout.N] {
			out.Offset[i], out.Stride[i] = uint64(plane.Offset), int32(plane.Stride)
		}
		return out, nil
	}
	return out, fmt.Errorf("no memory for %s", format)
}

func (l *lender) Stop() error {
	for _, b := range l.bufs {
		b.Close()
	}
	l.bufs = nil
	if l.device != nil {
		l.device.Close()
		l.device = nil
	}
	return l.recorder.Stop()
}

// lend makes a pipeline that ends in a lender.
func lend(t testing.TB, format string, args ...any) (*pipe.Pipe, *recorder) {
	t.Helper()
	p := pipe.New(t, fmt.Sprintf(format, args...)+" ! lender sync=false")
	made.Lock()
	defer made.Unlock()
	return p, made.recorder
}

// Without a pool downstream the device's own buffers do, and that is told.
func TestNothingToImport(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	p, r := build(t, "v4l2metasrc device=%s io-mode=dmabuf-import", path)
	p.SetState(gst.StatePlaying)
	m := p.Next("warning", patience, is(gst.MessageWarning, "Device "+path+" cannot fill memory"))
	if !strings.Contains(m.Debug, "no pool") {
		t.Errorf("the reason is %q", m.Debug)
	}
	r.wait(t, 3)
}

// A hundred frames go through the few buffers of the pool, none is lost for that, and
// nothing is left.
func TestVividFillsDownstreamsMemory(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	leakless(t, func(t *testing.T) {
		p, r := lend(t, "v4l2metasrc name=src device=%s io-mode=dmabuf-import num-buffers=100 ! video/x-raw,format=NV12,width=640,height=360,framerate=60/1", path)
		p.SetState(gst.StatePlaying)
		p.EOS(patience)
		ids := map[any]bool{}
		for _, f := range r.all() {
			ids[f.Mem[0].ID] = true
			if f.Stride[0] != 2560 || f.hdr == nil || f.layers == nil || f.layers.Layers.Planes[0].Stride != 2560 {
				t.Fatalf("stride %d, HDR meta %v, LAYERS meta %v", f.Stride[0], f.hdr != nil, f.layers)
			}
		}
		if len(ids) > v4l2.MaxBuffers || len(ids) < 2 {
			t.Errorf("%d memories", len(ids))
		}
	})
}
