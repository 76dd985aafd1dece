package streams

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// FrameMD5 decodes a file with ffmpeg and gives the hash of each picture in
// presentation order. ffmpeg must have nothing to warn of.
func FrameMD5(t testing.TB, path string) []string {
	t.Helper()
	// A raw byte stream has no time stamps; the pictures get their number.
	out, errs := run(t, "ffmpeg", "-v", "warning", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "-")
	if errs != "" {
		t.Errorf("ffmpeg %s: %s", path, errs)
	}
	var sums []string
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		sums = append(sums, strings.TrimSpace(line[strings.LastIndexByte(line, ',')+1:]))
	}
	if len(sums) == 0 {
		t.Fatalf("ffmpeg %s: no picture", path)
	}
	return sums
}

// Parsed runs a file through GStreamer's parser of the codec, which must have
// nothing to warn of.
func Parsed(t testing.TB, c Codec, path string) {
	t.Helper()
	Need(t, "gst-launch-1.0")
	way := "h265parse"
	switch c {
	case AVC:
		way = "h264parse"
	case AV1:
		way = "ivfparse ! av1parse"
	}
	args := append([]string{"-q", "filesrc", "location=" + path, "!"}, strings.Fields(way)...)
	cmd := exec.CommandContext(t.Context(), "gst-launch-1.0", append(args, "!", "fakesink")...)
	// Warnings of the parsers and of the library below them.
	cmd.Env = append(os.Environ(), "GST_DEBUG=1,*parse*:2,codecparsers*:2", "GST_DEBUG_NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	var warnings strings.Builder
	for line := range strings.Lines(string(out)) {
		// GStreamer's parser of AV1 reads a T.35 message's country code and then
		// expects the end, so it says this of every one (seen in 1.26).
		if !strings.Contains(line, "Metadata type 4 may have wrong trailings") {
			warnings.WriteString(line)
		}
	}
	if err != nil || warnings.Len() > 0 {
		t.Errorf("gst-launch-1.0 %s of %s: %v\n%s", way, path, err, warnings.String())
	}
}
