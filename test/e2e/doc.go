// Package e2e holds the tests of the whole way: gst-launch-1.0 with the built
// plugin on real kernel drivers, judged by tools that are not ours. They run in
// the virtual machine: test/vm/gotest ./test/e2e.
//
// The witnesses: the kernel's own trace of delivered flips counts frames, its CRC
// of every composed frame compares pictures, drm_info and modetest read the
// connector, v4l2-ctl captures reference frames and kmssink shows them.
package e2e
