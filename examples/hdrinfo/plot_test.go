package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/plotter"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
)

// film makes the report of a stream with n frames, 24 a second, whose light
// changes with every scene of that many frames.
func film(t testing.TB, n, sceneLength int) *report {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	f := newFrames()
	var p []byte
	for i := range n {
		if i%sceneLength == 0 {
			peak := uint32(800 + 9000*math.Pow(r.Float64(), 3))
			p = payload(t, peak, uint32(float64(peak)*(0.05+0.1*r.Float64())))
		}
		f.add(int64(i)*int64(time.Second)/24, 0, &meta.Block{HDR10Plus: p}, nil)
	}
	f.mastering = &meta.MasteringDisplay{MaxLuminance: 1000_0000, MinLuminance: 1}
	f.content = &meta.ContentLight{MaxCLL: 980, MaxFALL: 110}
	return newReport("film.mkv", &stream{frames: f, videos: 1, video: video{rate: [2]int{24, 1}}}, nil)
}

func TestPlotHasItsSizeAndShowsTheData(t *testing.T) {
	dir := t.TempDir()
	if keep := os.Getenv("HDRINFO_PLOTS"); keep != "" {
		dir = keep
	}
	for name, r := range map[string]*report{
		"film": film(t, 24*600, 97), "long": film(t, 24*7200, 5), "one": film(t, 1, 1), "short": film(t, 40, 10),
	} {
		file := filepath.Join(dir, name+".png")
		if err := savePlot(file, r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if s := img.Bounds().Size(); s.X != 1200 || s.Y != 500 {
			t.Errorf("%s: picture of %v, want 1200 × 500", name, s)
		}
		red, blue := 0, 0
		for y := range 500 {
			for x := range 1200 {
				switch r, g, b, _ := img.At(x, y).RGBA(); {
				case r > 2*g && r > 2*b:
					red++
				case b > 2*r && b > g:
					blue++
				}
			}
		}
		if red < 500 || blue < 500 {
			t.Errorf("%s: %d pixels of MaxSCL and %d of the average, want lines", name, red, blue)
		}

		file = filepath.Join(dir, name+".svg")
		if err := savePlot(file, r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkSVG(t, file)
	}
}

func checkSVG(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 150<<10 {
		t.Errorf("%s has %d bytes, want no more than 150 KiB", file, len(b))
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	size, text := "", ""
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			for _, a := range e.Attr {
				if e.Name.Local == "svg" && (a.Name.Local == "width" || a.Name.Local == "height") {
					size += a.Value + " "
				}
			}
		case xml.CharData:
			text += string(e) + "\n"
		}
	}
	if size != "900pt 375pt " { // 1200 × 500 pixels
		t.Errorf("%s: size %q, want 900pt 375pt", file, size)
	}
	for _, want := range []string{"film.mkv", "MaxSCL", "average", "MaxCLL 980", "MaxFALL 110", "mastering peak 1000", "0:00"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s: no text %q", file, want)
		}
	}
}

func TestNothingToPlotLeavesNoFile(t *testing.T) {
	f := newFrames()
	f.add(0, 0, nil, nil)
	file := filepath.Join(t.TempDir(), "x.png")
	if err := savePlot(file, newReport("x", &stream{frames: f}, nil)); !errors.Is(err, errNothingToPlot) {
		t.Errorf("error is %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file is there: %v", err)
	}
	if _, err := plotFormat("x.pdf"); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "x.pdf") {
		t.Errorf("unknown format: error is %v", err)
	}
}

func TestReducingKeepsTheExtremesOfEachColumn(t *testing.T) {
	var line plotter.XYs
	r := rand.New(rand.NewPCG(3, 4))
	const end = 1000.0
	for i := range 100000 {
		line = append(line, plotter.XY{X: float64(i) * end / 100000, Y: r.Float64()})
	}
	got := reduce([]plotter.XYs{line}, end)
	if len(got) != 1 || len(got[0]) > 2*columns {
		t.Fatalf("%d lines, the first with %d points; want 1 with up to %d", len(got), len(got[0]), 2*columns)
	}
	extremes := func(l plotter.XYs) (m map[int][2]float64) {
		m = make(map[int][2]float64)
		for _, p := range l {
			c := int(p.X / end * columns)
			e, ok := m[c]
			if !ok {
				e = [2]float64{p.Y, p.Y}
			}
			m[c] = [2]float64{min(e[0], p.Y), max(e[1], p.Y)}
		}
		return m
	}
	want, have := extremes(line), extremes(got[0])
	for c, w := range want {
		if have[c] != w {
			t.Fatalf("column %d: %v, want %v", c, have[c], w)
		}
	}
}

// Values of ITU-R BT.2100, table 4 and its usual examples.
func TestPQScale(t *testing.T) {
	for light, want := range map[float64]float64{0: 0, 100: 0.508, 203: 0.581, 1000: 0.752, 4000: 0.903, 10000: 1} {
		if got := pq(light); math.Abs(got-want) > 0.001 {
			t.Errorf("PQ of %v cd/m² is %.4f, want %v", light, got, want)
		}
	}
}
