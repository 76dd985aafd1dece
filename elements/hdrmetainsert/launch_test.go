package hdrmetainsert

import (
	"path/filepath"
	"reflect"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// The whole tool chain as it is typed: metadata is extracted into the files that
// HDR10+ and RPU tools exchange, and put from these into a new encode of pictures
// that have lost theirs.
func TestLaunchExtractAttachInsert(t *testing.T) {
	_, data := rich(t, streams.HEVC)
	in := streams.File(t, streams.HEVC, data)
	dir := t.TempDir()
	json, rpu, out := filepath.Join(dir, "x.json"), filepath.Join(dir, "x.bin"), filepath.Join(dir, "out.hevc")
	pipe.LaunchLeakFree(t, "filesrc location="+in+" ! h265parse ! hdrmetaparse ! avdec_h265"+
		" ! hdrmetadump format=hdr10plus-json location="+json+" ! hdrmetadump format=rpu location="+rpu+" ! fakesink")
	pipe.LaunchLeakFree(t, "filesrc location="+in+" ! h265parse ! avdec_h265"+
		" ! capssetter replace=true join=false caps=video/x-raw,format=I420_10LE,width=320,height=180,framerate=24/1,colorimetry=bt2100-pq"+
		" ! hdrmetaattach hdr10plus-location="+json+" rpu-location="+rpu+
		" mastering-display-info="+streams.Mastering.String()+" content-light-level="+streams.Light.String()+
		" ! x265enc log-level=none speed-preset=ultrafast option-string=bframes=4:b-adapt=0:b-pyramid=1"+
		" ! h265parse ! video/x-h265,stream-format=byte-stream,alignment=au ! hdrmetainsert ! filesink location="+out)
	got, want := streams.Probe(t, out), streams.Probe(t, in)
	if len(got) != len(want) {
		t.Fatalf("%d pictures, want %d", len(got), len(want))
	}
	reordered := false
	for i, g := range got {
		w := want[i]
		reordered = reordered || g.Type == "B"
		if !reflect.DeepEqual(g.HDR10Plus, w.HDR10Plus) || !reflect.DeepEqual(g.DolbyVision, w.DolbyVision) ||
			!reflect.DeepEqual(g.MasteringDisplay, w.MasteringDisplay) || !reflect.DeepEqual(g.ContentLight, w.ContentLight) {
			t.Errorf("picture %d: ffprobe finds\n%+v, in the original\n%+v", i, g, w)
		}
	}
	if !reordered {
		t.Error("the new encode has no B pictures")
	}
}
