package streams

import (
	"strings"
	"testing"
)

// T35 gives the ITU-T T.35 messages of each access unit in decoding order, from
// the country code on, as ffmpeg's own reader of SEI and OBUs has them. It is the
// judge where a decoder does not give them out, as ffmpeg's of AVC.
func T35(t testing.TB, path string) [][][]byte {
	t.Helper()
	_, trace := run(t, "ffmpeg", "-hide_banner", "-nostats", "-v", "info", "-i", path,
		"-c", "copy", "-bsf:v", "trace_headers", "-f", "null", "-")
	var units [][][]byte
	for line := range strings.Lines(trace) {
		_, line, ok := strings.Cut(line, "] ")
		if !ok || !strings.HasPrefix(line, "Packet:") && len(units) == 0 {
			continue // the parameter sets come once more, before the first
		}
		if strings.HasPrefix(line, "Packet:") {
			units = append(units, nil)
			continue
		}
		// Position in bits, name, bits = value.
		f := strings.Fields(line)
		if len(f) != 5 || f[3] != "=" || !strings.HasPrefix(f[1], "itu_t_t35_") {
			continue
		}
		unit := &units[len(units)-1]
		if f[1] == "itu_t_t35_country_code" {
			*unit = append(*unit, nil)
		}
		message := &(*unit)[len(*unit)-1]
		*message = append(*message, byte(number(t, f[1], f[4], 1)))
	}
	return units
}
