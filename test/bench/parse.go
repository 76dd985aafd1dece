package main

import (
	"bufio"
	"regexp"
	"strconv"
	"strings"
)

// results holds the best value of each metric: results["Seal/ours"]["ns/op"].
type results map[string]map[string]float64

// A benchmark line: name, iterations, then value and unit in turn.
var line = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

func (r results) parse(text string) {
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		m := line.FindStringSubmatch(s.Text())
		if m == nil {
			continue
		}
		f := strings.Fields(m[2])
		for i := 0; i+1 < len(f); i += 2 {
			v, err := strconv.ParseFloat(f[i], 64)
			if err != nil {
				continue
			}
			if r[m[1]] == nil {
				r[m[1]] = map[string]float64{}
			}
			old, seen := r[m[1]][f[i+1]]
			// More is better of rates, less of everything else.
			if !seen || (v > old) == (f[i+1] == "frames/vblank" || f[i+1] == "MB/s") {
				r[m[1]][f[i+1]] = v
			}
		}
	}
}
