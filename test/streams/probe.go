package streams

import (
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
)

// Frame is what ffprobe says of a decoded picture: its side data in the code
// values that the metadata has in the sealed block. What is not there is nil.
type Frame struct {
	Key      bool
	Type     string // "I", "P", "B"
	Transfer string // ffmpeg's name: smpte2084, arib-std-b67, bt709…
	PTS      string // "N/A" in a stream without time
	pos      int    // of its packet in the file

	MasteringDisplay *meta.MasteringDisplay
	ContentLight     *meta.ContentLight
	AmbientViewing   *meta.AmbientViewing
	HDR10Plus        *hdr10plus.Metadata
	DolbyVision      *DolbyVision
	// Other are the names of further side data.
	Other []string
}

// Probe gives the pictures of a file in presentation order. ffprobe's decoder
// must have nothing to warn of.
func Probe(t testing.TB, path string) []Frame {
	t.Helper()
	out, errs := run(t, "ffprobe", "-v", "warning", "-of", "default", "-select_streams", "v:0", "-show_frames", path)
	if errs != "" {
		t.Errorf("ffprobe %s: %s", path, errs)
	}
	var frames []Frame
	for _, s := range sections(t, out, "FRAME") {
		frames = append(frames, s.frame(t))
	}
	if len(frames) == 0 {
		t.Fatalf("ffprobe %s: no frame", path)
	}
	return frames
}

// section is a block of ffprobe's default format. Keys may repeat, and their
// order has a meaning: this is why it is not its JSON, where both get lost.
// Sections within are kept apart, except those that ffprobe nests in side data.
type section struct {
	fields [][2]string
	inner  []section
}

func sections(t testing.TB, text, name string) []section {
	t.Helper()
	var out []section
	var cur, side *section
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "["+name+"]":
			out = append(out, section{})
			cur = &out[len(out)-1]
		case line == "[/"+name+"]":
			cur = nil
		case cur == nil:
			t.Fatalf("ffprobe: %q outside of a %s", line, name)
		case line == "[SIDE_DATA]":
			cur.inner = append(cur.inner, section{})
			side = &cur.inner[len(cur.inner)-1]
		case line == "[/SIDE_DATA]":
			side = nil
		case strings.HasPrefix(line, "["): // components and pieces of a mapping
		default:
			key, value, ok := strings.Cut(line, "=")
			if !ok {
				t.Fatalf("ffprobe: %q is not key=value", line)
			}
			to := cur
			if side != nil {
				to = side
			}
			to.fields = append(to.fields, [2]string{key, value})
		}
	}
	return out
}

func (s *section) get(key string) string {
	for _, f := range s.fields {
		if f[0] == key {
			return f[1]
		}
	}
	return ""
}

func (s *section) frame(t testing.TB) Frame {
	t.Helper()
	f := Frame{
		Key: s.get("key_frame") == "1", Type: s.get("pict_type"), Transfer: s.get("color_transfer"),
		PTS: s.get("pts"), pos: s.int(t, "pkt_pos"),
	}
	for i := range s.inner {
		d := &s.inner[i]
		switch kind := d.get("side_data_type"); kind {
		case "Mastering display metadata":
			f.MasteringDisplay = d.mastering(t)
		case "Content light level metadata":
			f.ContentLight = &meta.ContentLight{MaxCLL: uint16(d.int(t, "max_content")), MaxFALL: uint16(d.int(t, "max_average"))}
		case "Ambient viewing environment":
			f.AmbientViewing = &meta.AmbientViewing{Illuminance: uint32(d.rational(t, "ambient_illuminance", 10000)),
				Light: meta.Chromaticity{X: uint16(d.rational(t, "ambient_light_x", 50000)), Y: uint16(d.rational(t, "ambient_light_y", 50000))}}
		case "HDR Dynamic Metadata SMPTE2094-40 (HDR10+)":
			f.HDR10Plus = d.hdr10plus(t)
		case "Dolby Vision Metadata":
			f.DolbyVision = d.dolbyVision(t)
		default:
			f.Other = append(f.Other, kind)
		}
	}
	return f
}

func (s *section) mastering(t testing.TB) *meta.MasteringDisplay {
	point := func(name string) meta.Chromaticity {
		return meta.Chromaticity{X: uint16(s.rational(t, name+"_x", 50000)), Y: uint16(s.rational(t, name+"_y", 50000))}
	}
	return &meta.MasteringDisplay{
		Red: point("red"), Green: point("green"), Blue: point("blue"), White: point("white_point"),
		MaxLuminance: uint32(s.rational(t, "max_luminance", 10000)), MinLuminance: uint32(s.rational(t, "min_luminance", 10000)),
	}
}

func (s *section) dolbyVision(t testing.TB) *DolbyVision {
	return &DolbyVision{
		Type: s.int(t, "rpu_type"), Format: s.int(t, "rpu_format"),
		Profile: s.int(t, "vdr_rpu_profile"), Level: s.int(t, "vdr_rpu_level"),
		BaseDepth: s.int(t, "bl_bit_depth"), EnhancedDepth: s.int(t, "vdr_bit_depth"),
		SceneRefresh: s.int(t, "scene_refresh_flag") != 0,
		SourceMinPQ:  s.int(t, "source_min_pq"), SourceMaxPQ: s.int(t, "source_max_pq"),
		SourceDiagonal: s.int(t, "source_diagonal"),
	}
}
