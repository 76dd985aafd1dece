package e2e

import (
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

const hdrPlayer = "hdrmetatestsrc hdr=hdr10 ! video/x-raw(memory:DMABuf),width=640,height=480"

// Whatever way a stream ends, connector, CRTC and planes are as they were.
func TestDisplayIsRestored(t *testing.T) {
	machine(t)
	ends := []struct {
		name string
		end  func(t *testing.T, p *program)
		play []string
	}{
		{"at the end of the stream", func(t *testing.T, p *program) { p.mustEnd() },
			[]string{strings.Replace(hdrPlayer, " !", " num-buffers=60 !", 1), "! kmsmetasink driver-name=vkms"}},
		{"at Ctrl-C", func(t *testing.T, p *program) {
			p.interrupt()
			p.mustEnd()
			if !strings.Contains(p.out.String(), "Got EOS") {
				t.Errorf("no EOS went through the pipeline\n%s", &p.out)
			}
		}, []string{hdrPlayer, "! kmsmetasink driver-name=vkms"}},
		{"at another element's error", func(t *testing.T, p *program) { p.mustFail("identity") },
			[]string{hdrPlayer, "! identity error-after=60 ! kmsmetasink driver-name=vkms"}},
	}

	for _, before := range []struct {
		name    string
		prepare func(t *testing.T)
	}{
		{"no picture before", func(t *testing.T) {}},
		{"another program's picture before", func(t *testing.T) {
			showPattern(t, "1024x768", "-d")
		}},
	} {
		t.Run(before.name, func(t *testing.T) {
			before.prepare(t)
			was := look(t)
			for _, e := range ends {
				t.Run(e.name, func(t *testing.T) {
					trace := traceFlips(t)
					p := play(t, e.play...)
					showing(t, p, trace)
					if witness.Difference(was.State(), look(t).State()) == "" {
						t.Error("playing changes nothing that drm_info sees")
					}
					e.end(t, p)
					checkRestored(t, was)
				})
			}
		})
	}
}
