package hdr10plus

// Scenes divides a stream into scenes, as the HDR10+ tools do: a new one begins
// with every change of a value. The zero value stands before the first frame.
type Scenes struct {
	last    Metadata
	scene   int
	inScene int
	started bool
}

// Next takes the metadata of the next frame in presentation order and gives the
// scene it belongs to and its place in that, both from 0 on; a place of 0 is a
// new scene. It does not keep m and allocates nothing.
func (s *Scenes) Next(m *Metadata) (scene, inScene int) {
	switch {
	case !s.started:
		s.started = true
		s.last = *m
	case s.last == *m:
		s.inScene++
	default:
		s.scene++
		s.inScene = 0
		s.last = *m
	}
	return s.scene, s.inScene
}
