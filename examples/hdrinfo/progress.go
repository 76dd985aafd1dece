package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

const (
	progressAfter = time.Second
	progressEvery = 200 * time.Millisecond
)

// progress is a line on a terminal for a file that takes longer. A nil progress
// shows nothing.
type progress struct {
	w     io.Writer
	start time.Time
	next  time.Time
	bytes int64 // of video so far
	shown bool
}

// progressOn shows progress if w is a terminal.
func progressOn(w io.Writer) *progress {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	now := time.Now()
	return &progress{w: w, start: now, next: now.Add(progressAfter)}
}

// update counts a buffer and writes the line from time to time.
func (p *progress) update(r *reader, size int64) {
	if p == nil {
		return
	}
	p.bytes += size
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	p.next, p.shown = now.Add(progressEvery), true
	// By time where the file says how long it is, else by what has passed: the
	// source's own position runs ahead, and stands still when a demuxer seeks.
	done := float64(p.bytes) / float64(r.stream.size)
	if read := r.length(); read > 0 && r.total > 0 {
		done = float64(read) / float64(r.total)
	}
	done = min(done, 1)
	fmt.Fprint(p.w, "\r", progressLine(done, float64(r.stream.size), now.Sub(p.start)), "\x1b[K")
}

func progressLine(done, size float64, elapsed time.Duration) string {
	line := fmt.Sprintf("%3.0f %%  %s/s", done*100, bytesText(int64(size*done/elapsed.Seconds())))
	if done > 0.02 {
		left := elapsed.Seconds() * (1 - done) / done
		line += fmt.Sprintf("  %d:%02d left", int(left)/60, int(left)%60)
	}
	return line
}

// end takes the line away.
func (p *progress) end() {
	if p != nil && p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
