package kms

// A stream may change its size or format while it plays, as adaptive ones do every
// few seconds. The display must not go dark for that, which it does for a second or
// more when a mode is set. So the mode that this output has set or found stays while
// the pictures can be shown in it, and commits that the driver needs no mode set for
// are tried before all others: without ALLOW_MODESET the kernel refuses, or does it
// from one refresh to the next.

// begin shows the first frame of a picture, or of a window that its plane cannot
// follow into: without a mode set where the display is this output's already, and
// can be left in its mode.
func (o *Output) begin(fb *Framebuffer) error {
	if modes := o.modes(); o.ours && len(modes) > 0 && modes[0] == o.lit {
		shown, err := o.exchange(fb)
		if shown || err != nil {
			return err
		}
	}
	return o.arrange(fb)
}

// exchange commits the first layout that the driver takes without a mode set, among
// those that show all of the picture as the user wants it. A detail of the signal
// that it would need a mode set for waits, as with any frame (see changeSignal).
func (o *Output) exchange(fb *Framebuffer) (shown bool, err error) {
	var tries []layout
	for _, l := range o.layouts(o.window) {
		if l.mode == o.lit && !l.cut && l.turned == l.window.Orientation {
			l.seamless = true
			tries = append(tries, l)
		}
	}
	plan := o.plan()
	next, err := plan.prepare(o, plan.fit)
	if err != nil {
		return false, err
	}
	shown, refusal, err := o.tryAll(tries, next, fb)
	if shown {
		o.debugf("without a mode set")
		o.adopt(next, nil)
		return true, nil
	}
	next.free(o.d)
	if err != nil || plan.fit.kind() != o.applied.fit.kind() {
		return false, err
	}
	if shown, _, err = o.tryAll(tries, o.applied, fb); shown {
		o.keepSignal(plan, refusal)
	}
	return shown, err
}

// keepSignal notes that the display keeps being told what it was.
func (o *Output) keepSignal(plan plan, refused error) {
	o.debugf("the signal stays: %v", refused)
	o.applied.plan = plan
	if o.applied.sent.kind() == plan.fit.kind() { // else it was refused before, and the status says so
		o.status = Status{Dropped, "a change would interrupt the picture; the earlier metadata stays: " + cause(refused)}
	}
}

// allow is what the commits of a layout may do.
func (l *layout) allow() Flags {
	if l.seamless {
		return 0
	}
	return AllowModeset
}
