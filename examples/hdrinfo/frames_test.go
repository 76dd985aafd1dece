package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
)

// payload is a valid message of profile B; max and average in 0.1 cd/m².
func payload(t testing.TB, peak, average uint32) []byte {
	t.Helper()
	m := hdr10plus.Metadata{Version: 1, NumWindows: 1, TargetMaxLuminance: 400}
	w := &m.Windows[0]
	w.MaxSCL = [3]uint32{peak / 2, peak, peak / 3}
	w.AverageMaxRGB = average
	for i, p := range []uint8{1, 5, 10, 25, 50, 75, 90, 95, 99} {
		w.Percentiles[i] = hdr10plus.Percentile{Percentage: p, Value: peak * uint32(p) / 100}
	}
	w.NumPercentiles = 9
	w.ToneMapping, w.NumAnchors = true, 9
	w.Knee.X, w.Knee.Y = 819, 1638
	for i := range 9 {
		w.Anchors[i] = uint16(100 * (i + 1))
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	p, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestScenesFollowThePresentation(t *testing.T) {
	a, b := payload(t, 1000, 100), payload(t, 5000, 300)
	// An open group of pictures: 4 and 5 are decoded after the cut's key frame 6
	// and shown before it. 9 has no metadata.
	f := newFrames()
	for _, n := range []int64{0, 3, 1, 2, 6, 4, 5, 8, 7, 9, 10} {
		block := &meta.Block{HDR10Plus: a}
		switch {
		case n == 9:
			block = nil
		case n >= 6:
			block.HDR10Plus = b
		}
		f.add(80e6+n*40e6, 40e6, block, nil)
	}
	r := newReport("x.mkv", &stream{frames: f, videos: 1, video: video{rate: [2]int{25, 1}}}, nil)
	want := []scene{
		{Frame: 0, Frames: 6, Max: 100, Average: 10, P99: 99},
		{Frame: 6, Frames: 3, Max: 500, Average: 30, P99: 495},
		{Frame: 10, Frames: 1, Max: 500, Average: 30, P99: 495},
	}
	if len(r.Scenes) != len(want) {
		t.Fatalf("scenes %+v, want %d", r.Scenes, len(want))
	}
	for i, w := range want {
		got := r.Scenes[i]
		if got.Time == nil || *got.Time != float64(w.Frame)*0.04 || got.Target != 400 || got.Knee == nil || *got.Knee != [2]float64{0.2, 0.4} {
			t.Errorf("scene %d: %+v at %v, knee %v", i, got, got.Time, got.Knee)
		}
		got.Time, got.Target, got.Knee = nil, 0, nil
		if got != w {
			t.Errorf("scene %d is %+v, want %+v", i, got, w)
		}
	}
	if h := r.HDR10Plus; h.Frames != 10 || h.FramesWithout != 1 || h.Max != 500 || h.Invalid != 0 || h.Profiles[0] != "B" || h.Versions[0] != 1 {
		t.Errorf("HDR10+ is %+v", h)
	}
	if r.Duration != 0.44 || r.Video.Order != "presentation" {
		t.Errorf("%v s in %s order, want 0.44 in presentation order", r.Duration, r.Video.Order)
	}
}

func TestScenesAreUntangledWithoutTimeStamps(t *testing.T) {
	for coded, want := range map[string]string{
		"":                         "",
		"a":                        "a",
		"aaabbb":                   "aaabbb",
		"aaabaabb":                 "aaaaabbb",   // leading pictures of an open group
		"aabaababbb":               "aaaaabbbbb", // a cut inside of a pyramid
		"aabac":                    "aabac",
		"aaba":                     "aaba", // b does not go on: that was all of it
		"ab" + many("a", 20) + "b": "ab" + many("a", 20) + "b",
		"a" + many("b", 20) + "ab": "a" + many("b", 20) + "ab",
		"aabaabbbbbcbbcc":          "aaaabbbbbbbbccc",
	} {
		var f []frame
		for _, c := range coded {
			f = append(f, frame{scene: uint64(c)})
		}
		got := ""
		for _, f := range untangle(f) {
			got += string(rune(f.scene))
		}
		if got != want {
			t.Errorf("%s becomes %s, want %s", coded, got, want)
		}
	}
}

func many(s string, n int) string { return strings.Repeat(s, n) }

func TestWithoutTimeStampsTheFramesCount(t *testing.T) {
	f := newFrames()
	for range 5 {
		f.add(noTime, 0, &meta.Block{HDR10Plus: payload(t, 1000, 100)}, nil)
	}
	r := newReport("x.hevc", &stream{frames: f, video: video{rate: [2]int{25, 1}}}, nil)
	if r.Video.Order != "decoding" || r.Duration != 0.2 || *r.Scenes[0].Time != 0 {
		t.Errorf("%s order, %v s", r.Video.Order, r.Duration)
	}
	r = newReport("x.hevc", &stream{frames: f, video: video{rate: [2]int{0, 1}}}, nil)
	if r.Duration != 0 || r.Scenes[0].Time != nil {
		t.Errorf("without a frame rate: %v s, first scene at %v; want none", r.Duration, r.Scenes[0].Time)
	}
}

func TestProblemsAreCountedAndTheFirstIsTold(t *testing.T) {
	var m hdr10plus.Metadata
	if _, err := m.Decode(payload(t, 1000, 100)); err != nil {
		t.Fatal(err)
	}
	m.Windows[0].AverageMaxRGB = 100001
	bad, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	f := newFrames()
	for i := range 4 {
		b := &meta.Block{HDR10Plus: payload(t, 1000, 100)}
		switch i {
		case 1, 2:
			b.HDR10Plus = bad
		case 3:
			b.HDR10Plus = b.HDR10Plus[:20]
		}
		f.add(int64(i)*1e9, 0, b, nil)
	}
	f.add(4e9, 0, nil, meta.ErrNotSealed)
	f.add(5e9, 0, &meta.Block{DolbyVision: []byte{0x19, 8, 9}}, nil)
	r := newReport("x", &stream{frames: f}, nil)
	h := r.HDR10Plus
	if h.Frames != 4 || h.Invalid != 3 || !strings.Contains(h.FirstProblem, "0:00:01.000") || !strings.Contains(h.FirstProblem, "100001") {
		t.Errorf("HDR10+ is %+v", h)
	}
	if len(r.Scenes) != 2 {
		t.Errorf("%d scenes, want 2: a message that cannot be read is none", len(r.Scenes))
	}
	if d := r.Dolby; d == nil || d.Frames != 1 || d.Invalid != 1 || d.FirstProblem == "" {
		t.Errorf("Dolby Vision is %+v", d)
	}
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], meta.ErrNotSealed.Error()) {
		t.Errorf("warnings are %q", r.Warnings)
	}
}

func TestFormatsOfColours(t *testing.T) {
	pq, hlg, sdr := &meta.Color{Transfer: 16}, &meta.Color{Transfer: 18}, &meta.Color{Transfer: 1}
	light := &meta.ContentLight{MaxCLL: 1}
	for want, b := range map[string]meta.Block{
		"SDR": {Color: sdr}, "PQ": {Color: pq}, "HLG": {Color: hlg, ContentLight: light}, "HDR10": {Color: pq, ContentLight: light},
		"HDR10, HDR10+": {Color: pq, ContentLight: light, HDR10Plus: payload(t, 1000, 1)},
		"Dolby Vision":  {DolbyVision: []byte{0x19}},
	} {
		f := newFrames()
		f.add(0, 0, &b, nil)
		r := newReport("x", &stream{frames: f}, errors.New("cut off"))
		if got := strings.Join(r.Formats, ", "); got != want {
			t.Errorf("%+v is %q, want %q", b, got, want)
		}
		if r.Stopped != "cut off" {
			t.Errorf("stopped is %q", r.Stopped)
		}
	}
}

func TestGamutsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"35400:14600:8500:39850:6550:2300:15635:16450:10000000:1":   "BT.2020",
		"34000:16000:13250:34500:7500:3000:15635:16450:10000000:50": "Display P3",
		"34000:16000:13248:34499:7499:2999:15634:16450:10000000:50": "Display P3",
		"34000:16000:13250:34500:7500:3000:15700:17550:10000000:50": "DCI-P3",
		"32000:16500:15000:30000:7500:3000:15635:16450:1000000:500": "BT.709",
		"32000:16500:15000:30000:7500:3000:15000:16450:1000000:500": "",
		"0:0:0:0:0:0:0:0:0:0": "",
	} {
		m, err := meta.ParseMasteringDisplay(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := gamutName(&m); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

func TestT35IsNamed(t *testing.T) {
	for want, p := range map[string][]byte{
		"SMPTE ST 2094-50 0xB5": {0xB5, 0, 0x90, 0, 1, 9},
		"HDR Vivid 0x26":        {0x26, 0, 4, 0, 5},
		"SL-HDR 0xB5":           {0xB5, 0, 0x3A},
		" 0xFF07":               {0xFF, 7, 1, 2},
		" 0x00":                 {},
		" 0xB5":                 {0xB5, 1},
	} {
		if k := t35KindOf(p); k.name+" "+k.countryName() != want {
			t.Errorf("% x is %q, want %q", p, k.name+" "+k.countryName(), want)
		}
	}
}
