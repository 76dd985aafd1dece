package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is a process of a test in a process group of its own, which ends with
// the test at the latest.
type program struct {
	t    testing.TB
	cmd  *exec.Cmd
	out  output // both streams
	done chan struct{}
}

// output can be read while it grows.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func run(t testing.TB, name string, args ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.Command(name, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if _, err := p.cmd.StdinPipe(); err != nil { // says nothing: modetest would take its end for a key
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.signal(syscall.SIGKILL)
		<-p.done
	})
	return p
}

// play starts gst-launch-1.0; words are separated as a shell does it.
// -e: the end is announced to the elements, as a person at a terminal wants it.
func play(t testing.TB, words ...string) *program {
	t.Helper()
	return launch(t, append([]string{"-e"}, words...)...)
}

// launch is play without -e, for a pipeline whose error may come before the preroll:
// there -e may wait for ever, with any sink.
func launch(t testing.TB, words ...string) *program {
	t.Helper()
	args := []string{"--no-fault"}
	for _, w := range words {
		args = append(args, strings.Fields(w)...)
	}
	return run(t, "gst-launch-1.0", args...)
}

func (p *program) signal(s syscall.Signal) {
	syscall.Kill(-p.cmd.Process.Pid, s)
}

// interrupt is Ctrl-C, once gst-launch-1.0 is past the preroll: before, -e makes
// it wait for ever, with any sink.
func (p *program) interrupt() {
	p.t.Helper()
	eventually(p.t, "the pipeline plays", func() bool {
		return strings.Contains(p.out.String(), "New clock:") || p.ended()
	})
	p.signal(syscall.SIGINT)
}

func (p *program) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// wait gives the exit status, -1 for an end by signal.
func (p *program) wait() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(4 * patience):
		p.t.Fatalf("%s does not end\n%s\n%s", p.cmd, &p.out, p.threads())
	}
	return p.cmd.ProcessState.ExitCode()
}

// threads tells where in the kernel each thread is.
func (p *program) threads() string {
	var b strings.Builder
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p.cmd.Process.Pid))
	for _, task := range tasks {
		name, _ := os.ReadFile(task + "/comm")
		stack, _ := os.ReadFile(task + "/stack")
		fmt.Fprintf(&b, "thread %s%s", name, stack)
	}
	return b.String()
}

// mustEnd waits for an end without an error.
func (p *program) mustEnd() {
	p.t.Helper()
	if status := p.wait(); status != 0 {
		p.t.Fatalf("%s: %v\n%s", p.cmd, p.cmd.ProcessState, &p.out)
	}
}

// endAfterError presses Ctrl-C where gst-launch-1.0 waits for ever after an error. It
// leaves its main loop at the error, and when that comes from a streaming thread before
// the loop runs, it is lost. Only a program still in its loop, which has not begun to
// stop the pipeline, is helped: one that does not stop is the test's to find.
func (p *program) endAfterError() {
	p.t.Helper()
	said := func(text string) bool { return strings.Contains(p.out.String(), text) }
	within(4*patience, func() bool { return p.ended() || said("ERROR") })
	if within(patience, func() bool { return p.ended() || said("Setting pipeline to NULL") }) {
		return
	}
	p.t.Log("gst-launch-1.0 has lost the error, and is interrupted")
	p.signal(syscall.SIGINT)
}

// mustFail waits for an end with an error that has all the words in what
// gst-launch-1.0 prints of it, message and debug text together.
func (p *program) mustFail(words ...string) {
	p.t.Helper()
	p.endAfterError()
	status := p.wait()
	text := p.out.String()
	if status <= 0 {
		p.t.Fatalf("%s: %v, want an error\n%s", p.cmd, p.cmd.ProcessState, text)
	}
	_, errors, found := strings.Cut(text, "ERROR")
	if !found {
		p.t.Fatalf("%s: no ERROR\n%s", p.cmd, text)
	}
	for _, w := range words {
		if !strings.Contains(strings.ToLower(errors), strings.ToLower(w)) {
			p.t.Errorf("%s: the error does not say %q\n%s", p.cmd, w, text)
		}
	}
	for _, w := range []string{"panic", "goroutine ", "CRITICAL", "SIGSEGV"} {
		if strings.Contains(text, w) {
			p.t.Errorf("%s: %q in its output\n%s", p.cmd, w, text)
		}
	}
}
