package v4l2

import (
	"errors"
	"fmt"
	"strings"
)

// Found is a capture device of this machine.
type Found struct {
	Path string
	Capability
}

// List opens every /dev/videoN in turn and tells which are capture devices.
// Nodes that cannot be opened (in use exclusively, not permitted) are left out.
func List() []Found {
	var out []Found
	for _, p := range Nodes("/dev") {
		d, err := Open(p)
		if err != nil {
			continue
		}
		out = append(out, Found{p, d.Capability()})
		d.Close()
	}
	return out
}

// ErrNotFound means that no device fits.
var ErrNotFound = errors.New("no such capture device")

// Find returns the first capture device whose card, driver or bus is name; any
// one for an empty name. The error lists what there is.
func Find(name string) (Found, error) { return find(List(), name) }

func find(all []Found, name string) (Found, error) {
	var have []string
	for _, f := range all {
		if name == "" || name == f.Card || name == f.Driver || name == f.Bus {
			return f, nil
		}
		have = append(have, fmt.Sprintf("%s (%s)", f.Path, f.Card))
	}
	if len(have) == 0 {
		have = []string{"none"}
	}
	if name == "" {
		name = "any"
	}
	return Found{}, fmt.Errorf("%w: %s; there are: %s", ErrNotFound, name, strings.Join(have, ", "))
}
