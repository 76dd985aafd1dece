package v4l2metasrc

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/v4l2element"
)

// Create waits for the next frame.
func (s *source) Create() (gstx.Buffer, gstx.Flow) {
	if s.stream == nil && s.again != nil { // the caps are what they were
		if err := s.SetCaps(s.again); err != nil {
			s.element.Fail(gstx.StreamFormat, err)
			return gstx.Buffer{}, gstx.FlowError
		}
	}
	if s.stream == nil {
		return gstx.Buffer{}, gstx.FlowNotNegotiated
	}
	b, err := s.next(s.stream)
	switch {
	case err == errChanged:
		s.leave()
		if err = s.ask(); err == nil {
			return gstx.Buffer{}, gstx.FlowRenegotiate
		}
	case errors.Is(err, v4l2.ErrStopped) && s.stops < maxStops:
		s.restart(err)
		return gstx.Buffer{}, gstx.FlowRenegotiate
	}
	switch {
	case err == nil:
		if s.delivered++; s.delivered%calm == 0 {
			s.stops = 0
		}
		return b, gstx.FlowOK
	case err == sys.ErrWoken:
		return gstx.Buffer{}, gstx.FlowFlushing
	case err == unix.ETIMEDOUT:
		return gstx.Buffer{}, gstx.FlowAgain
	case errors.Is(err, v4l2.ErrEnd):
		return gstx.Buffer{}, gstx.FlowEOS
	}
	s.element.Fail(gstx.ResourceRead, s.explain(err))
	return gstx.Buffer{}, gstx.FlowError
}

const (
	// maxStops is how often the driver may stop, and calm after how many frames that is
	// forgotten.
	maxStops = 3
	calm     = 100
)

// restart begins the stream anew, which is what drivers want after an error that they
// cannot continue from.
func (s *source) restart(err error) {
	s.stops++
	s.element.Warn(gstx.ResourceRead, &gstx.Error{
		Code: gstx.ResourceRead, Cause: err,
		Text: fmt.Sprintf("Device %s stopped with an error; the stream is started anew.", s.set.device),
	})
	s.leave()
}

// next gives the next frame that is whole, or unix.ETIMEDOUT when there is none
// yet. One wait, outside of Go, is for everything that can happen: a frame, an
// event, a buffer that came back, unlock.
func (s *source) next(st *stream) (gstx.Buffer, error) {
	if s.interrupted.Swap(false) {
		st.resumed, st.stale = monotonic(), s.dev.Buffers()
	}
	if !st.on {
		// Not before the first call, which comes in PLAYING: older frames
		// would fill the buffers.
		if err := s.begin(st); err != nil {
			return gstx.Buffer{}, err
		}
	}
	for {
		if err := s.giveBack(st); err != nil {
			return gstx.Buffer{}, err
		}
		ready, err := s.look(st)
		if err != nil {
			if err == sys.ErrWoken { // the flag was taken by a call that did not wait long
				s.interrupted.Store(true)
			}
			return gstx.Buffer{}, err
		}
		if ready.Event {
			if err := s.heed(st); err != nil {
				return gstx.Buffer{}, err
			}
		}
		if !ready.Frame {
			continue
		}
		switch err := s.dev.Dequeue(&st.frame); {
		case err == v4l2.ErrAgain:
			continue
		case err != nil:
			return gstx.Buffer{}, err
		}
		b, err := s.take(st)
		if err != nil || !b.IsNil() {
			return b, err
		}
		if st.frame.Last {
			return gstx.Buffer{}, v4l2.ErrEnd
		}
		if err := s.queue(st, st.frame.Index); err != nil {
			return gstx.Buffer{}, err
		}
	}
}

// look tells what there is to do, unix.ETIMEDOUT when there is nothing, and has
// the streaming thread wait, before the next call, for all that next looks at:
// a frame, an event, unlock, and a buffer that came back if the driver has few,
// for then it loses frames. With enough of them it gets those at the next frame:
// each that came back would end the wait.
func (s *source) look(st *stream) (v4l2.Ready, error) {
	frame := s.element.Waited(0) == 0 && v4l2.FrameOnly(s.element.Waited(1))
	returned := -1
	if st.pool != nil && s.dev.Queued() <= len(st.fds)/2 {
		returned = st.pool.WakeFD()
	}
	fd, events := s.dev.WaitFD()
	if st.into != nil && s.dev.Queued() == 0 { // nobody tells when the pool has a buffer
		s.element.WaitFor(poolPause, gstx.WaitFD{FD: s.wake.FD(), Events: unix.POLLIN})
		return s.dev.Wait(s.wake, -1, 0)
	}
	s.element.WaitFor(-1, gstx.WaitFD{FD: s.wake.FD(), Events: unix.POLLIN},
		gstx.WaitFD{FD: fd, Events: events}, gstx.WaitFD{FD: returned, Events: unix.POLLIN})
	if frame {
		return v4l2.Ready{Frame: true}, nil
	}
	return s.dev.Wait(s.wake, returned, 0)
}

// begin starts the driver.
func (s *source) begin(st *stream) error {
	if err := s.allocate(st); err != nil {
		return err
	}
	st.crop = s.composed(st)
	now, err := s.contents(st.color)
	if err != nil {
		return err
	}
	if err := st.blocks.Describe(now.color, now.mastering, now.light); err != nil {
		return err
	}
	if err := s.dev.StreamOn(); err != nil {
		return err
	}
	st.on = true
	return nil
}

// giveBack queues the buffers that nobody downstream holds any more.
func (s *source) giveBack(st *stream) error {
	if st.into != nil {
		return s.refill(st)
	}
	if st.pool == nil {
		return nil
	}
	if st.kept != nil {
		kept := st.kept
		st.kept = nil
		for _, i := range kept {
			if err := s.queue(st, i); err != nil {
				return err
			}
		}
	}
	for {
		i, ok := st.pool.Returned()
		if !ok {
			return nil
		}
		if err := s.queue(st, i); err != nil {
			return err
		}
	}
}

// queue gives a buffer to the driver. One that it refuses is offered again with the
// next frame; only when there is none left for a frame to come in, that is the end.
func (s *source) queue(st *stream, i int) error {
	err := st.dev.Queue(i)
	if err == nil || errors.Is(err, v4l2.ErrGone) || errors.Is(err, v4l2.ErrStopped) || st.dev.Queued() == 0 {
		return err
	}
	st.kept = append(st.kept, i)
	if !st.warned {
		st.warned = true
		s.element.Warn(gstx.ResourceRead, &gstx.Error{
			Code: gstx.ResourceRead, Cause: err,
			Text: fmt.Sprintf("Device %s refuses a buffer; it is offered again.", s.set.device),
		})
	}
	return nil
}

// take makes a buffer of the frame that was dequeued; none if it is not fit to
// be seen.
func (s *source) take(st *stream) (gstx.Buffer, error) {
	f := &st.frame
	if len(st.changes) > 0 {
		if err := s.settle(st); err != nil {
			return gstx.Buffer{}, err
		}
	}
	pts := st.stamp(s.element.Clocks())
	if pts != gstx.None {
		pts = max(pts, st.pts) // whatever the clocks do
		st.pts = pts
	}
	old := st.waited()
	if lost := s.tally(st, pts, old); lost || old {
		return gstx.Buffer{}, nil
	}
	if err := st.geometry.Holds(f); err != nil {
		return gstx.Buffer{}, err
	}
	if st.into != nil {
		return s.filled(st, pts)
	}
	if st.pool == nil {
		if err := s.makePool(st); err != nil {
			return gstx.Buffer{}, err
		}
	}
	if err := st.geometry.Places(f); err != nil {
		return gstx.Buffer{}, err
	}
	b := st.pool.Lend(s.element, f.Index, st.says(pts))
	if b.IsNil() {
		return b, fmt.Errorf("%w: buffer %d, which is held downstream", v4l2.ErrReply, f.Index)
	}
	return b, nil
}

// tally tells whether the frame is lost, damaged or not whole, and posts QOS, as
// v4l2src does, if it is or others before it are. One that has waited while the stream
// was interrupted is lost too, and no news.
func (s *source) tally(st *stream, pts uint64, waited bool) (lost bool) {
	missing := st.count()
	lost = st.frame.Damaged || st.geometry.Short(&st.frame)
	if lost || waited {
		missing++
	}
	if missing == 0 {
		return false
	}
	all := s.lost.Add(missing)
	duration := gstx.None
	if st.duration != 0 {
		duration = missing * st.duration
	}
	if !waited {
		s.element.PostQoS(pts, duration, s.delivered, all)
	}
	return lost
}

// count follows the driver's numbers, which wrap around, and gives the frames
// missing since the last one, or fields where each is a buffer. Some drivers repeat or
// restart their numbers when the rate changes; then nothing is known to be missing.
func (st *stream) count() (missing uint64) {
	gap := int32(st.frame.Sequence - st.sequence)
	if st.counting && gap > 1 {
		missing = uint64(gap - 1)
	}
	single := st.format.Field == sys.V4L2_FIELD_ALTERNATE
	if st.counting && (gap != 0 || !single) { // the second field is of the same frame
		st.offset += missing + 1
	}
	if single {
		missing = st.order.missing(gap, st.frame.Field)
	}
	st.sequence, st.counting = st.frame.Sequence, true
	return missing
}

// says is what the buffer of the frame that was dequeued tells.
func (st *stream) says(pts uint64) gstx.Stamp {
	s := gstx.Stamp{
		PTS: pts, Duration: st.duration, Offset: st.offset, Crop: st.crop,
		Flags: v4l2element.FieldFlags(st.frame.Field, st.bottomFirst), Blocks: st.blocks.Of(st.frame.Field),
	}
	if st.duration == 0 {
		s.Duration = gstx.None
	}
	if st.frame.Monotonic {
		s.Captured = uint64(max(st.frame.Timestamp, 0))
	}
	return s
}

// waited tells that a frame has been in the driver since before the stream was
// interrupted, by a pause as a rule: there are as many as there are buffers.
func (st *stream) waited() bool {
	if st.stale == 0 {
		return false
	}
	st.stale--
	return st.frame.Monotonic && st.frame.Timestamp < st.resumed
}

// monotonic is the clock that drivers stamp frames with, in ns.
func monotonic() int64 {
	var now unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // it cannot fail: the clock exists
	return now.Nano()
}

// stamp maps the driver's time of a frame to the pipeline's running time: as
// long before now as it lies before the present of its own clock.
func (st *stream) stamp(running uint64, now int64) uint64 {
	if running == gstx.None {
		return gstx.None
	}
	if st.frame.Monotonic {
		// It may have come after now, for that was before the driver was asked.
		if age := now - st.frame.Timestamp; age > -int64(time.Second) && age <= int64(running) {
			return uint64(int64(running) - age)
		}
	}
	// A clock of its own, or a time before the pipeline's: complete just now.
	return running - min(st.duration, running)
}

// makePool makes the buffers, with planes where the first frame has them: the
// multi-planar API tells where a picture starts in its memory only then.
func (s *source) makePool(st *stream) error {
	for m := range st.format.NPlanes {
		st.geometry.Start[m] = st.frame.Planes[m].Offset
	}
	pool, layout, err := st.geometry.Pool(st.fds, s.set.ioMode != ioMMap)
	if err != nil {
		return err
	}
	st.pool = pool
	s.warnOfStrides(st, &layout)
	return st.blocks.Place(&st.geometry)
}

// warnOfStrides says so, once, when downstream will take the planes to be
// elsewhere than they are.
func (s *source) warnOfStrides(st *stream, l *gstx.PoolLayout) {
	if s.videoMeta || st.caps.DMADRM {
		return
	}
	for i := range l.NPlanes {
		if l.Offset[i] != st.caps.Offset[i] || l.Stride[i] != st.caps.Stride[i] {
			s.element.Warn(gstx.StreamFormat, &gstx.Error{
				Code: gstx.StreamFormat,
				Text: fmt.Sprintf("The lines of %s's pictures are padded, and the next element does not read GstVideoMeta: what it makes of them may be skewed. Insert videoconvert, or choose another width.", st.dev.Name()),
			})
			return
		}
	}
}
