package bitstream

// unit is where a NAL unit or an OBU lies in an access unit: its start code or
// length field in [prefix, start), itself in [start, end), its header in [start,
// body). An OBU has no prefix.
type unit struct {
	typ                      uint8 // nal_unit_type or obu_type
	layer                    uint8 // nuh_layer_id of HEVC, else 0
	prefix, start, body, end int
}

// units walks over an access unit. Bytes between two units (leading and
// trailing zeros of the byte stream) belong to the prefix of the second; behind
// the last unit nothing but such zeros is left, or what damage tells of.
//
//	for w := walk(format, au); w.next(); {
//		… w.unit …
//	}
type units struct {
	unit
	damage damage

	format Format
	au     []byte
	pos    int // where to look for the next unit
}

// walk begins at the first unit of au; the caller has checked format.
func walk(format Format, au []byte) units {
	return units{format: format, au: au}
}

// next moves to the next unit, which has at least its header. Units that have
// not are damage, and passed over.
func (w *units) next() bool {
	switch {
	case w.format.Codec == AV1:
		return w.nextOBU()
	case w.format.LengthSize == 0:
		return w.nextStartCode()
	}
	return w.nextLength()
}

// bytes is the unit with its header, payload without.
func (w *units) bytes() []byte   { return w.au[w.start:w.end] }
func (w *units) payload() []byte { return w.au[w.body:w.end] }
