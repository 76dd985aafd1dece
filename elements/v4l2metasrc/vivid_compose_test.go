package v4l2metasrc

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// composedBy is what v4l2-ctl says of the part of the picture that a device writes to.
func composedBy(t *testing.T, path string) (r gstx.Rect) {
	t.Helper()
	out := ctl(t, path, "--get-selection", "target=compose")
	m := regexp.MustCompile(`Left (\d+), Top (\d+), Width (\d+), Height (\d+)`).FindString(out)
	if _, err := fmt.Sscanf(m, "Left %d, Top %d, Width %d, Height %d", &r.X, &r.Y, &r.W, &r.H); err != nil {
		t.Fatalf("v4l2-ctl says %q: %v", out, err)
	}
	return r
}

// cropped waits for frames of a size, and looks at each: has it this crop, or, of zero,
// none?
func (r *recorder) cropped(t *testing.T, width, height int32, want gstx.Rect) []recorded {
	t.Helper()
	r.sized(t, width, height)
	r.wait(t, len(r.all())+2*buffers) // each buffer more than once
	var frames []recorded
	for i, f := range r.all() {
		if f.Width != uint32(width) || f.Height != uint32(height) {
			continue
		}
		frames = append(frames, f)
		if has := f.HasCrop == 1; has != (want != gstx.Rect{}) || has && f.Crop != want {
			t.Fatalf("frame %d of %dx%d: GstVideoCropMeta %v %v, want %v", i, width, height, has, f.Crop, want)
		}
	}
	return frames
}

// What v4l2-ctl says of the part that vivid writes to is what each buffer says, as long
// as it is a part of the very format.
func TestVividComposeIsTheCropOfTheBuffers(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	const all = "video/x-raw,format=YUY2,width=%d,height=%d,interlace-mode=%s"
	const fields = "video/x-raw(format:Interlaced),format=YUY2,width=%d,height=%d,interlace-mode=%s"
	type maker func(t testing.TB, format string, args ...any) (*pipe.Pipe, *recorder)
	for _, c := range []struct {
		name, input          string
		caps, mode           string
		field                string // v4l2-ctl's
		width, height, lines int    // of frames, of buffers
		io                   string
		make                 maker
	}{
		{"own buffers", hdmi, all, "progressive", "none", 640, 480, 480, "dmabuf", build},
		{"imported buffers", hdmi, all, "progressive", "none", 640, 480, 480, "dmabuf-import", lend},
		{"plain memory", tuner, all, "interleaved", "interlaced", 720, 480, 480, "mmap", build},
		{"single fields", tuner, fields, "alternate", "alternate", 720, 480, 240, "dmabuf", build},
	} {
		t.Run(c.name, func(t *testing.T) {
			on(t, path, c.input)
			if c.input == hdmi {
				ctl(t, path, "--set-dv-bt-timings", "query")
			}
			ctl(t, path, fmt.Sprintf("--set-fmt-video=width=%d,height=%d,pixelformat=YUYV,field=%s", c.width, c.lines, c.field))
			caps := func(width, height int) *gst.Caps {
				return gst.CapsFromString(fmt.Sprintf(c.caps, width, height, c.mode))
			}
			// with plays until look has looked.
			with := func(look func(*pipe.Pipe, *recorder)) {
				t.Helper()
				p, r := c.make(t, "v4l2metasrc device=%s io-mode=%s ! capsfilter name=caps", path, c.io)
				p.Element("caps").SetObjectProperty("caps", caps(c.width, c.height))
				r.keep = 1
				p.SetState(gst.StatePlaying)
				look(p, r)
				p.Stop()
			}
			width, height := int32(c.width), int32(c.height)
			with(func(_ *pipe.Pipe, r *recorder) { r.cropped(t, width, height, gstx.Rect{}) })

			ctl(t, path, "--set-selection", "target=compose,left=64,top=32,width=320,height=200")
			want := composedBy(t, path)
			if want != (gstx.Rect{X: 64, Y: 32, W: 320, H: 200}) {
				t.Fatalf("v4l2-ctl has set %v", want)
			}
			judge := want
			lines := uint32(c.height / c.lines)
			want.Y, want.H = lines*want.Y, lines*want.H
			with(func(p *pipe.Pipe, r *recorder) {
				frames := r.cropped(t, width, height, want)
				if imported := frames[0].Stride[0] == 4*width; imported != (c.io == "dmabuf-import") {
					t.Errorf("lines of %d bytes: imported is %v", frames[0].Stride[0], imported)
				}
				if c.lines == c.height {
					if got := written(t, &frames[0]); got != want {
						t.Errorf("vivid has written to %v, the buffer says %v", got, want)
					}
				}
				if got := composedBy(t, path); got != judge {
					t.Errorf("while playing v4l2-ctl says %v", got)
				}
				p.Element("caps").SetObjectProperty("caps", caps(c.width/2, c.height/2))
				r.cropped(t, width/2, height/2, gstx.Rect{})
				if got := composedBy(t, path); got != (gstx.Rect{W: uint32(c.width / 2), H: uint32(c.lines / 2)}) {
					t.Errorf("with another size v4l2-ctl says %v", got)
				}
			})
		})
	}
}

// written is the part of a frame whose bytes are not the zeros that its memory began
// with.
func written(t *testing.T, f *recorded) gstx.Rect {
	t.Helper()
	left, top, right, bottom := f.Width, f.Height, uint32(0), uint32(0)
	stride := uint32(f.Stride[0])
	for i, b := range pixels(t, f) {
		if x, y := uint32(i)%stride/2, uint32(i)/stride; b != 0 { // two bytes a pixel
			left, top, right, bottom = min(left, x), min(top, y), max(right, x+1), max(bottom, y+1)
		}
	}
	return gstx.Rect{X: left, Y: top, W: right - left, H: bottom - top}
}
