package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/test/witness"
)

// report is out/run/report.json.
type report struct {
	FramesShown   int     `json:"frames_shown"`   // flip events, as the kernel's trace has them
	FramesDropped int     `json:"frames_dropped"` // captured and not shown
	FPS           float64 `json:"fps"`            // between the first flip and the last
	ZeroCopy      bool    `json:"zero_copy"`      // every framebuffer is an imported DMA-buf
	BlocksMade    int     `json:"blocks_made"`    // sealed blocks with new content
	BlocksReused  int     `json:"blocks_reused"`  // buffers that carried the block of the one before
	HDRMetadata   string  `json:"hdr_output_metadata"`
	Colorspace    string  `json:"colorspace"`
	Kernel        string  `json:"kernel"`
	GStreamer     string  `json:"gstreamer"`
	Version       string  `json:"version"`
}

func newReport(p *played) (*report, error) {
	r := &report{
		FramesShown: len(p.flips),
		ZeroCopy:    p.imported > 0 && p.own == 0,
		HDRMetadata: p.metadata,
		Colorspace:  p.connector.Enum("Colorspace"),
	}
	if n := len(p.flips); n > 1 {
		seconds := (p.flips[n-1].Time - p.flips[0].Time).Seconds()
		r.FPS = math.Round(float64(n-1)/seconds*100) / 100
	}
	captured, err := r.countBlocks(p.dump)
	if err != nil {
		return nil, err
	}
	r.FramesDropped = max(0, captured-r.FramesShown)
	return r, r.versions()
}

// countBlocks reads the lines of hdrmetadump.
func (r *report) countBlocks(dump []byte) (lines int, err error) {
	scan := bufio.NewScanner(bytes.NewReader(dump))
	for scan.Scan() {
		var line struct {
			ContentID string `json:"content_id"`
			Unchanged bool   `json:"unchanged"`
			Error     string `json:"error"`
		}
		if err := json.Unmarshal(scan.Bytes(), &line); err != nil {
			return 0, fmt.Errorf("hdrmetadump: %w", err)
		}
		lines++
		switch {
		case line.Error != "":
			return 0, fmt.Errorf("hdrmetadump: %s", line.Error)
		case line.Unchanged:
			r.BlocksReused++
		case line.ContentID != "":
			r.BlocksMade++
		}
	}
	return lines, scan.Err()
}

var pluginVersion = regexp.MustCompile(`(?m)^\s*Version\s+(\S+)`)

func (r *report) versions() error {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return err
	}
	r.Kernel = unix.ByteSliceToString(u.Release[:])
	text, err := witness.Tool("gst-launch-1.0", "--version")
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(text, "\n") // "gst-launch-1.0 version 1.26.2"
	r.GStreamer = first[strings.LastIndex(first, " ")+1:]
	if text, err = witness.Tool("gst-inspect-1.0", "shmmeta"); err != nil {
		return err
	}
	if m := pluginVersion.FindStringSubmatch(text); m != nil {
		r.Version = m[1]
	}
	return nil
}

func (r *report) write(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

// check says what did not hold.
func (r *report) check(p *played) error {
	var wrong []string
	if r.FramesShown != frames || r.FramesDropped != 0 {
		wrong = append(wrong, fmt.Sprintf("%d of %d frames were shown", r.FramesShown, frames))
	}
	if !r.ZeroCopy {
		wrong = append(wrong, "frames were copied")
	}
	if len(r.HDRMetadata) != 64 {
		wrong = append(wrong, fmt.Sprintf("HDR_OUTPUT_METADATA is %q", r.HDRMetadata))
	}
	if r.BlocksMade == 0 {
		wrong = append(wrong, "no buffer carried a sealed block")
	}
	if wrong != nil {
		return fmt.Errorf("%s", strings.Join(wrong, "; "))
	}
	return nil
}

// print is the summary for a person.
func (r *report) print(p *played) {
	busy := ""
	if !p.good() {
		busy = fmt.Sprintf(" (%d vertical blanks had no new frame; the machine stalled %d times)", p.missed(), p.stalls)
	}
	fmt.Printf(`
shown     %d of %d frames, %d dropped, %.2f per second%s
memory    %s
metadata  %d block made and sealed, %d buffers reused it
`, r.FramesShown, frames, r.FramesDropped, r.FPS, busy, r.memory(p), r.BlocksMade, r.BlocksReused)
	fmt.Printf(`connector while it played, as drm_info sees it:
          Colorspace %s
          HDR_OUTPUT_METADATA %s
          as modetest sees it:
          HDR_OUTPUT_METADATA %s
on        Linux %s, GStreamer %s, gst-shmmeta %s
files     %s/report.json  %[7]s/frame.png  %[7]s/metadata.jsonl

`, r.Colorspace, describeHDR(p.connector), r.HDRMetadata, r.Kernel, r.GStreamer, r.Version, outDir)
}

func (r *report) memory(p *played) string {
	if r.ZeroCopy {
		return fmt.Sprintf("no copy: %d framebuffers, all of them the capture device's DMA-bufs", p.imported)
	}
	return fmt.Sprintf("copied: %d framebuffers are DMA-bufs, %d are not", p.imported, p.own)
}

// describeHDR puts drm_info's decoded blob in a line.
func describeHDR(connector *witness.Object) string {
	type point struct{ X, Y float64 }
	var blob struct {
		EOTF      int
		Primaries struct{ R, G, B point } `json:"display_primaries"`
		White     point                   `json:"white_point"`
		Max       float64                 `json:"max_display_mastering_luminance"`
		Min       float64                 `json:"min_display_mastering_luminance"`
		MaxCLL    int                     `json:"max_cll"`
		MaxFALL   int                     `json:"max_fall"`
	}
	data := connector.Properties["HDR_OUTPUT_METADATA"].Data
	if err := json.Unmarshal(data, &blob); err != nil || string(data) == "null" {
		return "none"
	}
	eotf := [...]string{"SDR", "traditional HDR", "PQ", "HLG"}[blob.EOTF&3]
	c := blob.Primaries
	return fmt.Sprintf("%s, red %.4g %.4g, green %.4g %.4g, blue %.4g %.4g, white %.4g %.4g, %.4g to %.4g cd/m², MaxCLL %d, MaxFALL %d",
		eotf, c.R.X, c.R.Y, c.G.X, c.G.Y, c.B.X, c.B.Y, blob.White.X, blob.White.Y, blob.Min, blob.Max, blob.MaxCLL, blob.MaxFALL)
}
