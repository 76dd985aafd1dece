package hdrmetaattach

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// none is the entry of a frame for which a track has nothing.
const none = int32(-1)

const (
	maxHeld   = 512 << 20 // bytes of payload that one file may take
	maxFrames = 1 << 24   // 77 hours at 60 frames a second
	chunkSize = 256 << 10
)

var errTooLarge = errors.New("too large")

// track is what one file has for each frame: the payloads as they go into a
// block, equal neighbours once. It is filled at the start and only read after.
type track struct {
	location string
	property string // that named the location
	payloads [][]byte
	frames   []int32 // an index of payloads for each frame, or none
	chunk    []byte  // payloads are cut from chunks, to be few objects
	held     int
}

// add appends the next frame's payload, which is copied; an empty one is a frame
// without.
func (t *track) add(payload []byte) error {
	if len(t.frames) == maxFrames {
		return fmt.Errorf("more than %d frames: %w", maxFrames, errTooLarge)
	}
	entry := none
	if len(payload) > 0 {
		last := len(t.payloads) - 1
		if last < 0 || !bytes.Equal(t.payloads[last], payload) {
			if err := t.hold(payload); err != nil {
				return err
			}
			last++
		}
		entry = int32(last)
	}
	t.frames = append(t.frames, entry)
	return nil
}

func (t *track) hold(payload []byte) error {
	if t.held += len(payload); t.held > maxHeld {
		return fmt.Errorf("more than %d MB of metadata: %w", maxHeld>>20, errTooLarge)
	}
	if len(t.chunk)+len(payload) > cap(t.chunk) {
		t.chunk = make([]byte, 0, max(chunkSize, len(payload)))
	}
	from := len(t.chunk)
	t.chunk = append(t.chunk, payload...)
	t.payloads = append(t.payloads, t.chunk[from:len(t.chunk):len(t.chunk)])
	return nil
}

// shrink gives the room to grow back when all frames are there.
func (t *track) shrink() {
	t.frames, t.payloads, t.chunk = slices.Clone(t.frames), slices.Clone(t.payloads), nil
}

// past says whether frame n is past the end.
func (t *track) past(n int64) bool { return t != nil && n >= int64(len(t.frames)) }

// at gives the entry of frame n: of a frame before the first one none, of one
// past the end the last payload with hold, and none without. No track has none.
func (t *track) at(n int64, hold bool) int32 {
	switch {
	case t == nil || n < 0:
		return none
	case n < int64(len(t.frames)):
		return t.frames[n]
	case hold:
		return int32(len(t.payloads)) - 1
	}
	return none
}

// payload lends the bytes of an entry.
func (t *track) payload(entry int32) []byte {
	if entry == none {
		return nil
	}
	return t.payloads[entry]
}
