package v4l2metadec

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
)

// errRefused means that downstream does not take the pictures, or is flushing.
var errRefused = errors.New("downstream does not take the pictures")

// flow turns an error of the stream into what its thread returns; it is posted.
func (d *decoder) flow(err error) gstx.Flow {
	switch {
	case err == nil:
		return gstx.FlowOK
	case err == v4l2.ErrAgain:
		return gstx.FlowAgain
	case err == errRefused:
		return gstx.FlowNotNegotiated
	}
	d.element.Fail(gstx.ResourceRead, d.explain(err))
	return gstx.FlowError
}

// Feed queues a compressed frame.
func (d *decoder) Feed(frame []byte, number uint32) gstx.Flow {
	if d.caps == nil {
		return gstx.FlowNotNegotiated
	}
	if d.nIdle == 0 {
		return gstx.FlowAgain
	}
	if err := d.dev.Feed(d.idle[d.nIdle-1], frame, uint64(number)); err != nil {
		return d.flow(err)
	}
	d.nIdle--
	d.fed++
	d.waitFor(-1)
	return gstx.FlowOK
}

// grace is how long a stream that has ended may take until the driver knows its
// format: it says nothing of a stream that it cannot read.
const grace = time.Second

// StopDecoding begins the drain sequence.
func (d *decoder) StopDecoding() gstx.Flow {
	if d.caps == nil || d.fed == 0 && !d.stopping {
		return gstx.FlowEOS
	}
	if !d.stopping {
		d.stopping, d.stopped = true, time.Now()
		if d.out != nil { // else when there are buffers for the last picture
			return d.flow(d.dev.Stop())
		}
	}
	return gstx.FlowOK
}

// Picture gives the next picture, and follows the driver's announcements.
func (d *decoder) Picture(p *gstx.Picture) gstx.Flow {
	if d.caps == nil {
		return gstx.FlowAgain
	}
	for {
		if d.last {
			end, err := d.turn()
			if err != nil {
				return d.flow(err)
			}
			if end {
				return gstx.FlowEOS
			}
		}
		switch ok, err := d.step(p); {
		case err == v4l2.ErrAgain:
			if d.stopping && d.out == nil && (d.dev.In.Queued() == 0 || time.Since(d.stopped) > grace) {
				d.stopping, d.fed = false, 0
				return gstx.FlowEOS
			}
			d.waitFor(-1)
			return gstx.FlowAgain
		case err != nil:
			return d.flow(err)
		case ok:
			return gstx.FlowOK
		}
	}
}

// step does what can be done now; ok when that is a picture, v4l2.ErrAgain when
// there is nothing.
func (d *decoder) step(p *gstx.Picture) (ok bool, err error) {
	if err := d.out.giveBack(d.dev); err != nil {
		return false, err
	}
	picture, fed, event, err := d.dev.Look()
	if err != nil {
		return false, err
	}
	nothing := true
	if event {
		n, err := d.heed()
		if err != nil {
			return false, err
		}
		nothing = n == 0
		if d.changed && d.out == nil {
			d.last = true // there is no picture before the first format
			return false, nil
		}
	}
	if fed {
		switch err := d.dev.Fed(&d.frame); {
		case err == nil:
			d.idle[d.nIdle] = d.frame.Index
			d.nIdle++
			nothing = false
		case err != v4l2.ErrAgain:
			return false, err
		}
	}
	if picture && d.out != nil && !d.last {
		switch err := d.dev.Out.Dequeue(&d.frame); {
		case err == nil:
			d.resumed = false
			return d.take(p)
		case errors.Is(err, v4l2.ErrEnd) && d.resumed:
			// vicodec takes the command and stays at the end.
			d.resumed = false
			return false, d.out.restart(d.dev)
		case errors.Is(err, v4l2.ErrEnd):
			d.last = true
			return false, nil
		case err != v4l2.ErrAgain:
			return false, err
		}
	}
	if nothing {
		return false, v4l2.ErrAgain
	}
	return false, nil
}

// heed takes the events that wait.
func (d *decoder) heed() (n int, err error) {
	for ; ; n++ {
		switch err := d.dev.Out.DequeueEvent(&d.event); {
		case err == v4l2.ErrAgain:
			return n, nil
		case err != nil:
			return n, err
		}
		switch d.event.Kind {
		case v4l2.EventSourceChange:
			if d.event.Changes&sys.V4L2_EVENT_SRC_CH_RESOLUTION != 0 {
				d.changed = true
			}
		case v4l2.EventControl:
			if d.out != nil {
				if err := d.describe(d.out); err != nil {
					return n, err
				}
			}
		}
	}
}

// turn goes on after a last picture: with the new format, or with nothing more to
// come when the driver was to stop.
func (d *decoder) turn() (end bool, err error) {
	if _, err := d.heed(); err != nil { // the change may have been told just now
		return false, err
	}
	if d.changed {
		if err := d.renew(); err != nil {
			return false, err
		}
		d.changed, d.last = false, false
		if d.stopping {
			// Stopping the queue of pictures has ended the drain sequence.
			if err := d.dev.Stop(); err != nil && !errors.Is(err, v4l2.ErrBusy) {
				return false, err
			}
		}
		return false, nil
	}
	d.last, d.resumed = false, true
	if err := d.dev.Start(); err != nil {
		d.element.Debugf("%v", err)
		d.resumed = false
		if err := d.out.restart(d.dev); err != nil {
			return false, err
		}
	}
	end = d.stopping
	if end {
		d.stopping, d.fed = false, 0
	}
	return end, nil
}

// waitFor names what the streaming threads shall wait for: unlock, the device, and
// buffers that come back if the driver has few.
func (d *decoder) waitFor(ms int) {
	dev, returned := -1, -1
	if d.dev.In.Queued() > 0 || d.dev.Out.Queued() > 0 { // else poll says POLLERR
		dev = d.dev.FD()
	}
	if d.out != nil && d.out.pool != nil && d.dev.Out.Queued() <= len(d.out.fds)/2 {
		returned = d.out.pool.WakeFD()
	}
	if d.stopping && d.out == nil {
		ms = int(grace/time.Millisecond) + 1
	}
	d.element.WaitFor(ms, gstx.WaitFD{FD: d.wake.FD(), Events: unix.POLLIN},
		gstx.WaitFD{FD: dev, Events: unix.POLLIN | unix.POLLPRI},
		gstx.WaitFD{FD: returned, Events: unix.POLLIN})
}
