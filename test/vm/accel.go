package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// chooseAccel says kvm or tcg. /dev/kvm may exist and still not carry a machine
// (nested, or forbidden), so auto boots one as far as the initrd to find out.
// The answer is kept until the next boot of this host.
func chooseAccel(c *Config) (string, error) {
	if c.Steady {
		return "tcg", nil
	}
	switch c.Accel {
	case "kvm", "tcg":
		return c.Accel, nil
	case "auto":
	default:
		return "", fmt.Errorf("accel is auto, kvm or tcg, not %q", c.Accel)
	}
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return "tcg", nil
	}
	f.Close()

	bootID, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	boot := strings.TrimSpace(string(bootID))
	answerFile := filepath.Join(filepath.Dir(c.Kernel), "accel")
	if kept, err := os.ReadFile(answerFile); err == nil {
		if accel, ok := strings.CutPrefix(string(kept), boot+" "); ok {
			return accel, nil
		}
	}
	accel := "tcg"
	if probeKVM(c) {
		accel = "kvm"
	} else {
		say("/dev/kvm is there but does not carry a machine: emulating, which is slower")
	}
	// Renamed into place: another run may read it now.
	temp := fmt.Sprintf("%s.%d", answerFile, os.Getpid())
	if err := os.WriteFile(temp, []byte(boot+" "+accel), 0o644); err != nil {
		return "", err
	}
	return accel, os.Rename(temp, answerFile)
}

func probeKVM(c *Config) bool {
	m, err := start(c, "kvm", "shmmeta.probe")
	if err != nil {
		return false
	}
	select {
	case <-m.done:
	case <-time.After(15 * time.Second):
	}
	m.kill()
	return m.console.contains("shmmeta: probe passed")
}
