package kms

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// shows shows frames and fails at the first that is not.
func shows(t *testing.T, o *Output, fb *Framebuffer, n int) {
	t.Helper()
	for i := range n {
		if err := o.Show(fb); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
	}
}

// loses shows frames until one finds the display lost.
func loses(t *testing.T, o *Output, fb *Framebuffer, why error) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := o.Show(fb)
		if errors.Is(err, ErrLost) && errors.Is(err, why) {
			return
		}
		if err != nil || time.Now().After(end) {
			t.Fatalf("got %v, want ErrLost for %v", err, why)
		}
	}
}

// regains tries until a frame is shown again, on a pipe that runs.
func regains(t *testing.T, d *Device, o *Output, fb *Framebuffer) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := o.Show(fb)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrLost) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
	shows(t, o, fb, 10)
	if state(t, d, KindCRTC, o.CRTC.ID).Value("ACTIVE") != 1 {
		t.Error("the pipe is off")
	}
	if got := blobOf(t, d, state(t, d, KindConnector, o.Connector.ID), hdrMetadata); len(got) == 0 {
		t.Error("the HDR state is not the picture's")
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0); err != nil {
		t.Fatal(err)
	}
}

func TestVkmsPulledPlugComesBack(t *testing.T) {
	d := vkms(t)
	o := output(t, d, Config{})
	o.SetSignal(pq(1))
	fb := play(t, d, o, xr24(640, 480))
	shows(t, o, fb, 5)
	status := filepath.Join("/sys/class/drm", filepath.Base(d.Path)+"-"+o.Connector.Label, "status")
	writeFile(t, status, "off")
	t.Cleanup(func() { writeFile(t, status, "detect") })
	loses(t, o, fb, ErrNoConnector)
	writeFile(t, status, "detect")
	regains(t, d, o, fb)
}

func TestVkmsOtherProgramTakesTheDisplayAndLeaves(t *testing.T) {
	d := vkms(t)
	o := output(t, d, Config{})
	o.SetSignal(pq(1))
	fb := play(t, d, o, xr24(640, 480))
	shows(t, o, fb, 5)
	if err := d.DropMaster(); err != nil {
		t.Fatal(err)
	}
	other := vkms(t)
	their, err := NewOutput(other, Config{ForceModeset: true})
	if err != nil {
		t.Fatal(err)
	}
	play(t, other, their, xr24(1024, 768))
	loses(t, o, fb, ErrNotMaster)
	if err := their.Close(); err != nil {
		t.Error(err)
	}
	loses(t, o, fb, ErrNotMaster) // the other is master still
	if err := other.DropMaster(); err != nil {
		t.Fatal(err)
	}
	regains(t, d, o, fb)
}

// leaseOf makes a lessee's device, and tells its id.
func leaseOf(t *testing.T, lessor *Device, objects ...uint32) (*Device, uint32) {
	t.Helper()
	arg := sys.DRMModeCreateLease{ObjectIDs: sys.PtrTo(objects), ObjectCount: uint32(len(objects)), Flags: unix.O_CLOEXEC}
	if err := lessor.k.Ioctl(sys.DRM_IOCTL_MODE_CREATE_LEASE, unsafe.Pointer(&arg)); err != nil {
		t.Fatalf("lease %d: %v", objects, err)
	}
	defer unix.Close(int(arg.FD))
	d, err := Borrow(int(arg.FD))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, arg.LesseeID
}

func TestVkmsLeaseIsPlayedOn(t *testing.T) {
	lessor := vkms(t)
	if err := lessor.AcquireMaster(); err != nil {
		t.Fatal(err)
	}
	r, err := lessor.Resources()
	if err != nil {
		t.Fatal(err)
	}
	conn, crtc, err := choosePipe(r, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	plane := pick(r.Planes, func(p *Plane) bool { return p.Primary() && p.possibleCRTCs&crtc.bit != 0 })
	d, lessee := leaseOf(t, lessor, conn.ID, crtc.ID, plane.ID)
	seen, err := d.Resources()
	if err != nil {
		t.Fatal(err)
	}
	if len(seen.Connectors) != 1 || len(seen.CRTCs) != 1 || len(seen.Planes) != 1 {
		t.Errorf("the lessee sees %d connectors, %d CRTCs, %d planes, want 1 of each", len(seen.Connectors), len(seen.CRTCs), len(seen.Planes))
	}

	o, err := NewOutput(d, Config{Debugf: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	o.SetSignal(pq(1))
	fb := play(t, d, o, xr24(640, 480))
	shows(t, o, fb, 10)

	t.Run("the lessor's terminal is switched away and back", func(t *testing.T) {
		if err := lessor.DropMaster(); err != nil {
			t.Fatal(err)
		}
		loses(t, o, fb, ErrNotMaster)
		if err := lessor.AcquireMaster(); err != nil {
			t.Fatal(err)
		}
		regains(t, d, o, fb)
	})
	t.Run("it is put back at the end", func(t *testing.T) {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		// What another program's end left lit is lit again.
		if got, was := state(t, lessor, KindCRTC, crtc.ID).Value("ACTIVE"), crtc.Value("ACTIVE"); got != was {
			t.Errorf("the leased display is left with ACTIVE=%d, it was %d", got, was)
		}
	})
	t.Run("it is revoked", func(t *testing.T) {
		o, err := NewOutput(d, Config{Debugf: t.Logf})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Configure(xr24(640, 480)); err != nil {
			t.Fatal(err)
		}
		shows(t, o, fb, 5)
		arg := sys.DRMModeRevokeLease{LesseeID: lessee}
		if err := lessor.k.Ioctl(sys.DRM_IOCTL_MODE_REVOKE_LEASE, unsafe.Pointer(&arg)); err != nil {
			t.Fatal(err)
		}
		if err := o.Show(fb); !errors.Is(err, ErrRevoked) {
			t.Errorf("got %v, want ErrRevoked", err)
		}
		if err := o.Close(); err == nil {
			t.Error("close: what was leased cannot be put back, and no error says so")
		}
	})
	// Its pipe is on still, and the lessor's to switch off.
	mine, err := NewOutput(lessor, Config{Debugf: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	mine.req.Reset()
	mine.stageDark(mine.req)
	if err := mine.commit(AllowModeset, 0); err != nil {
		t.Error(err)
	}
	if err := mine.Close(); err != nil {
		t.Error(err)
	}
}

// cirrus is a PCI device, which a driver can be taken from while it is in use.
func TestVisibleCardThatIsRemovedIsAnError(t *testing.T) {
	path := os.Getenv("VISIBLE_CARD")
	if path == "" && os.Getenv("REQUIRE_DEVICES") != "1" {
		t.Skip("no VISIBLE_CARD: run in test/vm/run")
	}
	d, err := Open(Want{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	o, err := NewOutput(d, Config{Debugf: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.CreateDumb(sys.DRM_FORMAT_XRGB8888, 640, 480)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Configure(xr24(640, 480)); err != nil {
		t.Fatal(err)
	}
	shows(t, o, &b.Framebuffer, 5)

	device, err := filepath.EvalSymlinks(filepath.Join("/sys/class/drm", filepath.Base(path), "device"))
	if err != nil {
		t.Fatal(err)
	}
	driver, err := filepath.EvalSymlinks(filepath.Join(device, "driver"))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	writeFile(t, filepath.Join(driver, "unbind"), filepath.Base(device))
	for err = nil; err == nil && time.Since(start) < 10*time.Second; {
		err = o.Show(&b.Framebuffer)
	}
	if !errors.Is(err, ErrGone) {
		t.Errorf("got %v, want ErrGone", err)
	}
	t.Logf("after %v: %v", time.Since(start), err)
	start = time.Now()
	o.Close()
	b.Close()
	d.Close()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("closing took %v", took)
	}

	writeFile(t, filepath.Join(driver, "bind"), filepath.Base(device))
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		again, err := Open(Want{Path: path})
		if err == nil {
			again.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("bound again, and: %v", err)
		}
	}
}
