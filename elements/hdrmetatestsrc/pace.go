package hdrmetatestsrc

import (
	"math/bits"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

// timeline gives the frames of a constant rate their times. A change of rate
// goes on where the last rate was.
type timeline struct {
	num, den uint64 // frames per second
	base     uint64 // ns, when frame 0 of this rate is due
	n        uint64 // frames of this rate so far
}

// setRate changes the rate; 0/1 is a still picture.
func (t *timeline) setRate(num, den int32) {
	t.base, t.n = t.at(t.n), 0
	t.num, t.den = uint64(num), uint64(den)
}

// at is when frame n is due. Times are computed from the start and do not add
// up rounding errors.
func (t *timeline) at(n uint64) uint64 {
	if t.num == 0 {
		return t.base
	}
	hi, lo := bits.Mul64(n, t.den*uint64(time.Second))
	if hi >= t.num { // beyond 584 years
		return gstx.None
	}
	q, _ := bits.Div64(hi, lo, t.num)
	return t.base + q
}

// next gives the time and duration of the next frame.
func (t *timeline) next() (pts, duration uint64) {
	pts = t.at(t.n)
	t.n++
	if t.num == 0 {
		return pts, gstx.None
	}
	return pts, t.at(t.n) - pts
}

// pacer waits for points of running time, with a timer that unlock can cut
// short.
type pacer struct{ timer *sys.FD }

func newPacer() (*pacer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	return &pacer{sys.NewFD(fd)}, nil
}

// until waits until the running time is t. The pipeline's clock need not be the
// timer's: it is asked again after each wait. It returns sys.ErrWoken when w
// ends the wait.
func (p *pacer) until(w *sys.Wake, now func() uint64, t uint64) error {
	for {
		n := now()
		if n == gstx.None || n >= t {
			return nil
		}
		spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(min(t-n, uint64(time.Hour))))}
		if err := unix.TimerfdSettime(p.timer.Int(), 0, &spec, nil); err != nil {
			return err
		}
		if _, err := w.Wait(p.timer.Int(), unix.POLLIN, -1); err != nil {
			return err
		}
	}
}

func (p *pacer) close() error {
	if p == nil {
		return nil
	}
	return p.timer.Close()
}
