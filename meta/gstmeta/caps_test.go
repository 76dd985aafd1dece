package gstmeta

import (
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta/internal/gsttest"
)

// GStreamer's own reader of the two caps fields reads what ours writes, and
// the same from what both accept.
func TestCapsFieldsAreGStreamers(t *testing.T) {
	for _, s := range []string{
		"35400:14600:8500:39850:6550:2300:15635:16450:10000000:1",
		"13250:34500:7500:3000:34000:16000:15635:16450:10000000:50",
		"1:2:3:4:5:6:7:8:100:10",
		// GStreamer 1.26 writes luminances from 2^31 on, 214748 cd/m², as negative.
		"65535:65535:65535:65535:65535:65535:65535:65535:2147483647:2147483646",
	} {
		m, err := meta.ParseMasteringDisplay(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := gsttest.MasteringDisplay(m.String()); got != s || m.String() != s {
			t.Errorf("%s: GStreamer says %q, we %q", s, got, &m)
		}
	}
	for _, s := range []string{"1000:400", "1:1", "65535:65535"} {
		l, err := meta.ParseContentLight(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := gsttest.ContentLight(l.String()); got != s {
			t.Errorf("%s: GStreamer says %q", s, got)
		}
	}
}
