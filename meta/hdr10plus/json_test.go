package hdr10plus

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gst-shmmeta/gst-shmmeta/test/samples"
)

// expressible makes a random message that JSON can hold.
func expressible(r *rand.Rand) *Metadata {
	m := random(r)
	m.Version, m.NumWindows = 1, 1
	m.TargetPeak, m.MasteringPeak = PeakGrid{}, PeakGrid{}
	m.Windows[1], m.Windows[2] = Window{}, Window{}
	w := &m.Windows[0]
	w.FractionBright, w.SaturationMapping, w.SaturationWeight = 0, false, 0
	return m
}

func writeJSON(t testing.TB, f *File) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSONIsByteForByteTheTools(t *testing.T) {
	f := &File{Info: Info{Tool: "a \"tool\" of <ours>", ToolVersion: "1.7.2"}}
	for _, payload := range []string{goldenB, goldenB, goldenB} {
		m := mustDecode(t, unhex(t, payload))
		if f.Len() == 2 {
			m.Windows[0].NumAnchors, m.Windows[0].Anchors = 0, [MaxAnchors]uint16{}
			m.TargetMaxLuminance = 401
		}
		if err := f.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	entry := func(anchors string, target, inScene, scene, sequence int) string {
		return fmt.Sprintf(`    {
      "BezierCurveData": {
        "Anchors": [%s],
        "KneePointX": 164,
        "KneePointY": 240
      },
      "LuminanceParameters": {
        "AverageRGB": 263,
        "LuminanceDistributions": {
          "DistributionIndex": [
            1,
            5,
            10,
            25,
            50,
            75,
            90,
            95,
            99
          ],
          "DistributionValues": [
            0,
            6080,
            92,
            1,
            4,
            107,
            726,
            1784,
            5843
          ]
        },
        "MaxScl": [
          7768,
          6589,
          6912
        ]
      },
      "NumberOfWindows": 1,
      "TargetedSystemDisplayMaximumLuminance": %d,
      "SceneFrameIndex": %d,
      "SceneId": %d,
      "SequenceFrameIndex": %d
    }`, anchors, target, inScene, scene, sequence)
	}
	list := "\n          " + strings.Join(strings.Fields("143, 298, 447, 592, 731, 864, 891, 917, 938"), "\n          ") + "\n        "
	// The last frame is of neither profile: it has a tone curve without anchors.
	want := `{
  "JSONInfo": {
    "HDR10plusProfile": "N/A",
    "Version": "1.0"
  },
  "SceneInfo": [
` + entry(list, 400, 0, 0, 0) + ",\n" + entry(list, 400, 1, 0, 1) + ",\n" + entry("", 401, 0, 1, 2) + `
  ],
  "SceneInfoSummary": {
    "SceneFirstFrameIndex": [
      0,
      2
    ],
    "SceneFrameNumbers": [
      2,
      1
    ]
  },
  "ToolInfo": {
    "Tool": "a \"tool\" of <ours>",
    "Version": "1.7.2"
  }
}
`
	if got := writeJSON(t, f); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestJSONGivesTheFramesBack(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	f := &File{Info: Info{Version: "1.0", Tool: "x", ToolVersion: "y"}}
	var want []*Metadata
	for range 50 {
		m := expressible(r)
		for range 1 + r.IntN(4) {
			if err := f.Add(m); err != nil {
				t.Fatal(err)
			}
			want = append(want, m)
		}
	}
	text := writeJSON(t, f)
	got, err := ReadJSON(iotest.OneByteReader(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	if got.Len() != len(want) || got.Info != f.Info {
		t.Fatalf("%d frames, %+v; want %d, %+v", got.Len(), got.Info, len(want), f.Info)
	}
	for i, m := range want {
		if *got.Frame(i) != *m || got.Scene(i) != f.Scene(i) {
			t.Errorf("frame %d: scene %d, %+v\nwant %d, %+v", i, got.Scene(i), *got.Frame(i), f.Scene(i), *m)
		}
	}
	if f.Scene(f.Len()-1) != 49 {
		t.Errorf("%d scenes, want 50", f.Scene(f.Len()-1)+1)
	}
	if again := writeJSON(t, got); again != text {
		t.Errorf("written again it is\n%s\nwant\n%s", again, text)
	}
}

// The samples are hdr10plus_tool's own output.
func TestSamplesOfJSON(t *testing.T) {
	for _, c := range []struct {
		name    string
		frames  int
		scenes  int
		profile string
	}{{"single-frame-metadata.json", 1, 1, "B"}, {"metadata-dhdr10-opt.json", 30, 6, "A"}} {
		text := samples.Read(t, "hdr10plus/"+c.name)
		f, err := ReadJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if want := (Info{c.profile, "1.0", "hdr10plus_tool", "1.7.2"}); f.Len() != c.frames || f.Scene(f.Len()-1) != c.scenes-1 || f.Info != want {
			t.Errorf("%s: %d frames, last of scene %d, %+v", c.name, f.Len(), f.Scene(f.Len()-1), f.Info)
		}
		var streamed bytes.Buffer
		w := NewJSONWriter(&streamed)
		w.Tool, w.ToolVersion = f.Tool, f.ToolVersion
		for i := range f.Len() {
			if err := f.Frame(i).Validate(); err != nil {
				t.Errorf("%s: frame %d: %v", c.name, i, err)
			}
			if err := w.Write(f.Frame(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got := writeJSON(t, f); got != string(text) {
			t.Errorf("%s: written again\n%s", c.name, got)
		}
		if streamed.String() != string(text) {
			t.Errorf("%s: streamed\n%s", c.name, streamed.String())
		}
	}
}

// minimal is an entry with the given members replaced.
func minimal(from, to string) string {
	text := `{"SceneInfo": [{"BezierCurveData": {"Anchors": [1], "KneePointX": 2, "KneePointY": 3},
		"LuminanceParameters": {"AverageRGB": 4, "LuminanceDistributions": {"DistributionIndex": [5], "DistributionValues": [6]}, "MaxScl": [7,8,9]},
		"NumberOfWindows": 1, "TargetedSystemDisplayMaximumLuminance": 10}]}`
	if from != "" && !strings.Contains(text, from) {
		panic(from)
	}
	return strings.Replace(text, from, to, 1)
}

func TestJSONNamesEntryAndField(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     error
		text     string
	}{
		{`"MaxScl": [7,8,9]`, `"MaxScl": [7,8]`, ErrInvalid, "SceneInfo[0].LuminanceParameters.MaxScl: hdr10plus: invalid value: 2 values, not 3"},
		{`"MaxScl": [7,8,9]`, `"MaxScl": [7,131072,9]`, ErrInvalid, "LuminanceParameters.MaxScl: hdr10plus: invalid value: [1] is 131072, above 131071"},
		{`"MaxScl": [7,8,9]`, `"MaxScl": [7,-8,9]`, ErrInvalid, "SceneInfo[0].LuminanceParameters.MaxScl is a number -8"},
		{`"MaxScl": [7,8,9]`, `"MaxScl": "7"`, ErrInvalid, "SceneInfo[0].LuminanceParameters.MaxScl is a string"},
		{`"AverageRGB": 4,`, ``, ErrInvalid, "SceneInfo[0].LuminanceParameters.AverageRGB: hdr10plus: invalid value: missing"},
		{`"AverageRGB": 4`, `"AverageRGB": 4.5`, ErrInvalid, "AverageRGB is a number 4.5"},
		{`[5]`, `[128]`, ErrInvalid, "DistributionIndex: hdr10plus: invalid value: [0] is 128, above 127"},
		{`[5]`, `[5,6]`, ErrInvalid, "DistributionValues: hdr10plus: invalid value: 1 values for 2 of DistributionIndex"},
		{`[6]`, `[` + strings.Repeat("1,", 15) + `1]`, ErrInvalid, "DistributionValues: hdr10plus: invalid value: 16 values, more than 15"},
		{`"Anchors": [1]`, `"Anchors": [1024]`, ErrInvalid, "SceneInfo[0].BezierCurveData.Anchors: hdr10plus: invalid value: [0] is 1024, above 1023"},
		{`"KneePointX": 2`, `"KneePointX": 4096`, ErrInvalid, "BezierCurveData.KneePointX: hdr10plus: invalid value: 4096, above 4095"},
		{`, "KneePointY": 3`, ``, ErrInvalid, "BezierCurveData.KneePointY: hdr10plus: invalid value: missing"},
		{`"NumberOfWindows": 1`, `"NumberOfWindows": 2`, ErrInvalid, "SceneInfo[0].NumberOfWindows: hdr10plus: invalid value: 2, and JSON"},
		{`Luminance": 10`, `Luminance": 134217728`, ErrInvalid, "TargetedSystemDisplayMaximumLuminance: hdr10plus: invalid value: 134217728, above 134217727"},
		{`"NumberOfWindows": 1`, `"NumberOfWindows": [`, ErrJSON, "SceneInfo[0]: hdr10plus: not HDR10+ JSON"},
		{`"SceneInfo": [`, `"SceneInfo": [[],`, ErrInvalid, "SceneInfo[0] is a array"},
		{`}]}`, `}, {}]}`, ErrInvalid, "SceneInfo[1].NumberOfWindows: hdr10plus: invalid value: missing"},
		{`}]}`, `}`, ErrJSON, "ends at byte"},
		{`}]}`, `}]`, ErrJSON, "ends at byte"},
		{`}]}`, `}]} true`, ErrJSON, "more text behind its end"},
		{`}]}`, `}], "SceneInfo": []}`, ErrJSON, "SceneInfo twice"},
		{`}]}`, `}], "X": ` + strings.Repeat("[", 40), ErrJSON, "more than 32 levels"},
		{`}]}`, `}], "JSONInfo": {"Version": 1}}`, ErrInvalid, "JSONInfo.Version is a number"},
		{`"SceneInfo"`, `"SceneInf0"`, ErrJSON, "no SceneInfo"},
		{`"SceneInfo": [`, `"SceneInfo": 5, "x": [`, ErrJSON, "SceneInfo is a number, not ["},
		{`{"SceneInfo"`, `["SceneInfo"`, ErrJSON, "the text is [, not {"},
		{`{"SceneInfo"`, ``, ErrJSON, "at byte"},
		{`"NumberOfWindows"`, `"x": "` + strings.Repeat("x", maxJSONValue) + `", "NumberOfWindows"`, ErrJSON, "a value of more than 65536 bytes"},
		{`}]}`, `}], "x": "` + strings.Repeat("x", maxJSONValue) + `"}`, ErrJSON, "a value of more than 65536 bytes"},
	} {
		f, err := ReadJSON(strings.NewReader(minimal(c.from, c.to)))
		if f != nil || !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%.40s → %.40s: %v\nwant %v with %q", c.from, c.to, err, c.want, c.text)
		}
	}
	broken := errors.New("the disk is broken")
	j := NewJSONReader(io.MultiReader(strings.NewReader(minimal("}]}", "")), iotest.ErrReader(broken)))
	for range 2 {
		if f, err := j.Next(); f != nil || !errors.Is(err, broken) {
			t.Errorf("%+v, %v; want %v", f, err, broken)
		}
	}
}

func TestJSONOfOtherWritersIsRead(t *testing.T) {
	for _, c := range []struct{ name, from, to string }{
		{"as it is", "", ""},
		{"unknown keys", `"NumberOfWindows"`, `"x": {"y": [null, 1.5, "z"]}, "NumberOfWindows"`},
		{"unknown keys outside", `{"SceneInfo"`, `{"x": {"y": [[null], 1.5, "z"]}, "SceneInfo"`},
		{"a large unknown value", `{"SceneInfo"`, `{"x": [` + strings.Repeat("1,", maxJSONValue) + `1], "SceneInfo"`},
		{"info behind the frames", `}]}`, `}], "ToolInfo": {"Tool": "t"}, "JSONInfo": {"HDR10plusProfile": "A"}}`},
	} {
		f, err := ReadJSON(strings.NewReader(minimal(c.from, c.to)))
		if err != nil || f.Len() != 1 {
			t.Errorf("%s: %v, %+v", c.name, err, f)
			continue
		}
		want := Metadata{Version: 1, NumWindows: 1, TargetMaxLuminance: 10}
		w := &want.Windows[0]
		w.MaxSCL, w.AverageMaxRGB, w.NumPercentiles, w.ToneMapping, w.NumAnchors = [3]uint32{7, 8, 9}, 4, 1, true, 1
		w.Percentiles[0], w.Knee.X, w.Knee.Y, w.Anchors[0] = Percentile{5, 6}, 2, 3, 1
		if got := *f.Frame(0); got != want || f.Profile != "B" {
			t.Errorf("%s: %+v of profile %s\nwant %+v", c.name, got, f.Profile, want)
		}
	}
	// A profile that the frames do not have is the text's alone.
	if f, err := ReadJSON(strings.NewReader(`{"JSONInfo": {"HDR10plusProfile": "A"}, "SceneInfo": []}`)); err != nil || f.Len() != 0 || f.Profile != "" {
		t.Errorf("%v, %+v", err, f)
	}
}

func TestScenesOfTheTextAreKept(t *testing.T) {
	entry := func(id string, average int) string {
		return fmt.Sprintf(`{"LuminanceParameters": {"AverageRGB": %d, "MaxScl": [1,2,3]}, %s
			"NumberOfWindows": 1, "TargetedSystemDisplayMaximumLuminance": 0}`, average, id)
	}
	for _, c := range []struct {
		entries []string
		want    []int
	}{
		{[]string{entry(`"SceneId": 7,`, 1), entry(`"SceneId": 7,`, 2), entry(`"SceneId": 9,`, 2), entry(`"SceneId": 7,`, 2)}, []int{0, 0, 1, 2}},
		{[]string{entry("", 1), entry("", 1), entry("", 2), entry("", 1)}, []int{0, 0, 1, 2}},
	} {
		f, err := ReadJSON(strings.NewReader(`{"SceneInfo": [` + strings.Join(c.entries, ",") + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadJSON(strings.NewReader(writeJSON(t, f)))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if f.Scene(i) != want || again.Scene(i) != want {
				t.Errorf("frame %d is of scene %d, written and read %d; want %d", i, f.Scene(i), again.Scene(i), want)
			}
		}
	}
}

func TestJSONLosesNothingSilently(t *testing.T) {
	for want, change := range map[string]func(m *Metadata){
		"2 windows": func(m *Metadata) { m.Version, m.NumWindows = 0, 2 },
		"version 0": func(m *Metadata) { m.Version = 0 },
		"local peak luminances of the targeted display":  func(m *Metadata) { m.TargetPeak = PeakGrid{Present: true, Rows: 2, Cols: 2} },
		"local peak luminances of the mastering display": func(m *Metadata) { m.MasteringPeak = PeakGrid{Present: true, Rows: 2, Cols: 2} },
		"fraction of bright pixels 3":                    func(m *Metadata) { m.Windows[0].FractionBright = 3 },
		"saturation weight 0":                            func(m *Metadata) { m.Windows[0].SaturationMapping = true },
	} {
		good := mustDecode(t, unhex(t, goldenB))
		bad := *good
		change(&bad)
		var b bytes.Buffer
		w := NewJSONWriter(&b)
		if err := w.Write(&bad); !errors.Is(err, ErrNotInJSON) || !strings.HasSuffix(err.Error(), want) || b.Len() != 0 {
			t.Errorf("Write: %v and %q written; want %q", err, b.String(), want)
		}
		if err := new(File).Add(&bad); !errors.Is(err, ErrNotInJSON) {
			t.Errorf("Add: %v; want %q", err, want)
		}
		// Lossy, the rest is written, and nothing that cannot be read.
		w.Lossy = true
		if err := errors.Join(w.Write(&bad), w.Close()); err != nil {
			t.Errorf("lossy: %v", err)
		}
		if f, err := ReadJSON(&b); err != nil || *f.Frame(0) != *good {
			t.Errorf("lossy %s: %v, %+v", want, err, f)
		}
	}
	if err := NewJSONWriter(io.Discard).Write(&Metadata{Version: 1, NumWindows: 1, Windows: [3]Window{{NumAnchors: 16}}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("16 anchors: %v, want %v", err, ErrInvalid)
	}
}

// file is a writer that can go back.
type file struct{ bytes.Buffer }

func (f *file) WriteAt(p []byte, at int64) (int, error) { return copy(f.Bytes()[at:], p), nil }

func TestProfileOfMixedFramesIsPutRight(t *testing.T) {
	a, b := mustDecode(t, unhex(t, goldenA)), mustDecode(t, unhex(t, goldenB))
	var out file
	w := NewJSONWriter(&out)
	if err := errors.Join(w.Write(a), w.Write(b), w.Close()); err != nil {
		t.Fatal(err)
	}
	j := NewJSONReader(&out)
	for _, want := range []*Metadata{a, b} {
		if f, err := j.Next(); err != nil || f.Metadata != *want {
			t.Errorf("%+v, %v\nwant %+v", f, err, *want)
		}
	}
	if _, err := j.Next(); err != io.EOF || j.Info() != (Info{Profile: "N/A", Version: "1.0"}) {
		t.Errorf("%+v, %v; want profile N/A", j.Info(), err)
	}
	// A pipe keeps what was written first.
	var pipe bytes.Buffer
	w = NewJSONWriter(&pipe)
	if err := errors.Join(w.Write(a), w.Write(b)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, ErrNotInJSON) {
		t.Errorf("Close: %v, want %v", err, ErrNotInJSON)
	}
	if f, err := ReadJSON(&pipe); err != nil || f.Len() != 2 || f.Profile != "N/A" {
		t.Errorf("%v, %+v", err, f)
	}
}

func TestJSONWriterWithoutFramesWritesAFile(t *testing.T) {
	var b bytes.Buffer
	if err := NewJSONWriter(&b).Close(); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	f, err := ReadJSON(&b)
	if err != nil || f.Len() != 0 {
		t.Errorf("%v, %+v of %s", err, f, text)
	}
	if again := writeJSON(t, f); again != text {
		t.Errorf("written again %s\nwant %s", again, text)
	}
}

func TestJSONWriterErrorsStay(t *testing.T) {
	m := mustDecode(t, unhex(t, goldenA))
	w := NewJSONWriter(failing{})
	for range 2 {
		if err := w.Write(m); err != io.ErrShortWrite {
			t.Errorf("Write: %v, want %v", err, io.ErrShortWrite)
		}
	}
	if err := w.Close(); err != io.ErrShortWrite {
		t.Errorf("Close: %v, want %v", err, io.ErrShortWrite)
	}
	w = NewJSONWriter(io.Discard)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Write(m) == nil || w.Close() == nil {
		t.Error("written to and closed again without an error")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestScenes(t *testing.T) {
	a, b := mustDecode(t, unhex(t, goldenA)), mustDecode(t, unhex(t, goldenB))
	var s Scenes
	var got [][2]int
	for _, m := range []*Metadata{a, a, b, b, b, a} {
		scene, inScene := s.Next(m)
		got = append(got, [2]int{scene, inScene})
	}
	if want := [][2]int{{0, 0}, {0, 1}, {1, 0}, {1, 1}, {1, 2}, {2, 0}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestRepeatedFramesDoNotAllocate(t *testing.T) {
	m := mustDecode(t, unhex(t, goldenB))
	w := NewJSONWriter(io.Discard)
	var s Scenes
	if n := testing.AllocsPerRun(100, func() {
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
		s.Next(m)
	}); n != 0 {
		t.Errorf("%v allocations per frame, want 0", n)
	}
}

func BenchmarkReadJSON(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	var f File
	for range 1000 {
		if err := f.Add(expressible(r)); err != nil {
			b.Fatal(err)
		}
	}
	text := writeJSON(b, &f)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadJSON(strings.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteJSON(b *testing.B) {
	frames := [2]*Metadata{mustDecode(b, unhex(b, goldenA)), mustDecode(b, unhex(b, goldenB))}
	for name, n := range map[string]int{"changing": 2, "repeated": 1} {
		b.Run(name, func(b *testing.B) {
			w := NewJSONWriter(io.Discard)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := w.Write(frames[i%n]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// FuzzJSON: what is read of any text, written, reads the same and is written
// the same from then on.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(minimal("", "")))
	f.Add([]byte(minimal(`"NumberOfWindows"`, `"SceneId": 3, "NumberOfWindows"`)))
	f.Add([]byte(`{"JSONInfo":{"HDR10plusProfile":"A","Version":"1.0"},"SceneInfo":[],"x":[{}],"ToolInfo":{"Tool":"\u2028","Version":"<"}}`))
	r := rand.New(rand.NewPCG(5, 6))
	var file File
	for range 3 {
		if err := file.Add(expressible(r)); err != nil {
			f.Fatal(err)
		}
	}
	f.Add([]byte(writeJSON(f, &file)))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := ReadJSON(bytes.NewReader(text))
		if (err != nil) != (a == nil) {
			t.Fatalf("%+v, %v", a, err)
		}
		if err != nil {
			return
		}
		once := writeJSON(t, a)
		b, err := ReadJSON(strings.NewReader(once))
		if err != nil {
			t.Fatalf("written, it is refused: %v\n%s", err, once)
		}
		if b.Len() != a.Len() {
			t.Fatalf("%d frames, written and read %d", a.Len(), b.Len())
		}
		for i := range a.Len() {
			if !bytes.Equal(a.Payload(i), b.Payload(i)) || a.Scene(i) != b.Scene(i) {
				t.Fatalf("frame %d: %x of scene %d, written and read %x of %d", i, a.Payload(i), a.Scene(i), b.Payload(i), b.Scene(i))
			}
			if err := a.Frame(i).JSONLoss(); err != nil {
				t.Fatalf("frame %d: %v", i, err)
			}
		}
		if twice := writeJSON(t, b); twice != once {
			t.Fatalf("written once\n%s\ntwice\n%s", once, twice)
		}
	})
}
