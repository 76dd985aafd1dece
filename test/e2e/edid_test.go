package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/test/edidtest"
	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

// What the display is told follows from the monitor's EDID.
func TestSignalFollowsTheMonitorsEDID(t *testing.T) {
	machine(t)
	t.Cleanup(func() {
		if err := witness.SetEDID(vkmsCard, nil); err != nil {
			t.Error(err)
		}
		if seen := seenEDID(t); len(seen) != 0 {
			t.Errorf("the connector still has EDID %x", seen)
		}
	})
	hdr10 := fmt.Sprintf("hdrmetatestsrc hdr=hdr10 mastering-display-info=%s content-light-level=%s", mastering, light)
	for _, c := range []struct {
		name             string
		edid             []byte
		source, property string
		blob, colorspace string
		status           []string // words of the message
	}{
		{"HDR10 to a monitor with PQ", edidtest.TV().EDID(), hdr10, "",
			pqBlob, "BT2020_RGB", []string{"output=(string)applied"}},
		{"HDR10 to a monitor without", edidtest.Desk().EDID(), hdr10, "",
			"", "Default", []string{"output=(string)unsupported", "Test\\ Desk", "PQ\\ and\\ BT.2020"}},
		{"HDR10 forced on it", edidtest.Desk().EDID(), hdr10, "hdr=force",
			pqBlob, "BT2020_RGB", []string{"output=(string)applied"}},
		{"HLG to a monitor without", edidtest.Desk().EDID(), "hdrmetatestsrc hdr=hlg", "",
			"", "Default", []string{"output=(string)unsupported", "HLG\\ and\\ BT.2020"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := witness.SetEDID(vkmsCard, c.edid); err != nil {
				t.Fatal(err)
			}
			if seen := seenEDID(t); !bytes.Equal(seen, c.edid) {
				t.Fatalf("the kernel tells EDID %x, want %x", seen, c.edid)
			}
			trace := traceFlips(t)
			p := play(t, "-m", c.source, "! video/x-raw(memory:DMABuf),width=640,height=480 ! kmsmetasink driver-name=vkms", c.property)
			showing(t, p, trace)
			if got := hdrMetadata(t); got != c.blob {
				t.Errorf("HDR_OUTPUT_METADATA\n got %q\nwant %q", got, c.blob)
			}
			if got := connector(t).Enum("Colorspace"); got != c.colorspace {
				t.Errorf("Colorspace %s, want %s", got, c.colorspace)
			}
			p.interrupt()
			p.mustEnd()
			for _, w := range c.status {
				if !strings.Contains(p.out.String(), w) {
					t.Errorf("no message says %q\n%s", w, &p.out)
				}
			}
		})
	}
}

// seenEDID is what the kernel tells; drm_info must agree on whether there is one.
func seenEDID(t *testing.T) []byte {
	t.Helper()
	b, err := witness.EDID(vkmsCard)
	if err != nil {
		t.Fatal(err)
	}
	if p := connector(t).Properties["EDID"]; (p.Raw != 0) != (len(b) != 0) {
		t.Errorf("drm_info sees EDID blob %d, the kernel tells %d bytes", p.Raw, len(b))
	}
	return b
}
