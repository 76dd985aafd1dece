package witness

import (
	"fmt"
	"os"
	"path/filepath"
)

// SetEDID plugs a monitor of that EDID into the card's HDMI connector, as far as
// the kernel is concerned; nil takes the EDID away.
func SetEDID(card string, edid []byte) error {
	files, err := filepath.Glob(Debugfs(card, "HDMI-A-*/edid_override"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("%s has %d HDMI connectors with edid_override, want 1", card, len(files))
	}
	if edid == nil {
		edid = []byte("reset")
	}
	// In one write: the kernel takes each for a whole EDID.
	if err := os.WriteFile(files[0], edid, 0); err != nil {
		return err
	}
	_, err = HDRMetadata(card) // modetest probes the connector, drm_info does not
	return err
}

// EDID is that of the card's HDMI connector, as the kernel tells every program;
// empty without a monitor.
func EDID(card string) ([]byte, error) {
	files, err := filepath.Glob(filepath.Join("/sys/class/drm", filepath.Base(card)+"-HDMI-A-*/edid"))
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("%s has %d HDMI connectors, want 1", card, len(files))
	}
	return os.ReadFile(files[0])
}
