package bitstream

import (
	"bytes"
	"slices"
)

// own is what belongs to one access unit alone.
type own struct {
	rpu   []byte
	t35   [][]byte
	bytes []byte // what t35 lies in
}

func (o *own) clear() {
	o.rpu, o.t35, o.bytes = o.rpu[:0], o.t35[:0], o.bytes[:0]
}

// add copies a T.35 message if there is room.
func (o *own) add(p []byte) bool {
	if len(o.t35) == maxT35 || len(p) > maxT35Bytes-len(o.bytes) {
		return false
	}
	// A growing o.bytes leaves the messages before in the old array, where they
	// stay.
	n := len(o.bytes)
	o.bytes = append(o.bytes, p...)
	o.t35 = append(o.t35, o.bytes[n:len(o.bytes):len(o.bytes)])
	return true
}

func (o *own) equal(p *own) bool {
	return bytes.Equal(o.rpu, p.rpu) && slices.EqualFunc(o.t35, p.t35, bytes.Equal)
}
