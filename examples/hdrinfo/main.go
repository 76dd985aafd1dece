// Command hdrinfo tells what HDR a video file carries: the colour, the static
// metadata of HDR10, and how HDR10+ and Dolby Vision go along with the pictures,
// scene by scene. Nothing is decoded, so it reads as fast as the disk gives.
//
//	hdrinfo film.mkv
//	hdrinfo --plot film.svg --scenes all film.mkv
//	hdrinfo --json film.mkv | jq '.hdr10plus.scenes'
//
// It reads whatever GStreamer has a demuxer for (Matroska, MP4, MPEG-TS, IVF…)
// and bare HEVC, AVC and AV1 streams. From other codecs it tells what their
// container says of them. Ctrl-C ends reading; what was read until then is told.
//
// The exit status is 0 when the file was read to its end, 1 when it was not or
// something else failed, 2 when the command line was wrong.
//
// # JSON
//
// --json prints one object. A key is left out where the file does not say.
// Luminance is in cd/m², time in seconds from the first picture, chromaticity in
// CIE 1931 x, y.
//
//	file, container (not of bare streams), size (bytes), duration
//	stopped            why reading ended early
//	formats            any of "SDR", "HLG", "PQ", "HDR10", "HDR10+", "Dolby Vision"
//	video              codec, profile, width, height, frame_rate ("24000/1001"), bit_depth,
//	                   frames, order ("presentation", or "decoding" if there are no
//	                   time stamps), streams (video streams in the file)
//	colour             primaries, transfer, matrix: {code (H.273), name}; range
//	mastering_display  primaries (name), red, green, blue, white, max_luminance, min_luminance
//	content_light      max_cll, max_fall
//	ambient_viewing    illuminance (lx), light
//	hdr10plus          profiles, versions, frames, frames_without, max, invalid_frames,
//	                   first_problem, scenes (number)
//	dolby_vision       profiles, levels, frames, frames_without, invalid_frames, first_problem
//	t35                [country, provider, name, frames]
//	scenes             [frame, time, frames, max, average, percentile_99,
//	                   target, knee [x, y in 0..1]]
//	broken_messages    metadata in the bitstream that could not be read (checksum of
//	                   an RPU, a length that is wrong…), left out above
//	warnings           what GStreamer said on the way
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

const usage = `Usage: hdrinfo [options] FILE

Tells what HDR metadata a video file carries.

  --json         print JSON
  --plot FILE    draw luminance over time to FILE, .png or .svg
  --scenes N     print at most N lines of the scene table, or all (default 20)

Exit status: 0 the file was read to its end, 1 it was not, 2 wrong usage.
`

var errUsage = errors.New("wrong usage")

type options struct {
	file   string
	json   bool
	plot   string
	scenes int // lines of the table, -1: all
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program; it gives the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "hdrinfo: %v\nTry hdrinfo --help.\n", err)
		return 2
	}
	if err := inform(ctx, o, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "hdrinfo:", err)
		return 1
	}
	return 0
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("hdrinfo", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.BoolVar(&o.json, "json", false, "")
	f.StringVar(&o.plot, "plot", "", "")
	scenes := f.String("scenes", "20", "")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return options{}, err
		}
		return options{}, fmt.Errorf("%w: %w", errUsage, err)
	}
	if *scenes == "all" {
		o.scenes = -1
	} else if o.scenes, err = strconv.Atoi(*scenes); err != nil || o.scenes < 0 {
		return options{}, fmt.Errorf("%w: --scenes %q is neither a number nor all", errUsage, *scenes)
	}
	if o.plot != "" {
		if _, err := plotFormat(o.plot); err != nil {
			return options{}, err
		}
	}
	if f.NArg() != 1 {
		return options{}, fmt.Errorf("%w: %d files given, want one", errUsage, f.NArg())
	}
	o.file = f.Arg(0)
	return o, nil
}

// inform reads the file and tells about it. A file that breaks off is told about
// as far as it went.
func inform(ctx context.Context, o options, stdout, stderr io.Writer) error {
	stream, readErr := read(ctx, o.file, progressOn(stderr))
	if stream == nil {
		return fmt.Errorf("%s: %w", o.file, readErr)
	}
	r := newReport(o.file, stream, readErr)
	var err error
	if o.json {
		err = r.writeJSON(stdout)
	} else {
		err = r.writeText(stdout, o.scenes)
	}
	if err == nil && o.plot != "" {
		err = savePlot(o.plot, r)
	}
	if readErr != nil {
		readErr = fmt.Errorf("%s: %w", o.file, readErr)
	}
	return errors.Join(readErr, err)
}
