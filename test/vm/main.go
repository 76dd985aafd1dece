// Command vm boots a kernel folder made by test/vm/kernel under QEMU and runs a
// command in it. Start it through test/vm/run, which says what the options mean.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Exit statuses of our own; any other is the command's.
const (
	statusTimeout = 124
	statusBroken  = 125
	statusSignal  = 128 // plus the signal's number
)

// Config is one machine.
type Config struct {
	Kernel  string // folder with vmlinuz, initrd and modules
	Accel   string // auto, kvm or tcg
	Memory  int    // MiB
	CPUs    int
	Steady  bool // time is what the instructions take
	Timeout time.Duration
	Console bool
	Quiet   bool
	Command []string
}

// What a kernel says when something is wrong with it or with what it was asked.
var kernelTrouble = regexp.MustCompile(`WARNING: |BUG: |Oops: |Out of memory: |blocked for more than|soft lockup|detected stalls`)

func init() {
	// QEMU is told to die with the thread that started it: that is this one,
	// and it lives as long as the process does.
	runtime.LockOSThread()
}

func main() {
	var c Config
	var seconds float64
	flag.StringVar(&c.Kernel, "kernel", "", "kernel `folder`")
	flag.StringVar(&c.Accel, "accel", "auto", "auto, kvm or tcg")
	flag.IntVar(&c.Memory, "memory", 2560, "`MiB`")
	flag.IntVar(&c.CPUs, "cpus", 2, "number")
	flag.BoolVar(&c.Steady, "steady", false, "time is what the instructions take: one processor, emulated")
	flag.Float64Var(&seconds, "timeout", 600, "`seconds` for boot and command together")
	flag.BoolVar(&c.Console, "console", false, "show the guest's console")
	flag.BoolVar(&c.Quiet, "quiet", false, "no device table")
	flag.Parse()
	c.Command = flag.Args()
	c.Timeout = time.Duration(seconds * float64(time.Second))

	os.Exit(run(&c))
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "vm: "+format+"\n", args...)
}

func run(c *Config) int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)

	accel, err := chooseAccel(c)
	if err != nil {
		say("%v", err)
		return statusBroken
	}
	limit := time.NewTimer(c.Timeout)
	defer limit.Stop()
	status, began := boot(c, accel, signals, limit.C)
	if status == statusBroken && !began {
		// A busy host can stop an emulated boot, and nothing of the command has run.
		say("the command had not begun: booting once more")
		status, _ = boot(c, accel, signals, limit.C)
	}
	return status
}

// boot runs the command in one machine; began says whether the guest came as
// far as starting it.
func boot(c *Config, accel string, signals <-chan os.Signal, limit <-chan time.Time) (status int, began bool) {
	m, err := start(c, accel, "")
	if err != nil {
		say("%v", err)
		return statusBroken, true // QEMU itself: no better a second time
	}
	defer m.kill()

	begin := time.Now()
	if err := m.send(c.Kernel, c.Command); err != nil {
		say("%v", err)
		return statusBroken, false
	}
	select {
	case s := <-signals:
		m.kill()
		return statusSignal + int(s.(syscall.Signal)), true
	case <-limit:
		say("time limit of %v reached; what runs, the console's last lines, and what the kernel says is blocked:", c.Timeout)
		m.askState()
		m.kill()
		m.printConsole()
		return statusTimeout, true
	case <-m.done:
	}
	if status, ok := m.exitStatus(); ok {
		// Not the command's output, but its author wants to know.
		if trouble := m.console.matching(kernelTrouble, 10); len(trouble) > 0 {
			say("the guest's kernel complained (all of it: --console):")
			printLines(trouble)
		}
		if took := time.Since(begin); !c.Quiet && m.waited > took/4 {
			say("other work on this host kept the machine waiting for %.1f s of its %.1f s", m.waited.Seconds(), took.Seconds())
		}
		return status, true
	}
	say("the machine ended before the command did (qemu: %v); the console's last lines:", m.cmd.ProcessState)
	m.printConsole()
	return statusBroken, m.commandBegan()
}

// script is what guest/start evaluates.
func script(kernel string, command []string) string {
	quoted := make([]string, len(command))
	for i, word := range command {
		quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return fmt.Sprintf("kernel='%s'; command=(%s)", kernel, strings.Join(quoted, " "))
}
