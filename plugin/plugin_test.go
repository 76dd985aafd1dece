package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/elements"
)

// run runs a stock tool on the built plugin file and nothing else of ours.
func run(t *testing.T, tool string, args ...string) string {
	t.Helper()
	so, err := filepath.Abs("../build/libgstshmmeta.so")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(so); err != nil {
		t.Fatalf("%v: run make build first", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, args...)
	// The system's plugins are scanned once into a registry of the tests' own.
	cmd.Env = append(os.Environ(), "GST_PLUGIN_PATH="+filepath.Dir(so), "G_DEBUG=fatal-criticals",
		"GST_REGISTRY="+registry(t))
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", tool, strings.Join(args, " "), err, out.String(), stderr.String())
	}
	if w := regexp.MustCompile(`(?m)^.*(WARNING|CRITICAL|Go runtime).*$`).FindString(stderr.String()); w != "" {
		t.Errorf("%s %s: %s", tool, strings.Join(args, " "), w)
	}
	return out.String()
}

var registryDir string

func registry(t *testing.T) string {
	if registryDir == "" {
		registryDir = t.TempDir()
	}
	return filepath.Join(registryDir, "registry.bin")
}

func TestInspectShowsEveryElementWithItsTexts(t *testing.T) {
	registryDir = t.TempDir()
	overview := run(t, "gst-inspect-1.0", "shmmeta")
	if !regexp.MustCompile(`(?m)^  Version +` + regexp.QuoteMeta(elements.Version) + "$").MatchString(overview) {
		t.Errorf("the plugin's version is not %s:\n%s", elements.Version, overview)
	}
	if !strings.Contains(overview, "  v4l2metadeviceprovider: ") {
		t.Error("gst-inspect-1.0 shmmeta does not list v4l2metadeviceprovider")
	}
	for _, e := range []string{"v4l2metasrc", "kmsmetasink", "hdrmetatestsrc", "hdrmetaparse", "hdrmetaattach", "v4l2metadec", "hdrmetainsert", "hdrmetadump"} {
		if !strings.Contains(overview, "  "+e+": ") {
			t.Errorf("gst-inspect-1.0 shmmeta does not list %s", e)
			continue
		}
		text := run(t, "gst-inspect-1.0", e)
		for _, want := range []string{"Long-name ", "Klass ", "Description ", "Author ", "Pad Templates:", "Element Properties:"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q", e, want)
			}
		}
		// A property's line is "  name   : Its text"; an empty text is a gap.
		for _, m := range regexp.MustCompile(`(?m)^  ([a-z0-9-]+) +: *(.*)$`).FindAllStringSubmatch(
			text[strings.Index(text, "Element Properties:"):], -1) {
			if len(m[2]) < 8 {
				t.Errorf("%s: property %s says only %q", e, m[1], m[2])
			}
		}
	}
}

func TestLaunchPlaysFromThePluginFile(t *testing.T) {
	registryDir = t.TempDir()
	out := run(t, "gst-launch-1.0", "-q", "--no-fault", "hdrmetatestsrc", "num-buffers=5", "!",
		"video/x-raw(ANY),width=320,height=240", "!", "hdrmetadump", "!", "fakesink")
	if n := strings.Count(out, `{"pts":`); n != 5 {
		t.Errorf("%d lines of metadata, want 5:\n%s", n, out)
	}
}
