package pipe

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Launch runs a shell command with GStreamer's tools on the built plugin, as a
// user would, with everything that GStreamer finds wrong made fatal, and gives
// both outputs. env adds to the environment.
func Launch(t testing.TB, env []string, command string) (stdout, stderr []byte) {
	t.Helper()
	build := filepath.Join(root(t), "build")
	if _, err := os.Stat(filepath.Join(build, "libgstshmmeta.so")); err != nil {
		t.Skip("the plugin is not built: make build")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Env = append(os.Environ(), append(env, "G_DEBUG=fatal-criticals", "GST_PLUGIN_PATH="+build,
		"GST_REGISTRY="+filepath.Join(t.TempDir(), "registry.bin"))...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, errs.Bytes())
	}
	return out.Bytes(), errs.Bytes()
}

// root is the project's folder, which a test runs somewhere in.
func root(t testing.TB) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir := here; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == "/" {
			t.Fatalf("no go.mod above %s", here)
		}
	}
}

// LaunchLeakFree is Launch of a gst-launch-1.0 pipeline; every GStreamer object
// that is left at its end is an error.
func LaunchLeakFree(t testing.TB, pipeline string) (stdout []byte) {
	t.Helper()
	out, errs := Launch(t, []string{"GST_TRACERS=leaks", "GST_DEBUG=GST_TRACER:7", "GST_DEBUG_NO_COLOR=1"},
		"gst-launch-1.0 --no-fault -q "+pipeline)
	const alive, format = "object-alive, type-name=(string)", "object-alive, type-name=(string)%s"
	if !bytes.Contains(errs, []byte(format)) {
		t.Fatalf("the leak tracer did not run:\n%s", errs)
	}
	for l := range bytes.Lines(errs) {
		if bytes.Contains(l, []byte(alive)) && !bytes.Contains(l, []byte(format)) {
			t.Errorf("leaked: %s", bytes.TrimSpace(l))
		}
	}
	return out
}
