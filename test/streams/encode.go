package streams

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// What Recipe.Static puts into a stream: a BT.2020 display of 0.0001..1000 cd/m².
var (
	Mastering = meta.MasteringDisplay{
		Red: meta.Chromaticity{X: 35400, Y: 14600}, Green: meta.Chromaticity{X: 8500, Y: 39850},
		Blue: meta.Chromaticity{X: 6550, Y: 2300}, White: meta.Chromaticity{X: 15635, Y: 16450},
		MaxLuminance: 1000_0000, MinLuminance: 1,
	}
	Light = meta.ContentLight{MaxCLL: 1000, MaxFALL: 400}
)

// The options of x265 and x264 take the units of the SEI message.
const (
	masteringOption = "G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(10000000,1)"
	lightOption     = "1000,400"
	// SVT-AV1 takes physical units.
	masteringPhysical = "G(0.17,0.797)B(0.131,0.046)R(0.708,0.292)WP(0.3127,0.329)L(1000,0.0001)"
)

// encode makes the stream: pictures of ffmpeg's test source, which has a
// running counter and moving parts, so that no two are the same.
func (r Recipe) encode(t testing.TB) []byte {
	t.Helper()
	dir := t.TempDir()
	out := filepath.Join(dir, "stream."+r.Codec.ext())
	switch r.Codec {
	case HEVC:
		r.x265(t, dir, out)
	case AVC:
		r.x264(t, out)
	case AV1:
		r.svt(t, out)
	default:
		t.Fatalf("no encoder for codec %q", r.Codec)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) == 0 {
		t.Fatalf("the %s encoder wrote nothing", r.Codec)
	}
	return data
}

func (r Recipe) source() []string {
	size := fmt.Sprintf("%dx%d", Width, Height)
	if r.HD {
		size = "1920x1080"
	}
	return []string{
		"-v", "error", "-f", "lavfi", "-i", "testsrc2=rate=24:size=" + size,
		"-frames:v", fmt.Sprint(r.Frames), "-vf", "format=yuv420p10le,setparams=range=tv:" + r.colour(),
	}
}

// colour are the options of ffmpeg's filter for it, which the encoders follow.
func (r Recipe) colour() string {
	if r.SDR {
		return "color_primaries=bt709:color_trc=bt709:colorspace=bt709"
	}
	return "color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
}

func (r Recipe) x265(t testing.TB, dir, out string) {
	t.Helper()
	Need(t, "x265") // before the pictures are made
	pictures := filepath.Join(dir, "pictures.y4m")
	run(t, "ffmpeg", append(r.source(), "-strict", "-1", "-f", "yuv4mpegpipe", pictures)...)
	rate := "2000" // kbit/s
	if r.HD {
		rate = "20000"
	}
	args := []string{
		"--y4m", pictures, "--output-depth", "10", "--preset", "ultrafast", "--log-level", "warning", "--no-progress",
		"--keyint", fmt.Sprint(KeyInterval), "--min-keyint", fmt.Sprint(KeyInterval), "--no-scenecut",
		"--bframes", "4", "--b-adapt", "0", "--b-pyramid", "--repeat-headers", "--aud",
		"--hrd", "--vbv-bufsize", rate, "--vbv-maxrate", rate, "--range", "limited",
	}
	if r.SDR {
		args = append(args, "--colorprim", "bt709", "--transfer", "bt709", "--colormatrix", "bt709")
	} else {
		args = append(args, "--colorprim", "bt2020", "--transfer", "smpte2084", "--colormatrix", "bt2020nc", "--chromaloc", "2")
	}
	if r.Static {
		args = append(args, "--hdr10", "--master-display", masteringOption, "--max-cll", lightOption)
	}
	if r.DolbyVision {
		rpus := filepath.Join(dir, "rpu.bin")
		if err := os.WriteFile(rpus, RPUFile(r.Frames), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--dolby-vision-profile", "8.1", "--dolby-vision-rpu", rpus)
	}
	run(t, "x265", append(args, "--output", out)...)
}

func (r Recipe) x264(t testing.TB, out string) {
	t.Helper()
	params := "b-adapt=0:b-pyramid=normal:aud=1:scenecut=0:nal-hrd=vbr:vbv-bufsize=2000:vbv-maxrate=2000"
	if r.Static {
		params += ":mastering-display=" + masteringOption + ":cll=" + lightOption
	}
	run(t, "ffmpeg", append(r.source(), "-c:v", "libx264", "-preset", "ultrafast", "-bf", "3", "-g", fmt.Sprint(KeyInterval),
		"-x264-params", params, "-f", "h264", out)...)
}

func (r Recipe) svt(t testing.TB, out string) {
	t.Helper()
	params := "lp=2"
	if r.Static {
		params += ":enable-hdr=1:mastering-display=" + masteringPhysical + ":content-light=" + lightOption
	}
	run(t, "ffmpeg", append(r.source(), "-c:v", "libsvtav1", "-preset", "11", "-g", fmt.Sprint(KeyInterval),
		"-svtav1-params", params, "-f", "ivf", out)...)
}
