package witness

import (
	"runtime"
	"time"
)

// Stalls counts, until the function it gives is called, how often a thread that
// only wants to sleep for 2 ms gets no processor for half a frame of 60 Hz: with
// stalls, what a machine shows says little about the program that runs on it.
// An emulated machine stalls when its host has other work.
func Stalls() (stop func() int) {
	done, result := make(chan struct{}), make(chan int)
	go func() {
		runtime.LockOSThread()
		const nap, late = 2 * time.Millisecond, time.Second / 120
		stalls := 0
		for {
			begin := time.Now()
			select {
			case <-done:
				result <- stalls
				return
			case <-time.After(nap):
			}
			if time.Since(begin) > nap+late {
				stalls++
			}
		}
	}()
	return func() int { close(done); return <-result }
}
