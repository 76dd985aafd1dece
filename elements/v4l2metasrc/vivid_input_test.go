package v4l2metasrc

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// The inputs of vivid.
const (
	webcam = "0"
	tuner  = "1"
	hdmi   = "3"
)

// ctl is v4l2-ctl on a device.
func ctl(t testing.TB, path string, args ...string) string {
	t.Helper()
	out, err := exec.Command("v4l2-ctl", append([]string{"-d", path}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("v4l2-ctl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// on switches a device to another input until the test ends.
func on(t *testing.T, path, input string) {
	t.Helper()
	ctl(t, path, "-i", input)
	t.Cleanup(func() { ctl(t, path, "-i", webcam) })
}

// menu finds an entry of a menu control.
func menu(t *testing.T, path, control, entry string) int32 {
	t.Helper()
	list := ctl(t, path, "--list-ctrls-menus")
	_, list, _ = strings.Cut(list, control+" ")
	for _, line := range strings.Split(list, "\n")[1:] {
		m := regexp.MustCompile(`^\s+(\d+): (.*)$`).FindStringSubmatch(line)
		if m == nil {
			break
		}
		if strings.HasPrefix(m[2], entry) {
			var n int32
			fmt.Sscan(m[1], &n)
			return n
		}
	}
	t.Fatalf("%s has no %s in %s:\n%s", path, entry, control, list)
	return 0
}

// Values of vivid's control about the signal of HDMI.
const (
	currentSignal  = 0
	noSignal       = 1
	selectedSignal = 4
)

func is(kind gst.MessageType, text string) func(pipe.Message) bool {
	return func(m pipe.Message) bool { return m.Type == kind && strings.HasPrefix(m.Text, text) }
}

// sized waits for frames of a size, and fails with whatever the pipeline fails with.
func (r *recorder) sized(t *testing.T, width, height int32) *gstx.VideoFormat {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		r.mu.Lock()
		f, n := r.format, len(r.frames)
		var last recorded
		if n > 0 {
			last = r.frames[n-1]
		}
		r.mu.Unlock()
		if f != nil && f.Width == width && f.Height == height && n > 0 && last.Width == uint32(width) && last.Height == uint32(height) {
			return f
		}
	}
	t.Fatalf("no frames of %dx%d; %d frames, the last format is %+v", width, height, len(r.all()), r.format)
	return nil
}

func TestVividSignalIsLostAndRecovered(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	on(t, path, hdmi)
	ctl(t, path, "--set-dv-bt-timings", "query")
	p, r := build(t, "v4l2metasrc name=src device=%s", path)
	p.SetState(gst.StatePlaying)
	r.wait(t, 3)
	for range 2 {
		put(t, path, "DV Timings Signal Mode", noSignal)
		m := p.Next("Signal lost", patience, is(gst.MessageWarning, "Signal lost"))
		if !strings.Contains(m.Debug, path) || !strings.Contains(m.Debug, "no signal") {
			t.Errorf("the warning does not name the device and the reason: %s", m.Debug)
		}
		r.wait(t, len(r.all())+3) // the driver's frames go on
		put(t, path, "DV Timings Signal Mode", currentSignal)
		p.Next("Signal recovered", patience, is(gst.MessageInfo, "Signal recovered"))
		r.wait(t, len(r.all())+3)
	}
}

func TestVividWithoutASignalAtTheStart(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	on(t, path, hdmi)
	set(t, path, "DV Timings Signal Mode", noSignal)
	p, r := build(t, "v4l2metasrc device=%s", path)
	p.SetState(gst.StatePlaying)
	p.Next("Signal lost", patience, is(gst.MessageWarning, "Signal lost"))
	r.wait(t, 2)
	put(t, path, "DV Timings Signal Mode", currentSignal)
	p.Next("Signal recovered", patience, is(gst.MessageInfo, "Signal recovered"))
}

// Another signal is another format of the same stream: no restart, offsets and times go
// on, and nothing is left of the formats before.
func TestVividSignalChangesAHundredTimes(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	on(t, path, hdmi)
	small, wide := menu(t, path, "dv_timings", "640x480"), menu(t, path, "dv_timings", "720x480p")
	set(t, path, "DV Timings", small)
	set(t, path, "DV Timings Signal Mode", selectedSignal)
	changes := 100
	leakless(t, func(t *testing.T) {
		p, r := build(t, "v4l2metasrc device=%s", path)
		p.SetState(gst.StatePlaying)
		r.sized(t, 640, 480)
		for i := range changes {
			if i%2 == 0 {
				put(t, path, "DV Timings", wide)
				r.sized(t, 720, 480)
			} else {
				put(t, path, "DV Timings", small)
				r.sized(t, 640, 480)
			}
		}
		frames := r.all()
		for i := range frames[1:] {
			if a, b := frames[i], frames[i+1]; b.Offset <= a.Offset || b.PTS < a.PTS {
				t.Fatalf("frame %d: offset %d pts %d after %d and %d", i+1, b.Offset, b.PTS, a.Offset, a.PTS)
			}
		}
		if f := r.sized(t, 640, 480); f.FPSN < 59*f.FPSD || f.FPSN > 60*f.FPSD {
			t.Errorf("the rate is %d/%d", f.FPSN, f.FPSD)
		}
	})
}

// A device that scales can give the negotiated size of another signal too.
func TestVividSignalChangesAndTheCapsDoNot(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	on(t, path, hdmi)
	small := menu(t, path, "dv_timings", "640x480")
	set(t, path, "DV Timings", small)
	set(t, path, "DV Timings Signal Mode", selectedSignal)
	p, r := build(t, "v4l2metasrc name=src device=%s ! video/x-raw(ANY),width=640,height=480,framerate=[0/1,100/1]", path)
	p.SetState(gst.StatePlaying)
	r.wait(t, 2)
	for range 3 {
		put(t, path, "DV Timings", menu(t, path, "dv_timings", "720x480p"))
		r.wait(t, len(r.all())+3)
		if now := ctl(t, path, "--get-dv-timings"); !strings.Contains(now, "Active width: 720") {
			t.Errorf("the device is set to %s", now)
		}
		put(t, path, "DV Timings", small)
		r.wait(t, len(r.all())+3)
	}
}

func TestVividTVStandard(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	on(t, path, tuner)
	for _, c := range []struct {
		norm       string
		height     int32
		fpsN, fpsD int32
		aspect     string
		force      string
	}{
		{"NTSC-M", 480, 30000, 1001, "10/11", ""},
		{"PAL-B", 576, 25, 1, "59/54", ""},
		{"PAL-B", 576, 25, 1, "16/15", "pixel-aspect-ratio=16/15"},
		{"PAL-B", 576, 25, 1, "1/1", "force-aspect-ratio=false"},
	} {
		t.Run(c.norm+c.force, func(t *testing.T) {
			p, r := build(t, "v4l2metasrc name=src device=%s norm=%s num-buffers=3 %s", path, c.norm, c.force)
			p.SetState(gst.StatePlaying)
			p.EOS(patience)
			f := r.format
			if f.Width != 720 || f.Height != c.height || int64(f.FPSN)*int64(c.fpsD) != int64(c.fpsN)*int64(f.FPSD) ||
				!strings.Contains(f.Caps, "pixel-aspect-ratio=(fraction)"+c.aspect) || !strings.Contains(f.Caps, "interlace-mode=(string)interleaved") {
				t.Errorf("negotiated %s", f.Caps)
			}
			// NTSC has the bottom field first, the others the top one.
			want := uint32(gstx.VideoInterlaced | gstx.VideoTFF)
			if c.norm == "NTSC-M" {
				want = gstx.VideoInterlaced
			}
			if got := r.all()[1].Flags & (gstx.VideoInterlaced | gstx.VideoTFF); got != want {
				t.Errorf("flags %#x, want %#x", got, want)
			}
		})
	}
}

func TestVividControls(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	before := ctl(t, path, "-C", "brightness,contrast,test_pattern")
	t.Cleanup(func() {
		for _, line := range strings.Split(strings.TrimSpace(before), "\n") {
			ctl(t, path, "-c", strings.ReplaceAll(line, ": ", "="))
		}
	})
	p, r := build(t, "v4l2metasrc name=src device=%s brightness=77 extra-controls=c,test_pattern=5,osd_text_mode=2", path)
	p.SetState(gst.StatePlaying)
	r.wait(t, 1)
	reads := func(want string) {
		t.Helper()
		if got := strings.Join(strings.Fields(ctl(t, path, "-C", "brightness,contrast,test_pattern")), " "); got != want {
			t.Errorf("v4l2-ctl reads %q, want %q", got, want)
		}
	}
	reads("brightness: 77 contrast: 128 test_pattern: 5 (100% Black)")
	src := p.Element("src")
	src.SetObjectProperty("contrast", int32(99))
	reads("brightness: 77 contrast: 99 test_pattern: 5 (100% Black)")
	ctl(t, path, "-c", "brightness=12")
	if got := src.ObjectProperty("brightness"); got != int32(12) {
		t.Errorf("the property says %v, want what another program has set", got)
	}
	gst.UtilSetObjectArg(src, "extra-controls", "c,test_pattern=6,no_such_thing=1")
	m := p.Next("warning", patience, is(gst.MessageWarning, "Property extra-controls"))
	if !strings.Contains(m.Text, "no_such_thing") || !strings.Contains(m.Text, path) {
		t.Errorf("the warning says %q", m.Text)
	}
	reads("brightness: 12 contrast: 99 test_pattern: 6 (100% White)")
}

func TestVividCrop(t *testing.T) {
	path := vivid(t, "VIVID_SP")
	on(t, path, hdmi)
	set(t, path, "DV Timings", menu(t, path, "dv_timings", "640x480"))
	set(t, path, "DV Timings Signal Mode", selectedSignal)
	for _, c := range []struct{ props, want string }{
		{"crop-left=64 crop-top=32 crop-right=64 crop-bottom=16", "Crop: Left 64, Top 32, Width 512, Height 432"},
		{"", "Crop: Left 0, Top 0, Width 640, Height 480"},
	} {
		p, r := build(t, "v4l2metasrc name=src device=%s %s ! video/x-raw(ANY),width=640,height=480", path, c.props)
		p.SetState(gst.StatePlaying)
		r.wait(t, 1)
		if got := ctl(t, path, "--get-selection", "target=crop"); !strings.Contains(got, strings.TrimPrefix(c.want, "Crop: ")) {
			t.Errorf("%s: v4l2-ctl says %s", c.props, got)
		}
		p.Stop()
	}
	p, r := build(t, "v4l2metasrc device=%s crop-left=9999", path)
	p.SetState(gst.StatePlaying)
	if m := p.Next("warning", patience, is(gst.MessageWarning, "Device")); !strings.Contains(m.Debug, "nothing is left") {
		t.Errorf("the warning says %s (%s)", m.Text, m.Debug)
	}
	r.wait(t, 1)
}
