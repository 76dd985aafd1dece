package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

func (r *report) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// writeText writes the report for people, with up to limit lines of the scene
// table; all if limit is negative.
func (r *report) writeText(w io.Writer, limit int) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s: %s\n\n", r.File, strings.Join(r.Formats, ", "))
	line := func(name string, parts ...string) {
		parts = deleteEmpty(parts)
		if len(parts) > 0 {
			fmt.Fprintf(b, "%-16s%s\n", name, strings.Join(parts, ", "))
		}
	}
	r.fileLines(line)
	r.staticLines(line)
	r.dynamicLines(line)
	if r.Broken > 0 {
		line("Broken", count(int(r.Broken), "message")+" could not be read")
	}
	for _, t := range r.Warnings {
		line("Warning", t)
	}
	if r.Stopped != "" {
		line("Incomplete", r.Stopped)
	}
	r.sceneTable(b, limit)
	return b.Flush()
}

func deleteEmpty(s []string) (kept []string) {
	for _, t := range s {
		if t != "" {
			kept = append(kept, t)
		}
	}
	return kept
}

func (r *report) fileLines(line func(string, ...string)) {
	v := &r.Video
	duration := ""
	if r.Duration > 0 {
		duration = clock(r.Duration)
	}
	line("File", cmp.Or(r.Container, "no container"), bytesText(r.Size), duration)
	codec, size, rate := v.Codec, "", ""
	if v.Profile != "" {
		codec += " " + v.Profile
	}
	if v.Width > 0 {
		size = fmt.Sprintf("%d × %d", v.Width, v.Height)
	}
	if v.rate[0] > 0 {
		rate = rateText(v.rate) + " fps"
	}
	depth := ""
	if v.BitDepth > 0 {
		depth = fmt.Sprintf("%d bit", v.BitDepth)
	}
	line("Video", codec, depth, size, rate, count(v.Frames, "frame"))
	if v.Streams > 1 {
		line("", fmt.Sprintf("the first of %d video streams", v.Streams))
	}
	if v.Order == "decoding" {
		line("", "no time stamps: frames are counted in decoding order")
	}
}

func (r *report) staticLines(line func(string, ...string)) {
	if c := r.Colour; c != nil {
		line("Colour", c.Primaries.Name+" primaries", c.Transfer.Name+" transfer", c.Matrix.Name+" matrix", c.Range+" range")
	}
	if m := r.Mastering; m != nil {
		primaries := m.Primaries
		if primaries == "" {
			primaries = fmt.Sprintf("R %v, G %v, B %v, white %v", m.Red, m.Green, m.Blue, m.White)
		}
		line("Mastered on", primaries, fmt.Sprintf("%s to %s cd/m²", number(m.MinLuminance), number(m.MaxLuminance)))
	}
	if l := r.Light; l != nil {
		line("Content light", fmt.Sprintf("MaxCLL %s", known(l.MaxCLL)), fmt.Sprintf("MaxFALL %s", known(l.MaxFALL)))
	}
	if a := r.Ambient; a != nil {
		line("Viewed in", number(a.Illuminance)+" lx", fmt.Sprintf("light of %v", a.Light))
	}
}

func (r *report) dynamicLines(line func(string, ...string)) {
	if h := r.HDR10Plus; h != nil {
		line("HDR10+", prefixed("profile ", h.Profiles), prefixed("version ", h.Versions),
			coverage(h.Frames, h.FramesWithout), count(h.Scenes, "scene"), fmt.Sprintf("up to %s cd/m²", number(h.Max)))
		problemLine(line, h.Invalid, h.FirstProblem)
	}
	if d := r.Dolby; d != nil {
		line("Dolby Vision", prefixed("profile ", d.Profiles), prefixed("RPU level ", d.Levels), coverage(d.Frames, d.FramesWithout))
		problemLine(line, d.Invalid, d.FirstProblem)
	}
	for _, t := range r.T35 {
		line("Other T.35", t.Name, "country "+t.Country+" provider "+t.Provider, "on "+count(t.Frames, "frame"))
	}
}

func problemLine(line func(string, ...string), n int, first string) {
	if n > 0 {
		line("", fmt.Sprintf("%s invalid, first %s", count(n, "frame"), first))
	}
}

func (r *report) sceneTable(w io.Writer, limit int) {
	n := len(r.Scenes)
	if limit >= 0 {
		n = min(n, limit)
	}
	if n == 0 {
		return
	}
	fmt.Fprintf(w, "\n%5s %8s %13s %7s %9s %9s %9s %7s  %s\n", "scene", "frame", "time", "frames",
		"max cd/m²", "average", "99 %", "target", "knee")
	for i, s := range r.Scenes[:n] {
		time, target, knee := "-", "-", "-"
		if s.Time != nil {
			time = clock(*s.Time)
		}
		if s.Target > 0 {
			target = strconv.Itoa(s.Target)
		}
		if s.Knee != nil {
			knee = fmt.Sprintf("%.3f %.3f", s.Knee[0], s.Knee[1])
		}
		fmt.Fprintf(w, "%5d %8d %13s %7d %9.1f %9.1f %9.1f %7s  %s\n", i+1, s.Frame, time, s.Frames, s.Max, s.Average, s.P99, target, knee)
	}
	if more := len(r.Scenes) - n; more > 0 {
		fmt.Fprintf(w, "%5s %d more: --scenes all\n", "…", more)
	}
}

// clock gives seconds as 1:02:03.456.
func clock(s float64) string {
	ms := int64(s*1000 + .5)
	return fmt.Sprintf("%d:%02d:%02d.%03d", ms/3600000, ms/60000%60, ms/1000%60, ms%1000)
}

func bytesText(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/1000, 0
	for ; v >= 999.5; i++ {
		v /= 1000
	}
	return fmt.Sprintf("%.3g %cB", v, units[i])
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func coverage(with, without int) string {
	if without == 0 {
		return "every frame"
	}
	return fmt.Sprintf("%d of %d frames", with, with+without)
}

func prefixed[T any](prefix string, values []T) string {
	var s []string
	for _, v := range values {
		s = append(s, fmt.Sprint(v))
	}
	if s == nil {
		return ""
	}
	return prefix + strings.Join(s, "/")
}

// known is a light level, of which 0 means that nobody knows.
func known(v uint16) string {
	if v == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%d cd/m²", v)
}

func (p point) String() string { return fmt.Sprintf("(%.4f %.4f)", p[0], p[1]) }

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
