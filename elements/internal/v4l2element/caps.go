package v4l2element

import (
	"strings"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

const anySize = ", width = (int) [ 1, 65536 ], height = (int) [ 1, 65536 ], framerate = (fraction) [ 0, 2147483647 ]"

// PictureCaps are all formats of the pixel table.
func PictureCaps() string { return pictures("(memory:DMABuf)", "", anySize) }

// FieldCaps are the same with a buffer for each field.
func FieldCaps() string {
	return pictures("(memory:DMABuf, format:Interlaced)", "(format:Interlaced)", anySize+", interlace-mode = (string) alternate")
}

func pictures(dmabuf, plain, rest string) string {
	var names []string
	seen := map[string]bool{}
	for _, p := range v4l2.Pixels() {
		if p.Linear() && p.Name != "" && !seen[p.Name] {
			seen[p.Name] = true
			names = append(names, p.Name)
		}
	}
	return "video/x-raw" + dmabuf + ", format = (string) DMA_DRM" + rest +
		"; video/x-raw" + plain + ", format = (string) { " + strings.Join(names, ", ") + " }" + rest
}
