package hdrmetaattach

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
	"github.com/gst-shmmeta/gst-shmmeta/test/samples"
)

func TestRealHDR10PlusFile(t *testing.T) {
	for _, name := range []string{"metadata-dhdr10-opt.json", "single-frame-metadata.json"} {
		t.Run(name, func(t *testing.T) {
			path, data := samples.Path(t, "hdr10plus/"+name), samples.Read(t, "hdr10plus/"+name)
			var want struct {
				SceneInfo []struct {
					LuminanceParameters struct {
						AverageRGB             uint32
						LuminanceDistributions struct{ DistributionValues []uint32 }
						MaxScl                 [3]uint32
					}
				}
			}
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			n := len(want.SceneInfo)
			frames := run(t, fmt.Sprintf(video+"hdrmetaattach hdr10plus-location=%s ! metarecorder name=out ! fakesink", n, path))
			if n == 0 || len(frames) != n {
				t.Fatalf("%d frames, want %d", len(frames), n)
			}
			for i, f := range frames {
				var m hdr10plus.Metadata
				if f.Block == nil {
					t.Fatalf("frame %d has no block", i)
				}
				if _, err := m.Decode(f.Block.HDR10Plus); err != nil {
					t.Fatalf("frame %d: %v", i, err)
				}
				got, want := &m.Windows[0], &want.SceneInfo[i].LuminanceParameters
				if got.MaxSCL != want.MaxScl || got.AverageMaxRGB != want.AverageRGB {
					t.Errorf("frame %d has maxscl %d, average %d; want %d, %d", i, got.MaxSCL, got.AverageMaxRGB, want.MaxScl, want.AverageRGB)
				}
				for k, v := range want.LuminanceDistributions.DistributionValues {
					if got.Percentiles[k].Value != v {
						t.Errorf("frame %d has %d as percentile %d, want %d", i, got.Percentiles[k].Value, k, v)
					}
				}
			}
		})
	}
}

func TestRealRPUFile(t *testing.T) {
	for _, name := range []string{"fel_rpu.bin", "mel_rpu.bin", "profile5.bin", "profile8.bin"} {
		t.Run(name, func(t *testing.T) {
			path, data := samples.Path(t, "dovi/"+name), samples.Read(t, "dovi/"+name)
			want := bytes.Split(data, []byte{0, 0, 0, 1})[1:]
			frames := run(t, fmt.Sprintf(video+"hdrmetaattach rpu-location=%s ! metarecorder name=out ! fakesink", len(want), path))
			if len(want) == 0 || len(frames) != len(want) {
				t.Fatalf("%d frames, want %d", len(frames), len(want))
			}
			for i, f := range frames {
				rpu := bytes.ReplaceAll(bytes.TrimPrefix(want[i], []byte{0x7c, 1}), []byte{0, 0, 3}, []byte{0, 0})
				if f.Block == nil || !bytes.Equal(f.Block.DolbyVision, rpu) {
					t.Errorf("frame %d has %+v, want RPU\n%x", i, f.Block, rpu)
				}
			}
		})
	}
}
