package streams

// levels writes the extension blocks of display management: those of version 2.9
// of it, then those of 4.0. They begin at whole bytes but do not end there.
func levels(w *bitWriter, n int) {
	f := RPUFacts(n)
	trims := n % 9
	w.ue(uint32(3 + trims))
	w.align()
	level(w, 1, 5, func() { // the picture's brightness
		w.u(12, uint32(f.SourceMinPQ))
		w.u(12, uint32(f.SourceMaxPQ))
		w.u(12, uint32(f.SourceMaxPQ)/2)
	})
	for i := range trims { // for displays of other brightness
		level(w, 2, 11, func() {
			w.u(12, uint32(2081+100*i))
			trim(w)
			w.u(13, 2048) // mid-tone weight
		})
	}
	level(w, 5, 7, func() { // the active area: no borders
		for range 4 {
			w.u(13, 0)
		}
	})
	level(w, 6, 8, func() { // ST 2086 and content light
		w.u(16, Mastering.MaxLuminance/10000)
		w.u(16, Mastering.MinLuminance)
		w.u(16, uint32(Light.MaxCLL))
		w.u(16, uint32(Light.MaxFALL))
	})

	trims = min(trims, 5)
	w.ue(uint32(4 + trims))
	w.align()
	level(w, 3, 5, func() { // offsets to level 1: none
		for range 3 {
			w.u(12, 2048)
		}
	})
	for i := range trims { // for displays from a list
		level(w, 8, 10, func() {
			w.u(8, uint32(1+i))
			trim(w)
			w.u(12, 2048) // mid-tone weight
		})
	}
	level(w, 9, 1, func() { w.u(8, 0) }) // the source's primaries
	level(w, 11, 4, func() {
		w.u(8, 1)  // film
		w.u(4, 0)  // white point
		w.u(4, 0)  // no reference mode, reserved
		w.u(12, 0) // nothing to be done by the display
	})
	level(w, 254, 2, func() {
		w.u(8, 0)
		w.u(8, 2) // version 4.0
	})
}

// level writes an extension block of a length in bytes, filled up with zeros.
func level(w *bitWriter, number uint32, length int, body func()) {
	w.ue(uint32(length))
	w.u(8, number)
	end := w.len() + 8*length
	body()
	w.u(end-w.len(), 0)
}

// trim writes slope, offset, power, chroma weight and saturation gain: neutral.
func trim(w *bitWriter) {
	for range 5 {
		w.u(12, 2048)
	}
}
