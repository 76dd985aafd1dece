package witness

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Captures records, in the kernel's trace, every frame that a program takes from a
// capture device. There is one trace: one recording at a time.
type Captures struct{ minor string }

const captureEvent = "events/v4l2/v4l2_dqbuf/enable"

// TraceCaptures starts recording those of a device, with nothing recorded.
func TraceCaptures(device string) (Captures, error) {
	minor, err := os.ReadFile(filepath.Join("/sys/class/video4linux", filepath.Base(device), "dev"))
	if err != nil {
		return Captures{}, err
	}
	_, m, _ := strings.Cut(strings.TrimSpace(string(minor)), ":")
	if err := set("trace", ""); err != nil {
		return Captures{}, err
	}
	return Captures{m}, set(captureEvent, "1")
}

// Stop ends the recording.
func (Captures) Stop() error { return set(captureEvent, "0") }

var captureLine = regexp.MustCompile(`v4l2_dqbuf: minor = (\d+), .*sequence = (\d+)`)

// Sequences gives the driver's numbers of the frames so far, of which none is missing
// when none was lost.
func (c Captures) Sequences() ([]uint32, error) {
	b, err := os.ReadFile(filepath.Join(tracing, "trace"))
	if err != nil {
		return nil, err
	}
	var all []uint32
	for _, m := range captureLine.FindAllStringSubmatch(string(b), -1) {
		if m[1] != c.minor {
			continue
		}
		n, err := strconv.ParseUint(m[2], 10, 32)
		if err != nil {
			return nil, err
		}
		all = append(all, uint32(n))
	}
	return all, nil
}
