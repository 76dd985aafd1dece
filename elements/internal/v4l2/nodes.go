package v4l2

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// number is N of videoN, the name that the kernel gives to video nodes.
func number(name string) (n int, ok bool) {
	digits, ok := strings.CutPrefix(name, "video")
	if !ok || digits == "" || strings.TrimLeft(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

// Nodes lists the paths of the video nodes in a folder, by number. Whether they
// are capture devices is for Open to tell. No folder has no nodes.
func Nodes(dir string) []string {
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if _, ok := number(e.Name()); ok {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		m, _ := number(a)
		n, _ := number(b)
		return cmp.Or(cmp.Compare(m, n), cmp.Compare(a, b))
	})
	for i, n := range names {
		names[i] = filepath.Join(dir, n)
	}
	return names
}
