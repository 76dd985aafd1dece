package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A pulled plug does not end the stream: it says so, and goes on when the plug is
// back.
func TestStreamOutlivesItsDisplay(t *testing.T) {
	machine(t)
	before := look(t)
	status := fmt.Sprintf("/sys/class/drm/%s-HDMI-A-1/status", filepath.Base(vkmsCard))
	trace := traceFlips(t)
	p := play(t, hdrPlayer, "! kmsmetasink driver-name=vkms")
	showing(t, p, trace)

	write(t, status, "off")
	t.Cleanup(func() { write(t, status, "detect") })
	eventually(t, "a warning", func() bool {
		return strings.Contains(p.out.String(), "No display is connected to HDMI-A-1") || p.ended()
	})
	still := len(trace.vblanks())
	time.Sleep(500 * time.Millisecond)
	if n := len(trace.vblanks()) - still; n > 1 {
		t.Errorf("%d frames shown on a display that is not there", n)
	}

	write(t, status, "detect")
	eventually(t, "frames are shown again", func() bool { return len(trace.vblanks()) >= still+10 || p.ended() })
	if connector(t).Properties["HDR_OUTPUT_METADATA"].Raw == 0 {
		t.Error("the HDR state is not the picture's")
	}
	p.interrupt()
	p.mustEnd()
	if n := strings.Count(p.out.String(), "WARNING"); n != 1 {
		t.Errorf("%d warnings, want one\n%s", n, &p.out)
	}
	checkRestored(t, before)
}

// A card that is taken away is an error, at once; it serves again when it is back.
func TestRemovedCardIsAnErrorAndComesBack(t *testing.T) {
	machine(t)
	device, err := filepath.EvalSymlinks(filepath.Join("/sys/class/drm", filepath.Base(visibleCard), "device"))
	if err != nil {
		t.Fatal(err)
	}
	driver, err := filepath.EvalSymlinks(filepath.Join(device, "driver"))
	if err != nil {
		t.Fatal(err)
	}
	const source = "videotestsrc is-live=true num-buffers=%d ! video/x-raw,width=640,height=480"
	p := play(t, fmt.Sprintf(source, 100000), "! kmsmetasink device="+visibleCard)
	eventually(t, "the pipeline plays", func() bool { return strings.Contains(p.out.String(), "New clock:") || p.ended() })
	time.Sleep(500 * time.Millisecond)
	write(t, filepath.Join(driver, "unbind"), filepath.Base(device))
	gone := time.Now()
	p.mustFail(visibleCard, "gone")
	if took := time.Since(gone); took > 10*time.Second {
		t.Errorf("the end took %v", took)
	}
	write(t, filepath.Join(driver, "bind"), filepath.Base(device))
	eventually(t, visibleCard+" is back", func() bool {
		m, _ := filepath.Glob(filepath.Join(device, "drm", filepath.Base(visibleCard)))
		return len(m) == 1
	})
	play(t, fmt.Sprintf(source, 10), "! kmsmetasink device="+visibleCard).mustEnd()
}
