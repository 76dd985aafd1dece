package e2e

import (
	"os"
	"testing"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

// The devices of the virtual machine; test/vm/run sets these.
var (
	vkmsCard    = os.Getenv("VKMS_CARD")
	visibleCard = os.Getenv("VISIBLE_CARD")
	vividSP     = os.Getenv("VIVID_SP") // single-planar
	vividMP     = os.Getenv("VIVID_MP") // multi-planar
)

// steady is a machine whose time is counted in instructions (test/vm/run
// --steady): what its host does to it costs no vertical blank.
var steady = os.Getenv("STEADY") == "1"

// machine skips a test where the drivers are not, and fails it where they must
// be.
func machine(t testing.TB) {
	t.Helper()
	if vkmsCard != "" && visibleCard != "" && vividSP != "" && vividMP != "" {
		return
	}
	const missing = "no VKMS_CARD, VISIBLE_CARD, VIVID_SP, VIVID_MP: these tests run by test/vm/gotest"
	if os.Getenv("REQUIRE_DEVICES") == "1" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

// tool runs a program that is expected to succeed.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := witness.Tool(name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until ok says yes.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	if !within(patience, ok) {
		t.Fatalf("after %v still not: %s", patience, what)
	}
}

// A steady machine waits for its host's files without an instruction, which may
// take any time of its own.
var patience = map[bool]time.Duration{false: 15 * time.Second, true: 10 * time.Minute}[steady]

func within(limit time.Duration, ok func() bool) bool {
	for end := time.Now().Add(limit); ; time.Sleep(100 * time.Millisecond) {
		if ok() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}
