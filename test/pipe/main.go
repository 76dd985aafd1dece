package pipe

import (
	"fmt"
	"os"
	"testing"
)

// Main is the TestMain of a package: it initialises GStreamer, registers the
// elements and runs the tests.
func Main(m *testing.M, register func() error) {
	Init()
	if err := register(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
