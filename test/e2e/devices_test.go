package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// listed are the devices that gst-device-monitor-1.0 prints and that launch
// v4l2metasrc, by path: what it says of each.
func listed(text string) map[string]string {
	out := map[string]string{}
	launch := regexp.MustCompile(`(?m)^\tgst-launch-1\.0 v4l2metasrc(?: device='?([^ '\n]+)'?)? ! \.\.\.$`)
	for _, found := range strings.Split(text, "Device found:")[1:] {
		if m := launch.FindStringSubmatch(found); m != nil {
			path := m[1]
			if path == "" { // the default needs no words
				path = "/dev/video0"
			}
			out[path] += found
		}
	}
	return out
}

// removed counts the removals in what gst-device-monitor-1.0 -f prints.
func removed(text string) int { return strings.Count(text, "Device removed:") }

func TestDeviceMonitorListsTheCaptureNodes(t *testing.T) {
	machine(t)
	cmd := exec.Command("gst-device-monitor-1.0", "Video/Source")
	cmd.Env = append(os.Environ(), "G_DEBUG=fatal-criticals")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	all := listed(string(out))
	if len(all) != 2 { // and none of vicodec's
		t.Errorf("%d devices are for v4l2metasrc, want 2:\n%s", len(all), out)
	}
	for path, bus := range map[string]string{vividSP: "platform:vivid-000", vividMP: "platform:vivid-001"} {
		for _, want := range []string{
			"\tname  : vivid\n", "\tclass : Video/Source\n",
			"video/x-raw(memory:DMABuf), format=DMA_DRM, drm-format=", " video/x-raw, format=",
			"\t\tdevice.api = v4l2\n", "\t\tdevice.path = " + path + "\n",
			"\t\tv4l2.device.driver = vivid\n", "\t\tv4l2.device.bus_info = " + bus + "\n",
		} {
			if !strings.Contains(all[path], want) {
				t.Errorf("%s: no %q in\n%s", path, want, all[path])
			}
		}
		if n := strings.Count(all[path], "gst-launch-1.0"); n != 1 {
			t.Errorf("%s is listed %d times", path, n)
		}
	}
	// The numbers are what another program reads from the driver.
	info := tool(t, "v4l2-ctl", "-d", vividSP, "--info")
	for property, line := range map[string]string{
		"v4l2.device.capabilities": "Capabilities", "v4l2.device.device_caps": "Device Caps",
	} {
		m := regexp.MustCompile(`(?m)^\s*` + line + `\s*: 0x([0-9a-f]{8})$`).FindStringSubmatch(info)
		if m == nil {
			t.Fatalf("v4l2-ctl says no %s:\n%s", line, info)
		}
		if _, got, _ := strings.Cut(all[vividSP], property+" = "); !regexp.MustCompile(`^\d+ \(0x` + m[1] + `\)`).MatchString(got) {
			t.Errorf("%s is not 0x%s but %.30s", property, m[1], got)
		}
	}
}

func TestDeviceMonitorFollowsDevicesThatComeAndGo(t *testing.T) {
	machine(t)
	// With these, SIGUSR1 makes GStreamer tell which objects are alive.
	for name, value := range map[string]string{
		"GST_TRACERS": "leaks", "GST_LEAKS_TRACER_SIG": "1", "GST_DEBUG": "GST_TRACER:7", "GST_DEBUG_NO_COLOR": "1",
	} {
		t.Setenv(name, value)
	}
	m := run(t, "gst-device-monitor-1.0", "-f", "Video/Source")
	found := func() int { return strings.Count(m.out.String(), "gst-launch-1.0 v4l2metasrc") }
	// holds gives the descriptors' targets, and how many there are without the epoll
	// and the eventfd that Go's runtime opens when it first has a timer.
	holds := func() (targets []string, n int) {
		fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", m.cmd.Process.Pid))
		for _, fd := range fds {
			target, err := os.Readlink(fd)
			if err != nil {
				continue
			}
			targets = append(targets, target)
			if n++; target == "anon_inode:[eventpoll]" {
				n -= 2
			}
		}
		if n == 0 {
			t.Fatalf("no descriptors of the monitor; it says\n%s", &m.out)
		}
		return targets, n
	}
	const driver = "/sys/bus/platform/drivers/vivid/"
	eventually(t, "both devices are found", func() bool { return found() == 2 })
	var before []string
	var n int
	for i := 1; i <= 21; i++ {
		write(t, driver+"unbind", "vivid.0")
		eventually(t, fmt.Sprintf("%d devices were removed\n%s", 2*i, &m.out), func() bool { return removed(m.out.String()) == 2*i })
		write(t, driver+"bind", "vivid.0")
		eventually(t, fmt.Sprintf("%d devices were found", 2+2*i), func() bool { return found() == 2+2*i })
		if i == 1 {
			before, n = holds()
		}
	}
	if now, more := holds(); more != n {
		t.Errorf("descriptors are %v, after 20 times %v", before, now)
	}
	if err := m.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	const alive = "object-alive, type-name=(string)"
	eventually(t, "the provider is alive", func() bool {
		return strings.Contains(m.out.String(), alive+"GstV4l2MetaDeviceProvider,")
	})
	eventually(t, "of the devices the last two alone are alive", func() bool {
		return strings.Count(m.out.String(), alive+"GstV4l2MetaDevice,") == 2
	})
	if strings.Contains(m.out.String(), alive+"GstV4l2MetaSrc,") {
		t.Error("elements that the monitor made are still alive")
	}
	for _, path := range []string{vividSP, vividMP} {
		if n := strings.Count(listed(m.out.String())[path], "\t\tdevice.path = "+path+"\n"); n != 22 {
			t.Errorf("%s was found %d times, want 22", path, n)
		}
	}
	if text := m.out.String(); regexp.MustCompile(`CRITICAL|WARNING|panic:|goroutine `).MatchString(text) {
		t.Errorf("the monitor says\n%s", text)
	}
}
