package hdr10plus

import (
	"bytes"
	"fmt"
	"io"
)

// maxFrames bounds a File: 19 hours at 60 frames a second.
const maxFrames = 1 << 22

// File is a whole JSON file of the HDR10+ tools: the metadata of each frame, in
// presentation order. The frames are kept as T.35 payloads, equal neighbours
// once: a film of two hours takes 15 MB at most. The zero File has no frames.
type File struct {
	// Info is what is written besides the frames. Profile is always theirs,
	// whatever the file that was read says, and Version is not written.
	Info

	data   []byte
	frames []fileFrame
	scenes Scenes
	buf    []byte
}

// fileFrame is a payload in data and the number of the scene.
type fileFrame struct {
	start, size, scene uint32
}

// ReadJSON reads a file. Errors are those of JSONReader.Next.
func ReadJSON(r io.Reader) (*File, error) {
	f := new(File)
	for j := NewJSONReader(r); ; {
		frame, err := j.Next()
		if err == io.EOF {
			profile := f.Profile
			f.Info = j.Info()
			f.Profile = profile
			return f, nil
		}
		if err == nil {
			err = f.add(&frame.Metadata, frame.Scene)
		}
		if err != nil {
			return nil, err
		}
	}
}

// Add appends a frame, and a new scene with every change of a value. The error
// is that of Metadata.JSONLoss or Metadata.Append.
func (f *File) Add(m *Metadata) error {
	if err := m.JSONLoss(); err != nil {
		return err
	}
	scene, _ := f.scenes.Next(m)
	return f.add(m, scene)
}

func (f *File) add(m *Metadata, scene int) error {
	if len(f.frames) == maxFrames {
		return fmt.Errorf("%w: more than %d frames", ErrInvalid, maxFrames)
	}
	p, err := m.Append(f.buf[:0])
	if err != nil {
		return err
	}
	f.buf = p
	n := len(f.frames)
	switch profile := m.jsonProfile(); {
	case n == 0:
		f.Profile = profile
	case f.Profile != profile:
		f.Profile = mixedProfile
	}
	if n == 0 || !bytes.Equal(p, f.Payload(n-1)) {
		f.frames = append(f.frames, fileFrame{uint32(len(f.data)), uint32(len(p)), uint32(scene)})
		f.data = append(f.data, p...)
		return nil
	}
	last := f.frames[n-1]
	last.scene = uint32(scene)
	f.frames = append(f.frames, last)
	return nil
}

// Len is the number of frames.
func (f *File) Len() int { return len(f.frames) }

// Payload lends the T.35 payload of frame i, 0 ≤ i < Len, country code first.
func (f *File) Payload(i int) []byte {
	r := f.frames[i]
	return f.data[r.start : r.start+r.size : r.start+r.size]
}

// Scene is the number of the scene that frame i, 0 ≤ i < Len, belongs to.
func (f *File) Scene(i int) int { return int(f.frames[i].scene) }

// Frame gives the metadata of frame i, 0 ≤ i < Len.
func (f *File) Frame(i int) *Metadata {
	m := new(Metadata)
	if _, err := m.Decode(f.Payload(i)); err != nil {
		panic("hdr10plus: own payload: " + err.Error())
	}
	return m
}

// WriteJSON writes the file in the form of hdr10plus_tool, with the scenes it
// has.
func (f *File) WriteJSON(w io.Writer) error {
	j := NewJSONWriter(w)
	j.Tool, j.ToolVersion, j.profile = f.Tool, f.ToolVersion, f.Profile
	var m Metadata
	inScene := 0
	for i := range f.frames {
		now, last := f.frames[i], f.frames[max(i-1, 0)]
		changed := i == 0 || now.start != last.start
		if changed {
			if _, err := m.Decode(f.Payload(i)); err != nil {
				return err
			}
		}
		inScene++
		if i == 0 || now.scene != last.scene {
			inScene = 0
		}
		if err := j.write(&m, changed, f.Scene(i), inScene); err != nil {
			return err
		}
	}
	return j.Close()
}
