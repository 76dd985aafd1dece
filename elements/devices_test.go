package elements_test

import (
	"slices"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"
)

// An application that takes the first device keeps the one it had before these
// elements were installed.
func TestDevicesComeAfterThoseOfV4l2src(t *testing.T) {
	ours, theirs := gst.DeviceProviderFactoryFind("v4l2metadeviceprovider"), gst.DeviceProviderFactoryFind("v4l2deviceprovider")
	if ours == nil || theirs == nil {
		t.Fatalf("found are %v and %v", ours, theirs)
	}
	if a, b := ours.GetRank(), theirs.GetRank(); a == 0 || a >= b {
		t.Errorf("ranks are %d and %d; want ours less, and not 0, which would hide it", a, b)
	}

	needs(t, "VIVID_SP", "VIVID_MP")
	m := gst.NewDeviceMonitor()
	m.AddFilter("Video/Source", nil)
	var order []string
	for _, d := range m.GetDevices() {
		order = append(order, d.CreateElement("").GetFactory().GetName())
	}
	// vicodec's nodes are for neither.
	want := []string{"v4l2src", "v4l2src", "v4l2metasrc", "v4l2metasrc"}
	if !slices.Equal(order, want) {
		t.Errorf("the devices are for %v, want %v", order, want)
	}
}
