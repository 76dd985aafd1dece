package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

var vividInfo = regexp.MustCompile(`(?m)^\s*Driver name\s*: vivid$`)

// player is a running gst-launch-1.0.
type player struct {
	cmd    *exec.Cmd
	output bytes.Buffer // read after done
	done   chan error
}

func launch(words ...string) (*player, error) {
	args := []string{"--no-fault", "-e"}
	for _, w := range words {
		args = append(args, strings.Fields(w)...)
	}
	fmt.Println("  gst-launch-1.0", strings.Join(args, " "))
	p := &player{cmd: exec.Command("gst-launch-1.0", args...), done: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { p.done <- p.cmd.Wait() }()
	return p, nil
}

// wait gives gst-launch-1.0 the time to end by itself.
func (p *player) wait() error {
	select {
	case err := <-p.done:
		if err != nil {
			return fmt.Errorf("gst-launch-1.0: %w\n%s", err, &p.output)
		}
		return nil
	case <-time.After(60 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("gst-launch-1.0 did not end\n%s", &p.output)
	}
}

// played is what was seen of a pipeline.
type played struct {
	flips     []witness.Flip
	imported  int    // framebuffers that are DMA-bufs from elsewhere
	own       int    // framebuffers that were copied into
	metadata  string // HDR_OUTPUT_METADATA in hexadecimal
	connector *witness.Object
	stalls    int    // of the machine
	dump      []byte // what hdrmetadump wrote
}

var errTooLate = errors.New("the stream ended before the connector was read")

// good: the connector was read and the display never waited for a frame.
func (p *played) good() bool { return len(p.flips) == frames && p.missed() <= 4 }

// missed are vertical blanks between the first frame and the last without a new
// one.
func (p *played) missed() int {
	if len(p.flips) == 0 {
		return 0
	}
	return int(p.flips[len(p.flips)-1].VBlank-p.flips[0].VBlank) + 1 - len(p.flips)
}

// measure plays frames on the card and looks at everything. Other work on the
// host can stop a virtual machine for longer than a frame: the best of three
// tries counts.
func (d *devices) measure() (best *played, err error) {
	for try := 1; ; try++ {
		p, err := d.try()
		switch {
		case err != nil && !errors.Is(err, errTooLate):
			return nil, err
		case err != nil:
			fmt.Printf("  %v\n", err)
		case p.good():
			return p, nil
		default:
			fmt.Printf("  %d frames, %d vertical blanks without a new one; the machine stalled %d times\n", len(p.flips), p.missed(), p.stalls)
			if best == nil || p.missed() < best.missed() {
				best = p
			}
		}
		if try == 3 {
			if best == nil {
				return nil, err
			}
			return best, nil
		}
		fmt.Println("  once more")
	}
}

func (d *devices) try() (*played, error) {
	p := &played{}
	dump := filepath.Join(outDir, "metadata.jsonl")
	trace, err := witness.TraceFlips()
	if err != nil {
		return nil, err
	}
	defer trace.Stop()
	stalls := witness.Stalls()
	defer func() { p.stalls = stalls() }()
	l, err := launch(
		fmt.Sprintf("v4l2metasrc device=%s num-buffers=%d mastering-display-info=%s content-light-level=%s", d.capture, frames, mastering, light),
		"! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=XR24,width=640,height=480,framerate=60/1",
		"! hdrmetadump location="+dump,
		"! kmsmetasink sync=false driver-name="+d.driver) // each frame at the next vertical blank
	if err != nil {
		return nil, err
	}
	for { // until the first frames are on
		flips, err := trace.All()
		if err != nil {
			return nil, err
		}
		if len(flips) >= 5 {
			break
		}
		select {
		case err := <-l.done:
			return nil, fmt.Errorf("gst-launch-1.0 ended: %v\n%s", err, &l.output)
		case <-time.After(5 * time.Millisecond):
		}
	}
	looked := d.look(p)
	if flips, err := trace.All(); err == nil && len(flips) >= frames {
		looked = errTooLate
	}
	if err := l.wait(); err != nil {
		return nil, err
	}
	if p.flips, err = trace.All(); err != nil {
		return nil, err
	}
	if p.dump, err = os.ReadFile(dump); err != nil {
		return nil, err
	}
	return p, looked
}

// look asks, while it plays, the tools that are not ours.
func (d *devices) look(p *played) (err error) {
	if p.imported, p.own, err = witness.Framebuffers(d.card); err != nil {
		return err
	}
	if p.metadata, err = witness.HDRMetadata(d.card); err != nil {
		return err
	}
	display, err := witness.Look(d.card)
	if err != nil {
		return err
	}
	if p.connector = display.HDR(); p.connector == nil {
		return fmt.Errorf("%s: drm_info shows no connector with HDR_OUTPUT_METADATA", d.card)
	}
	return nil
}

// picture plays on the visible display and has QEMU take a screendump. Without
// one (the host's own devices) it saves a captured frame.
func (d *devices) picture(file string) error {
	if d.visible == "" {
		l, err := launch("v4l2metasrc num-buffers=1 device="+d.capture, "! videoconvert ! pngenc ! filesink location="+file)
		if err != nil {
			return err
		}
		return l.wait()
	}
	driver, err := witness.Driver(d.visible)
	if err != nil {
		return err
	}
	trace, err := witness.TraceFlips()
	if err != nil {
		return err
	}
	defer trace.Stop()
	l, err := launch(
		fmt.Sprintf("v4l2metasrc device=%s num-buffers=600", d.capture),
		"! video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=XR24,width=640,height=480,framerate=60/1",
		"! kmsmetasink driver-name="+driver)
	if err != nil {
		return err
	}
	for {
		flips, err := trace.All()
		if err != nil {
			return err
		}
		if len(flips) >= 30 {
			break
		}
		select {
		case err := <-l.done:
			return fmt.Errorf("gst-launch-1.0 ended: %v\n%s", err, &l.output)
		case <-time.After(20 * time.Millisecond):
		}
	}
	if _, err := witness.Tool("screendump", file); err != nil {
		return err
	}
	l.cmd.Process.Signal(os.Interrupt)
	return l.wait()
}
