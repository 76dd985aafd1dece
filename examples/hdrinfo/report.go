package main

import (
	"fmt"
	"math"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// report is what the program tells: the text, the plot and the JSON are made of
// it. The package comment says what the keys mean.
type report struct {
	File      string    `json:"file"`
	Container string    `json:"container,omitempty"`
	Size      int64     `json:"size"`
	Duration  float64   `json:"duration,omitempty"`
	Stopped   string    `json:"stopped,omitempty"`
	Formats   []string  `json:"formats"`
	Video     videoInfo `json:"video"`

	Colour    *colourInfo    `json:"colour,omitempty"`
	Mastering *masteringInfo `json:"mastering_display,omitempty"`
	Light     *lightInfo     `json:"content_light,omitempty"`
	Ambient   *ambientInfo   `json:"ambient_viewing,omitempty"`
	HDR10Plus *hdr10PlusInfo `json:"hdr10plus,omitempty"`
	Dolby     *dolbyInfo     `json:"dolby_vision,omitempty"`
	T35       []t35Info      `json:"t35,omitempty"`
	Scenes    []scene        `json:"scenes,omitempty"`
	Broken    uint64         `json:"broken_messages,omitempty"`
	Warnings  []string       `json:"warnings,omitempty"`

	shown []frame // in order, for the plot
}

type videoInfo struct {
	Codec     string `json:"codec"`
	Profile   string `json:"profile,omitempty"`
	Width     int    `json:"width,omitempty"`
	Height    int    `json:"height,omitempty"`
	FrameRate string `json:"frame_rate,omitempty"`
	BitDepth  int    `json:"bit_depth,omitempty"`
	Frames    int    `json:"frames"`
	Order     string `json:"order"`
	Streams   int    `json:"streams"`

	rate [2]int
}

type codeInfo struct {
	Code uint8  `json:"code"`
	Name string `json:"name"`
}

type colourInfo struct {
	Primaries codeInfo `json:"primaries"`
	Transfer  codeInfo `json:"transfer"`
	Matrix    codeInfo `json:"matrix"`
	Range     string   `json:"range"`
}

type point [2]float64 // x, y

type masteringInfo struct {
	Primaries    string  `json:"primaries,omitempty"`
	Red          point   `json:"red"`
	Green        point   `json:"green"`
	Blue         point   `json:"blue"`
	White        point   `json:"white"`
	MaxLuminance float64 `json:"max_luminance"`
	MinLuminance float64 `json:"min_luminance"`
}

type lightInfo struct {
	MaxCLL  uint16 `json:"max_cll"`
	MaxFALL uint16 `json:"max_fall"`
}

type ambientInfo struct {
	Illuminance float64 `json:"illuminance"`
	Light       point   `json:"light"`
}

type hdr10PlusInfo struct {
	Profiles      []string `json:"profiles"`
	Versions      []int    `json:"versions"`
	Frames        int      `json:"frames"`
	FramesWithout int      `json:"frames_without"`
	Max           float64  `json:"max"`
	Invalid       int      `json:"invalid_frames"`
	FirstProblem  string   `json:"first_problem,omitempty"`
	Scenes        int      `json:"scenes"`
}

type dolbyInfo struct {
	Profiles      []int  `json:"profiles"`
	Levels        []int  `json:"levels"`
	Frames        int    `json:"frames"`
	FramesWithout int    `json:"frames_without"`
	Invalid       int    `json:"invalid_frames"`
	FirstProblem  string `json:"first_problem,omitempty"`
}

type t35Info struct {
	Country  string `json:"country"`
	Provider string `json:"provider"`
	Name     string `json:"name,omitempty"`
	Frames   int    `json:"frames"`
}

// newReport draws the conclusions. stopped is why reading ended early, or nil.
func newReport(file string, s *stream, stopped error) *report {
	f := s.frames
	shown, timed := f.inOrder(s.video.fps())
	r := &report{File: file, Size: s.size, Broken: s.broken, Warnings: s.warnings, shown: shown}
	if s.container != s.video.media {
		r.Container = mediaName(s.container)
	}
	if stopped != nil {
		r.Stopped = stopped.Error()
	}
	r.Video = videoInfo{
		Codec: s.video.codec(), Profile: profileText(s.video.profile), Width: s.video.width, Height: s.video.height,
		BitDepth: s.video.depth, Frames: len(shown), Order: "presentation", Streams: s.videos, rate: s.video.rate,
	}
	if s.video.rate[0] > 0 {
		r.Video.FrameRate = fmt.Sprintf("%d/%d", s.video.rate[0], s.video.rate[1])
	}
	if !timed {
		r.Video.Order = "decoding"
	}
	if n := len(shown); n > 0 && shown[n-1].pts != noTime {
		r.Duration = seconds(shown[n-1].pts + f.frameTime(s.video.fps()))
	}

	// What the pictures' own metadata says comes before what the container or the
	// parser say in caps.
	color, mastering, content := first(f.color, s.video.color), first(f.mastering, s.video.mastering), first(f.content, s.video.content)
	r.addStatic(color, mastering, content, f.ambient)
	r.Scenes = scenesOf(shown)
	r.addDynamic(f)
	r.Formats = formats(color, r)
	if f.restatic {
		r.Warnings = append(r.Warnings, "the static metadata changes on the way: its first values are told")
	}
	if f.broken.count > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d frames have metadata that cannot be trusted, first %s", f.broken.count, f.broken.first))
	}
	return r
}

// frameTime is how long the last frame is shown, in ns.
func (f *frames) frameTime(rate float64) int64 {
	if f.duration == 0 && rate > 0 {
		return int64(1e9 / rate)
	}
	return f.duration
}

func first[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

func (r *report) addStatic(c *meta.Color, m *meta.MasteringDisplay, l *meta.ContentLight, a *meta.AmbientViewing) {
	if c != nil {
		r.Colour = &colourInfo{
			Primaries: codeInfo{c.Primaries, codeName(meta.PrimariesName, c.Primaries)},
			Transfer:  codeInfo{c.Transfer, codeName(meta.TransferName, c.Transfer)},
			Matrix:    codeInfo{c.Matrix, codeName(meta.MatrixName, c.Matrix)},
			Range:     "limited",
		}
		if c.FullRange {
			r.Colour.Range = "full"
		}
	}
	if m != nil {
		r.Mastering = &masteringInfo{
			Primaries: gamutName(m),
			Red:       pointOf(m.Red), Green: pointOf(m.Green), Blue: pointOf(m.Blue), White: pointOf(m.White),
			MaxLuminance: float64(m.MaxLuminance) / 10000,
			MinLuminance: float64(m.MinLuminance) / 10000,
		}
	}
	if l != nil {
		r.Light = &lightInfo{l.MaxCLL, l.MaxFALL}
	}
	if a != nil {
		r.Ambient = &ambientInfo{float64(a.Illuminance) / 10000, pointOf(a.Light)}
	}
}

func pointOf(c meta.Chromaticity) point { return point{float64(c.X) / 50000, float64(c.Y) / 50000} }

func (r *report) addDynamic(f *frames) {
	if d := f.hdr10plus; d.frames > 0 {
		r.HDR10Plus = &hdr10PlusInfo{
			Profiles: append([]string{}, f.profiles.keys...), Versions: make([]int, 0, 1),
			Frames: d.frames, FramesWithout: len(f.all) - d.frames,
			Invalid: d.count, FirstProblem: d.first, Scenes: len(r.Scenes),
		}
		for _, v := range f.versions.keys {
			r.HDR10Plus.Versions = append(r.HDR10Plus.Versions, int(v))
		}
		for _, s := range r.Scenes {
			r.HDR10Plus.Max = max(r.HDR10Plus.Max, s.Max)
		}
	}
	if d := f.dolby; d.frames > 0 {
		r.Dolby = &dolbyInfo{
			Profiles: []int{}, Levels: []int{},
			Frames: d.frames, FramesWithout: len(f.all) - d.frames, Invalid: d.count, FirstProblem: d.first,
		}
		for _, k := range f.dolbys.keys {
			r.Dolby.Profiles = addNew(r.Dolby.Profiles, k.profile)
			r.Dolby.Levels = addNew(r.Dolby.Levels, k.level)
		}
	}
	for i, k := range f.t35.keys {
		r.T35 = append(r.T35, t35Info{k.countryName(), fmt.Sprintf("0x%04X", k.provider), k.name, f.t35.counts[i]})
	}
}

func addNew(s []int, v int) []int {
	for _, have := range s {
		if have == v {
			return s
		}
	}
	return append(s, v)
}

// formats names what the stream is.
func formats(c *meta.Color, r *report) (names []string) {
	static := r.Mastering != nil || r.Light != nil
	switch {
	case c != nil && c.Transfer == meta.TransferHLG:
		names = append(names, "HLG")
	case static && (c == nil || c.Transfer == meta.TransferPQ || c.Transfer == meta.TransferUnspecified):
		names = append(names, "HDR10")
	case c != nil && c.Transfer == meta.TransferPQ:
		names = append(names, "PQ")
	}
	if r.HDR10Plus != nil {
		names = append(names, "HDR10+")
	}
	if r.Dolby != nil {
		names = append(names, "Dolby Vision")
	}
	if names == nil {
		names = append(names, "SDR")
	}
	return names
}

func seconds(ns int64) float64 { return math.Round(float64(ns)/1e3) / 1e6 }
