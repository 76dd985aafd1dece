package kms

import (
	"errors"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// What one goroutine shares another one imports and shows; only the DMA-buf
// keeps it.
func TestSharedMemoryIsShown(t *testing.T) {
	card := kmstest.NewCard(kmstest.Quirks{})
	d := openFake(t, card)
	o := output(t, d, Config{})
	if err := o.Configure(picture(sys.DRM_FORMAT_NV12, 1920, 1080)); err != nil {
		t.Fatal(err)
	}
	made := make(chan *Shared)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				s, err := d.Share(sys.DRM_FORMAT_NV12, 1920, 1080)
				if err != nil {
					t.Error(err)
					return
				}
				made <- s
			}
		})
	}
	go func() { wg.Wait(); close(made) }()
	var before *Framebuffer
	for s := range made {
		m, err := unix.Mmap(s.FD.Int(), 0, int(s.Size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			t.Fatal(err)
		}
		m[s.Offset[1]+s.Stride[1]*539+1919] = 7 // the last sample
		unix.Munmap(m)
		fb, err := d.Import(&Layout{FourCC: sys.DRM_FORMAT_NV12, Width: 1920, Height: 1080, Planes: s.Planes,
			FD: [4]int{s.FD.Int(), s.FD.Int()}, Stride: s.Stride, Offset: [4]uint64{0, uint64(s.Offset[1])}})
		if err != nil {
			t.Fatal(err)
		}
		s.FD.Close()
		if err := o.Show(fb); err != nil {
			t.Fatal(err)
		}
		if before != nil {
			before.Close()
		}
		before = fb
	}
	if len(d.handles) != 0 {
		t.Errorf("%d handles are still open", len(d.handles))
	}
	before.Close()
}

func TestSharingIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		quirks kmstest.Quirks
		fail   uintptr
		want   error
	}{
		{"by a driver that exports nothing", kmstest.Quirks{NoExport: true}, 0, unix.EOPNOTSUPP},
		{"by a driver whose memory is slow to read", kmstest.Quirks{PreferShadow: true}, 0, ErrNoShare},
		{"without memory", kmstest.Quirks{}, sys.DRM_IOCTL_MODE_CREATE_DUMB, unix.ENOMEM},
	} {
		t.Run(c.name, func(t *testing.T) {
			card := kmstest.NewCard(c.quirks)
			d := openFake(t, card)
			card.Fail = func(req uintptr) error {
				if req == c.fail {
					return unix.ENOMEM
				}
				return nil
			}
			_, err := d.Share(sys.DRM_FORMAT_XRGB8888, 64, 64)
			if !errors.Is(err, c.want) || errors.Is(err, ErrNoShare) == (c.fail != 0) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	d := openFake(t, kmstest.NewCard(kmstest.Quirks{}))
	for _, size := range [][2]uint32{{0, 64}, {64, 0}, {1 << 16, 64}, {64, 1 << 16}} {
		if _, err := d.Share(sys.DRM_FORMAT_XRGB8888, size[0], size[1]); !errors.Is(err, ErrNoPlane) {
			t.Errorf("%d: got %v, want ErrNoPlane", size, err)
		}
	}
	if _, err := d.Share(sys.FourCC('n', 'o', 'n', 'e'), 64, 64); !errors.Is(err, ErrNoPlane) {
		t.Errorf("unknown format: got %v, want ErrNoPlane", err)
	}
}
