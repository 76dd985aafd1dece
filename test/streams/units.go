package streams

import (
	"encoding/binary"
	"slices"
	"testing"
)

// Units gives the access units of the stream in decoding order: as ffmpeg's
// parser cuts a byte stream, and the temporal units of an IVF file. Together
// they are the stream, byte for byte.
func (s *Stream) Units(t testing.TB) [][]byte {
	t.Helper()
	if s.Codec == AV1 {
		return ivfUnits(t, s.Data)
	}
	out, _ := run(t, "ffprobe", "-v", "error", "-of", "default", "-show_packets", "-show_entries", "packet=pos,size", s.File(t))
	var units [][]byte
	next := 0
	for _, p := range sections(t, out, "PACKET") {
		pos, size := p.int(t, "pos"), p.int(t, "size")
		if pos != next || size <= 0 || size > len(s.Data)-pos {
			t.Fatalf("ffprobe: packet of %d bytes at %d, want it at %d of %d", size, pos, next, len(s.Data))
		}
		next = pos + size
		units = append(units, s.Data[pos:next:next])
	}
	if next != len(s.Data) {
		t.Fatalf("ffprobe: packets end at %d of %d", next, len(s.Data))
	}
	return units
}

// Order gives for each access unit, in decoding order, the number of its picture
// in presentation order.
func (s *Stream) Order(t testing.TB) []int {
	t.Helper()
	return order(t, Probe(t, s.File(t)))
}

func order(t testing.TB, frames []Frame) []int {
	t.Helper()
	out := make([]int, len(frames))
	for i := range out {
		out[i] = i
	}
	slices.SortFunc(out, func(a, b int) int { return frames[a].pos - frames[b].pos })
	for i := range out[1:] {
		if frames[out[i]].pos >= frames[out[i+1]].pos {
			t.Fatalf("ffprobe: two frames of the packet at %d", frames[out[i]].pos)
		}
	}
	return out
}

// Join makes a stream of access units that replace those of Units one by one.
func (s *Stream) Join(t testing.TB, units [][]byte) []byte {
	t.Helper()
	if s.Codec != AV1 {
		return slices.Concat(units...)
	}
	out := slices.Clone(s.Data[:ivfHeader])
	rest := s.Data[ivfHeader:]
	for _, u := range units {
		if len(rest) < ivfFrameHeader {
			t.Fatalf("%d temporal units, more than the stream has", len(units))
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(len(u)))
		out = append(out, rest[4:ivfFrameHeader]...) // the time stamp
		out = append(out, u...)
		rest = rest[ivfFrameHeader+int(binary.LittleEndian.Uint32(rest)):]
	}
	return out
}

// Sizes of IVF: the file's header, and of each frame u32 size, u64 time stamp.
const (
	ivfHeader      = 32
	ivfFrameHeader = 12
)

func ivfUnits(t testing.TB, data []byte) [][]byte {
	t.Helper()
	if len(data) < ivfHeader || string(data[:4]) != "DKIF" {
		t.Fatalf("not an IVF file of %d bytes", len(data))
	}
	var units [][]byte
	for rest := data[ivfHeader:]; len(rest) > 0; {
		if len(rest) < ivfFrameHeader {
			t.Fatalf("IVF: %d bytes after the last frame", len(rest))
		}
		size := int64(binary.LittleEndian.Uint32(rest))
		if rest = rest[ivfFrameHeader:]; size > int64(len(rest)) {
			t.Fatalf("IVF: frame of %d bytes with %d left", size, len(rest))
		}
		units = append(units, rest[:size:size])
		rest = rest[size:]
	}
	return units
}
