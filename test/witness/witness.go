// Package witness asks the kernel, and tools that are not ours, what is going on
// with displays: drm_info and modetest for the state of a connector, the
// kernel's trace for frames shown, debugfs for where their memory came from and
// for a check sum of the picture. All of it needs root, debugfs and tracefs
// mounted, and no DRM mastership.
package witness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Tool runs a program and gives its standard output; the error has its standard
// error in it.
func Tool(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", cmd, err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}

// Debugfs is a file of a card's debugfs folder, for "/dev/dri/card0" and "name"
// /sys/kernel/debug/dri/0/name.
func Debugfs(card, file string) string {
	n := strings.TrimPrefix(filepath.Base(card), "card")
	return filepath.Join("/sys/kernel/debug/dri", n, file)
}

// Driver is the name of a card's driver as libdrm and the driver-name properties
// of sinks spell it.
func Driver(card string) (string, error) {
	name, _, err := identity(card)
	return name, err
}

// identity reads "vkms dev=vkms unique=vkms": driver and bus id.
func identity(card string) (driver, busID string, err error) {
	b, err := os.ReadFile(Debugfs(card, "name"))
	for i, word := range strings.Fields(string(b)) {
		if i == 0 {
			driver = word
		} else if id, ok := strings.CutPrefix(word, "unique="); ok {
			busID = id
		}
	}
	return driver, busID, err
}

// Framebuffers counts a card's framebuffers by where their memory came from: as
// a DMA-buf from elsewhere, or from the card itself, to be copied into.
func Framebuffers(card string) (imported, own int, err error) {
	b, err := os.ReadFile(Debugfs(card, "framebuffer"))
	for _, fb := range strings.Split(string(b), "framebuffer[")[1:] {
		if strings.Contains(fb, "imported=no") {
			own++
		} else {
			imported++
		}
	}
	return imported, own, err
}
