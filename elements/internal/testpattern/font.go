package testpattern

import "strconv"

// glyphs are 3 × 5 pixels, a row in three bits, most significant left.
var glyphs = map[byte][5]uint8{
	'0': {7, 5, 5, 5, 7}, '1': {2, 6, 2, 2, 7}, '2': {7, 1, 7, 4, 7}, '3': {7, 1, 7, 1, 7},
	'4': {5, 5, 7, 1, 1}, '5': {7, 4, 7, 1, 7}, '6': {7, 4, 7, 5, 7}, '7': {7, 1, 2, 2, 2},
	'8': {7, 5, 7, 5, 7}, '9': {7, 5, 7, 1, 7}, '.': {0, 0, 0, 0, 2},
}

const (
	glyphRows    = 5
	glyphColumns = 4 // with the gap
)

// inked reports whether column x of glyph row y of a label is drawn; both count
// in glyph pixels.
func inked(label string, x, y int) bool {
	i := x / glyphColumns
	if x < 0 || i >= len(label) || x%glyphColumns == glyphColumns-1 {
		return false
	}
	return glyphs[label[i]][y]>>(2-x%glyphColumns)&1 == 1
}

func label(level float64) string { return strconv.FormatFloat(level, 'f', -1, 64) }
