package hdrmetaparse

import (
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/recorder"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// BenchmarkParse is the CPU time that elements take for an access unit of a 1080p
// HEVC stream, all of the process counted. floor: stock identity. peer:
// avdec_h265. ours: hdrmetaparse, at its worst: HDR10+ and an RPU that are new
// with every picture. h265parse before them is in all three.
func BenchmarkParse(b *testing.B) {
	s := streams.Make(b, streams.Recipe{Codec: streams.HEVC, Static: true, DolbyVision: true, Frames: 48, HD: true})
	path := streams.File(b, streams.HEVC, recorder.Insert(b, s, func(n int) *meta.Block {
		return &meta.Block{HDR10Plus: recorder.Payload(b, n)}
	}))
	for _, c := range []struct{ name, element string }{
		{"floor", "identity silent=true"},
		{"peer", "avdec_h265"},
		{"ours", "hdrmetaparse"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var cpu time.Duration
			for b.Loop() {
				p := pipe.New(b, "filesrc location="+path+" ! h265parse ! video/x-h265,stream-format=byte-stream,alignment=au ! "+
					c.element+" ! fakesink sync=false")
				before := cpuTime(b)
				p.SetState(gst.StatePlaying)
				p.EOS(time.Minute)
				cpu += cpuTime(b) - before
				p.Stop()
			}
			b.ReportMetric(float64(cpu.Nanoseconds())/1e3/float64(b.N*s.Frames), "cpu-us/frame")
		})
	}
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
