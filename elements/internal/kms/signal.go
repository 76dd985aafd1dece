package kms

import (
	"errors"
	"fmt"
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
	// justice, raised with HDR only; 0 leaves the driver's choice.
	MinBPC uint8
	// Force sends what the connector has properties for, whatever the monitor's
	// EDID says.
	Force bool

	noBPC bool // try without, see variants
}

// State says what became of a signal.
type State uint8

const (
	Off         State = iota // an SDR signal, and SDR is what the display was told
	Applied                  // the display was told
	Dropped                  // the driver refused; the display keeps the old state
	Unsupported              // the connector has no property for it, or the monitor does not take it
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

// plan is a signal and what of it can be sent here.
type plan struct {
	wanted Signal // that the caller asked for
	fit    Signal // of that, what connector and monitor take
	lacks  string // what they lack; "" for nothing
}

func (o *Output) plan() plan {
	fit, lacks := o.signal.fit(o.Connector)
	return plan{o.signal, fit, lacks}
}

// appliedState is a signal in the kernel's terms.
type appliedState struct {
	plan
	sent Signal // that came of it
	blob uint32 // of sent.Metadata, 0 without; owned
	kept bool   // but not yet: it is that of the state before
}

func (a *appliedState) free(d *Device) {
	if !a.kept {
		d.destroyBlob(a.blob)
	}
	a.blob = 0
}

// prepare makes the blob for the signal s, a variant of the plan's.
func (p plan) prepare(o *Output, s Signal) (appliedState, error) {
	next := appliedState{plan: p, sent: s}
	switch was := &o.applied; {
	case !s.HDR:
		return next, nil
	case was.blob != 0 && was.sent.Metadata == s.Metadata:
		// Some drivers take another blob for other metadata, and set a mode for it.
		next.blob, next.kept = was.blob, true
		return next, nil
	}
	var err error
	next.blob, err = o.d.createBlob(s.Metadata[:])
	return next, err
}

const (
	hdrMetadata = "HDR_OUTPUT_METADATA"
	colorspace  = "Colorspace"
)

// stage puts the signal into a request.
func (a *appliedState) stage(r *Request, c *Connector) {
	r.Try(&c.Object, hdrMetadata, uint64(a.blob))
	m := c.Monitor
	if a.sent.Force {
		m = nil
	}
	if a.sent.BT2020 {
		r.TryEnum(&c.Object, colorspace, bt2020(m)...)
	} else {
		r.TryEnum(&c.Object, colorspace, "Default")
	}
	if bpc := c.Property("max bpc"); bpc != nil && a.sent.MinBPC != 0 && !a.sent.noBPC {
		want := min(max(uint64(a.sent.MinBPC), bpc.Range[0]), bpc.Range[1])
		r.Try(&c.Object, "max bpc", max(want, c.Value("max bpc")))
	}
}

// adopt makes next what the display has been told, after a commit; because is
// the refusal that led to less than what fits.
func (o *Output) adopt(next appliedState, because error) {
	if !next.kept {
		o.applied.free(o.d)
	}
	next.kept = false
	o.applied = next
	o.status = next.status(because)
}

func (a *appliedState) status(because error) Status {
	w, fit, sent := &a.wanted, &a.fit, &a.sent
	switch {
	case !w.HDR && !w.BT2020:
		return Status{State: Off}
	case fit.HDR && !sent.HDR || fit.BT2020 && !sent.BT2020:
		return Status{Dropped, "the driver refused it: " + cause(because)}
	case w.HDR && !sent.HDR, !w.HDR && !sent.BT2020:
		return Status{Unsupported, a.lacks}
	}
	return Status{Applied, a.lacks}
}

// cause is a refused commit in a few words, the same ones for the same refusal;
// what was committed is told to Debugf.
func cause(err error) string {
	var commit *CommitError
	if errors.As(err, &commit) {
		return fmt.Sprintf("%v: %v", commit.Flags, commit.Err)
	}
	return fmt.Sprint(err)
}

// changeSignal shows fb together with a changed signal. The
// picture must not black out for a detail of its metadata, so that is sent only
// if the driver needs no mode set for it. The kind of picture, its transfer
// function or gamut, is no detail: shown as the wrong one it is wrong.
func (o *Output) changeSignal(fb *Framebuffer) error {
	plan := o.plan()
	next, err := plan.prepare(o, plan.fit)
	if err != nil {
		return err
	}
	o.stageFrame(o.layout, fb)
	next.stage(o.req, o.Connector)
	o.req.putAll(o.extra)
	refused := o.req.Commit(Test, 0)
	if refused == nil {
		o.draw(o.layout, next.sent.kind())
		o.stageFrame(o.layout, fb)
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
	if plan.fit.kind() != o.applied.fit.kind() {
		return o.arrange(fb)
	}
	o.keepSignal(plan, refused)
	o.req.Reset()
	o.draw(o.layout, o.applied.sent.kind())
	o.stageFrame(o.layout, fb)
	return o.flip()
}

// coverAnd remembers what the staged request overwrites, then runs it.
func (o *Output) coverAnd(commit func() error) error {
	if err := o.before.cover(o.d, o.req); err != nil {
		return err
	}
	return commit()
}

// kind is what a display cannot show right without being told: 0 for SDR, else
// 1 + the EOTF of CTA-861.3, and 1 for BT.2020.
func (s *Signal) kind() [2]uint8 {
	var k [2]uint8
	if s.HDR {
		k[0] = 1 + s.eotf()
	}
	if s.BT2020 {
		k[1] = 1
	}
	return k
}
