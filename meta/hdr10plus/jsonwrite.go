package hdr10plus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// ErrNotInJSON is metadata that the JSON form has no place for.
var ErrNotInJSON = errors.New("hdr10plus: not expressible in JSON")

const (
	jsonVersion  = "1.0"
	mixedProfile = "N/A"
)

// JSONLoss tells what of the message the tools' JSON cannot hold: nil if
// nothing, else an error that wraps ErrNotInJSON and names it.
func (m *Metadata) JSONLoss() error {
	w := &m.Windows[0]
	var what string
	switch {
	case m.NumWindows != 1:
		what = fmt.Sprintf("%d windows", m.NumWindows)
	case m.Version != 1:
		what = fmt.Sprintf("version %d", m.Version)
	case m.TargetPeak.Present:
		what = "local peak luminances of the targeted display"
	case m.MasteringPeak.Present:
		what = "local peak luminances of the mastering display"
	case w.FractionBright != 0:
		what = fmt.Sprintf("fraction of bright pixels %d", w.FractionBright)
	case w.SaturationMapping:
		what = fmt.Sprintf("saturation weight %d", w.SaturationWeight)
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrNotInJSON, what)
}

// profile is the message's as JSON names it.
func (m *Metadata) jsonProfile() string {
	if p := m.Profile(); p != ProfileNone {
		return p.String()
	}
	return mixedProfile
}

// JSONWriter writes the JSON that the HDR10+ tools exchange, in the very form of
// hdr10plus_tool, as the frames come. It keeps four bytes for each scene and
// allocates nothing for a frame whose values are those of the one before.
type JSONWriter struct {
	// Tool and ToolVersion are what ToolInfo says. ToolVersion may be empty.
	Tool, ToolVersion string
	// Lossy makes Write write what JSON can hold of a message, its first window,
	// instead of failing with ErrNotInJSON.
	Lossy bool

	out     io.Writer
	err     error
	buf     []byte
	profile string   // in the header
	mixed   bool     // it is not that of all frames
	entry   []byte   // of the frame before, without its numbers
	firsts  []uint32 // first frame of each scene
	frames  uint32
	scenes  Scenes
}

// NewJSONWriter writes to w, with one call of w.Write for each frame.
//
// The text begins with the profile. It is the first frame's, and put right by
// Close when not all frames have it, if w is an io.WriterAt.
func NewJSONWriter(w io.Writer) *JSONWriter { return &JSONWriter{out: w} }

// Write writes the next frame in presentation order, and a new scene with every
// change of a value. It does not keep m. A message with ErrNotInJSON is not
// written, and the next may follow; an error of the underlying writer is given
// by every later call too.
func (j *JSONWriter) Write(m *Metadata) error {
	if j.err != nil {
		return j.err
	}
	if !j.Lossy {
		if err := m.JSONLoss(); err != nil {
			return err
		}
	}
	if m.NumWindows < 1 || m.Windows[0].NumPercentiles > MaxPercentiles || m.Windows[0].NumAnchors > MaxAnchors {
		return invalid("%d windows, %d percentiles, %d anchors", m.NumWindows, m.Windows[0].NumPercentiles, m.Windows[0].NumAnchors)
	}
	scene, inScene := j.scenes.Next(m)
	return j.write(m, inScene == 0, scene, inScene)
}

// write writes the next frame; changed tells that it is not the one before.
func (j *JSONWriter) write(m *Metadata, changed bool, scene, inScene int) error {
	b := j.buf[:0]
	if j.frames == 0 {
		if j.profile == "" {
			j.profile = m.jsonProfile()
		}
		b = append(j.appendHeader(b), '\n')
	} else {
		b = append(b, ",\n"...)
	}
	if changed {
		j.entry = appendEntry(j.entry[:0], m)
		j.mixed = j.mixed || m.jsonProfile() != j.profile
	}
	if inScene == 0 {
		j.firsts = append(j.firsts, j.frames)
	}
	b = append(b, j.entry...)
	b = appendNumber(b, 6, "SceneFrameIndex", uint64(inScene), ",")
	b = appendNumber(b, 6, "SceneId", uint64(scene), ",")
	b = appendNumber(b, 6, "SequenceFrameIndex", uint64(j.frames), "")
	j.buf = append(b, "    }"...)
	j.frames++
	_, j.err = j.out.Write(j.buf)
	return j.err
}

// Close completes the text: without it what was written is not JSON. It does not
// close the underlying writer. The error wraps ErrNotInJSON if the frames have
// different profiles and that could not be put right.
func (j *JSONWriter) Close() error {
	if j.err != nil {
		return j.err
	}
	j.err = errors.New("hdr10plus: JSON is closed")
	b := j.buf[:0]
	if j.frames == 0 {
		j.profile = mixedProfile
		b = append(j.appendHeader(b), "],\n"...)
	} else {
		b = append(b, "\n  ],\n"...)
	}
	b = append(b, "  \"SceneInfoSummary\": {\n"...)
	b = appendArray(b, 4, "SceneFirstFrameIndex", len(j.firsts), func(i int) uint64 { return uint64(j.firsts[i]) }, ",")
	b = appendArray(b, 4, "SceneFrameNumbers", len(j.firsts), func(i int) uint64 {
		end := j.frames
		if i+1 < len(j.firsts) {
			end = j.firsts[i+1]
		}
		return uint64(end - j.firsts[i])
	}, "")
	b = append(b, "  },\n  \"ToolInfo\": {\n    \"Tool\": "...)
	b = appendQuoted(b, j.Tool)
	b = append(b, ",\n    \"Version\": "...)
	b = appendQuoted(b, j.ToolVersion)
	b = append(b, "\n  }\n}\n"...)
	if _, err := j.out.Write(b); err != nil {
		return err
	}
	if j.mixed && j.profile != mixedProfile {
		return j.correctProfile()
	}
	return nil
}

const headerStart = "{\n  \"JSONInfo\": {\n    \"HDR10plusProfile\": "

func (j *JSONWriter) appendHeader(b []byte) []byte {
	b = append(b, headerStart...)
	b = appendQuoted(b, j.profile)
	b = append(b, ",\n    \"Version\": "...)
	b = appendQuoted(b, jsonVersion)
	return append(b, "\n  },\n  \"SceneInfo\": ["...)
}

// correctProfile makes "A" or "B" to "N/A" in the text that is written: the two
// more characters come out of the indentation of the next line.
func (j *JSONWriter) correctProfile() error {
	if at, ok := j.out.(io.WriterAt); ok {
		_, err := at.WriteAt([]byte(`"`+mixedProfile+"\",\n  \"Version\""), int64(len(headerStart)))
		if err == nil || !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	return fmt.Errorf("%w: frames of several profiles, in a text that says %s", ErrNotInJSON, j.profile)
}

// appendEntry writes an entry of SceneInfo up to its numbers.
func appendEntry(b []byte, m *Metadata) []byte {
	w := &m.Windows[0]
	b = append(b, "    {\n"...)
	if w.ToneMapping {
		b = append(b, "      \"BezierCurveData\": {\n"...)
		b = appendArray(b, 8, "Anchors", int(w.NumAnchors), func(i int) uint64 { return uint64(w.Anchors[i]) }, ",")
		b = appendNumber(b, 8, "KneePointX", uint64(w.Knee.X), ",")
		b = appendNumber(b, 8, "KneePointY", uint64(w.Knee.Y), "")
		b = append(b, "      },\n"...)
	}
	b = append(b, "      \"LuminanceParameters\": {\n"...)
	b = appendNumber(b, 8, "AverageRGB", uint64(w.AverageMaxRGB), ",")
	b = append(b, "        \"LuminanceDistributions\": {\n"...)
	b = appendArray(b, 10, "DistributionIndex", int(w.NumPercentiles), func(i int) uint64 { return uint64(w.Percentiles[i].Percentage) }, ",")
	b = appendArray(b, 10, "DistributionValues", int(w.NumPercentiles), func(i int) uint64 { return uint64(w.Percentiles[i].Value) }, "")
	b = append(b, "        },\n"...)
	b = appendArray(b, 8, "MaxScl", len(w.MaxSCL), func(i int) uint64 { return uint64(w.MaxSCL[i]) }, "")
	b = append(b, "      },\n"...)
	b = appendNumber(b, 6, "NumberOfWindows", 1, ",")
	return appendNumber(b, 6, "TargetedSystemDisplayMaximumLuminance", uint64(m.TargetMaxLuminance), ",")
}

const spaces = "            "

func appendKey(b []byte, indent int, key string) []byte {
	b = append(append(b, spaces[:indent]...), '"')
	return append(append(b, key...), "\": "...)
}

func appendNumber(b []byte, indent int, key string, v uint64, comma string) []byte {
	b = strconv.AppendUint(appendKey(b, indent, key), v, 10)
	return append(append(b, comma...), '\n')
}

func appendArray(b []byte, indent int, key string, n int, value func(i int) uint64, comma string) []byte {
	b = append(appendKey(b, indent, key), '[')
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, '\n'), spaces[:indent+2]...)
		b = strconv.AppendUint(b, value(i), 10)
	}
	if n > 0 {
		b = append(append(b, '\n'), spaces[:indent]...)
	}
	return append(append(append(b, ']'), comma...), '\n')
}

// appendQuoted appends s as a JSON string, without the escapes for HTML.
func appendQuoted(b []byte, s string) []byte {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil { // cannot be: bad UTF-8 is replaced
		return append(b, `""`...)
	}
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}
