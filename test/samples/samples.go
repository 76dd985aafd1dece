// Package samples finds the real streams and metadata files that tests are tried
// on. They are not part of the project: they lie in a folder shared/samples beside
// the checkout, or above it, where somebody has put them.
package samples

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Dir gives the folder of the samples, or "" where there is none.
func Dir(t testing.TB) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir := here; ; dir = filepath.Dir(dir) {
		samples := filepath.Join(dir, "shared", "samples")
		if _, err := os.Stat(samples); err == nil {
			return samples
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// Path gives the path of a sample, as hdr10plus/ToS-s15.h265, or of a folder of
// them. Without samples the test is skipped; where the others are, one that is
// missing is an error.
func Path(t testing.TB, name string) string {
	t.Helper()
	dir := Dir(t)
	if dir == "" {
		t.Skipf("no shared/samples beside the checkout, for its %s", name)
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// Read gives what is in a sample, found as Path finds it.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
