package bitstream

import "fmt"

// SEI payload types that matter here (H.265 and H.264 annex D; the numbers are
// the same).
const (
	seiT35                 = 4   // user_data_registered_itu_t_t35
	seiRecoveryPoint       = 6   // recovery_point
	seiFilmGrain           = 19  // film_grain_characteristics
	seiMasteringDisplay    = 137 // mastering_display_colour_volume
	seiContentLight        = 144 // content_light_level_info
	seiAlternativeTransfer = 147 // alternative_transfer_characteristics
	seiAmbientViewing      = 148 // ambient_viewing_environment
)

// seiKind tells what a payload type is and how many bytes it has at least: later
// editions may append to a message. 0 is a type of no interest.
func seiKind(typ uint32) (kind Kind, least int) {
	switch typ {
	case seiT35:
		return T35, 1
	case seiFilmGrain:
		return FilmGrain, 1
	case seiMasteringDisplay:
		return MasteringDisplay, masteringSize
	case seiContentLight:
		return ContentLight, lightSize
	case seiAlternativeTransfer:
		return AlternativeTransfer, 1
	case seiAmbientViewing:
		return AmbientViewing, ambientSize
	}
	return 0, 0
}

// sei lends the messages of an SEI NAL unit (H.265 7.3.2.4 and 7.3.5, H.264 7.3.2.3).
func (f *Finder) sei(w *units, yield func(Message)) {
	r := seiReader{p: f.unescaped(w)}
	for r.next() {
		kind, least := seiKind(r.typ)
		switch {
		case kind == 0:
		case len(r.payload) < least:
			w.damage.add(ErrSEI, w.start, "%v message of %d bytes, not %d", kind, len(r.payload), least)
		default:
			yield(Message{kind, r.payload})
		}
	}
	if r.err != nil {
		w.damage.wrap(r.err, w.start, "SEI NAL unit")
	}
}

// seiReader reads the messages of an unescaped SEI NAL unit one by one. After
// the last one err says why the rest cannot be read.
type seiReader struct {
	typ     uint32
	payload []byte // lies in p
	begin   int    // of the message in p
	err     error

	p   []byte
	pos int
}

func (r *seiReader) next() bool {
	rest := r.p[r.pos:]
	// The end is a one bit and zeros to the byte, and there is no message of
	// one byte. An encoder that leaves the bit out does no harm.
	if len(rest) == 0 || len(rest) == 1 && rest[0] == 0x80 {
		return false
	}
	r.begin = r.pos
	typ, n := seiNumber(rest)
	size, k := seiNumber(rest[n:])
	if n == 0 || k == 0 {
		r.err = cutMessage{left: len(rest)}
		return false
	}
	n += k
	if left := len(rest) - n; uint64(size) > uint64(left) {
		r.err = cutMessage{typ, size, left}
		return false
	}
	r.typ, r.payload = typ, rest[n:n+int(size)]
	r.pos += n + int(size)
	return true
}

// cutMessage is the error of a message that goes on behind its NAL unit; without
// a size its head does. It is put into words only when asked: a hostile access
// unit has many, of which one is told.
type cutMessage struct {
	typ, size uint32
	left      int
}

func (e cutMessage) Error() string {
	if e.size == 0 {
		return fmt.Sprintf("%v: %d bytes of a message's head", ErrTruncated, e.left)
	}
	return fmt.Sprintf("%v: message of type %d has %d bytes, %d left", ErrTruncated, e.typ, e.size, e.left)
}

func (e cutMessage) Unwrap() error { return ErrTruncated }

// seiNumber reads a payload type or size: bytes FF count 255 each, the first
// other one ends it. It gives how many bytes it took, 0 if p ends before.
func seiNumber(p []byte) (v uint32, n int) {
	for i, b := range p {
		v += uint32(b)
		if b != 0xff {
			return v, i + 1
		}
	}
	return 0, 0
}
