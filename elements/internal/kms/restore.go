package kms

import "errors"

// snapshot is what the properties an Output touches were before.
type snapshot []saved

type saved struct {
	setting
	blob []byte // the content, for a blob: its id dies when nobody uses it
}

// cover adds the properties of a request that are not in the snapshot yet, with
// the values they had when their object was read.
func (s *snapshot) cover(d *Device, r *Request) error {
	for _, set := range r.sets {
		if s.has(set) {
			continue
		}
		v := saved{setting: setting{set.obj, set.prop, set.obj.Value(set.prop.Name)}}
		if set.prop.isBlob() && v.value != 0 {
			b, err := d.readBlob(uint32(v.value))
			if err != nil {
				return err
			}
			v.blob = b
		}
		*s = append(*s, v)
	}
	return nil
}

func (s *snapshot) has(set setting) bool {
	for i := range *s {
		if (*s)[i].obj == set.obj && (*s)[i].prop == set.prop {
			return true
		}
	}
	return false
}

// restore puts back what cover saved, in one commit, with two exceptions. The
// HDR state is cleared, not restored: what stood there at the start may be what
// a killed player left, and a desktop that uses it sets it again when it gets
// the display back. And when the previous picture is gone with the program that
// drew it, the pipe is switched off instead of showing ours.
func (o *Output) restore() error {
	if len(o.before) == 0 {
		return nil
	}
	var first error
	for _, stage := range []func(*Request) (free func()){o.stageBefore, o.stageModeOnly, o.stageDark} {
		o.req.Reset()
		free := stage(o.req)
		err := o.commit(AllowModeset, 0)
		free()
		if err == nil {
			return nil
		}
		if hopeless(err) {
			return err // it is another program's display now, or nobody's
		}
		o.debugf("restore: %v", err)
		first = errors.Join(first, err)
	}
	return first
}

// stageBefore is everything as it was.
func (o *Output) stageBefore(r *Request) func() {
	var blobs []uint32
	for i := range o.before {
		s := &o.before[i]
		if o.cfg.NoRestore && o.isPipe(s) {
			continue
		}
		value := s.value
		if s.blob != nil {
			id, err := o.d.createBlob(s.blob)
			if err != nil {
				r.fail(err)
				break
			}
			blobs = append(blobs, id)
			value = uint64(id)
		}
		r.put(s.obj, s.prop, value)
	}
	if o.cfg.NoRestore {
		o.stagePlanesOff(r)
	}
	o.stageSDR(r)
	return func() {
		for _, id := range blobs {
			o.d.destroyBlob(id)
		}
	}
}

// stageModeOnly lets go of the planes only.
func (o *Output) stageModeOnly(r *Request) func() {
	free := o.stageBefore(r)
	o.stagePlanesOff(r)
	return free
}

// stageDark switches the pipe off.
func (o *Output) stageDark(r *Request) func() {
	o.stagePlanesOff(r)
	r.Set(&o.CRTC.Object, "ACTIVE", 0)
	r.Set(&o.CRTC.Object, "MODE_ID", 0)
	r.Set(&o.Connector.Object, "CRTC_ID", 0)
	o.stageSDR(r)
	return func() {}
}

func (o *Output) isPipe(s *saved) bool {
	switch s.prop.Name {
	case "ACTIVE", "MODE_ID":
		return s.obj == &o.CRTC.Object
	case "CRTC_ID":
		return s.obj == &o.Connector.Object
	}
	return false
}

func (o *Output) stagePlanesOff(r *Request) {
	for _, p := range o.lights {
		stageOff(r, p)
	}
}

func (o *Output) stageSDR(r *Request) {
	r.Try(&o.Connector.Object, hdrMetadata, 0)
	r.TryEnum(&o.Connector.Object, colorspace, "Default")
}
