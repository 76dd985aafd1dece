package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// The caps fields of one mastering display and content light level, and the
// struct hdr_output_metadata that follows from them: little-endian, primaries in
// the order red, green, blue, white in 0.00002; maximum luminance in cd/m²,
// minimum in 0.0001 cd/m²; MaxCLL, MaxFALL; two bytes of padding.
const (
	mastering = "35400:14600:8500:39850:6550:2300:15635:16450:10000000:1"
	light     = "1000:400"

	pqBlob = "00000000" + "02" + "00" +
		"488a0839" + "3421aa9b" + "9619fc08" + "133d4240" +
		"e803" + "0100" + "e803" + "9001" + "0000"
	pqOnlyBlob = "00000000" + "02" + "00" + "000000000000000000000000000000000000000000000000" + "0000"
	hlgBlob    = "00000000" + "03" + "00" + "000000000000000000000000000000000000000000000000" + "0000"
)

// vivid sets controls of a capture device and puts them back after the test.
func vivid(t *testing.T, device string, controls ...string) {
	t.Helper()
	for _, c := range controls {
		name, _, _ := strings.Cut(c, "=")
		// "name: value (text)"
		_, before, _ := strings.Cut(strings.TrimSpace(tool(t, "v4l2-ctl", "-d", device, "-C", name)), ": ")
		before, _, _ = strings.Cut(before, " ")
		tool(t, "v4l2-ctl", "-d", device, "-c", c)
		t.Cleanup(func() { tool(t, "v4l2-ctl", "-d", device, "-c", name+"="+before) })
	}
}

// Values of vivid's menus.
const (
	vividBT2020 = "colorspace=4"
	vividPQ     = "transfer_function=7"
)

func TestConnectorGetsWhatTheMetadataSays(t *testing.T) {
	machine(t)
	vivid(t, vividSP, vividBT2020, vividPQ)
	for _, c := range []struct{ name, source, blob, colorspace string }{
		{"HDR10 from a capture device", fmt.Sprintf("v4l2metasrc device=%s mastering-display-info=%s content-light-level=%s", vividSP, mastering, light),
			pqBlob, "BT2020_RGB"},
		{"PQ without light levels from a capture device", "v4l2metasrc device=" + vividSP, pqOnlyBlob, "BT2020_RGB"},
		{"HDR10 from the test source", fmt.Sprintf("hdrmetatestsrc hdr=hdr10 mastering-display-info=%s content-light-level=%s", mastering, light),
			pqBlob, "BT2020_RGB"},
		{"HLG", "hdrmetatestsrc hdr=hlg", hlgBlob, "BT2020_RGB"},
		{"SDR", "hdrmetatestsrc hdr=sdr", "", "Default"},
	} {
		t.Run(c.name, func(t *testing.T) {
			trace := traceFlips(t)
			p := play(t, c.source, "! video/x-raw(memory:DMABuf),width=640,height=480 ! kmsmetasink driver-name=vkms")
			showing(t, p, trace)
			if got := hdrMetadata(t); got != c.blob {
				t.Errorf("HDR_OUTPUT_METADATA\n got %q\nwant %q", got, c.blob)
			}
			if got := connector(t).Enum("Colorspace"); got != c.colorspace {
				t.Errorf("Colorspace %s, want %s", got, c.colorspace)
			}
			p.interrupt()
			p.mustEnd()
		})
	}
}

// The kernel keeps a dead player's HDR state; the next one puts it right.
func TestKilledPlayerLeavesNoHDRToTheNext(t *testing.T) {
	machine(t)
	hdr := fmt.Sprintf("hdrmetatestsrc hdr=hdr10 mastering-display-info=%s content-light-level=%s ! kmsmetasink driver-name=vkms", mastering, light)
	for _, c := range []struct{ name, next, blob, colorspace string }{
		{"SDR next", "hdrmetatestsrc hdr=sdr ! kmsmetasink driver-name=vkms", "", "Default"},
		{"HLG next", "hdrmetatestsrc hdr=hlg ! kmsmetasink driver-name=vkms", hlgBlob, "BT2020_RGB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			trace := traceFlips(t)
			killed := play(t, hdr)
			showing(t, killed, trace)
			killed.signal(syscall.SIGKILL)
			killed.wait()
			if got := hdrMetadata(t); got != pqBlob {
				t.Fatalf("after SIGKILL the kernel has %q, want it to have kept %q", got, pqBlob)
			}

			trace = traceFlips(t)
			next := play(t, c.next)
			showing(t, next, trace)
			if got := hdrMetadata(t); got != c.blob {
				t.Errorf("the next player's HDR_OUTPUT_METADATA %q, want %q", got, c.blob)
			}
			if got := connector(t).Enum("Colorspace"); got != c.colorspace {
				t.Errorf("the next player's Colorspace %s, want %s", got, c.colorspace)
			}
			next.interrupt()
			next.mustEnd()
			if got := hdrMetadata(t); got != "" {
				t.Errorf("after its end %q, want none", got)
			}
			if got := connector(t).Enum("Colorspace"); got != "Default" {
				t.Errorf("after its end Colorspace %s, want Default", got)
			}
		})
	}
}
