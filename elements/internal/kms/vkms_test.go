package kms

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// vkms opens the kernel's virtual display, with a fresh file for each test.
func vkms(t *testing.T) *Device {
	t.Helper()
	return realCard(t, Want{Path: os.Getenv("VKMS_CARD"), Driver: "vkms"})
}

func realCard(t *testing.T, w Want) *Device {
	t.Helper()
	d, err := Open(w)
	if err != nil {
		if os.Getenv("REQUIRE_DEVICES") == "1" {
			t.Fatal(err)
		}
		t.Skipf("no %s card: run in test/vm/run (%v)", w.Driver, err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// state reads an object as any other program can.
func state(t *testing.T, d *Device, kind Kind, id uint32) *Object {
	t.Helper()
	o, err := d.readObject(kind, id, "")
	if err != nil {
		t.Fatal(err)
	}
	return &o
}

func enumName(t *testing.T, o *Object, name string) string {
	t.Helper()
	p := o.Property(name)
	if p == nil {
		t.Fatalf("%s has no %s", o, name)
	}
	for _, e := range p.Enums {
		if e.Value == o.Value(name) {
			return e.Name
		}
	}
	return ""
}

func blobOf(t *testing.T, d *Device, o *Object, name string) []byte {
	t.Helper()
	id := uint32(o.Value(name))
	if id == 0 {
		return nil
	}
	b, err := d.readBlob(id)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVkmsShowsFramesAtTheDisplaysRateWithTheirSignal(t *testing.T) {
	d := vkms(t)
	watcher := vkms(t) // not master: it only looks
	o := output(t, d, Config{})
	o.SetSignal(pq(1))
	a := play(t, d, o, xr24(640, 480))
	b := frame(t, d, sys.DRM_FORMAT_XRGB8888, 640, 480)

	c := state(t, watcher, KindConnector, o.Connector.ID)
	want := pq(1)
	if got := blobOf(t, watcher, c, hdrMetadata); !bytes.Equal(got, want.Metadata[:]) {
		t.Errorf("HDR_OUTPUT_METADATA: got %x, want %x", got, want.Metadata)
	}
	if got := enumName(t, c, "Colorspace"); got != "BT2020_RGB" {
		t.Errorf("Colorspace: got %s", got)
	}
	if s := o.Status(); s.State != Applied || s.Reason != "" {
		t.Errorf("status %v", s)
	}

	const frames = 120
	start := time.Now()
	next, was := 0, uint32(0)
	for i := range frames {
		if err := o.Show([]*Framebuffer{a, b}[i%2]); err != nil {
			t.Fatal(err)
		}
		// The flip of the frame before.
		f := o.LastFlip()
		if i > 1 && f.Sequence == was {
			t.Errorf("frames %d and %d were shown in the same vertical blank", i-2, i-1)
		}
		if i > 1 && f.Sequence == was+1 {
			next++
		}
		if i > 0 && f.CRTC != o.CRTC.ID {
			t.Fatalf("flip of CRTC %d, want %d", f.CRTC, o.CRTC.ID)
		}
		was = f.Sequence
	}
	t.Logf("%d frames in %v at %.3f Hz, %d of them one vertical blank after the last",
		frames, time.Since(start), float64(o.lit.Refresh())/1000, next)
	// An emulated machine misses some blanks; a wait too many would miss half.
	if next < frames*6/10 {
		t.Errorf("only %d of %d frames came in the vertical blank after the last", next, frames)
	}
}

func TestVkmsSignalChangesAndClears(t *testing.T) {
	d := vkms(t)
	o := output(t, d, Config{})
	o.SetSignal(pq(1))
	fb := play(t, d, o, xr24(640, 480))
	for _, s := range []Signal{pq(2), {}, pq(3)} {
		o.SetSignal(s)
		for range 2 {
			if err := o.Show(fb); err != nil {
				t.Fatal(err)
			}
		}
		var want []byte
		if s.HDR {
			want = s.Metadata[:]
		}
		c := state(t, d, KindConnector, o.Connector.ID)
		if got := blobOf(t, d, c, hdrMetadata); !bytes.Equal(got, want) {
			t.Errorf("got %x, want %x", got, want)
		}
	}
}

func TestVkmsSecondProgramIsToldWhoHoldsTheDisplay(t *testing.T) {
	d := vkms(t)
	o := output(t, d, Config{})
	play(t, d, o, xr24(640, 480))
	_, err := NewOutput(vkms(t), Config{})
	if err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("got %v", err)
	}
}

func TestVkmsIsPutBack(t *testing.T) {
	d := vkms(t)
	values := func() map[string]uint64 {
		r, err := d.Resources()
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]uint64{}
		add := func(o *Object) {
			for _, p := range o.props {
				all[o.String()+" "+p.Name] = p.value
			}
		}
		for _, c := range r.Connectors {
			add(&c.Object)
		}
		for _, c := range r.CRTCs {
			add(&c.Object)
		}
		for _, p := range r.Planes {
			add(&p.Object)
		}
		return all
	}
	before := values()
	o, err := NewOutput(d, Config{})
	if err != nil {
		t.Fatal(err)
	}
	o.SetSignal(pq(1))
	fb := play(t, d, o, xr24(640, 480))
	if err := o.Show(fb); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	for k, v := range values() {
		if before[k] != v && !strings.HasSuffix(k, "MODE_ID") {
			t.Errorf("%s: got %d, want %d", k, v, before[k])
		}
	}
}

func TestVkmsImportsDMABufs(t *testing.T) {
	d := vkms(t)
	dumb, err := d.CreateDumb(sys.DRM_FORMAT_XRGB8888, 640, 480)
	if err != nil {
		t.Fatal(err)
	}
	defer dumb.Close()
	fd, err := dumb.Export()
	if err != nil {
		t.Fatal(err)
	}
	defer fd.Close()
	o := output(t, d, Config{})
	fb, err := d.Import(&Layout{FourCC: sys.DRM_FORMAT_XRGB8888, Width: 640, Height: 480, Planes: 1,
		FD: [4]int{fd.Int()}, Stride: dumb.Stride})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fb.Close)
	if err := o.Configure(xr24(640, 480)); err != nil {
		t.Fatal(err)
	}
	if err := o.Show(fb); err != nil {
		t.Fatal(err)
	}
}

// The kernel keeps the HDR state of a player that was killed; whatever is
// played next puts it right with its first frame.
func TestVkmsKilledPlayersStateIsPutRight(t *testing.T) {
	d := vkms(t)
	if os.Getenv("KMS_TEST_PLAY_FOREVER") == "1" {
		o := output(t, d, Config{})
		o.SetSignal(pq(1))
		fb := play(t, d, o, xr24(640, 480))
		os.Stdout.WriteString("playing\n")
		for o.Show(fb) == nil {
		}
		return
	}
	d.Close()
	t.Run("by an SDR picture", func(t *testing.T) { afterKill(t, Signal{}, "Default") })
	t.Run("by an HDR picture", func(t *testing.T) { afterKill(t, pq(7), "BT2020_RGB") })
}

func afterKill(t *testing.T, next Signal, space string) {
	killPlayer(t)
	look := vkms(t)
	r, err := look.Resources()
	if err != nil {
		t.Fatal(err)
	}
	conn, killed := bestConnector(r), pq(1)
	if got := blobOf(t, look, &conn.Object, hdrMetadata); !bytes.Equal(got, killed.Metadata[:]) {
		t.Errorf("after the kill: got %x, want %x: this kernel clears it, and the rest proves nothing", got, killed.Metadata)
	}
	look.Close()

	d := vkms(t)
	o, err := NewOutput(d, Config{})
	if err != nil {
		t.Fatal(err)
	}
	o.SetSignal(next)
	play(t, d, o, xr24(640, 480))
	c := state(t, d, KindConnector, o.Connector.ID)
	var want []byte
	if next.HDR {
		want = next.Metadata[:]
	}
	if got := blobOf(t, d, c, hdrMetadata); !bytes.Equal(got, want) {
		t.Errorf("HDR_OUTPUT_METADATA: got %x, want %x", got, want)
	}
	if got := enumName(t, c, "Colorspace"); got != space {
		t.Errorf("Colorspace: got %s, want %s", got, space)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
	c = state(t, d, KindConnector, o.Connector.ID)
	if c.Value(hdrMetadata) != 0 || enumName(t, c, "Colorspace") != "Default" {
		t.Error("the HDR state was left on")
	}
}

// killPlayer plays in another process and kills it while it does.
func killPlayer(t *testing.T) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestVkmsKilledPlayersStateIsPutRight$")
	cmd.Env = append(os.Environ(), "KMS_TEST_PLAY_FOREVER=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 8)
	if n, _ := io.ReadFull(out, line); string(line[:n]) != "playing\n" {
		rest, _ := io.ReadAll(out)
		t.Errorf("the other player says %s%s", line[:n], rest)
	}
	time.Sleep(100 * time.Millisecond)
	cmd.Process.Signal(unix.SIGKILL)
	cmd.Wait()
}

// cirrus has one plane, 16-bit colour at most, and wants it to cover the screen.
func TestVisibleCardShowsSmallPictures(t *testing.T) {
	path := os.Getenv("VISIBLE_CARD")
	if path == "" && os.Getenv("REQUIRE_DEVICES") != "1" {
		t.Skip("no VISIBLE_CARD: run in test/vm/run")
	}
	d := realCard(t, Want{Path: path})
	for _, size := range [][2]uint32{{640, 480}, {800, 600}} {
		o, err := NewOutput(d, Config{Debugf: t.Logf})
		if err != nil {
			t.Fatal(err)
		}
		fb := play(t, d, o, xr24(size[0], size[1]))
		for range 3 {
			if err := o.Show(fb); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
}
