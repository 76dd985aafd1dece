// Package streams makes real HDR bitstreams for tests, with encoders that share
// nothing with this project (x265, x264, SVT-AV1), and asks an independent
// reader (ffprobe, ffmpeg) what is in a stream.
//
// The tools are those of test/env/run. Outside of it a test that needs a
// missing one is skipped; inside a missing tool is a failure.
package streams

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Codec is a codec by the name that ffmpeg's raw formats have for it.
type Codec string

// The codecs streams are made in.
const (
	HEVC Codec = "hevc"
	AVC  Codec = "h264"
	AV1  Codec = "av1"
)

// ext is the file name extension by which tools know the stream: a byte stream
// of Annex B, or temporal units in an IVF file.
func (c Codec) ext() string {
	if c == AV1 {
		return "ivf"
	}
	return string(c)
}

// Recipe says what stream to make. Recipes are compared: the same one is
// encoded once per process.
type Recipe struct {
	Codec  Codec
	Frames int // 0 means 36
	// HD makes pictures of 1920 × 1080; they are Width × Height otherwise.
	HD bool
	// Static puts Mastering and Light into the stream.
	Static bool
	// DolbyVision puts RPU(n) on picture n in presentation order: HEVC only,
	// with Static, profile 8.1.
	DolbyVision bool
	// SDR leaves the transfer function at BT.709; it is PQ otherwise.
	SDR bool
}

// Size and distance of key frames of every stream. Pictures between key frames
// are B-frames in a pyramid as far as the encoder has one, so that decoding
// order is not presentation order.
const (
	Width, Height = 320, 180
	KeyInterval   = 12
)

// Stream is what a Recipe gave.
type Stream struct {
	Recipe
	Data []byte // shared by all tests of the process: not to be written to
}

var made = struct {
	sync.Mutex
	m map[Recipe][]byte
}{m: map[Recipe][]byte{}}

// Make gives the stream of a recipe.
func Make(t testing.TB, r Recipe) *Stream {
	t.Helper()
	if r.Frames == 0 {
		r.Frames = 36
	}
	made.Lock()
	defer made.Unlock()
	data, ok := made.m[r]
	if !ok {
		data = r.encode(t)
		made.m[r] = data
	}
	return &Stream{r, data}
}

// File writes data, a stream of the codec, into the test's own folder.
func File(t testing.TB, c Codec, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stream."+c.ext())
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// File writes the stream into the test's own folder.
func (s *Stream) File(t testing.TB) string {
	t.Helper()
	return File(t, s.Codec, s.Data)
}

// Need makes sure that the tools are there, see the package's comment.
func Need(t testing.TB, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err == nil {
			continue
		}
		if os.Getenv("SHMMETA_ENV") != "" {
			t.Fatalf("%s is not installed", tool)
		}
		t.Skipf("%s is not installed: run through test/env/run", tool)
	}
}

// A tool that hangs must not take the whole test run with it.
const toolTime = 2 * time.Minute

// run runs a tool and gives what it wrote on its two outputs.
func run(t testing.TB, tool string, args ...string) (stdout, stderr string) {
	t.Helper()
	Need(t, tool)
	ctx, cancel := context.WithTimeout(t.Context(), toolTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if ctx.Err() != nil {
		err = errors.Join(err, ctx.Err())
	}
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", tool, strings.Join(args, " "), err, errs.String())
	}
	return out.String(), errs.String()
}
