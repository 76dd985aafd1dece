package hdr10plus

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrJSON is a text that is not the JSON the HDR10+ tools exchange, or not JSON.
var ErrJSON = errors.New("hdr10plus: not HDR10+ JSON")

const (
	// maxJSONValue bounds one entry of SceneInfo, and any other value or token
	// outside of it. An entry has 1.3 KB as the tools write it.
	maxJSONValue = 64 << 10
	maxJSONDepth = 32
)

// Frame is an entry of SceneInfo: the metadata of one frame.
type Frame struct {
	Metadata Metadata // version 1, one window
	// Scene is the number of the frame's scene, InScene its place in that and
	// Sequence its place in the stream, all from 0 on.
	Scene, InScene, Sequence int
}

// Info is what the JSON says besides the frames.
type Info struct {
	Profile     string // HDR10plusProfile: "A", "B", or "N/A" for a mixture
	Version     string // "1.0"
	Tool        string
	ToolVersion string
}

// JSONReader reads the JSON that the HDR10+ tools exchange, one frame at a time
// and in memory that does not depend on the text.
//
// The order of SceneInfo is the order of the frames, as hdr10plus_tool and x265
// take it, and a scene begins where SceneId changes (where a value changes, in a
// text without); so the frames' three numbers are always consistent, whatever
// the text says. Unknown keys are ignored.
//
// A value must fit the field of the T.35 message. Whether it is allowed there is
// Metadata.Validate's to say.
type JSONReader struct {
	info  Info
	in    limited
	dec   *json.Decoder
	state func(*JSONReader) error // reads on to the next frame
	err   error
	found bool // SceneInfo was there

	entry   jsonEntry
	frame   Frame
	scenes  Scenes
	sceneID uint64
}

// NewJSONReader reads from r.
func NewJSONReader(r io.Reader) *JSONReader {
	j := &JSONReader{in: limited{r: r}, state: (*JSONReader).begin}
	j.frame.Sequence = -1
	j.dec = json.NewDecoder(&j.in)
	return j
}

// Info gives what has been read of it: all of it when Next has given io.EOF. The
// tools write profile and version before the frames.
func (j *JSONReader) Info() Info { return j.info }

// Next gives the next frame, on loan until the following call, and io.EOF when
// the text is complete. Any other error, which then repeats, says which entry of
// SceneInfo and which field it is, and wraps ErrJSON, ErrInvalid or the error of
// the underlying reader.
func (j *JSONReader) Next() (*Frame, error) {
	if j.err == nil {
		j.err = j.state(j)
	}
	if j.err != nil {
		return nil, j.err
	}
	return &j.frame, nil
}

// limited gives no more bytes than the value that is being read may have.
type limited struct {
	r     io.Reader
	n     int64 // given so far
	limit int64
}

var errValueSize = fmt.Errorf("%w: a value of more than %d bytes", ErrJSON, maxJSONValue)

func (l *limited) Read(p []byte) (int, error) {
	left := l.limit - l.n
	if left <= 0 {
		return 0, errValueSize
	}
	n, err := l.r.Read(p[:min(int64(len(p)), left)])
	l.n += int64(n)
	return n, err
}

// token reads the next token, which may have maxJSONValue bytes.
func (j *JSONReader) token() (json.Token, error) {
	j.in.limit = j.dec.InputOffset() + maxJSONValue
	t, err := j.dec.Token()
	return t, j.syntax(err)
}

// syntax gives the error of the decoder as one of ours: a text that ends too
// early is not the end of the frames.
func (j *JSONReader) syntax(err error) error {
	var syntax *json.SyntaxError
	switch {
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		return fmt.Errorf("%w: it ends at byte %d", ErrJSON, j.dec.InputOffset())
	case errors.As(err, &syntax):
		return fmt.Errorf("%w: %v at byte %d", ErrJSON, err, syntax.Offset)
	}
	return err
}

func (j *JSONReader) expect(want json.Delim, what string) error {
	t, err := j.token()
	if err == nil && t != want {
		err = fmt.Errorf("%w: %s is %s, not %c", ErrJSON, what, kind(t), want)
	}
	return err
}

func kind(t json.Token) string {
	switch t := t.(type) {
	case json.Delim:
		return t.String()
	case string:
		return "a string"
	case float64:
		return "a number"
	case bool:
		return "true or false"
	}
	return "null"
}

func (j *JSONReader) begin() error {
	if err := j.expect('{', "the text"); err != nil {
		return err
	}
	j.state = (*JSONReader).members
	return j.members()
}

// members reads the object's members up to the first frame.
func (j *JSONReader) members() error {
	for {
		t, err := j.token()
		if err != nil {
			return err
		}
		switch t {
		case "JSONInfo":
			var v struct{ HDR10plusProfile, Version string }
			err = j.decode(&v, "JSONInfo")
			j.info.Profile, j.info.Version = v.HDR10plusProfile, v.Version
		case "ToolInfo":
			var v struct{ Tool, Version string }
			err = j.decode(&v, "ToolInfo")
			j.info.Tool, j.info.ToolVersion = v.Tool, v.Version
		case "SceneInfo":
			if j.found {
				return fmt.Errorf("%w: SceneInfo twice", ErrJSON)
			}
			if err := j.expect('[', "SceneInfo"); err != nil {
				return err
			}
			j.found, j.state = true, (*JSONReader).next
			return j.next()
		case json.Delim('}'):
			return j.end()
		default:
			err = j.skip()
		}
		if err != nil {
			return err
		}
	}
}

// end looks whether the text is what it should be.
func (j *JSONReader) end() error {
	if !j.found {
		return fmt.Errorf("%w: no SceneInfo", ErrJSON)
	}
	j.in.limit = j.dec.InputOffset() + maxJSONValue
	switch _, err := j.dec.Token(); err {
	case io.EOF:
		return io.EOF
	case nil:
		return fmt.Errorf("%w: more text behind its end, before byte %d", ErrJSON, j.dec.InputOffset())
	default:
		return j.syntax(err)
	}
}

// skip reads over a value nobody knows, of any size.
func (j *JSONReader) skip() error {
	for depth := 0; ; {
		t, err := j.token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxJSONDepth {
				return fmt.Errorf("%w: more than %d levels", ErrJSON, maxJSONDepth)
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// decode reads a value of at most maxJSONValue bytes.
func (j *JSONReader) decode(v any, what string) error {
	j.in.limit = j.dec.InputOffset() + maxJSONValue
	err := j.dec.Decode(v)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		if wrong.Field != "" {
			what += "." + wrong.Field
		}
		return fmt.Errorf("%w: %s is a %.100s, not a %v", ErrInvalid, what, wrong.Value, wrong.Type)
	}
	return j.syntax(err)
}

// next reads a frame, and behind the last one the rest of the text.
func (j *JSONReader) next() error {
	j.in.limit = j.dec.InputOffset() + maxJSONValue
	if !j.dec.More() {
		if err := j.expect(']', "the end of SceneInfo"); err != nil {
			return err
		}
		j.state = (*JSONReader).members
		return j.members()
	}
	index := j.frame.Sequence + 1
	j.entry = jsonEntry{}
	if err := j.decode(&j.entry, fmt.Sprintf("SceneInfo[%d]", index)); err != nil {
		if errors.Is(err, ErrInvalid) {
			return err
		}
		return fmt.Errorf("SceneInfo[%d]: %w", index, err)
	}
	if err := j.entry.metadata(&j.frame.Metadata); err != nil {
		return fmt.Errorf("SceneInfo[%d].%w", index, err)
	}
	j.number()
	return nil
}

// number gives the frame its numbers.
func (j *JSONReader) number() {
	f := &j.frame
	f.Sequence++
	_, inScene := j.scenes.Next(&f.Metadata)
	begins := inScene == 0 // a value changed
	if id := j.entry.SceneId; id != nil {
		begins = j.sceneID != *id
		j.sceneID = *id
	}
	switch {
	case f.Sequence == 0:
	case begins:
		f.Scene++
		f.InScene = 0
	default:
		f.InScene++
	}
}
