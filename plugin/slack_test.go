package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Late timers are for the threads of Go's runtime, and for no other.
func TestOnlyTheRuntimesThreadsHaveLateTimers(t *testing.T) {
	so, err := filepath.Abs("../build/libgstshmmeta.so")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("gst-launch-1.0", "-q", "hdrmetatestsrc", "name=streaming", "!", "fakesink", "sync=true")
	cmd.Env = append(os.Environ(), "GST_PLUGIN_PATH="+filepath.Dir(so), "GST_REGISTRY="+filepath.Join(t.TempDir(), "registry.bin"))
	// This process has the constructor too, and a child inherits from the thread that
	// starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 50_000, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	var slack map[string]string
	for end := time.Now().Add(time.Minute); !streams(slack); time.Sleep(50 * time.Millisecond) {
		if slack, err = slacks(cmd.Process.Pid); os.IsPermission(err) {
			t.Skip(err) // only root may look at other processes' threads
		}
		if time.Now().After(end) {
			t.Fatalf("no streaming thread after a minute: %v", slack)
		}
	}
	late := 0
	for thread, ns := range slack {
		own := strings.HasPrefix(thread, "streaming") || strings.HasSuffix(thread, fmt.Sprint(" ", cmd.Process.Pid))
		switch {
		case ns == "1000000000" && own:
			t.Errorf("thread %s has a timer slack of %s ns", thread, ns)
		case ns == "1000000000":
			late++
		}
	}
	if late == 0 {
		t.Errorf("no thread has late timers: %v", slack)
	}
}

// slacks gives the timer slack of each of a process's threads, "name tid".
func slacks(pid int) (map[string]string, error) {
	all := map[string]string{}
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
		all[strings.TrimSpace(string(name))+" "+filepath.Base(task)] = strings.TrimSpace(string(ns))
	}
	return all, nil
}

func streams(slack map[string]string) bool {
	for thread := range slack {
		if strings.HasPrefix(thread, "streaming") {
			return true
		}
	}
	return false
}
