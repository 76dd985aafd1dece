package kms

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// writeback takes a copy of the screen, 16 bits per channel, of what o shows
// with fb: one more connector of vkms, which writes where others send.
func writeback(t *testing.T, d *Device, o *Output, fb *Framebuffer) (pix []byte, stride uint32) {
	t.Helper()
	cap := sys.DRMSetClientCap{Capability: sys.DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, Value: 1}
	if err := d.k.Ioctl(sys.DRM_IOCTL_SET_CLIENT_CAP, unsafe.Pointer(&cap)); err != nil {
		t.Fatalf("writeback connectors: %v", err)
	}
	r, err := d.Resources()
	if err != nil {
		t.Fatal(err)
	}
	wb := pick(r.Connectors, func(c *Connector) bool {
		return c.Property("WRITEBACK_FB_ID") != nil && c.possibleCRTCs&o.CRTC.bit != 0
	})
	if wb == nil {
		t.Fatal("no writeback connector")
	}
	// Each screen has its own buffer, closed by the caller's cleanup.
	dst, err := d.CreateDumb(sys.DRM_FORMAT_XRGB16161616, o.lit.Width(), o.lit.Height())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dst.Close)
	fence := new(int32)
	*fence = -1
	req := d.NewRequest()
	o.req.Reset()
	o.stageFrame(o.layout, fb)
	req.putAll(o.req.sets)
	req.Set(&wb.Object, "CRTC_ID", uint64(o.CRTC.ID))
	req.Set(&wb.Object, "WRITEBACK_FB_ID", uint64(dst.ID))
	req.Set(&wb.Object, "WRITEBACK_OUT_FENCE_PTR", uint64(uintptr(unsafe.Pointer(fence))))
	if err := req.Commit(AllowModeset, 0); err != nil {
		// Before Linux 6.15 vkms cannot drive both at once.
		req.Set(&o.Connector.Object, "CRTC_ID", 0)
		if err := req.Commit(AllowModeset, 0); err != nil {
			t.Fatal(err)
		}
	}
	done := sys.NewFD(int(*fence))
	defer done.Close()
	if events, err := poll(done.Int(), 5*time.Second); err != nil || events != unix.POLLIN {
		t.Fatalf("the writeback is not done after 5 s: %v", err)
	}
	req.Reset()
	req.Set(&wb.Object, "CRTC_ID", 0)
	req.Set(&o.Connector.Object, "CRTC_ID", uint64(o.CRTC.ID))
	if err := req.Commit(AllowModeset, 0); err != nil {
		t.Fatal(err)
	}
	return dst.Map, dst.Stride[0]
}

// pixel reads B, G, R of XRGB16161616 as R, G, B.
func pixel(pix []byte, stride, x, y uint32) [3]uint16 {
	at := y*stride + x*8
	le := binary.LittleEndian
	return [3]uint16{le.Uint16(pix[at+4:]), le.Uint16(pix[at+2:]), le.Uint16(pix[at:])}
}

func noise(seed uint64, b []byte) {
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
}

func TestVkmsPictureIsExact(t *testing.T) {
	const w, h = 320, 240 // no mode of this size: it stands in the middle
	type test struct {
		name string
		pic  Picture
		// want computes a pixel from the planes, independently of the driver.
		want func(b *Dumb, x, y uint32) [3]float64
	}
	tests := []test{
		{"BGRx", xr24(w, h), func(b *Dumb, x, y uint32) [3]float64 {
			p := b.Map[b.Offset[0]+y*b.Stride[0]+4*x:]
			return [3]float64{float64(p[2]) * 257, float64(p[1]) * 257, float64(p[0]) * 257}
		}},
		{"16 bits", picture(sys.DRM_FORMAT_XRGB16161616, w, h), func(b *Dumb, x, y uint32) [3]float64 {
			p := pixel(b.Map, b.Stride[0], x, y)
			return [3]float64{float64(p[0]), float64(p[1]), float64(p[2])}
		}},
	}
	for _, m := range []struct {
		name   string
		code   Encoding
		kr, kb float64
	}{{"BT.601", BT601, 0.299, 0.114}, {"BT.709", BT709, 0.2126, 0.0722}, {"BT.2020", BT2020, 0.2627, 0.0593}} {
		for full, span := range map[bool]string{false: "limited", true: "full"} {
			tests = append(tests,
				test{"NV12 " + m.name + " " + span, coloured(sys.DRM_FORMAT_NV12, m.code, full), nv(m.kr, m.kb, 1, full)},
				test{"P010 " + m.name + " " + span, coloured(sys.DRM_FORMAT_P010, m.code, full), nv(m.kr, m.kb, 2, full)})
		}
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			d := vkms(t)
			o := output(t, d, Config{NoScale: true})
			if err := o.Configure(c.pic); err != nil {
				t.Skipf("vkms has YCbCr from Linux 7.0 on: %v", err)
			}
			b, err := d.CreateDumb(c.pic.FourCC, w, h)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(b.Close)
			noise(1, b.Map)
			if err := o.Show(&b.Framebuffer); err != nil {
				t.Fatal(err)
			}
			if gaps := o.Warnings(); len(gaps) > 0 {
				t.Fatal(gaps)
			}
			pix, stride := writeback(t, d, o, &b.Framebuffer)
			at := o.layout.dst
			wrong, worst := 0, 0.0
			for y := range o.lit.Height() {
				for x := range o.lit.Width() {
					got := pixel(pix, stride, x, y)
					var want [3]float64 // black around it
					if in := int32(x) - at.X; in >= 0 && in < w && int32(y) >= at.Y && int32(y) < at.Y+h {
						want = c.want(b, uint32(in), uint32(int32(y)-at.Y))
					}
					for i := range 3 {
						off := math.Abs(float64(got[i]) - math.Round(want[i]))
						worst = max(worst, off)
						if off > 0 {
							if wrong == 0 {
								t.Logf("first at %d,%d: got %v, want %v", x, y, got, want)
							}
							wrong++
						}
					}
				}
			}
			t.Logf("%v in %v: largest difference %v of 65535", at, o.lit, worst)
			// A fixed-point matrix rounds what lies half-way one unit of 16 bits
			// the other way.
			if worst > 1 || wrong > w*h*3/100 {
				t.Errorf("%d of %d samples differ, by up to %v", wrong, w*h*3, worst)
			}
		})
	}
}

func coloured(fourcc uint32, e Encoding, full bool) Picture {
	p := picture(fourcc, 320, 240)
	p.Encoding, p.FullRange = e, full
	return p
}

// nv is H.273's equations for a semi-planar 4:2:0 picture: kr and kb are the
// matrix's weights, bytes those of a sample (2: ten bits in the upper ones).
//
// vkms stretches limited range by 256/219 and 256/224 where H.273 has 255 above
// the line: its pictures are brighter by less than a step of 8 bits.
func nv(kr, kb float64, bytes uint32, full bool) func(*Dumb, uint32, uint32) [3]float64 {
	sample := func(b []byte) float64 {
		if bytes == 1 {
			return float64(b[0]) * 257
		}
		return float64(binary.LittleEndian.Uint16(b))
	}
	return func(b *Dumb, x, y uint32) [3]float64 {
		luma := b.Map[b.Offset[0]+y*b.Stride[0]+x*bytes:]
		chroma := b.Map[b.Offset[1]+y/2*b.Stride[1]+x/2*2*bytes:]
		Y, cb, cr := sample(luma), sample(chroma)-128*257, sample(chroma[bytes:])-128*257
		if full {
			Y, cb, cr = Y/65535, cb/65535, cr/65535
		} else {
			Y, cb, cr = (Y-16*257)*256/219/65535, cb*256/224/65535, cr*256/224/65535
		}
		r := Y + 2*(1-kr)*cr
		bl := Y + 2*(1-kb)*cb
		g := (Y - kr*r - kb*bl) / (1 - kr - kb)
		rgb := [3]float64{r, g, bl}
		for i := range rgb {
			rgb[i] = min(max(rgb[i], 0), 1) * 65535
		}
		return rgb
	}
}
