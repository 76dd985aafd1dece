package jsonl

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
)

const (
	hdr10PlusA = "b5003c00010401400000008b4c41ff1bd601036408000c28db205000acc800e190036e581032d02a6af848f318e1b40000"
	hdr10PlusB = "b5003c0001040140000c803cb019bd0d800041e4080000285f00500170c800059000125801aed00b5af81be3185b4c0042903c248f4a9bf942dbd837be57aa00"
)

func unhex(s string) []byte {
	p, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return p
}

// rpu makes an intact RPU of what is between its prefix and its checksum.
func rpu(body ...byte) []byte {
	return append(binary.BigEndian.AppendUint32(append([]byte{0x19}, body...), dovi.Checksum(body)), 0x80)
}

// decoded gives b as a reader has it.
func decoded(t testing.TB, b *meta.Block) *meta.Block {
	t.Helper()
	raw, err := b.AppendTo(nil)
	if err != nil {
		t.Fatal(err)
	}
	out := new(meta.Block)
	if err := out.Decode(raw); err != nil {
		t.Fatal(err)
	}
	return out
}

func full() *meta.Block {
	return &meta.Block{
		Color: &meta.Color{Primaries: 9, Transfer: 16, Matrix: 9, ChromaSite: 2},
		MasteringDisplay: &meta.MasteringDisplay{
			Red: meta.Chromaticity{X: 35400, Y: 14600}, Green: meta.Chromaticity{X: 8500, Y: 39850},
			Blue: meta.Chromaticity{X: 6550, Y: 2300}, White: meta.Chromaticity{X: 15635, Y: 16450},
			MaxLuminance: 10000000, MinLuminance: 1,
		},
		ContentLight:   &meta.ContentLight{MaxCLL: 1000, MaxFALL: 180},
		AmbientViewing: &meta.AmbientViewing{Illuminance: 3140000, Light: meta.Chromaticity{X: 15635, Y: 16450}},
		HDR10Plus:      unhex(hdr10PlusA),
		DolbyVision:    rpu(0x08, 0x09, 0x08, 0x40, 0x61, 0x36, 0x50, 0x6e, 1, 2, 3),
		T35:            [][]byte{unhex("b500900001aa"), {0x26}},
		FilmGrain:      &meta.FilmGrain{Kind: meta.GrainAV1, Data: []byte{1, 2}},
		User:           []meta.User{{Type: meta.TypeUser + 5, UUID: [16]byte{0xaa, 15: 0xbb}, Data: []byte("x")}},
		Unknown:        []meta.Section{{Type: 77, Data: []byte("yz")}},
		Critical:       meta.TypeSet(0).With(meta.TypeColor).With(meta.TypeHDR10Plus),
	}
}

func layers() *meta.Block {
	return &meta.Block{Layers: &meta.Layers{
		Layers: []meta.Layer{{FourCC: 0x30313050, Width: 640, Height: 360, Crop: meta.Rect{W: 640, H: 360},
			Dst: meta.Place{X: -8, Y: 4, W: 640, H: 360}, Alpha: 65535, NPlanes: 2}},
		Planes: []meta.Plane{{Stride: 1280, Size: 460800}, {Memory: 1, Stride: 1280, Offset: 64, Size: 230400, Modifier: 0x0100000000000001}},
	}}
}

// want is compared as JSON, so order and spelling of numbers do not matter; the
// exact text is held by TestLineIsByteForByte.
func wantJSON(t *testing.T, line []byte, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal(line, &g); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("got  %s\nwant %s", line, want)
	}
	if line[len(line)-1] != '\n' || strings.Count(string(line), "\n") != 1 {
		t.Errorf("not one line: %q", line)
	}
}

func TestEverySection(t *testing.T) {
	var f Formatter
	b := decoded(t, full())
	line, changed := f.AppendLine(nil, 40000000, Part{Block: b, Seals: meta.SealsApplied}, Part{})
	if !changed {
		t.Error("the first line is not marked as changed")
	}
	id := string(appendHex(nil, b.ContentID(), 16))
	wantJSON(t, line, `{"pts":40000000,"formats":["HDR10","HDR10+","DolbyVision"],
	"color":{"primaries":"BT.2020","transfer":"PQ","matrix":"BT.2020","full_range":false,"chroma_site":"top-left"},
	"mastering_display":{"red":[0.708,0.292],"green":[0.17,0.797],"blue":[0.131,0.046],"white":[0.3127,0.329],
		"max_luminance":1000,"min_luminance":0.0001},
	"content_light":{"max_cll":1000,"max_fall":180},
	"ambient_viewing":{"illuminance":314,"light":[0.3127,0.329]},
	"hdr10plus":{"version":1,"profile":"A","target_max_luminance":0,"windows":[{"maxscl":[1783,1689.5,1425.2],
		"average_maxrgb":103.7,"percentiles":[[1,0.3],[99.98,1402.4],[25,5.6],[50,21.9],[75,103.6],[90,271.4],[95,466.8],[99,1444.5]],
		"below_100":43,"fraction_bright":0}]},
	"dolby_vision":{"size":17,"rpu_type":2,"rpu_format":18,"vdr_rpu_profile":1,"vdr_rpu_level":0,"profile":8,
		"full_range":false,"bit_depths":[10,10,12],"residual":false},
	"t35":[{"country":"b5","provider":"0090","size":6,"data":"b500900001aa"},{"size":1,"data":"26"}],
	"film_grain":{"kind":"av1","size":2,"data":"0102"},
	"user":[{"type":"80000005","uuid":"aa000000-0000-0000-0000-0000000000bb","size":1,"data":"78"}],
	"unknown":[{"type":77,"size":2,"data":"797a"}],"critical":["COLOR","HDR10PLUS"],
	"seals":"seal|shrink|grow|write","content_id":"`+id+`"}`)
}

func TestLineIsByteForByte(t *testing.T) {
	var f Formatter
	b := decoded(t, &meta.Block{ContentLight: &meta.ContentLight{MaxCLL: 1, MaxFALL: 2}})
	line, _ := f.AppendLine([]byte("> "), 7, Part{Block: b, Seals: meta.SealsRequired}, Part{})
	want := `> {"pts":7,"formats":["HDR10"],"content_light":{"max_cll":1,"max_fall":2},"seals":"shrink|grow|write","content_id":"` +
		string(appendHex(nil, b.ContentID(), 16)) + "\"}\n"
	if string(line) != want {
		t.Errorf("got  %q\nwant %q", line, want)
	}
}

func TestToneCurve(t *testing.T) {
	var f Formatter
	b := decoded(t, &meta.Block{HDR10Plus: unhex(hdr10PlusB)})
	line, _ := f.AppendLine(nil, 0, Part{Block: b}, Part{})
	var got struct {
		HDR10Plus struct {
			Profile string
			Target  int `json:"target_max_luminance"`
			Windows []struct {
				ToneCurve struct{ Knee, Anchors []float64 } `json:"tone_curve"`
			}
		}
	}
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	c := got.HDR10Plus.Windows[0].ToneCurve
	if got.HDR10Plus.Profile != "B" || got.HDR10Plus.Target != 400 ||
		!reflect.DeepEqual(c.Knee, []float64{0.04005, 0.05861}) || len(c.Anchors) != 9 || c.Anchors[8] != 0.91691 {
		t.Errorf("%+v in %s", got, line)
	}
}

func TestBadHDR10PlusIsSaidInPlace(t *testing.T) {
	for payload, want := range map[string]string{
		"b5003c000104":                           `"hdr10plus":{"size":6,"error":"hdr10plus: payload is truncated"}`,
		hdr10PlusA[:12] + "00" + hdr10PlusA[14:]: `"version":0`,
		hdr10PlusA[:18] + "ff" + hdr10PlusA[20:]: `"invalid":"hdr10plus: invalid value: `,
	} {
		var f Formatter
		line, _ := f.AppendLine(nil, 0, Part{Block: decoded(t, &meta.Block{HDR10Plus: unhex(payload)})}, Part{})
		if !json.Valid(line) || !strings.Contains(string(line), want) {
			t.Errorf("%s does not contain %s", line, want)
		}
	}
}

func TestBrokenRPUIsSaidInPlace(t *testing.T) {
	var f Formatter
	line, _ := f.AppendLine(nil, 0, Part{Block: decoded(t, &meta.Block{DolbyVision: []byte{0x19, 8, 9, 8, 0x80}})}, Part{})
	if want := `"dolby_vision":{"size":5,"error":"dovi: RPU is truncated: `; !json.Valid(line) || !strings.Contains(string(line), want) {
		t.Errorf("%s does not contain %s", line, want)
	}
}

func TestLayers(t *testing.T) {
	var f Formatter
	b := decoded(t, layers())
	line, _ := f.AppendLine(nil, None, Part{}, Part{Block: b, Seals: meta.SealsApplied})
	wantJSON(t, line, `{"pts":null,"layers":{"layers":[{"role":"video","format":"P010","size":[640,360],"crop":[0,0,640,360],
	"dst":[-8,4,640,360],"zpos":0,"alpha":1,"planes":[
	{"memory":0,"stride":1280,"offset":0,"size":460800,"modifier":"0x0"},
	{"memory":1,"stride":1280,"offset":64,"size":230400,"modifier":"0x100000000000001"}]}],
	"seals":"seal|shrink|grow|write","content_id":"`+string(appendHex(nil, b.ContentID(), 16))+`"}}`)
	if got := fourCC(0x01020304); got != "0x01020304" {
		t.Errorf("unprintable format is %q", got)
	}
}

func TestUnchangedBlocksAreMarked(t *testing.T) {
	var f Formatter
	hdr, lay := decoded(t, full()), decoded(t, layers())
	other := full()
	other.ContentLight.MaxCLL = 999
	for i, c := range []struct {
		hdr, layers                  Part
		changed, hdrMark, layersMark bool
	}{
		{Part{Block: hdr}, Part{Block: lay}, true, false, false},
		{Part{Block: hdr}, Part{Block: lay}, false, true, true},
		{Part{Block: decoded(t, full())}, Part{Block: lay}, false, true, true}, // another file, equal content
		{Part{Block: decoded(t, other)}, Part{Block: lay}, true, false, true},
		{Part{Block: hdr}, Part{}, true, false, false},
		{Part{}, Part{}, true, false, false},
		{Part{}, Part{}, false, false, false},
		{Part{Block: hdr}, Part{}, true, false, false},
		{Part{Block: hdr, Seals: meta.SealsApplied}, Part{}, true, false, false},
		{Part{Err: errors.New("no")}, Part{Block: lay}, true, false, false},
		{Part{Block: hdr, Seals: meta.SealsApplied}, Part{Block: lay}, true, false, true},
	} {
		line, changed := f.AppendLine(nil, uint64(i), c.hdr, c.layers)
		var got struct {
			Unchanged bool
			Layers    struct{ Unchanged bool }
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatal(err)
		}
		if changed != c.changed || got.Unchanged != c.hdrMark || got.Layers.Unchanged != c.layersMark {
			t.Errorf("line %d: changed %v, marks %v %v; want %v, %v %v\n%s", i, changed, got.Unchanged,
				got.Layers.Unchanged, c.changed, c.hdrMark, c.layersMark, line)
		}
	}
}

func TestRefusedBlocks(t *testing.T) {
	var f Formatter
	line, changed := f.AppendLine(nil, 1, Part{Err: errors.New("fd 7: \"bad\"\n\x00\xff")}, Part{Err: meta.ErrNotSealed})
	if !changed {
		t.Error("an error is not marked as changed")
	}
	wantJSON(t, line, `{"pts":1,"error":"fd 7: \"bad\"\n\u0000\ufffd","layers":{"error":"`+meta.ErrNotSealed.Error()+`"}}`)
}

func TestFormats(t *testing.T) {
	light, plus := &meta.ContentLight{}, []byte{0xB5}
	for _, c := range []struct {
		b    meta.Block
		want string
	}{
		{meta.Block{}, ""},
		{meta.Block{Color: &meta.Color{Transfer: meta.TransferUnspecified}}, ""},
		{meta.Block{Color: &meta.Color{Transfer: meta.TransferBT709}}, "SDR"},
		{meta.Block{Color: &meta.Color{Transfer: meta.TransferHLG}, ContentLight: light}, "HLG"},
		{meta.Block{Color: &meta.Color{Transfer: meta.TransferPQ}}, "PQ"},
		{meta.Block{Color: &meta.Color{Transfer: meta.TransferPQ}, ContentLight: light}, "HDR10"},
		{meta.Block{ContentLight: light}, "HDR10"},
		{meta.Block{Color: &meta.Color{Transfer: meta.TransferPQ}, HDR10Plus: plus}, "PQ HDR10+"},
		{meta.Block{DolbyVision: plus}, "DolbyVision"},
	} {
		if got := strings.Join(Formats(&c.b), " "); got != c.want {
			t.Errorf("%+v: %q, want %q", c.b, got, c.want)
		}
	}
}

func TestFixedPoint(t *testing.T) {
	for _, c := range []struct {
		v        uint64
		decimals int
		want     string
	}{{0, 4, "0"}, {1, 4, "0.0001"}, {10000, 4, "1"}, {10500, 4, "1.05"}, {17830, 1, "1783"}, {5, 0, "5"}, {1<<32 - 1, 4, "429496.7295"}} {
		if got := string(appendFixed(nil, c.v, c.decimals)); got != c.want {
			t.Errorf("%d / 10^%d: %s, want %s", c.v, c.decimals, got, c.want)
		}
	}
}

func TestUnchangedLinesDoNotAllocate(t *testing.T) {
	var f Formatter
	hdr, lay := Part{Block: decoded(t, full())}, Part{Block: decoded(t, layers())}
	buf := make([]byte, 0, 8192)
	if n := testing.AllocsPerRun(100, func() { f.AppendLine(buf, 1, hdr, lay) }); n != 0 {
		t.Errorf("%v allocations per line, want 0", n)
	}
}

// jq is an independent judge of the syntax.
func TestJQReadsEveryLine(t *testing.T) {
	jq, err := exec.LookPath("jq")
	if err != nil {
		t.Skip("jq is not installed")
	}
	var f Formatter
	var text []byte
	for i := range uint64(4) {
		text, _ = f.AppendLine(text, i, Part{Block: decoded(t, full()), Seals: meta.SealsApplied}, Part{Block: decoded(t, layers())})
	}
	cmd := exec.Command(jq, "-s", "-c", `[length, .[3].unchanged, .[0].mastering_display.min_luminance]`)
	cmd.Stdin = strings.NewReader(string(text))
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "[4,true,0.0001]" {
		t.Errorf("jq: %v, %s", err, out)
	}
}

// Any block that decodes must give one valid line.
func FuzzLine(f *testing.F) {
	for _, b := range []*meta.Block{full(), layers(), {}} {
		raw, err := b.AppendTo(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, uint64(1))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 4 {
		p := make([]byte, 40)
		for i := range p {
			p[i] = byte(r.Uint32())
		}
		raw, err := (&meta.Block{HDR10Plus: append(unhex(hdr10PlusA)[:7], p...), DolbyVision: append([]byte{0x19}, p...)}).AppendTo(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, r.Uint64())
	}
	f.Fuzz(func(t *testing.T, raw []byte, pts uint64) {
		var b meta.Block
		if b.Decode(raw) != nil {
			return
		}
		var f Formatter
		for range 2 {
			line, _ := f.AppendLine(nil, pts, Part{Block: &b, Seals: meta.Seals(pts)}, Part{Block: &b})
			if !json.Valid(line) || strings.Count(string(line), "\n") != 1 {
				t.Fatalf("not one line of JSON: %q", line)
			}
		}
	})
}

func BenchmarkLine(b *testing.B) {
	hdr, lay := Part{Block: decoded(b, full())}, Part{Block: decoded(b, layers())}
	buf := make([]byte, 0, 8192)
	b.Run("unchanged", func(b *testing.B) {
		var f Formatter
		b.ReportAllocs()
		for b.Loop() {
			f.AppendLine(buf, 1, hdr, lay)
		}
	})
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var f Formatter
			f.AppendLine(buf, 1, hdr, lay)
		}
	})
}
