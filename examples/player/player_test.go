package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPipelineFitsTheOptions(t *testing.T) {
	film := filepath.Join(t.TempDir(), `a "film" 50%.mkv`)
	if err := os.WriteFile(film, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o    options
		want string
	}{
		"test":   {options{test: true, sink: "fakesink"}, "hdrmetatestsrc is-live=true ! "},
		"device": {options{device: "/dev/video3", sink: "fakesink"}, `v4l2metasrc device="/dev/video3" ! `},
		"uri":    {options{media: []string{"https://example.org/a.mp4"}, sink: "fakesink"}, `playbin3 uri="https://example.org/a.mp4" `},
		"file":   {options{media: []string{film}, sink: "fakesink"}, `a%20%22film%22%2050%25.mkv"`},
	} {
		got, err := c.o.pipeline()
		if err != nil || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, %v; want it to contain %q", name, got, err, c.want)
		}
	}
	for name, o := range map[string]options{
		"nothing": {}, "two": {test: true, device: "/dev/video0"}, "three": {media: []string{"a", "b"}},
	} {
		if _, err := o.pipeline(); !errors.Is(err, errUsage) {
			t.Errorf("%s: error is %v, want one about usage", name, err)
		}
	}
	if _, err := (options{media: []string{"/nowhere/at/all"}}).pipeline(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that does not exist: error is %v", err)
	}
}

// The whole program short of a display: the picture plays, its metadata is
// told, and the end of ctx, as of a signal, stops it.
func TestPlaysTheTestPictureUntilTold(t *testing.T) {
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	wants := []string{"0:00:01", " fps", "0 dropped", "scene ", "cd/m²"}
	missing := func() (missing []string, text []byte) {
		text, err := os.ReadFile(out.Name())
		if err != nil {
			t.Error(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				missing = append(missing, want)
			}
		}
		return missing, text
	}
	// A busy machine plays its first second late.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if left, _ := missing(); len(left) == 0 {
				cancel()
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	stdout := os.Stdout
	os.Stdout = out
	err = play(ctx, options{test: true, sink: "fakesink sync=true"})
	os.Stdout = stdout
	if err != nil {
		t.Fatal(err)
	}
	if left, text := missing(); len(left) > 0 {
		t.Errorf("status %q lacks %q", text, left)
	}
}

func TestErrorOfAnElementEndsPlaying(t *testing.T) {
	err := play(context.Background(), options{media: []string{"file:///nowhere.mkv"}, sink: "fakesink"})
	if err == nil || !strings.Contains(err.Error(), "nowhere.mkv") {
		t.Errorf("error is %v, want one that names the file", err)
	}
}
