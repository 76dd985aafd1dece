package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/bitstream"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// The test binary is the program itself when it is started with this.
const beProgram = "HDRINFO_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(beProgram) != "" {
		main()
	}
	pipe.Init()
	os.Exit(m.Run())
}

// program runs the program as a user does and gives what it printed.
func program(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	return programIn(t, nil, args...)
}

func programIn(t *testing.T, env []string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(append(os.Environ(), beProgram+"=1", "G_DEBUG=fatal-criticals"), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("%q does not end", args)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// info is the program's JSON for a file that it must read without a complaint.
func info(t *testing.T, file string) (r report) {
	t.Helper()
	stdout, stderr, status := program(t, "--json", file)
	if status != 0 || stderr != "" {
		t.Fatalf("%s: status %d, %q; want 0 and silence", file, status, stderr)
	}
	d := json.NewDecoder(strings.NewReader(stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%s: %v in %s", file, err, stdout)
	}
	return r
}

func TestStaticMetadataIsWhatFFprobeSays(t *testing.T) {
	for _, codec := range []streams.Codec{streams.HEVC, streams.AVC, streams.AV1} {
		s := streams.Make(t, streams.Recipe{Codec: codec, Static: true})
		judge := streams.Probe(t, s.File(t))
		m, l := judge[0].MasteringDisplay, judge[0].ContentLight
		if m == nil || l == nil {
			t.Fatalf("%s: ffprobe sees no static metadata", codec)
		}
		for _, file := range []string{s.File(t), streams.Mux(t, codec, s.Data, "mkv"), streams.Mux(t, codec, s.Data, "mp4")} {
			r := info(t, file)
			name := fmt.Sprintf("%s in %s", codec, filepath.Ext(file))
			if got := strings.Join(r.Formats, ","); got != "HDR10" {
				t.Errorf("%s: formats %s, want HDR10", name, got)
			}
			if g := r.Mastering; g == nil || g.Primaries != "BT.2020" || g.Red != pointOf(m.Red) || g.Green != pointOf(m.Green) ||
				g.Blue != pointOf(m.Blue) || g.White != pointOf(m.White) ||
				g.MaxLuminance != float64(m.MaxLuminance)/10000 || g.MinLuminance != float64(m.MinLuminance)/10000 {
				t.Errorf("%s: mastering display %+v, ffprobe says %+v", name, g, m)
			}
			if g := r.Light; g == nil || g.MaxCLL != l.MaxCLL || g.MaxFALL != l.MaxFALL {
				t.Errorf("%s: content light %+v, ffprobe says %+v", name, g, l)
			}
			if c := r.Colour; c == nil || c.Transfer.Code != 16 || c.Primaries.Code != 9 || c.Matrix.Code != 9 || c.Range != "limited" {
				t.Errorf("%s: colour %+v, want BT.2020 and PQ", name, c)
			}
			if v := r.Video; v.Width != streams.Width || v.Height != streams.Height || v.Frames != len(judge) {
				t.Errorf("%s: video %+v, want %d frames of %d × %d", name, v, len(judge), streams.Width, streams.Height)
			}
			if len(r.Warnings) != 0 {
				t.Errorf("%s: warnings %q", name, r.Warnings)
			}
		}
	}
}

// withHDR10Plus puts HDR10+ on the pictures of a stream: a message of scenes[n]
// for picture n in presentation order, whatever the order in the stream is.
func withHDR10Plus(t *testing.T, s *streams.Stream, codec bitstream.Codec, peak func(n int) uint32) []byte {
	t.Helper()
	order := s.Order(t)
	inserter := bitstream.Inserter{Format: bitstream.Format{Codec: codec}}
	units := s.Units(t)
	reordered := false
	for i, au := range units {
		reordered = reordered || order[i] != i
		p := peak(order[i])
		var err error
		if units[i], err = inserter.Insert(nil, au, &meta.Block{HDR10Plus: payload(t, p, p/10)}, bitstream.Replace); err != nil {
			t.Fatalf("unit %d: %v", i, err)
		}
	}
	if !reordered && codec != bitstream.AV1 { // a temporal unit shows one picture: they come in order
		t.Fatal("the stream has no reordered pictures, so it proves nothing")
	}
	return s.Join(t, units)
}

func TestScenesOfRealFiles(t *testing.T) {
	peak := func(n int) uint32 { return []uint32{1000, 7000, 2500}[n/10%3] } // cuts at 10, 20, 30: none at a key frame
	for _, c := range []struct {
		name  streams.Codec
		codec bitstream.Codec
	}{{streams.HEVC, bitstream.HEVC}, {streams.AVC, bitstream.AVC}, {streams.AV1, bitstream.AV1}} {
		s := streams.Make(t, streams.Recipe{Codec: c.name, Static: true})
		data := withHDR10Plus(t, s, c.codec, peak)
		judge := streams.Probe(t, streams.File(t, c.name, data))
		for _, container := range []string{"mkv", "mp4", "none"} {
			file := streams.File(t, c.name, data)
			if container != "none" {
				file = streams.Mux(t, c.name, data, container)
			}
			r := info(t, file)
			if got := strings.Join(r.Formats, ","); got != "HDR10,HDR10+" {
				t.Errorf("%s in %s: formats %s, want HDR10 and HDR10+", c.name, container, got)
			}
			if h := r.HDR10Plus; h == nil || h.Frames != 36 || h.FramesWithout != 0 || h.Invalid != 0 || h.Scenes != 4 || h.Max != 700 {
				t.Errorf("%s in %s: HDR10+ is %+v", c.name, container, h)
			}
			if len(r.Scenes) != 4 {
				t.Errorf("%s in %s: scenes %+v, want 4", c.name, container, r.Scenes)
				continue
			}
			for i, got := range r.Scenes {
				peak := float64(peak(10*i)) / 10
				if got.Frame != 10*i || got.Frames != min(10, 36-10*i) || got.Max != peak || got.Average != peak/10 || got.Target != 400 {
					t.Errorf("%s in %s: scene %d is %+v; want 10 frames with up to %v", c.name, container, i, got, peak)
				}
				if container != "none" && math.Abs(*got.Time-float64(10*i)/24) > 0.001 {
					t.Errorf("%s in %s: scene %d begins at %v, want frame %d of 24 a second", c.name, container, i, *got.Time, 10*i)
				}
				// libavcodec does not look for HDR10+ in AVC.
				if w := judge[10*i].HDR10Plus; c.name != streams.AVC && (w == nil || got.Max != w.Windows[0].MaxRGB() || got.Average != w.Windows[0].Average()) {
					t.Errorf("%s in %s: scene %d is %+v; ffprobe says %+v", c.name, container, i, got, w)
				}
			}
		}
	}
}

func TestDolbyVisionIsCounted(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: true, DolbyVision: true})
	r := info(t, streams.Mux(t, streams.HEVC, s.Data, "mkv"))
	if got := strings.Join(r.Formats, ","); got != "HDR10,Dolby Vision" {
		t.Errorf("formats %s", got)
	}
	if d := r.Dolby; d == nil || d.Frames != 36 || d.FramesWithout != 0 || d.Invalid != 0 || len(d.Profiles) != 1 || d.Profiles[0] != 8 {
		t.Errorf("Dolby Vision is %+v, want profile 8 on 36 frames", d)
	}
}

func TestTextForPeople(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: true})
	data := withHDR10Plus(t, s, bitstream.HEVC, func(n int) uint32 { return uint32(1000 + n/2) })
	file := streams.Mux(t, streams.HEVC, data, "mkv")
	plot := filepath.Join(t.TempDir(), "light.png")
	stdout, stderr, status := program(t, "--plot", plot, "--scenes", "3", file)
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, %q", status, stderr)
	}
	for _, want := range []string{
		": HDR10, HDR10+\n", "File            Matroska, ", "HEVC Main 10, 10 bit, 320 × 180, ", "36 frames\n",
		"BT.2020 primaries, PQ transfer", "BT.2020, 0.0001 to 1000 cd/m²", "MaxCLL 1000 cd/m², MaxFALL 400 cd/m²",
		"profile B, version 1, every frame, 18 scenes, up to 101.7 cd/m²",
		"\n    3        4   0:00:00.167       2     100.2      10.0", "15 more: --scenes all\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if lines := strings.Count(stdout[strings.Index(stdout, "scene "):], "\n"); lines != 5 {
		t.Errorf("%d lines of scenes, want head, 3 and the rest:\n%s", lines, stdout)
	}
	if info, err := os.Stat(plot); err != nil || info.Size() < 10000 {
		t.Errorf("plot: %v, %v", info, err)
	}
}

func TestSDRIsToldPlainly(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.AVC, SDR: true})
	r := info(t, streams.Mux(t, streams.AVC, s.Data, "mp4"))
	if got := strings.Join(r.Formats, ","); got != "SDR" || r.HDR10Plus != nil || r.Dolby != nil || r.Mastering != nil || r.Scenes != nil {
		t.Errorf("%+v, want SDR and nothing else", r)
	}
	_, stderr, status := program(t, "--plot", filepath.Join(t.TempDir(), "x.svg"), s.File(t))
	if status != 1 || !strings.Contains(stderr, errNothingToPlot.Error()) {
		t.Errorf("plot of SDR: status %d, %q", status, stderr)
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for _, c := range []struct{ file, want string }{
		{filepath.Join(dir, "nowhere.mkv"), "no such file or directory"},
		{dir, "not a regular file"},
		{write("empty.mkv", ""), "file is empty"},
		{write("a \"text\".mkv", strings.Repeat("no video at all\n", 1000)), "text file"},
	} {
		stdout, stderr, status := program(t, c.file)
		if status != 1 || stdout != "" || !strings.HasPrefix(stderr, "hdrinfo: "+c.file+": ") || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: status %d, %q, %q; want 1 and %q", c.file, status, stdout, stderr, c.want)
		}
	}
	for _, args := range [][]string{{}, {"a", "b"}, {"--plot", "x.pdf", "a"}, {"--scenes", "-3", "a"}, {"--nothing", "a"}} {
		if _, stderr, status := program(t, args...); status != 2 || !strings.Contains(stderr, "--help") {
			t.Errorf("%q: status %d, %q; want 2 and a hint", args, status, stderr)
		}
	}
	if stdout, stderr, status := program(t, "--help"); status != 0 || stderr != "" || !strings.HasPrefix(stdout, "Usage: ") {
		t.Errorf("help: status %d, %q, %q", status, stdout, stderr)
	}
}

// interrupted is a context that ends after so many questions.
type interrupted struct {
	context.Context
	left int
}

func (c *interrupted) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestInterruptionTellsWhatWasRead(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: true, Frames: 600})
	file := s.File(t)
	for left := 50; ; left *= 2 {
		var stdout, stderr bytes.Buffer
		status := run(&interrupted{t.Context(), left}, []string{"--json", file}, &stdout, &stderr)
		if status == 1 && stdout.Len() == 0 && left < 1<<20 {
			continue // nothing was read yet
		}
		var r report
		if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if status != 1 || !strings.Contains(stderr.String(), "interrupted") || !strings.Contains(r.Stopped, "interrupted") ||
			r.Video.Frames == 0 || r.Video.Frames >= 600 || r.Mastering == nil {
			t.Errorf("status %d, %q, stopped %q after %d frames", status, stderr.String(), r.Stopped, r.Video.Frames)
		}
		return
	}
}

func TestCutOffFileIsToldAsFarAsItGoes(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: true, Frames: 600})
	whole := filepath.Join(t.TempDir(), "whole.mkv")
	if out, err := exec.Command("ffmpeg", "-v", "error", "-i", s.File(t), "-c", "copy",
		"-bsf:v", "setts=time_base=1/24:duration=1:pts=N:dts=N", whole).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	if r := info(t, whole); r.Video.Frames != 600 || len(r.Warnings) != 0 {
		t.Errorf("the whole file: %d frames, warnings %q; want 600 and none", r.Video.Frames, r.Warnings)
	}
	b, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cut.mkv")
	if err := os.WriteFile(file, b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	r := info(t, file)
	if r.Video.Frames < 100 || r.Video.Frames > 500 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "0:00:25.000") {
		t.Errorf("%d frames, warnings %q; want about 300 and that it is too short", r.Video.Frames, r.Warnings)
	}
}

func TestMissingPluginIsNamedWithItsPackage(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: true})
	mkv := streams.Mux(t, streams.HEVC, s.Data, "mkv")
	for element, c := range map[string]struct{ file, want string }{
		"matroskademux": {mkv, "GStreamer has no plugin for Matroska: install gstreamer1.0-plugins-good"},
		"h265parse":     {s.File(t), "GStreamer has no plugin for HEVC: install gstreamer1.0-plugins-bad"},
	} {
		// What has no rank is not there for parsebin.
		stdout, stderr, status := programIn(t, []string{"GST_PLUGIN_FEATURE_RANK=" + element + ":NONE"}, c.file)
		if status != 1 || stdout != "" || stderr != "hdrinfo: "+c.file+": "+c.want+"\n" {
			t.Errorf("without %s: status %d, %q, %q; want 1 and %q", element, status, stdout, stderr, c.want)
		}
	}
}

func TestOtherStreamsOfTheFile(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.AVC, Static: true})
	dir := t.TempDir()
	film, sound := filepath.Join(dir, "film.mkv"), filepath.Join(dir, "sound.mkv")
	ffmpeg := func(args ...string) {
		if out, err := exec.Command("ffmpeg", append([]string{"-v", "error", "-f", "lavfi", "-i", "sine=duration=2"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("ffmpeg: %v: %s", err, out)
		}
	}
	ffmpeg("-c:a", "flac", sound)
	ffmpeg("-i", streams.Mux(t, streams.AVC, s.Data, "mkv"), "-map", "0", "-map", "1", "-map", "1", "-c:v", "copy", "-c:a", "flac", film)

	r := info(t, film)
	if r.Video.Streams != 2 || r.Video.Frames != 36 || r.Video.Codec != "AVC" {
		t.Errorf("video is %+v, want 36 frames of the first of 2 streams", r.Video)
	}
	if _, stderr, status := program(t, sound); status != 1 || !strings.HasSuffix(stderr, ": no video in it\n") {
		t.Errorf("a file without video: status %d, %q", status, stderr)
	}
}

func TestBrokenMessagesAreCounted(t *testing.T) {
	s := streams.Make(t, streams.Recipe{Codec: streams.HEVC, Static: true, DolbyVision: true})
	data := bytes.Clone(s.Data)
	rpu := []byte{0, 0, 1, 0x7C, 0x01, 0x19}
	for at, n := 0, 0; n < 3; n++ {
		i := bytes.Index(data[at:], rpu)
		if i < 0 {
			t.Fatal("the stream has not 3 RPUs")
		}
		at += i + len(rpu)
		data[at+30] ^= 0x55
	}
	r := info(t, streams.File(t, streams.HEVC, data))
	if r.Broken != 3 || r.Dolby == nil || r.Dolby.Frames != 33 || r.Dolby.FramesWithout != 3 {
		t.Errorf("%d broken messages, Dolby Vision %+v; want 3 and 33 frames", r.Broken, r.Dolby)
	}
	if len(r.Warnings) == 0 || !strings.Contains(r.Warnings[0], "checksum") {
		t.Errorf("warnings %q, want one of a checksum", r.Warnings)
	}
}
