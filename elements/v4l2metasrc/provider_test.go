package v4l2metasrc

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2/v4l2test"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// folder is a folder of nodes that are plain files, each with a fake driver behind.
type folder struct {
	t        *testing.T
	dir      string
	provider string // factory of its provider

	mu    sync.Mutex       // guards what follows
	fails map[string]error // of opening a path
	opens map[string]int   // how often a path was opened
}

var folders atomic.Int32

// newFolder makes a folder and registers a provider for it.
func newFolder(t *testing.T) *folder {
	t.Helper()
	f := &folder{t: t, dir: t.TempDir(), fails: map[string]error{}, opens: map[string]int{}}
	name := fmt.Sprint("fakenodes", folders.Add(1)) // types stay for as long as the process
	f.provider = name + "provider"
	err := gstx.RegisterProvider(nil, providerOf(f.provider, name+"Provider", name+"Device", "fakev4l2metasrc",
		nodes{f.dir, f.open}))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *folder) open(path string) (*v4l2.Device, error) {
	f.mu.Lock()
	f.opens[path]++
	err := f.fails[path]
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return openFake(path)
}

// failing makes the next openings of a node fail, or with nil succeed.
func (f *folder) failing(name string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails[f.path(name)] = err
}

func (f *folder) opened(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.opens[f.path(name)]
}

// plug makes a node with a driver behind it.
func (f *folder) plug(name string, cfg v4l2test.Config) {
	f.t.Helper()
	path := f.path(name)
	cfg.Path = path
	d := v4l2test.New(cfg)
	fakes.Store(path, d)
	f.t.Cleanup(func() { f.close(name) })
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) unplug(name string) {
	f.t.Helper()
	if err := os.Remove(f.path(name)); err != nil {
		f.t.Fatal(err)
	}
	f.close(name)
}

// close ends the driver behind a node, if there is one.
func (f *folder) close(name string) {
	if d, ok := fakes.LoadAndDelete(f.path(name)); ok {
		d.(*v4l2test.Driver).Close()
	}
}

func TestProviderListsWhatV4L2Tells(t *testing.T) {
	f := newFolder(t)
	f.plug("video3", v4l2test.Config{Card: "Front camera"})
	path := f.path("video3")
	d := pipe.NewDevices(t, f.provider).List()[path]
	if d == nil {
		t.Fatal("it is not listed")
	}
	if d.GetDisplayName() != "Front camera" || d.GetDeviceClass() != "Video/Source" {
		t.Errorf("got %q of class %q", d.GetDisplayName(), d.GetDeviceClass())
	}
	const node, all = sys.V4L2_CAP_VIDEO_CAPTURE | sys.V4L2_CAP_STREAMING,
		sys.V4L2_CAP_VIDEO_CAPTURE | sys.V4L2_CAP_STREAMING | sys.V4L2_CAP_VIDEO_OUTPUT | sys.V4L2_CAP_DEVICE_CAPS
	props := d.GetProperties()
	for name, want := range map[string]any{
		"device.api": "v4l2", "device.path": path,
		"v4l2.device.driver": "fake", "v4l2.device.card": "Front camera", "v4l2.device.bus_info": "platform:fake-000",
		"v4l2.device.version": uint32(0), "v4l2.device.capabilities": uint32(all), "v4l2.device.device_caps": uint32(node),
	} {
		text := fmt.Sprintf("%s=(string)%v", name, want)
		if v, ok := want.(uint32); ok {
			text = fmt.Sprintf("%s=(uint)%d", name, v)
		}
		if got := strings.NewReplacer(`"`, "", `\`, "").Replace(props.String()); !strings.Contains(got, text) {
			t.Errorf("the properties %s lack %s", got, text)
		}
	}
}

func TestProvidersCapsAreTheElements(t *testing.T) {
	f := newFolder(t)
	cfg := v4l2test.Config{
		Formats: []string{"YUYV", "NV12"},
		HDR10:   &sys.V4L2CtrlHDR10MasteringDisplay{},
		Light:   &sys.V4L2CtrlHDR10CLLInfo{MaxContentLightLevel: 1000, MaxPicAverageLightLevel: 400},
	}
	f.plug("video0", cfg)
	d := pipe.NewDevices(t, f.provider).List()[f.path("video0")]
	if d == nil {
		t.Fatal("it is not listed")
	}
	src := d.CreateElement("")
	if got := src.ObjectProperty("device"); got != f.path("video0") {
		t.Fatalf("the element's device is %v", got)
	}
	// Opened and not negotiated: a live source alone does not get further.
	src.SetState(gst.StatePaused)
	defer src.SetState(gst.StateNull)
	want := src.GetStaticPad("src").QueryCaps(nil).String()
	if got := d.GetCaps().String(); got != want || !strings.Contains(got, "1000:400") || !strings.Contains(got, "DMABuf") {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestProviderFollowsTheFolder(t *testing.T) {
	f := newFolder(t)
	f.plug("video0", v4l2test.Config{})
	d := pipe.NewDevices(t, f.provider)
	d.Start()
	d.Added(f.path("video0"), patience)
	f.plug("video1", v4l2test.Config{})
	d.Added(f.path("video1"), patience)
	if err := os.Chmod(f.path("video1"), 0o660); err != nil { // it stays listed once
		t.Fatal(err)
	}
	f.unplug("video0")
	d.Removed(f.path("video0"), patience)
	f.unplug("video1")
	f.plug("video1", v4l2test.Config{Card: "Another"})
	d.Removed(f.path("video1"), patience)
	if x := d.Added(f.path("video1"), patience); x.GetDisplayName() != "Another" {
		t.Errorf("the device that was replaced is %q", x.GetDisplayName())
	}
	if got := d.List(); len(got) != 1 {
		t.Errorf("listed are %v", got)
	}
	d.Quiet(20 * time.Millisecond)
}

func TestProviderWaitsUntilANodeCanBeOpened(t *testing.T) {
	f := newFolder(t)
	d := pipe.NewDevices(t, f.provider)
	d.Start()
	for i, c := range []struct {
		err     error
		retried bool // else the node has to change
	}{
		{v4l2.ErrGone, true}, // its driver is not there yet
		{v4l2.ErrBusy, true}, // udev is looking at it
		{unix.EACCES, false}, // udev has yet to let the user in
	} {
		name := fmt.Sprint("video", i)
		f.failing(name, c.err)
		f.plug(name, v4l2test.Config{})
		for end := time.Now().Add(patience); f.opened(name) == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%v: %s was not opened", c.err, name)
			}
		}
		if !c.retried {
			d.Quiet(2 * retryMS * time.Millisecond)
			if n := f.opened(name); n > 2 { // made, and its time set
				t.Errorf("%v: opened %d times", c.err, n)
			}
		}
		f.failing(name, nil)
		if !c.retried {
			if err := os.Chmod(f.path(name), 0o660); err != nil {
				t.Fatal(err)
			}
		}
		d.Added(f.path(name), patience)
	}
}

func TestProviderGivesUpOnWhatStaysBusy(t *testing.T) {
	f := newFolder(t)
	d := pipe.NewDevices(t, f.provider)
	d.Start()
	f.failing("video0", v4l2.ErrBusy)
	f.plug("video0", v4l2test.Config{})
	d.Quiet((retries + 5) * retryMS * time.Millisecond)
	n := f.opened("video0")
	d.Quiet(3 * retryMS * time.Millisecond)
	if got := f.opened("video0"); n < 3 || n > retries+2 || got != n {
		t.Errorf("opened %d times, then %d more; want %d and none", n, got-n, retries)
	}
}

func TestProviderPassesOverWhatIsNoCamera(t *testing.T) {
	f := newFolder(t)
	f.failing("video0", v4l2.ErrNotCapture)
	f.failing("video1", unix.EACCES)
	f.plug("video0", v4l2test.Config{})
	f.plug("video1", v4l2test.Config{})
	f.plug("video2", v4l2test.Config{Formats: []string{"YUYV"}, Alter: onlyFormat("JPEG")}) // compressed
	f.plug("video3", v4l2test.Config{})
	f.plug("video4", v4l2test.Config{Alter: func(uintptr, unsafe.Pointer) error { return unix.ENODEV }}) // just unplugged
	d := pipe.NewDevices(t, f.provider)
	if got := d.List(); len(got) != 1 || got[f.path("video3")] == nil {
		t.Errorf("listed are %v", got)
	}
	d.Start()
	d.Added(f.path("video3"), patience)
	d.Quiet(20 * time.Millisecond)
}

// onlyFormat makes a driver say that its formats are another.
func onlyFormat(code string) func(uintptr, unsafe.Pointer) error {
	return func(req uintptr, arg unsafe.Pointer) error {
		if req == sys.VIDIOC_ENUM_FMT {
			(*sys.V4L2FmtDesc)(arg).PixelFormat = uint32(v4l2.MakeFourCC(code))
		}
		return nil
	}
}

func TestProviderListsAnewWhenChangesWereLost(t *testing.T) {
	f := newFolder(t)
	f.plug("video0", v4l2test.Config{})
	d := pipe.NewDevices(t, f.provider)
	// The provider is held in its first look while more happens than the kernel
	// keeps for it.
	limit := queueLimit(t)
	held, let := make(chan struct{}), make(chan struct{})
	f.plug("video1", v4l2test.Config{Alter: func(req uintptr, _ unsafe.Pointer) error {
		if req == sys.VIDIOC_QUERYCAP {
			select {
			case <-held:
			default:
				close(held)
				<-let
			}
		}
		return nil
	}})
	started := make(chan struct{})
	go func() {
		defer close(started)
		d.Start()
	}()
	select {
	case <-held:
	case <-time.After(patience):
		t.Fatal("video1 was not opened")
	}
	for i := range limit {
		// Two files in turn: the kernel merges an event with an equal one before it.
		if err := os.Chmod(f.path(fmt.Sprint("video", i%2)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f.plug("video2", v4l2test.Config{}) // of which no event tells
	close(let)
	<-started
	d.Added(f.path("video0"), patience)
	d.Added(f.path("video1"), patience)
	gone := map[string]bool{d.AnyRemoved(patience): true, d.AnyRemoved(patience): true}
	if !gone[f.path("video0")] || !gone[f.path("video1")] {
		t.Errorf("removed were %v", gone)
	}
	for i := range 3 {
		d.Added(f.path(fmt.Sprint("video", i)), patience)
	}
	d.Quiet(20 * time.Millisecond)
}

// queueLimit is how many events the kernel keeps for an inotify instance.
func queueLimit(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if _, err := fmt.Sscan(string(text), &n); err != nil {
		t.Fatal(err)
	}
	if n > 1<<17 {
		t.Skipf("%d events take long to make", n)
	}
	return n + 1
}

func TestProviderStartsAndHotplugLeaveNothing(t *testing.T) {
	f := newFolder(t)
	f.plug("video0", v4l2test.Config{})
	d := pipe.NewDevices(t, f.provider)
	cycle := func() {
		d.Start()
		d.Added(f.path("video0"), patience)
		f.unplug("video0")
		d.Removed(f.path("video0"), patience)
		f.plug("video0", v4l2test.Config{})
		d.Added(f.path("video0"), patience)
		d.Stop()
	}
	cycle()
	n := fds(t)
	for range 20 {
		cycle()
	}
	if left := fds(t) - n; left != 0 {
		t.Errorf("%d descriptors more after 20 starts", left)
	}
}

func fds(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
