package hdrmetaparse

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/recorder"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// decoders are the reference system's; dav1ddec, which Debian 13 has no package
// of, is one more where it is installed.
var decoders = map[streams.Codec][]string{
	streams.HEVC: {"avdec_h265"},
	streams.AVC:  {"avdec_h264"},
	streams.AV1:  {"av1dec", "dav1ddec"},
}

// ways lead from a file to access units, in every framing there is.
var ways = map[streams.Codec]map[string]string{
	streams.HEVC: {
		"raw": "h265parse ! video/x-h265,stream-format=byte-stream",
		"mp4": "qtdemux ! h265parse ! video/x-h265,stream-format=hvc1",
		"mkv": "matroskademux ! h265parse ! video/x-h265,stream-format=hev1",
	},
	streams.AVC: {
		"raw": "h264parse ! video/x-h264,stream-format=byte-stream",
		"mp4": "qtdemux ! h264parse ! video/x-h264,stream-format=avc",
		"mkv": "matroskademux ! h264parse ! video/x-h264,stream-format=avc",
	},
	streams.AV1: {
		"raw": "ivfparse ! av1parse",
		"mp4": "qtdemux ! av1parse",
		"mkv": "matroskademux",
	},
}

// play decodes a file and gives what the pictures carry, in presentation order.
func play(t *testing.T, path, way, decoder string) recorder.Record {
	t.Helper()
	p := pipe.Play(t, "filesrc location="+path+" ! "+way+" ! hdrmetaparse ! "+decoder+" ! metarecorder name=pictures ! fakesink")
	p.EOS(time.Minute)
	p.Stop()
	return recorder.Take("pictures")
}

// eachDecoder runs a test for every codec, framing and decoder.
func eachDecoder(t *testing.T, test func(t *testing.T, c streams.Codec, container, way, decoder string)) {
	for c, list := range decoders {
		for _, decoder := range list {
			for container, way := range ways[c] {
				t.Run(fmt.Sprintf("%s/%s/%s", c, container, decoder), func(t *testing.T) {
					if f := gst.ElementFactoryFind(decoder); f == nil {
						if decoder == "dav1ddec" {
							t.Skip("dav1ddec is not installed")
						}
						t.Fatalf("%s is not installed", decoder)
					}
					test(t, c, container, way, decoder)
				})
			}
		}
	}
}

// file writes a stream as a file of the container.
func file(t *testing.T, c streams.Codec, data []byte, container string) string {
	t.Helper()
	if container == "raw" {
		return streams.File(t, c, data)
	}
	return streams.Mux(t, c, data, container)
}

func TestEveryPictureHasItsOwnMetadataThroughDecoders(t *testing.T) {
	eachDecoder(t, func(t *testing.T, c streams.Codec, container, way, decoder string) {
		s := streams.Make(t, streams.Recipe{Codec: c, Static: true, DolbyVision: c == streams.HEVC})
		path := file(t, c, recorder.Insert(t, s, func(n int) *meta.Block {
			return &meta.Block{HDR10Plus: recorder.Payload(t, n)}
		}), container)
		got := play(t, path, way, decoder)
		got.Compare(t, c, path)
		for i, b := range got.Buffers {
			if b.Block == nil {
				t.Fatalf("picture %d has no block", i)
			}
			if want := recorder.Payload(t, i); !bytes.Equal(b.Block.HDR10Plus, want) {
				t.Errorf("picture %d: HDR10+ %x, encoded was %x", i, b.Block.HDR10Plus, want)
			}
			if want := streams.RPU(i); c == streams.HEVC && !bytes.Equal(b.Block.DolbyVision, want) {
				t.Errorf("picture %d: RPU %x, encoded was %x", i, b.Block.DolbyVision, want)
			}
			if col := b.Block.Color; col == nil || col.Primaries != meta.PrimariesBT2020 || col.Transfer != meta.TransferPQ ||
				col.Matrix != meta.MatrixBT2020 {
				t.Errorf("picture %d: colour %+v, want BT.2020 PQ", i, col)
			}
		}
	})
}
