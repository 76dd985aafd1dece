package main

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The picture is 1200 × 500 pixels; a pixel of the web is 0.75 points.
const (
	plotDPI    = 96
	plotWidth  = 1200 * vg.Inch / plotDPI
	plotHeight = 500 * vg.Inch / plotDPI
	columns    = 1100 // pixel columns of the data, about
	titleRow   = vg.Length(26)
	legendRow  = vg.Length(22)
	maxPath    = 64          // points
	maxCuts    = columns / 4 // scene cuts closer together would be a grey wall
)

var (
	colorMax     = color.RGBA{R: 0xc8, G: 0x3e, B: 0x1d, A: 0xff}
	colorAverage = color.RGBA{R: 0x1f, G: 0x6f, B: 0xb4, A: 0xff}
	colorMaxCLL  = color.RGBA{R: 0x66, G: 0x16, B: 0x04, A: 0xff} // darker: to be seen on the data
	colorMaxFALL = color.RGBA{R: 0x08, G: 0x2c, B: 0x52, A: 0xff}
	colorPeak    = color.RGBA{R: 0x55, G: 0x55, B: 0x55, A: 0xff}
	colorCut     = color.RGBA{R: 0xdc, G: 0xdc, B: 0xdc, A: 0xff}
	colorGrid    = color.RGBA{R: 0xf0, G: 0xf0, B: 0xf0, A: 0xff}
)

var errNothingToPlot = errors.New("nothing to plot: the file has no HDR10+ metadata")

// plotFormat tells the format by the file's name.
func plotFormat(file string) (string, error) {
	switch ext := strings.ToLower(filepath.Ext(file)); ext {
	case ".png", ".svg":
		return ext[1:], nil
	default:
		return "", fmt.Errorf("%w: --plot %q ends neither in .png nor in .svg", errUsage, file)
	}
}

// savePlot draws the report's luminance to a file; one that cannot be written
// whole does not stay.
func savePlot(file string, r *report) error {
	format, err := plotFormat(file)
	if err != nil {
		return err
	}
	if len(r.Scenes) == 0 {
		return errNothingToPlot
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	err = errors.Join(writePlot(f, format, r), f.Close())
	if err != nil {
		os.Remove(file)
	}
	return err
}

func writePlot(w io.Writer, format string, r *report) error {
	var c vg.CanvasWriterTo
	if format == "svg" {
		c = vgsvg.New(plotWidth, plotHeight)
	} else {
		c = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(plotWidth, plotHeight), vgimg.UseDPI(plotDPI))}
	}
	drawPlot(draw.New(c), r)
	_, err := c.WriteTo(w)
	return err
}

// mark is a line of the plot with its entry in the legend.
type mark struct {
	name  string
	style draw.LineStyle
	lines []plotter.XYs
}

func drawPlot(c draw.Canvas, r *report) {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	t := newTimeline(r)
	marks := t.marks(r)

	p.X.Min, p.X.Max, p.X.Tick.Marker = 0, t.end, plot.ConstantTicks(t.ticks())
	p.X.Label.Text = t.label()
	p.Y.Min, p.Y.Max, p.Y.Scale = 0, top(marks), pqScale{}
	p.Y.Tick.Marker = plot.ConstantTicks(lightTicks(p.Y.Max))
	p.X.Padding, p.Y.Padding = 0, 0

	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = nil, colorGrid
	p.Add(grid)
	if cuts := t.cuts(r); len(cuts) > 0 && len(cuts) <= maxCuts {
		p.Add(verticals{cuts, draw.LineStyle{Color: colorCut, Width: vg.Points(0.5)}})
	}
	for _, m := range marks {
		for _, xys := range m.lines {
			// The rasterizer takes quadratic time for a path.
			for ; len(xys) > maxPath; xys = xys[maxPath-1:] {
				p.Add(&plotter.Line{XYs: xys[:maxPath], LineStyle: m.style})
			}
			p.Add(&plotter.Line{XYs: xys, LineStyle: m.style})
		}
	}
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	title := p.Title.TextStyle
	c.FillText(title, vg.Point{X: c.Center().X, Y: c.Max.Y - 6},
		fmt.Sprintf("%s: %s", shorten(filepath.Base(r.File), 80), strings.Join(r.Formats, ", ")))
	// gonum sets the axis' own label by its middle value, which on this scale is
	// nearly at the top.
	label := p.Legend.TextStyle
	label.Font.Size, label.YAlign = 9, draw.YTop
	c.FillText(label, vg.Point{X: c.Min.X + 10, Y: c.Max.Y - 8}, "cd/m², PQ scale")
	drawLegend(c, p, marks)
	p.Draw(draw.Crop(c, 8, -16, 6+legendRow, -titleRow))
}

// drawLegend writes the entries in a row below the plot, where no data is.
func drawLegend(c draw.Canvas, p *plot.Plot, marks []mark) {
	const thumb, gap = vg.Length(24), vg.Length(5)
	style := p.Legend.TextStyle
	style.Font.Size = 9
	style.YAlign = draw.YCenter
	style.XAlign = draw.XLeft
	width := vg.Length(0)
	for _, m := range marks {
		width += thumb + gap + style.Width(m.name) + 4*gap
	}
	x, y := c.Center().X-(width-4*gap)/2, c.Min.Y+legendRow/2+2
	for _, m := range marks {
		c.StrokeLine2(m.style, x, y, x+thumb, y)
		c.FillText(style, vg.Point{X: x + thumb + gap, Y: y}, m.name)
		x += thumb + gap + style.Width(m.name) + 4*gap
	}
}

// verticals are lines from the bottom to the top.
type verticals struct {
	xs    []float64
	style draw.LineStyle
}

func (v verticals) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	for _, x := range v.xs {
		c.StrokeLine2(v.style, trX(x), c.Min.Y, trX(x), c.Max.Y)
	}
}

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
