package v4l2metasrc

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// nameless are the formats of vivid that neither GStreamer's video/x-raw nor DRM has a
// code for, or that caps cannot name (big-endian ones): raw Bayer data, HSV, and words
// of Y'CbCr.
const nameless = "YUVO YUVP Y444 YUV4 XYUV YUVA YUVX RGBR RGBQ XR15-BE AR15-BE BGRH " +
	"BA81 GBRG GRBG RGGB BG10 GB10 BA10 RG10 BG12 GB12 BA12 RG12 BYR2 GB16 GR16 RG16 HSV3 HSV4"

// Every format of vivid through every way out is, to the byte, the picture that
// v4l2-ctl captures.
func TestVividPicturesAreWhatV4l2CtlCaptures(t *testing.T) {
	const width, height = 320, 180
	for _, node := range []string{"VIVID_SP", "VIVID_MP"} {
		path := vivid(t, node)
		set(t, path, "OSD Text Mode", 2) // nothing that changes from frame to frame
		dev, err := v4l2.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		formats, err := dev.Formats()
		dev.Close()
		if err != nil {
			t.Fatal(err)
		}
		left := map[string]bool{}
		for _, f := range formats {
			pixel := v4l2.PixelOf(f.FourCC)
			if pixel == nil {
				left[f.FourCC.String()] = true
				continue
			}
			var want []byte
			for _, c := range []struct{ io, caps, name string }{
				{"mmap", "video/x-raw, format=(string)", pixel.Name},
				{"dmabuf-import", "video/x-raw, format=(string)", pixel.Name},
				{"dmabuf", "video/x-raw, format=(string)", pixel.Name},
				{"dmabuf", "video/x-raw(memory:DMABuf), format=(string)DMA_DRM, drm-format=(string)", drmFormat(pixel)},
			} {
				if c.name == "" {
					continue
				}
				t.Run(fmt.Sprintf("%s %v %s %s", node, f.FourCC, c.io, c.name), func(t *testing.T) {
					if want == nil {
						want = peer(t, path, f.FourCC, width, height)
					}
					// Of the formats with one name the device has only this one.
					into := build
					if c.io == "dmabuf-import" {
						into = lend
					}
					p, r := into(t, "fakev4l2metasrc device=0x%x:%s io-mode=%s num-buffers=2 ! capsfilter name=caps", uint32(f.FourCC), path, c.io)
					p.Element("caps").SetObjectProperty("caps", gst.CapsFromString(fmt.Sprintf("%s%s, width=%d, height=%d", c.caps, c.name, width, height)))
					r.keep = 2
					p.SetState(gst.StatePlaying)
					imported := c.io == "dmabuf-import"
					p.Next("EOS", patience, func(m pipe.Message) bool {
						switch m.Type {
						case gst.MessageWarning:
							imported = false // see below
						case gst.MessageError:
							t.Fatalf("%s (%s)", m.Text, m.Debug)
						}
						return m.Type == gst.MessageEOS
					})
					frame := r.all()[1]
					if dma := frame.Mem[0].DMABuf == 1; dma != (c.io != "mmap") {
						t.Errorf("in a DMA-buf: %v", dma)
					}
					// A lender's buffer has one memory: several are the driver's own.
					if want := c.io == "dmabuf-import" && pixel.Memories == 1; imported != want {
						t.Errorf("imported: %v, want %v", imported, want)
					}
					want := want
					if imported { // its lines are longer
						want = widen(t, &frame, want, width)
					}
					if got := pixels(t, &frame); !bytes.Equal(got, want) {
						t.Errorf("%d bytes, v4l2-ctl has %d; the first that differs is %d", len(got), len(want), differs(got, want))
					}
				})
			}
		}
		for _, code := range strings.Fields(nameless) {
			delete(left, code)
		}
		if len(left) > 0 {
			t.Errorf("%s: formats that nothing is known of: %v", node, left)
		}
	}
}

// peer captures a frame with v4l2-ctl: the memories one after the other, without what
// is before the pictures in them.
func peer(t *testing.T, path string, code v4l2.FourCC, width, height int) []byte {
	t.Helper()
	file := t.TempDir() + "/frame"
	name := fmt.Sprintf("%-4s", strings.TrimSuffix(code.String(), "-BE"))
	if strings.HasSuffix(code.String(), "-BE") {
		name += "-BE"
	}
	ctl(t, path, fmt.Sprintf("--set-fmt-video=width=%d,height=%d,pixelformat=%s", width, height, name),
		"--stream-mmap", "--stream-count=1", "--stream-to="+file)
	b, err := os.ReadFile(file)
	if err != nil || len(b) == 0 {
		t.Fatalf("v4l2-ctl wrote %d bytes: %v", len(b), err)
	}
	return b
}

// pixels are the planes of a frame, as the block about its layers says; DRM has no code
// for some formats of one plane, which have none.
func pixels(t *testing.T, f *recorded) (all []byte) {
	t.Helper()
	planes := []meta.Plane{{Offset: f.PlaneOffset[0], Size: f.Mem[0].Offset + f.Mem[0].Size - f.PlaneOffset[0]}}
	if f.layers != nil {
		planes = f.layers.Layers.Planes
	} else if f.NPlanes != 1 {
		t.Fatalf("%d planes and no block about them", f.NPlanes)
	}
	for _, plane := range planes {
		m := &f.Mem[plane.Memory]
		b, err := unix.Mmap(int(m.FD), 0, int(m.Offset+m.Size), unix.PROT_READ, unix.MAP_SHARED)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b[plane.Offset:plane.Offset+plane.Size]...)
		unix.Munmap(b)
	}
	return all
}

// widen gives the lines of a picture the length that those of a frame have, with what
// the frame has there.
func widen(t *testing.T, f *recorded, picture []byte, width int) (out []byte) {
	t.Helper()
	got := pixels(t, f)
	for i := range f.NPlanes {
		stride := int(f.Stride[i])
		row := len(picture) * stride / len(got) // of all planes alike
		plane := int(f.layerSize(i))
		for range plane / stride {
			if len(picture) < row || len(got) < stride {
				t.Fatalf("%d bytes are left of the picture and %d of the frame, lines are of %d and %d", len(picture), len(got), row, stride)
			}
			out = append(append(out, picture[:row]...), got[row:stride]...)
			picture, got = picture[row:], got[stride:]
		}
	}
	return out
}

// layerSize is how many bytes plane i has.
func (f *recorded) layerSize(i uint32) uint64 {
	if f.layers != nil {
		return uint64(f.layers.Layers.Planes[i].Size)
	}
	return f.Mem[0].Size
}

func differs(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
