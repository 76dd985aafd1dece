package main

import (
	"bytes"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
	"github.com/gst-shmmeta/gst-shmmeta/test/samples"
)

// The answer is that of the tool the file was made to test: 12 messages for 30
// pictures, in presentation order.
func TestScenesAreThoseOfTheHDR10PlusTool(t *testing.T) {
	answer, err := hdr10plus.ReadJSON(bytes.NewReader(samples.Read(t, "hdr10plus/metadata-dhdr10-opt.json")))
	if err != nil {
		t.Fatal(err)
	}
	r := info(t, samples.Path(t, "hdr10plus/dhdr10-opt.hevc"))
	frame := 0
	for i, s := range r.Scenes {
		if s.Frame != frame {
			t.Fatalf("scene %d begins at frame %d, want %d", i, s.Frame, frame)
		}
		for end := frame + s.Frames; frame < end && frame < answer.Len(); frame++ {
			w := &answer.Frame(frame).Windows[0]
			if answer.Scene(frame) != i || s.Max != w.MaxRGB() || s.Average != w.Average() {
				t.Errorf("frame %d is in scene %d %+v; the tool says scene %d, max %v, average %v", frame, i, s,
					answer.Scene(frame), w.MaxRGB(), w.Average())
			}
		}
	}
	if frame != answer.Len() || r.Video.Frames != answer.Len() || r.HDR10Plus.Frames != answer.Len() || r.HDR10Plus.Profiles[0] != "A" {
		t.Errorf("scenes of %d frames, %d in all, HDR10+ %+v; the tool says %d of profile A", frame, r.Video.Frames, r.HDR10Plus, answer.Len())
	}
}

func TestDolbyVisionOfSamples(t *testing.T) {
	r := info(t, samples.Path(t, "dovi/sei-suffix-muxed-rpu.hevc"))
	if d := r.Dolby; d == nil || d.Frames != 3 || d.Invalid != 0 || d.Profiles[0] != 7 {
		t.Errorf("Dolby Vision is %+v, want profile 7 on 3 frames", d)
	}
}
