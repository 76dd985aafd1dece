package hdrmetadump

import "github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"

// window is how many frames a compressed stream may be out of order: four times
// what HEVC's and AVC's picture buffers allow.
const window = 64

// order brings frames from decoding into presentation order, by their times. It
// reuses its memory.
type order struct {
	emit    func(payload []byte) error
	entries [window]entry // entries[:n] wait, by time and then arrival
	n       int
	arrived uint64 // time of the last frame that had one
	left    uint64 // time of the last frame that was emitted
	begun   bool   // left is valid
	untimed uint64 // frames without a time
	late    uint64 // frames that came after a later one had to be emitted
}

type entry struct {
	at      uint64
	payload []byte // its memory is the entry's
}

// push takes the next frame in arrival order and emits the one that cannot wait
// any more. A frame without a time stands behind the one that came before it. A
// time before what was emitted begins a new run: what waits goes first.
func (o *order) push(at uint64, payload []byte) error {
	if at == gstx.None {
		o.untimed++
		at = o.arrived
	}
	o.arrived = at
	switch {
	case o.begun && at < o.left:
		o.late++
		if err := o.drain(); err != nil {
			return err
		}
	case o.n == window:
		if err := o.pop(); err != nil {
			return err
		}
	}
	e := entry{at, append(o.entries[o.n].payload[:0], payload...)}
	i := o.n
	for ; i > 0 && o.entries[i-1].at > at; i-- {
		o.entries[i] = o.entries[i-1]
	}
	o.entries[i] = e
	o.n++
	return nil
}

// pop emits the first one; its memory goes to the end.
func (o *order) pop() error {
	first := o.entries[0]
	copy(o.entries[:o.n-1], o.entries[1:o.n])
	o.n--
	o.entries[o.n] = first
	o.left, o.begun = first.at, true
	return o.emit(first.payload)
}

// drain emits all; what comes next may have any time.
func (o *order) drain() error {
	for o.n > 0 {
		if err := o.pop(); err != nil {
			return err
		}
	}
	o.begun = false
	return nil
}
