package v4l2metasrc

import (
	"fmt"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// vividDevices is the real provider, of /dev.
func vividDevices(t *testing.T) *pipe.Devices {
	t.Helper()
	vivid(t, "VIVID_SP")
	if gst.DeviceProviderFactoryFind(Provider.Name) == nil {
		if err := gstx.RegisterProvider(nil, Provider); err != nil {
			t.Fatal(err)
		}
	}
	return pipe.NewDevices(t, Provider.Name)
}

// What a device says is what one gets: each of its caps, fixated, plays.
func TestVividDevicesPlayAsTheyAreListed(t *testing.T) {
	list := vividDevices(t).List()
	if len(list) != 2 { // of the six video nodes, vicodec's included
		t.Errorf("%d devices are listed, want 2: %v", len(list), list)
	}
	for _, variable := range []string{"VIVID_SP", "VIVID_MP"} {
		path := vivid(t, variable)
		d := list[path]
		if d == nil {
			t.Fatalf("%s is not listed", path)
		}
		caps := d.GetCaps()
		for _, n := range []uint{0, caps.GetSize() - 1} { // DMA-bufs, and plain memory
			fast := caps.CopyNth(n).Intersect(gst.CapsFromString("video/x-raw(ANY), framerate=[ 25/1, 60/1 ]"))
			gst.UnsafeCapsRef(fast) // which gst_caps_fixate takes, and the binding does not know it
			want := fast.Fixate()
			t.Run(fmt.Sprint(variable, " ", want), func(t *testing.T) {
				if want.IsEmpty() || !want.IsFixed() {
					t.Fatal("they cannot be fixated")
				}
				p, r := build(t, "capsfilter name=filter")
				src, filter := d.CreateElement(""), p.Element("filter")
				src.SetObjectProperty("num-buffers", int32(5))
				filter.SetObjectProperty("caps", want)
				if !p.Pipeline().Add(src) || !src.Link(filter) {
					t.Fatal("the element cannot be linked")
				}
				p.SetState(gst.StatePlaying)
				p.EOS(patience)
				if frames := r.all(); len(frames) != 5 {
					t.Fatalf("%d frames, want 5", len(frames))
				}
				if got := gst.CapsFromString(r.format.Caps); !got.CanIntersect(want) {
					t.Errorf("negotiated %s", r.format.Caps)
				}
			})
		}
	}
}

func TestVividBusyDeviceIsListed(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	p, r := build(t, "v4l2metasrc device=%s", path)
	p.SetState(gst.StatePlaying)
	r.wait(t, 1)
	if list := vividDevices(t).List(); list[path] == nil || list[path].GetCaps().GetSize() == 0 {
		t.Errorf("listed are %v", list)
	}
	r.wait(t, len(r.all())+2) // which does not disturb it
}

func TestVividUnpluggedTwentyTimesLeavesNothing(t *testing.T) {
	paths := []string{vivid(t, "VIVID_SP"), vivid(t, "VIVID_MP")}
	d := vividDevices(t)
	d.Start()
	left := map[string]bool{}
	for range paths {
		left[d.AnyAdded(patience)] = true
	}
	before := 0
	for i := range 21 {
		if i == 1 {
			before = fds(t)
		}
		control(t, "unbind")
		for range paths {
			delete(left, d.AnyRemoved(patience))
		}
		if len(left) > 0 {
			t.Fatalf("time %d: not removed: %v", i, left)
		}
		control(t, "bind")
		for range paths {
			left[d.AnyAdded(patience)] = true
		}
		for _, path := range paths {
			if !left[path] || unix.Access(path, unix.R_OK|unix.W_OK) != nil {
				t.Fatalf("time %d: added are %v", i, left)
			}
		}
	}
	if n := fds(t) - before; n != 0 {
		t.Errorf("%d descriptors more after 20 times", n)
	}
}
