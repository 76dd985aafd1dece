package testpattern

// The picture, from top to bottom:
//
//	bars      white, yellow, cyan, green, magenta, red, blue, black
//	code      the frame number, see code.go
//	ramp      black to the scene's peak, linear in the signal
//	band      dark, with a square of the scene's peak that moves
//	steps     eight levels, each labelled with its luminance in cd/m²
//
// Every line is one of about a dozen rows, so a picture is painted by copying
// and measured by looking at each row once. The heights of all but the last
// are even: chroma rows belong to one kind of line.

// look is what a range of light asks of the picture, in cd/m².
type look struct {
	white  float64    // bars and code: reference white (BT.2408 for HDR)
	dark   float64    // the band
	levels [8]float64 // steps
	peaks  [Scenes]float64
}

// Scenes is the number of different scenes; they repeat.
const Scenes = 4

var looks = [...]look{
	PQ:  hdrLook,
	HLG: hdrLook,
	SDR: {75, 1, [8]float64{0.1, 1, 5, 10, 20, 40, 60, 100}, [Scenes]float64{100, 60, 30, 80}},
}

var hdrLook = look{203, 5, [8]float64{0.1, 1, 10, 50, 100, 203, 400, 1000}, [Scenes]float64{1000, 400, 150, 600}}

// span is a run of equal lines.
type span struct {
	row   row
	lines int
}

// The spans in which something moves.
const (
	spanCode = 1
	spanBand = 3
)

// scene is one picture without what moves.
type scene struct {
	spans []span
	// Full rows to copy pieces of.
	dark, lit   row // of the band and its square
	zero, white row // of the code
}

// geometry is where things are; it is the same in all scenes.
type geometry struct {
	codeTop, codeHeight int
	cell                int // width of half a code bit
	rampTop             int
	bandTop, bandHeight int
	side                int // of the square
	stepsTop            int
	scale               int // size of a glyph pixel
}

func newGeometry(width, height int) (g geometry) {
	even := func(n int) int { return n &^ 1 }
	g.codeTop = even(height * 3 / 10)
	g.codeHeight = even(height / 30)
	g.cell = width / codeCells
	g.rampTop = g.codeTop + g.codeHeight
	g.bandTop = g.rampTop + even(height/6)
	g.bandHeight = even(height / 4)
	g.side = min(even(g.bandHeight*3/4), width/4)
	g.stepsTop = g.bandTop + g.bandHeight
	// A label has up to 4 characters and stands in half its step's height.
	g.scale = min(width/8/(4*glyphColumns+1), (height-g.stepsTop)/2/glyphRows)
	return g
}

func newScene(c coder, g geometry, height int, k *look, peak float64) *scene {
	grey := func(level float64) rgb { return rgb{level, level, level} }
	flat := func(level float64) row { return c.encode(func(int) rgb { return grey(level) }) }
	white := min(k.white, peak)
	s := &scene{dark: flat(k.dark), lit: flat(peak), zero: flat(0), white: flat(white)}

	// Eight columns that begin at even pixels.
	column := func(x int) int { return min((x&^1)*8/c.width, 7) }
	bars := c.encode(func(x int) rgb {
		i := 7 - column(x) // bits G R B, as in the classic order of bars
		return rgb{float64(i>>1&1) * white, float64(i>>2&1) * white, float64(i&1) * white}
	})
	top := c.rng.signal(grey(peak))[0]
	ramp := c.encode(func(x int) rgb {
		v := top * float64(x) / float64(max(c.width-1, 1))
		return c.rng.light(rgb{v, v, v})
	})
	step := func(x int) float64 { return min(k.levels[column(x)], peak) }
	steps := c.encode(func(x int) rgb { return grey(step(x)) })

	s.spans = []span{
		{bars, g.codeTop},
		spanCode: {s.zero, g.codeHeight},
		{ramp, g.bandTop - g.rampTop},
		spanBand: {s.dark, g.bandHeight},
	}
	rest := height - g.stepsTop
	if g.scale > 0 {
		above := ((rest - glyphRows*g.scale) / 2) &^ 1
		s.spans = append(s.spans, span{steps, above})
		for y := range glyphRows {
			text := c.encode(func(x int) rgb {
				level, i := step(x), column(x)
				left := (i*c.width/8 + 1) &^ 1 // where column i begins
				if !inked(label(level), (x-left)/g.scale-1, y) {
					return grey(level)
				}
				if level > k.white/8 {
					return grey(0)
				}
				return grey(white)
			})
			s.spans = append(s.spans, span{text, g.scale})
		}
		rest -= above + glyphRows*g.scale
	}
	s.spans = append(s.spans, span{steps, rest})
	return s
}
