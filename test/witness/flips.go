package witness

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const tracing = "/sys/kernel/tracing"

// Flip is one frame that came onto a display.
type Flip struct {
	VBlank uint64 // number of the vertical blank
	Time   time.Duration
}

// Flips records, in the kernel's trace, every flip event that is delivered to a
// program. There is one trace: one Flips at a time.
type Flips struct{}

// TraceFlips starts recording with nothing recorded.
func TraceFlips() (Flips, error) {
	if err := set("trace", ""); err != nil {
		return Flips{}, err
	}
	return Flips{}, set(flipEvent, "1")
}

const flipEvent = "events/drm/drm_vblank_event_delivered/enable"

func set(file, value string) error {
	return os.WriteFile(filepath.Join(tracing, file), []byte(value), 0)
}

// Stop ends the recording.
func (Flips) Stop() error { return set(flipEvent, "0") }

// file=0 are the kernel's own.
var flipLine = regexp.MustCompile(`\s(\d+\.\d+): drm_vblank_event_delivered: file=0*([0-9a-f]+), crtc=\d+, seq=(\d+)`)

// All gives what has been recorded so far.
func (Flips) All() ([]Flip, error) { return recorded(true) }

// Untold gives what no program had an event of: mode sets, and frames that were
// shown by a call that waits, as those of kmssink on its plane path.
func (Flips) Untold() ([]Flip, error) { return recorded(false) }

func recorded(told bool) ([]Flip, error) {
	b, err := os.ReadFile(filepath.Join(tracing, "trace"))
	if err != nil {
		return nil, err
	}
	var all []Flip
	for _, line := range strings.Split(string(b), "\n") {
		m := flipLine.FindStringSubmatch(line)
		if m == nil || (m[2] != "0") != told {
			continue
		}
		seconds, err1 := strconv.ParseFloat(m[1], 64)
		vblank, err2 := strconv.ParseUint(m[3], 10, 64)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("trace line %q", line)
		}
		all = append(all, Flip{vblank, time.Duration(seconds * 1e9)})
	}
	return all, nil
}
