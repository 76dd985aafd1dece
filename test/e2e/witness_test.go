package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

// flips is the kernel's record of frames shown, until the end of the test.
type flips struct{ t testing.TB }

func traceFlips(t testing.TB) flips {
	t.Helper()
	trace, err := witness.TraceFlips()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { trace.Stop() })
	return flips{t}
}

// vblanks are the numbers of the vertical blanks at which frames were shown.
func (f flips) vblanks() []uint64 {
	f.t.Helper()
	all, err := witness.Flips{}.All()
	if err != nil {
		f.t.Fatal(err)
	}
	numbers := make([]uint64, len(all))
	for i, flip := range all {
		numbers[i] = flip.VBlank
	}
	return numbers
}

// showing waits until frames arrive at the display.
func showing(t *testing.T, p *program, trace flips) {
	t.Helper()
	eventually(t, "frames are shown", func() bool { return len(trace.vblanks()) >= 5 || p.ended() })
	if p.ended() {
		t.Fatalf("%s ended: %v\n%s", p.cmd, p.cmd.ProcessState, &p.out)
	}
}

// crc is the check sum of the still picture that the program shows on vkms.
func crc(t *testing.T, p *program, trace flips) string {
	t.Helper()
	showing(t, p, trace)
	sum, err := witness.CRC(vkmsCard)
	if err != nil {
		t.Fatalf("%v\n%s", err, &p.out)
	}
	return sum
}

// look gives the state of vkms.
func look(t *testing.T) witness.Display {
	t.Helper()
	d, err := witness.Look(vkmsCard)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// connector is the one of vkms that has HDR properties.
func connector(t *testing.T) *witness.Object {
	t.Helper()
	c := look(t).HDR()
	if c == nil {
		t.Fatalf("%s has no connector with HDR_OUTPUT_METADATA", vkmsCard)
	}
	return c
}

func hdrMetadata(t *testing.T) string {
	t.Helper()
	s, err := witness.HDRMetadata(vkmsCard)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkRestored compares the display with what it was.
func checkRestored(t *testing.T, before witness.Display) {
	t.Helper()
	if d := witness.Difference(before.State(), look(t).State()); d != "" {
		t.Errorf("the display is not as it was:\n%s", d)
	}
}

// checkImported fails when any framebuffer is one to copy into.
func checkImported(t *testing.T) {
	t.Helper()
	imported, own, err := witness.Framebuffers(vkmsCard)
	if err != nil {
		t.Fatal(err)
	}
	if imported == 0 || own != 0 {
		t.Errorf("%d framebuffers of imported DMA-bufs, %d of the card's own memory; want some, and none", imported, own)
	}
}

// showPattern has modetest show its pattern on vkms until the test ends; with
// "-d" it gives the mastership up. No card is opened to see when it is there: the
// first to open one becomes master.
func showPattern(t *testing.T, mode string, options ...string) {
	t.Helper()
	id := connector(t).ID
	p := run(t, "modetest", append(options, "-M", "vkms", "-s", fmt.Sprintf("%d:%s", id, mode))...)
	eventually(t, "modetest shows its pattern", func() bool {
		b, err := os.ReadFile(witness.Debugfs(vkmsCard, "state"))
		return err != nil || p.ended() || strings.Contains(string(b), "allocated by = modetest")
	})
	if p.ended() {
		t.Fatalf("%s ended: %v\n%s", p.cmd, p.cmd.ProcessState, &p.out)
	}
}
