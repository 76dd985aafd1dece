package v4l2element

import (
	"strings"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

const anySize = ", width = (int) [ 1, 65536 ], height = (int) [ 1, 65536 ], framerate = (fraction) [ 0, 2147483647 ]"

// PictureCaps are all formats of the pixel table.
func PictureCaps() string {
	var names []string
	seen := map[string]bool{}
	for _, p := range v4l2.Pixels() {
		if p.Linear() && p.Name != "" && !seen[p.Name] {
			seen[p.Name] = true
			names = append(names, p.Name)
		}
	}
	return "video/x-raw(memory:DMABuf), format = (string) DMA_DRM" + anySize +
		"; video/x-raw, format = (string) { " + strings.Join(names, ", ") + " }" + anySize
}
