package gstx

import (
	"fmt"
	"sync/atomic"
)

// Damage counts what of a stream could not be used and warns of it when it follows
// what could: a stream that is broken all the way warns once. Note and Reset are
// for the streaming thread and Start, Total for any.
type Damage struct {
	total atomic.Uint64
	run   bool // the last buffer was damaged
}

// Total is how much it was since Reset.
func (d *Damage) Total() uint64 { return d.total.Load() }

// Reset begins a stream.
func (d *Damage) Reset() {
	d.total.Store(0)
	d.run = false
}

// Note takes what was wrong with one buffer: n things, the cause of which is err,
// or nothing when that is nil. text is for a person and has a %d for the total.
func (d *Damage) Note(e *Element, text string, n uint64, err error) {
	if err == nil {
		d.run = false
		return
	}
	total := d.total.Add(n)
	if !d.run {
		d.run = true
		e.Warn(StreamFormat, &Error{Code: StreamFormat, Text: fmt.Sprintf(text, total), Cause: err})
	}
}
