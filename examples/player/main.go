// Command player plays video with its HDR metadata on a KMS display: a file or
// URI, a V4L2 device, or a moving test picture. It needs no plugin file: the
// elements are part of the program.
//
//	player film.mkv
//	player --device /dev/video0
//	player --test
//
// Space pauses and goes on, q quits, and so do Ctrl-C and SIGTERM.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements"
)

const usage = `Usage: player [options] FILE | URI
       player [options] --device /dev/videoN
       player [options] --test

Plays video with its HDR metadata on a KMS display.
Keys: space pauses and goes on, q quits.

`

func main() {
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	var o options
	flag.StringVar(&o.device, "device", "", "capture from this V4L2 `device`")
	flag.BoolVar(&o.test, "test", false, "show the moving HDR test picture")
	flag.StringVar(&o.sink, "sink", "kmsmetasink", "show with this `element`, properties included, e.g. \"kmsmetasink driver-name=vkms\"")
	flag.Parse()
	o.media = flag.Args()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	err := play(ctx, o)
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprintf(os.Stderr, "player: %v\n\n", err)
		flag.Usage()
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "player:", err)
		os.Exit(1)
	}
}

// play runs one pipeline from start to its end, an error, a key or a signal.
func play(ctx context.Context, o options) error {
	description, err := o.pipeline()
	if err != nil {
		return err
	}
	gst.Init()
	if err := elements.Register(nil); err != nil {
		return err
	}
	e, err := gst.ParseLaunch(description)
	if err != nil {
		return err
	}
	pipeline, ok := e.(gst.Pipeline)
	if !ok {
		return fmt.Errorf("%s is not a pipeline", description)
	}
	// Whatever happens, the display is given back.
	defer pipeline.BlockSetState(gst.StateNull, gst.ClockTime(stopTimeout))

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	keys := readKeys(ctx)
	defer keys.restore()
	return watch(ctx, pipeline, keys.pressed)
}
