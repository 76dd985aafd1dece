package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Late timers are for the monitor of Go's runtime, which sleeps through the stream, and
// for no other thread.
func TestOnlyTheMonitorHasLateTimers(t *testing.T) {
	so, err := filepath.Abs("../build/libgstshmmeta.so")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("gst-launch-1.0", "-q", "hdrmetatestsrc", "name=streaming", "!", "fakesink", "sync=true")
	cmd.Env = append(os.Environ(), "GST_PLUGIN_PATH="+filepath.Dir(so), "GST_REGISTRY="+filepath.Join(t.TempDir(), "registry.bin"))
	// A child inherits from the thread that starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 50_000, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()

	var all []thread
	streams := func(th thread) bool { return strings.HasPrefix(th.name, "streaming") }
	for end := time.Now().Add(time.Minute); !slices.ContainsFunc(all, streams); time.Sleep(50 * time.Millisecond) {
		if all, err = threads(cmd.Process.Pid); os.IsPermission(err) {
			t.Skip(err) // only root may look at other processes' threads
		}
		if time.Now().After(end) {
			t.Fatalf("no streaming thread after a minute: %v", all)
		}
	}
	before := late(all)
	if len(before) != 1 || len(all) < 3 {
		t.Fatalf("%d of the %d threads have late timers, want the monitor alone: %v", len(before), len(all), all)
	}
	time.Sleep(3 * time.Second) // some 90 frames; threads come with them
	if all, err = threads(cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	after := late(all)
	if len(after) != 1 || after[0].id != before[0].id {
		t.Fatalf("after some frames %v have late timers, want %v alone", after, before)
	}
	// Calm it is, at the least, when it wakes less than once a frame; it did so 30 times.
	if n := after[0].sleeps - before[0].sleeps; n > 90 {
		t.Errorf("the monitor woke %d times in 3 s", n)
	}
}

type thread struct {
	name, id string
	slack    string // ns
	sleeps   int    // how often it has slept
}

// late are the threads whose timers may be late by 10 s.
func late(all []thread) []thread {
	return slices.DeleteFunc(slices.Clone(all), func(th thread) bool { return th.slack != "10000000000" })
}

func threads(pid int) ([]thread, error) {
	var all []thread
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	for _, task := range tasks {
		name, err := os.ReadFile(task + "/comm")
		if err != nil {
			continue // it has ended
		}
		ns, err := os.ReadFile("/proc/" + filepath.Base(task) + "/timerslack_ns")
		if os.IsPermission(err) {
			return nil, err
		}
		status, _ := os.ReadFile(task + "/status")
		_, after, _ := strings.Cut(string(status), "\nvoluntary_ctxt_switches:")
		line, _, _ := strings.Cut(after, "\n")
		sleeps, _ := strconv.Atoi(strings.TrimSpace(line))
		all = append(all, thread{strings.TrimSpace(string(name)), filepath.Base(task), strings.TrimSpace(string(ns)), sleeps})
	}
	return all, nil
}
