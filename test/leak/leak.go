// Package leak fails a test binary that leaves something behind: file
// descriptors (with what they point at), goroutines, or dma-buf and memfd
// mappings.
package leak

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"
)

// State is what the process holds at one moment.
type State struct {
	FDs        map[string]string // number -> target of /proc/self/fd
	Goroutines int
	Maps       int // shared mappings of memfds, dma-bufs and devices
	Threads    int

	stacks string // of the goroutines
}

// The Go runtime opens an epoll and an eventfd of its own on first use and keeps
// them: a pipe makes it do so before the first look.
var startPoller = sync.OnceFunc(func() {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
})

// Now reads the state of this process.
func Now() State {
	startPoller()
	s := State{FDs: map[string]string{}}
	s.Goroutines, s.stacks = goroutines()
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err != nil || strings.HasPrefix(target, "/proc/") ||
			strings.Contains(target, "[eventpoll]") {
			continue
		}
		s.FDs[e.Name()] = target
	}
	maps, _ := os.ReadFile("/proc/self/maps")
	for _, line := range strings.Split(string(maps), "\n") {
		if f := strings.Fields(line); len(f) > 5 && len(f[1]) == 4 && f[1][3] == 's' {
			s.Maps++
		}
	}
	tasks, _ := os.ReadDir("/proc/self/task")
	s.Threads = len(tasks)
	return s
}

// goroutines counts the goroutines that run somebody's code. The runtime's own for
// finalizers and cleanups come and go with the garbage collector and have no
// frames that a profile shows.
func goroutines() (n int, stacks string) {
	var profile strings.Builder
	pprof.Lookup("goroutine").WriteTo(&profile, 1)
	for _, record := range strings.Split(profile.String(), "\n\n") {
		var k int
		if head, frames, _ := strings.Cut(record, " @ "); strings.Contains(frames, "\n#") {
			fmt.Sscan(head[strings.LastIndexByte(head, '\n')+1:], &k)
			n += k
		}
	}
	return n, profile.String()
}

// Since lists what is held now and was not in before, empty when nothing is.
// Goroutines and threads that are about to end get two seconds to do so.
// Threads are the Go runtime's to keep, so extraThreads of them are allowed.
func Since(before State, extraThreads int) []string {
	var out []string
	for try := 0; try < 40; try++ {
		runtime.GC()
		now := Now()
		out = out[:0]
		for n, t := range now.FDs {
			if before.FDs[n] != t {
				out = append(out, "fd "+n+" -> "+t)
			}
		}
		if now.Goroutines > before.Goroutines {
			out = append(out, fmt.Sprintf("%d goroutines more:\n%s", now.Goroutines-before.Goroutines, now.stacks))
		}
		if now.Maps > before.Maps {
			out = append(out, fmt.Sprintf("%d shared mappings more", now.Maps-before.Maps))
		}
		if now.Threads > before.Threads+extraThreads {
			out = append(out, fmt.Sprintf("%d threads more", now.Threads-before.Threads))
		}
		if len(out) == 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	sort.Strings(out)
	return out
}

// Check fails t at its end if it leaves something behind.
func Check(t testing.TB) {
	t.Helper()
	before := Now()
	t.Cleanup(func() {
		if left := Since(before, 64); len(left) > 0 {
			t.Errorf("left behind:\n  %s", strings.Join(left, "\n  "))
		}
	})
}

// Main runs a test binary and fails it if it leaves something behind. The fuzzing
// engine leaves a goroutine of its own, so a fuzzing run is not looked at.
func Main(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.fuzz"); f != nil && f.Value.String() != "" {
		os.Exit(m.Run())
	}
	before := Now()
	code := m.Run()
	if left := Since(before, 64); code == 0 && len(left) > 0 {
		fmt.Fprintf(os.Stderr, "FAIL: left behind:\n  %s\n", strings.Join(left, "\n  "))
		code = 1
	}
	os.Exit(code)
}
