package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-gst/go-gst/pkg/gst"
	"github.com/go-gst/go-gst/pkg/gstvideo"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// video is what the caps of a stream say.
type video struct {
	media         string
	version       int // of MPEG, where the media type leaves it open
	profile       string
	width, height int
	rate          [2]int // frames per second as a fraction, 0/1 if unknown
	depth         int    // bits of luma, 0 if unknown
	color         *meta.Color
	mastering     *meta.MasteringDisplay
	content       *meta.ContentLight
}

func videoOf(s *gst.Structure) (v video) {
	v.media, v.profile = s.GetName(), s.GetString("profile")
	if n, ok := s.GetInt("mpegversion"); ok {
		v.version = int(n)
	}
	w, _ := s.GetInt("width")
	h, _ := s.GetInt("height")
	v.width, v.height = int(w), int(h)
	v.rate[1] = 1
	if n, d, ok := s.GetFraction("framerate"); ok && n > 0 && d > 0 {
		v.rate = [2]int{int(n), int(d)}
	}
	if d, ok := s.GetUint("bit-depth-luma"); ok {
		v.depth = int(d)
	}
	unspecified := meta.Color{Primaries: meta.PrimariesUnspecified, Transfer: meta.TransferUnspecified, Matrix: meta.MatrixUnspecified}
	if c, ok := parseColorimetry(s.GetString("colorimetry")); ok && c != unspecified {
		v.color = &c
	}
	// Values that cannot be read are as good as none.
	if m, err := meta.ParseMasteringDisplay(s.GetString("mastering-display-info")); err == nil {
		v.mastering = &m
	}
	if l, err := meta.ParseContentLight(s.GetString("content-light-level")); err == nil {
		v.content = &l
	}
	return v
}

// codec names the codec for people.
func (v *video) codec() string {
	if v.version > 0 {
		return fmt.Sprintf("MPEG-%d", v.version)
	}
	return mediaName(v.media)
}

// profileText turns a name of GStreamer's, "main-10", into the standards'.
func profileText(s string) string {
	words := strings.Split(s, "-")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

func (v *video) fps() float64 { return float64(v.rate[0]) / float64(v.rate[1]) }

// colorimetries are the names that the caps field colorimetry has for the usual
// values (gst-video, video-color.c).
var colorimetries = map[string]meta.Color{
	"bt601":      {Primaries: 6, Transfer: 6, Matrix: 6},
	"bt709":      {Primaries: 1, Transfer: 1, Matrix: 1},
	"smpte240m":  {Primaries: 7, Transfer: 7, Matrix: 7},
	"sRGB":       {Primaries: 1, Transfer: 13, Matrix: 0, FullRange: true},
	"bt2020":     {Primaries: 9, Transfer: 15, Matrix: 9},
	"bt2020-10":  {Primaries: 9, Transfer: 14, Matrix: 9},
	"bt2100-pq":  {Primaries: 9, Transfer: 16, Matrix: 9},
	"bt2100-hlg": {Primaries: 9, Transfer: 18, Matrix: 9},
}

// parseColorimetry reads that field in both of its forms, a name and
// range:matrix:transfer:primaries in GStreamer's numbers.
func parseColorimetry(s string) (meta.Color, bool) {
	if c, ok := colorimetries[s]; ok {
		return c, true
	}
	var n [4]int
	parts := strings.Split(s, ":")
	if len(parts) != len(n) {
		return meta.Color{}, false
	}
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(parts[i]); err != nil || n[i] < 0 || n[i] > 255 {
			return meta.Color{}, false
		}
	}
	return meta.Color{
		FullRange: n[0] == 1,
		Matrix:    uint8(gstvideo.VideoColorMatrixToIso(gstvideo.VideoColorMatrix(n[1]))),
		Transfer:  uint8(gstvideo.VideoTransferFunctionToIso(gstvideo.VideoTransferFunction(n[2]))),
		Primaries: uint8(gstvideo.VideoColorPrimariesToIso(gstvideo.VideoColorPrimaries(n[3]))),
	}, true
}

// rateText is the frame rate as people write it.
func rateText(r [2]int) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", float64(r[0])/float64(r[1])), "0"), ".")
}
