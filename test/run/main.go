// Command run plays a V4L2 device on a display through gst-launch-1.0, has tools
// that are not ours say what became of it, and writes out/run/report.json and
// out/run/frame.png. Start it through test/run/run.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

const (
	frames = 120
	outDir = "out/run"

	// What the stream declares, in the notation of the caps fields.
	mastering = "35400:14600:8500:39850:6550:2300:15635:16450:10000000:1"
	light     = "1000:400"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(1)
	}
}

func run() error {
	if err := os.RemoveAll(outDir); err != nil {
		return err
	}
	if err := os.MkdirAll(outDir, 0o755); err != nil {
		return err
	}
	d, err := findDevices()
	if err != nil {
		return err
	}
	if err := d.declareHDR(); err != nil {
		return err
	}

	fmt.Printf("\n%d frames from %s through sealed metadata to %s\n", frames, d.capture, d.card)
	p, err := d.measure()
	if err != nil {
		return err
	}
	r, err := newReport(p)
	if err != nil {
		return err
	}
	if err := r.write(filepath.Join(outDir, "report.json")); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(outDir, "metadata.jsonl"), p.dump, 0o644); err != nil {
		return err
	}
	fmt.Printf("\na picture of it on %s\n", d.visible)
	if err := d.picture(filepath.Join(outDir, "frame.png")); err != nil {
		return err
	}
	r.print(p)
	return r.check(p)
}

// devices are where frames come from and go to.
type devices struct {
	capture string // V4L2
	card    string // KMS, whose connector is read back
	visible string // KMS, of which a screendump is taken; empty: none
	driver  string // of card
}

// findDevices takes those of the virtual machine, or the first of the host.
func findDevices() (d devices, err error) {
	d = devices{capture: os.Getenv("VIVID_SP"), card: os.Getenv("VKMS_CARD"), visible: os.Getenv("VISIBLE_CARD")}
	if d.capture == "" {
		d.capture = first("/dev/video*")
	}
	if d.card == "" {
		d.card = first("/dev/dri/card*")
	}
	switch {
	case d.capture == "":
		return d, fmt.Errorf("no V4L2 capture device /dev/video*")
	case d.card == "":
		return d, fmt.Errorf("no display /dev/dri/card*")
	}
	d.driver, err = witness.Driver(d.card)
	return d, err
}

func first(pattern string) string {
	found, _ := filepath.Glob(pattern)
	if len(found) == 0 {
		return ""
	}
	return found[0]
}

// declareHDR makes vivid say that its picture is PQ and BT.2020; a real device
// says what it is.
func (d *devices) declareHDR() error {
	text, err := witness.Tool("v4l2-ctl", "-d", d.capture, "--info")
	if err != nil {
		return err
	}
	if !vividInfo.MatchString(text) {
		return nil
	}
	const bt2020, pq = "colorspace=4", "transfer_function=7" // of vivid's menus
	_, err = witness.Tool("v4l2-ctl", "-d", d.capture, "-c", bt2020+","+pq)
	return err
}
