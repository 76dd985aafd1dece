package kms

import (
	"fmt"
	"strings"
)

// Signal is what the display is told about the pixels.
type Signal struct {
	// HDR sends Metadata; without it the display is told SDR.
	HDR bool
	// Metadata is struct hdr_output_metadata, as it goes into the property.
	Metadata [32]byte
	// BT2020 sends the colours as BT.2020.
	BT2020 bool
	// MinBPC is the least number of bits per component that does the pixels
	// justice; 0 leaves the driver's choice.
	MinBPC uint8

	noBPC bool // try without, see variants
}

// State says what became of a signal.
type State uint8

const (
	Off         State = iota // an SDR signal, and SDR is what the display was told
	Applied                  // the display was told
	Dropped                  // the driver refused; the display keeps the old state
	Unsupported              // the connector has no property for it
)

func (s State) String() string { return [...]string{"off", "applied", "dropped", "unsupported"}[s] }

// Status is the state with the reason, for a person; Reason is empty when there
// is nothing to add.
type Status struct {
	State  State
	Reason string
}

// SetSignal says what goes with the frames to come.
func (o *Output) SetSignal(s Signal) { o.signal = s }

// Status tells what became of the signal of the last frame shown.
func (o *Output) Status() Status { return o.status }

// variants are the signal and what to make do with, best first.
func (s Signal) variants() []Signal {
	v := []Signal{s}
	if s.MinBPC != 0 {
		s.noBPC = true
		v = append(v, s)
	}
	if s.HDR || s.BT2020 {
		v = append(v, Signal{})
	}
	return v
}

// appliedState is a signal in the kernel's terms.
type appliedState struct {
	wanted Signal // that the caller asked for
	sent   Signal // that came of it
	blob   uint32 // of sent.Metadata, 0 without; owned
}

func (a *appliedState) free(d *Device) {
	d.destroyBlob(a.blob)
	a.blob = 0
}

// prepare makes the blob for a signal; the receiver stays as it is.
func (a *appliedState) prepare(o *Output, s Signal) (appliedState, error) {
	next := appliedState{wanted: o.signal, sent: s}
	if !s.HDR || o.Connector.Property(hdrMetadata) == nil {
		return next, nil
	}
	var err error
	next.blob, err = o.d.createBlob(s.Metadata[:])
	return next, err
}

const hdrMetadata = "HDR_OUTPUT_METADATA"

// stage puts the signal into a request. Properties that the connector lacks are
// skipped; Status says so.
func (a *appliedState) stage(r *Request, c *Connector) {
	r.Try(&c.Object, hdrMetadata, uint64(a.blob))
	if a.sent.BT2020 {
		// The CRTC turns planes into RGB, and that is what goes over the wire
		// unless the driver decides otherwise and converts once more.
		r.TryEnum(&c.Object, "Colorspace", "BT2020_RGB", "BT2020_YCC")
	} else {
		r.TryEnum(&c.Object, "Colorspace", "Default")
	}
	if bpc := c.Property("max bpc"); bpc != nil && a.sent.MinBPC != 0 && !a.sent.noBPC {
		want := min(max(uint64(a.sent.MinBPC), bpc.Range[0]), bpc.Range[1])
		r.Try(&c.Object, "max bpc", max(want, c.Value("max bpc")))
	}
}

// adopt makes next what the display has been told, after a commit; because is
// the refusal that led to less than what was wanted.
func (o *Output) adopt(next appliedState, because error) {
	o.applied.free(o.d)
	o.applied = next
	o.status = statusOf(&o.applied, o.Connector, because)
}

func statusOf(a *appliedState, c *Connector, because error) Status {
	w := &a.wanted
	if !w.HDR && !w.BT2020 {
		return Status{State: Off}
	}
	if w.HDR && !a.sent.HDR || w.BT2020 && !a.sent.BT2020 {
		return Status{Dropped, fmt.Sprintf("the driver refused it: %v", because)}
	}
	var missing []string
	if w.HDR && c.Property(hdrMetadata) == nil {
		missing = append(missing, hdrMetadata)
	}
	if w.BT2020 && c.Property("Colorspace") == nil {
		missing = append(missing, "Colorspace")
	}
	s := Status{State: Applied}
	if len(missing) > 0 {
		s.Reason = fmt.Sprintf("%s has no property %s", &c.Object, strings.Join(missing, ", "))
		if w.HDR && c.Property(hdrMetadata) == nil {
			s.State = Unsupported
		}
	}
	return s
}

// changeSignal shows fb, already staged, together with a changed signal. The
// picture must not black out for a detail of its metadata, so that is sent only
// if the driver needs no mode set for it. The kind of picture, its transfer
// function or gamut, is no detail: shown as the wrong one it is wrong.
func (o *Output) changeSignal(fb *Framebuffer) error {
	next, err := o.applied.prepare(o, o.signal)
	if err != nil {
		return err
	}
	next.stage(o.req, o.Connector)
	o.req.putAll(o.extra)
	refused := o.req.Commit(Test, 0)
	if refused == nil {
		if err := o.coverAnd(o.flip); err != nil {
			next.free(o.d)
			return err
		}
		o.adopt(next, nil)
		return nil
	}
	next.free(o.d)
	if hopeless(refused) {
		return refused
	}
	if o.signal.kind() != o.applied.sent.kind() {
		return o.arrange(fb)
	}
	o.debugf("the signal stays: %v", refused)
	o.applied.wanted = o.signal
	o.status = Status{Dropped, fmt.Sprintf("a change would interrupt the picture; the earlier metadata stays: %v", refused)}
	o.req.Reset()
	o.layout.stage(o.req, o.CRTC, fb.ID)
	return o.flip()
}

// coverAnd remembers what the staged request overwrites, then runs it.
func (o *Output) coverAnd(commit func() error) error {
	if err := o.before.cover(o.d, o.req); err != nil {
		return err
	}
	return commit()
}

// kind is what a display cannot show right without being told.
func (s *Signal) kind() [2]uint8 {
	var k [2]uint8
	if s.HDR {
		k[0] = 1 + s.Metadata[4] // eotf
	}
	if s.BT2020 {
		k[1] = 1
	}
	return k
}
