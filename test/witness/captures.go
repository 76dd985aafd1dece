package witness

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
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

// Captured is one frame that a program took.
type Captured struct {
	Sequence uint32        // the driver's number; none is missing when no frame was lost
	Time     time.Duration // when it was captured, by CLOCK_MONOTONIC
	Field    string        // what of a frame it is: TOP, BOTTOM, INTERLACED, SEQ_TB…
}

var captureLine = regexp.MustCompile(`v4l2_dqbuf: minor = (\d+), .*field = (\w+), timestamp = (\d+), .*sequence = (\d+)`)

// Frames gives the frames so far.
func (c Captures) Frames() ([]Captured, error) {
	b, err := os.ReadFile(filepath.Join(tracing, "trace"))
	if err != nil {
		return nil, err
	}
	var all []Captured
	for _, m := range captureLine.FindAllStringSubmatch(string(b), -1) {
		if m[1] != c.minor {
			continue
		}
		at, err := strconv.ParseInt(m[3], 10, 64)
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseUint(m[4], 10, 32)
		if err != nil {
			return nil, err
		}
		all = append(all, Captured{uint32(n), time.Duration(at), m[2]})
	}
	return all, nil
}
