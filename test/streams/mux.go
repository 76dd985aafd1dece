package streams

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// Mux puts a stream into a container, "mp4" or "mkv", at 24 frames a second and
// gives the file's path.
func Mux(t testing.TB, c Codec, data []byte, container string) string {
	t.Helper()
	in := File(t, c, data)
	out := filepath.Join(filepath.Dir(in), "stream."+container)
	args := []string{"-v", "warning", "-i", in, "-c", "copy"}
	if c != AV1 { // IVF has the time stamps
		args = append(args, "-bsf:v", stamps(order(t, Probe(t, in))))
	}
	if _, errs := run(t, "ffmpeg", append(args, out)...); errs != "" {
		t.Errorf("ffmpeg: %s to %s: %s", c, container, errs)
	}
	return out
}

// stamps is the bitstream filter that stamps the packets of a byte stream, which
// is something that neither ffmpeg nor GStreamer does when pictures are reordered.
func stamps(order []int) string {
	var pts strings.Builder
	delay := 0 // how much later than in decoding order a picture may be shown
	for n, p := range order {
		fmt.Fprintf(&pts, "+%d*eq(N,%d)", p, n)
		delay = max(delay, n-p)
	}
	return fmt.Sprintf("setts=time_base=1/24:duration=1:dts=N-%d:pts='%s'", delay, pts.String()[1:])
}
