package main

import (
	"cmp"
	"slices"
)

// inOrder gives the frames as they are shown, with times from 0 on, and whether
// time stamps gave that order. A bare stream has none: the times then follow from
// the frame rate if there is one.
func (f *frames) inOrder(rate float64) (shown []frame, timed bool) {
	shown = slices.Clone(f.all)
	if f.untimed > len(shown)/2 {
		shown = untangle(shown)
		for i := range shown {
			shown[i].pts = noTime
			if rate > 0 {
				shown[i].pts = int64(float64(i) / rate * 1e9)
			}
		}
		return shown, false
	}
	last := int64(0)
	for i := range shown {
		if shown[i].pts == noTime {
			shown[i].pts = last
		}
		last = shown[i].pts
	}
	slices.SortStableFunc(shown, func(a, b frame) int { return cmp.Compare(a.pts, b.pts) })
	if len(shown) > 0 {
		first := shown[0].pts
		for i := range shown {
			shown[i].pts -= first
		}
	}
	return shown, true
}

// maxReorder is how many pictures may follow one in decoding order and precede
// it on the screen: the decoded picture buffer of H.264 and H.265 has no more.
const maxReorder = 16

// untangle separates the scenes of frames in decoding order. Around a cut that
// order has the first pictures of the new scene before the last of the old one,
// A A B A A B B: a few frames that go back to the scene before, until the new one
// goes on, are taken for those. Frames of one scene are alike, so that is all the
// order that is needed.
func untangle(coded []frame) []frame {
	runs := runsOf(coded)
	var out [][]frame
	for i, r := range runs {
		n := len(out)
		switch {
		case n > 0 && out[n-1][0].scene == r[0].scene:
			out[n-1] = append(out[n-1], r...)
		case n > 1 && i+1 < len(runs) && out[n-2][0].scene == r[0].scene && out[n-1][0].scene == runs[i+1][0].scene &&
			len(r) <= maxReorder && len(out[n-1]) <= maxReorder:
			out[n-2] = append(out[n-2], r...)
		default:
			out = append(out, slices.Clone(r))
		}
	}
	return slices.Concat(out...)
}

// runsOf cuts frames where the scene changes.
func runsOf(f []frame) (runs [][]frame) {
	for start, i := 0, 1; i <= len(f); i++ {
		if i == len(f) || f[i].scene != f[start].scene {
			runs = append(runs, f[start:i])
			start = i
		}
	}
	return runs
}
