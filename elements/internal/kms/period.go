package kms

import "time"

// Period is the time from one vertical blank to the next, of the mode that is set or
// is going to be; 0 when it is unknown, or varies with the frames (VRR).
func (o *Output) Period() time.Duration {
	for i := range o.extra {
		if o.extra[i].prop.Name == vrrEnabled && o.extra[i].value != 0 {
			return 0
		}
	}
	if o.layout != nil {
		return o.lit.Period()
	}
	modes := o.modes()
	if len(modes) == 0 || o.cfg.VRR && o.noVRR() == "" {
		return 0
	}
	return modes[0].Period()
}

// Period is the time from one vertical blank to the next: of fields, where the mode
// is interlaced. 0 when the mode does not tell.
func (m *Mode) Period() time.Duration {
	refresh := time.Duration(m.Refresh())
	if refresh == 0 {
		return 0
	}
	d := 1e12 / refresh // of mHz
	if m.interlaced() {
		d /= 2
	}
	if m.doubled() {
		d *= 2
	}
	return d
}

// LastCommit is the UserData that the flip of the last frame will have.
func (o *Output) LastCommit() uint64 { return o.cookie }
