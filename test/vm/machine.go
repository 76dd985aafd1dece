package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// machine is one running QEMU. All its channels are socket pairs, so that
// nothing lies on disk and two machines never meet.
type machine struct {
	cmd     *exec.Cmd
	quiet   bool
	console *tail
	stderr  *tail // QEMU's own
	serial  *os.File
	control *os.File
	monitor *monitor
	done    chan struct{} // closed when QEMU is gone and all output is read

	mu     sync.Mutex    // guards what follows
	began  bool          // the guest has started the command
	status *int          // the command's, once the guest has told it
	waited time.Duration // by QEMU's threads for a processor of the host, until then
}

// start boots; kernelArgs are added to the kernel's command line.
func start(c *Config, accel, kernelArgs string) (*machine, error) {
	m := &machine{
		quiet:   c.Quiet,
		console: &tail{},
		stderr:  &tail{},
		done:    make(chan struct{}),
	}
	if c.Console {
		m.console.echo = os.Stderr
	}
	cpus := c.CPUs
	if c.Steady {
		cpus = 1 // they would take turns on one thread, and wait for each other
		kernelArgs += " shmmeta.steady"
	}
	args := []string{
		"-name", "gst-shmmeta", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
		"-machine", "q35", "-smp", strconv.Itoa(cpus), "-m", strconv.Itoa(c.Memory),
		"-kernel", filepath.Join(c.Kernel, "vmlinuz"), "-initrd", filepath.Join(c.Kernel, "initrd"),
		// No fbdev: its console would own the displays between two programs. No
		// timer check: on a busy host an emulated timer fails it, and that is a panic.
		"-append", "console=ttyS0 panic=-1 oops=panic loglevel=5 mitigations=off sysrq_always_enabled no_timer_check" +
			" drm_kms_helper.fbdev_emulation=0 " + kernelArgs,
		"-device", "cirrus-vga,id=visible",
		"-device", "virtio-serial-pci",
	}
	switch {
	case c.Steady:
		// 2^0 ns for an instruction, and no waiting for the host when there is none.
		args = append(args, "-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-cpu", "max")
	case accel == "kvm":
		args = append(args, "-accel", "kvm", "-cpu", "host")
	default:
		args = append(args, "-accel", "tcg,thread=multi", "-cpu", "max")
	}
	project, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for _, share := range [][3]string{
		{"root", "/", "on"},
		{"out", filepath.Join(project, "out"), "off"},
		{"build", filepath.Join(project, "build"), "off"},
	} {
		args = append(args,
			"-fsdev", fmt.Sprintf("local,id=%s,path=%s,readonly=%s,security_model=none,multidevs=remap", share[0], share[1], share[2]),
			"-device", fmt.Sprintf("virtio-9p-pci,fsdev=%s,mount_tag=%[1]s", share[0]))
	}

	m.cmd = exec.Command("qemu-system-x86_64")
	m.cmd.Stderr = m.stderr
	m.cmd.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig: syscall.SIGKILL, // whatever ends us ends it
		Setpgid:   true,            // Ctrl-C is ours to handle
	}
	channel := func(name string, device ...string) *os.File {
		ours, theirs, e := socketPair(name)
		if e != nil {
			err = e
			return nil
		}
		m.cmd.ExtraFiles = append(m.cmd.ExtraFiles, theirs)
		args = append(args, "-chardev", fmt.Sprintf("socket,id=%s,fd=%d", name, 2+len(m.cmd.ExtraFiles)))
		args = append(args, device...)
		return ours
	}
	port := func(name string) *os.File {
		return channel(name, "-device", "virtserialport,chardev="+name+",name="+name)
	}
	m.serial = channel("console", "-serial", "chardev:console")
	qmp := channel("qmp", "-mon", "chardev=qmp,mode=control")
	m.control = port("control")
	stdout, stderr, screen := port("out"), port("err"), port("screen")
	if err != nil {
		return nil, err
	}
	m.cmd.Args = append(m.cmd.Args, args...)
	err = m.cmd.Start()
	for _, f := range m.cmd.ExtraFiles {
		f.Close()
	}
	if err != nil {
		return nil, err
	}
	m.monitor = newMonitor(qmp)

	// Each ends when QEMU does: that closes its end of every pair.
	var readers sync.WaitGroup
	readers.Go(func() { io.Copy(m.console, m.serial) })
	readers.Go(func() { io.Copy(os.Stdout, stdout) })
	readers.Go(func() { io.Copy(os.Stderr, stderr) })
	readers.Go(m.readControl)
	readers.Go(func() { m.serveScreen(screen, project) })
	go func() {
		m.cmd.Wait()
		readers.Wait()
		close(m.done)
	}()
	return m, nil
}

func socketPair(name string) (ours, theirs *os.File, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socket pair for %s: %w", name, err)
	}
	return os.NewFile(uintptr(fds[0]), name), os.NewFile(uintptr(fds[1]), name), nil
}

// send tells guest/start what to run. QEMU holds it until the guest reads.
func (m *machine) send(kernel string, command []string) error {
	line := base64.StdEncoding.EncodeToString([]byte(script(kernel, command)))
	_, err := m.control.WriteString(line + "\n")
	return err
}

func (m *machine) readControl() {
	lines := bufio.NewScanner(m.control)
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "say":
			if !m.quiet {
				say("  %s", rest)
			}
		case "began":
			m.mu.Lock()
			m.began = true
			m.mu.Unlock()
		case "exit":
			if n, err := strconv.Atoi(rest); err == nil {
				m.mu.Lock()
				m.status = &n
				m.waited = m.runDelay()
				m.mu.Unlock()
			}
		}
	}
}

// serveScreen answers guest/screendump: a path in, "ok" or what went wrong out.
func (m *machine) serveScreen(port *os.File, project string) {
	lines := bufio.NewScanner(port)
	for lines.Scan() {
		file := filepath.Clean(lines.Text())
		reply := "ok"
		if !strings.HasPrefix(file, filepath.Join(project, "out")+"/") && !strings.HasPrefix(file, filepath.Join(project, "build")+"/") {
			reply = file + " is neither under out/ nor build/"
		} else if err := m.monitor.screendump(file); err != nil {
			reply = err.Error()
		}
		fmt.Fprintln(port, reply)
	}
}

// runDelay adds up how long QEMU's threads were ready to run and did not.
func (m *machine) runDelay() (sum time.Duration) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", m.cmd.Process.Pid))
	for _, file := range tasks {
		var running, waiting int64
		if b, err := os.ReadFile(file); err == nil {
			fmt.Sscan(string(b), &running, &waiting)
			sum += time.Duration(waiting)
		}
	}
	return sum
}

func (m *machine) exitStatus() (int, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.status == nil {
		return 0, false
	}
	return *m.status, true
}

func (m *machine) commandBegan() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.began
}

// kill ends QEMU and waits until it is gone.
func (m *machine) kill() {
	m.cmd.Process.Kill()
	<-m.done
}

// askState has the guest print its processes, if it still can, and its kernel,
// over the serial line's break, the backtraces of blocked tasks.
func (m *machine) askState() {
	m.control.WriteString("state\n")
	time.Sleep(2 * time.Second)
	if m.monitor.sendBreak("console") == nil {
		m.serial.WriteString("w")
		time.Sleep(500 * time.Millisecond)
	}
}

func (m *machine) printConsole() {
	printLines(append(m.console.last(60), m.stderr.last(20)...))
}

func printLines(lines []string) {
	for _, line := range lines {
		fmt.Fprintln(os.Stderr, "  | "+line)
	}
}
