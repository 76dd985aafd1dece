package bitstream

import (
	"errors"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// Why a block was not inserted, besides what a [DamageError] tells of the access
// unit; to be tested with errors.Is.
var (
	// ErrNoPicture is an access unit without a slice or a frame header.
	ErrNoPicture = errors.New("bitstream: access unit without a picture")
	// ErrPayload is a payload that is not what its field in the block promises.
	ErrPayload = errors.New("bitstream: payload cannot be inserted")
)

// Policy says what becomes of messages that an access unit has already.
type Policy uint8

const (
	// Replace takes out the messages of every kind that the block carries.
	Replace Policy = iota
	// Keep leaves them and adds the kinds that are missing.
	Keep
)

// Inserter puts the metadata of a block into access units. It is made by setting
// Format, and reused: in a steady state it does not allocate. It must not be used
// by two goroutines at a time.
//
// Where messages go, each in a NAL unit or an OBU of its own:
//
//   - HEVC and AVC: SEI messages before the first slice, behind parameter sets
//     and other SEI; RPUs in NAL units 62 and 28 behind all slices, before an end
//     of sequence.
//   - AV1: static metadata before the first frame header, T.35 messages (HDR10+,
//     Dolby Vision and others) before that of the frame which is shown: a decoder
//     gives those before a hidden frame to that one (AV1 HDR10+ metadata handling
//     2.2.2).
//
// Mastering display, content light and ambient viewing are inserted where
// decoding can start: IRAP pictures of HEVC, IDR pictures of AVC, the recovery
// points of both, sequence headers of AV1. They hold until the next one. AV1 has
// no message for ambient viewing.
//
// What else a block may have is not inserted: the colour description is the
// encoder's, layers are of raw frames, and film grain belongs to the pictures it
// was taken from, not to those encoded anew.
type Inserter struct {
	Format Format

	wants    []want
	payloads []byte // of wants, what is not the block's own
	carriers []unit // the units of the access unit that have messages
	layout   layout
	finder   Finder // unescapes
	rbsp     []byte // a message about to be escaped
	rest     []byte // what is left of an SEI NAL unit
	changed  bool
	damage   damage // of single NAL units, which are left as they are
	// reducedHeader is as in Finder.
	reducedHeader bool
}

// Changed says whether the last Insert gave anything else than the access unit it
// was given: if not, the caller may as well keep that.
func (i *Inserter) Changed() bool { return i.changed }

// Insert appends the access unit au (AV1: temporal unit) with the metadata of b
// to dst. The two must not overlap.
//
// A kind of metadata is HDR10+, Dolby Vision, mastering display, content light,
// ambient viewing, and of other T.35 messages those with one country, provider
// and provider oriented code. Kinds that b has not are not touched, and neither
// are messages that say already what b says. A message too broken to be read is
// as good as none, so it is replaced under both policies. Nothing else of the
// access unit changes by a bit; an SEI NAL unit that loses a message keeps its
// others.
//
// An SEI NAL unit that cannot be read to its end, or a NAL unit with an invalid
// header, stays as it is: it is told by a *DamageError, and b is inserted all the
// same. On any other error au is appended as it is: a *DamageError as of Find if
// its units cannot be told apart, ErrNoPicture, ErrFormat, ErrTooLarge, and of b
// ErrPayload and those of dovi.Parse.
func (i *Inserter) Insert(dst, au []byte, b *meta.Block, policy Policy) ([]byte, error) {
	i.changed, i.damage = false, damage{}
	if err := i.plan(au, b, policy); err != nil {
		i.changed = false
		return append(dst, au...), err
	}
	if !i.changed {
		return append(dst, au...), i.damage.err()
	}
	out, err := i.write(dst, au)
	if err != nil {
		i.changed = false
		return append(dst, au...), err
	}
	return out, i.damage.err()
}

// plan finds out what has to change.
func (i *Inserter) plan(au []byte, b *meta.Block, policy Policy) error {
	if err := i.Format.check(); err != nil {
		return err
	}
	if err := i.list(b); err != nil {
		return err
	}
	// An AV1 sequence header is looked at even if there is nothing to insert: it
	// says how later frame headers read.
	if len(i.wants) == 0 && i.Format.Codec != AV1 {
		return nil
	}
	if err := i.scan(au, b); err != nil {
		return err
	}
	i.decide(policy)
	return nil
}
