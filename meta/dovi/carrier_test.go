package dovi

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestEscape(t *testing.T) {
	for _, c := range []struct{ plain, escaped string }{
		{"", ""},
		{"\x00\x00", "\x00\x00\x03"}, // a NAL unit does not end with zeros
		{"\x00\x00\x04", "\x00\x00\x04"},
		{"\x00\x00\x00", "\x00\x00\x03\x00"},
		{"\x00\x00\x01", "\x00\x00\x03\x01"},
		{"\x00\x00\x02", "\x00\x00\x03\x02"},
		{"\x00\x00\x03", "\x00\x00\x03\x03"},
		{"\x00\x00\x00\x00\x00\x01", "\x00\x00\x03\x00\x00\x03\x00\x01"},
		{"\x01\x00\x03\x00\x00\x80", "\x01\x00\x03\x00\x00\x80"},
	} {
		if got := Escape([]byte("> "), []byte(c.plain)); string(got) != "> "+c.escaped {
			t.Errorf("Escape(%x) = %x, want %x", c.plain, got[2:], c.escaped)
		}
		if got := Unescape([]byte("> "), []byte(c.escaped)); string(got) != "> "+c.plain {
			t.Errorf("Unescape(%x) = %x, want %x", c.escaped, got[2:], c.plain)
		}
	}
}

func TestCarriersGiveTheSameRPUBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 150, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239, 240, 500, 5000, MaxSize - 64} {
		rpu := random(r, size)
		nal := AppendNAL(nil, rpu)
		if bytes.Contains(nal, []byte{0, 0, 1}) || bytes.Contains(nal, []byte{0, 0, 0}) || string(nal[:3]) != "\x7c\x01\x19" {
			t.Fatalf("%d bytes: NAL unit %x", size, nal)
		}
		avc := AppendAVC(nil, rpu)
		t35, err := AppendT35(nil, rpu)
		if err != nil || !IsT35(t35) {
			t.Fatalf("%d bytes: AppendT35: %v, %x", size, err, t35)
		}
		dst := []byte("before")
		for name, got := range map[string][]byte{
			"NAL": must(FromNAL(dst, nal)), "AVC": must(FromAVC(dst, avc)), "T.35": must(FromT35(dst, t35)),
		} {
			if !bytes.Equal(got, append([]byte("before"), rpu...)) {
				t.Errorf("%d bytes, %s: %x\nwant %x", size, name, got[6:], rpu)
			}
		}
	}
}

func TestCarriersOfSomethingElse(t *testing.T) {
	rpu := profile8().rpu([]byte{1, 2, 3})
	nal, avc, t35 := AppendNAL(nil, rpu), AppendAVC(nil, rpu), must(AppendT35(nil, rpu))
	change := func(p []byte, i int, v byte) []byte {
		p = slices.Clone(p)
		p[i] = v
		return p
	}
	dst := []byte("dst")
	for _, c := range []struct {
		name string
		from func(dst, p []byte) ([]byte, error)
		p    []byte
		want error
	}{
		{"no NAL unit", FromNAL, nil, ErrNotDolbyVision},
		{"half a NAL header", FromNAL, nal[:1], ErrNotDolbyVision},
		{"an SEI", FromNAL, change(nal, 0, 39<<1), ErrNotDolbyVision},
		{"an enhancement layer", FromNAL, change(nal, 0, 63<<1), ErrNotDolbyVision},
		{"an empty NAL unit", FromNAL, nal[:2], ErrTruncated},
		{"half a NAL unit", FromNAL, nal[:len(nal)/2], ErrTruncated},
		{"another prefix", FromNAL, change(nal, 2, 0x18), ErrPrefix},
		{"a changed NAL unit", FromNAL, change(nal, 8, 0xee), ErrCRC},
		{"an endless NAL unit", FromNAL, append(slices.Clone(nal[:10]), make([]byte, 1<<20)...), ErrTooLarge},
		{"no AVC NAL unit", FromAVC, nil, ErrNotDolbyVision},
		{"an AVC SEI", FromAVC, change(avc, 0, 6), ErrNotDolbyVision},
		{"half an AVC NAL unit", FromAVC, avc[:len(avc)/2], ErrTruncated},
		{"no T.35", FromT35, nil, ErrNotDolbyVision},
		{"another provider", FromT35, change(t35, 2, 0x3c), ErrNotDolbyVision},
		{"another container", FromT35, change(t35, 10, t35[10]^0x20), ErrContainer},
		{"only a head", FromT35, t35[:10], ErrTruncated},
		{"half a size", FromT35, t35[:11], ErrTruncated},
		{"half a T.35", FromT35, t35[:len(t35)/2], ErrTruncated},
		{"an endless size", FromT35, append(slices.Clone(t35[:10]), bytes.Repeat([]byte{0x3f, 0xff, 0xff, 0xff}, 99)...), ErrTooLarge},
		{"a changed T.35", FromT35, change(t35, 20, t35[20]^1), ErrCRC},
		{"not an RPU", AppendT35, rpu[:9], ErrTruncated},
	} {
		got, err := c.from(dst, c.p)
		if !errors.Is(err, c.want) || string(got) != "dst" {
			t.Errorf("%s: %x, %v; want %v", c.name, got, err, c.want)
		}
	}
	// The container's end and the bits that fill up the last byte are not looked at.
	for _, p := range [][]byte{t35[:len(t35)-2], append(slices.Clone(t35), 0x80), change(t35, len(t35)-1, 0)} {
		if got, err := FromT35(nil, p); err != nil || !bytes.Equal(got, rpu) {
			t.Errorf("%x: %x, %v; want %x", p, got, err, rpu)
		}
	}
}

func TestFileGivesTheRPUsBack(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var want [][]byte
	var file bytes.Buffer
	w := NewWriter(&file)
	for i := range 300 {
		want = append(want, random(r, r.IntN(400)))
		if err := w.Write(append(slices.Clone(want[i]), make([]byte, i%3)...)); err != nil {
			t.Fatal(err)
		}
	}
	for name, in := range map[string]io.Reader{
		"whole":         bytes.NewReader(file.Bytes()),
		"byte by byte":  iotest.OneByteReader(bytes.NewReader(file.Bytes())),
		"3-byte codes":  bytes.NewReader(bytes.ReplaceAll(file.Bytes(), []byte{0, 0, 0, 1}, []byte{0, 0, 1})),
		"more zeros":    bytes.NewReader(bytes.ReplaceAll(file.Bytes(), []byte{0, 0, 0, 1}, []byte{0, 0, 0, 0, 0, 0, 1})),
		"NAL headers":   bytes.NewReader(bytes.ReplaceAll(file.Bytes(), []byte{0, 0, 0, 1}, []byte{0, 0, 0, 1, 0x7c, 1})),
		"padded at end": io.MultiReader(bytes.NewReader(file.Bytes()), strings.NewReader("\x00\x00\x00")),
	} {
		r := NewReader(in)
		for i, rpu := range want {
			if got, err := r.Next(); err != nil || !bytes.Equal(got, rpu) {
				t.Fatalf("%s: RPU %d is %x, %v\nwant %x", name, i, got, err, rpu)
			}
		}
		for range 2 {
			if got, err := r.Next(); got != nil || err != io.EOF {
				t.Errorf("%s: at the end %x, %v; want EOF", name, got, err)
			}
		}
	}
}

func TestFileGoesOnBehindABrokenRPU(t *testing.T) {
	good := profile8().rpu([]byte{1, 2, 3})
	var file bytes.Buffer
	w := NewWriter(&file)
	write := func(escaped []byte) { file.Write(append([]byte{0, 0, 0, 1}, escaped...)) }
	w.Write(good)
	write(good[:12])                                                                    // 1: cut
	write(nil)                                                                          // 2: empty
	write(make([]byte, 1))                                                              // 3
	write(good[1:])                                                                     // 4: no prefix
	write(append(slices.Clone(good[:8]), bytes.Repeat([]byte{0xff}, 10*MaxNALSize)...)) // 5
	w.Write(good)
	r := NewReader(&file)
	for i, want := range []error{nil, ErrTruncated, ErrTruncated, ErrTruncated, ErrPrefix, ErrTooLarge, nil} {
		rpu, err := r.Next()
		if want == nil {
			if err != nil || !bytes.Equal(rpu, good) {
				t.Errorf("RPU %d: %x, %v; want %x", i, rpu, err, good)
			}
			continue
		}
		if !errors.Is(err, want) || rpu != nil || !strings.Contains(err.Error(), "RPU "+string(rune('0'+i))+", at byte ") {
			t.Errorf("RPU %d: %x, %v; want %v", i, rpu, err, want)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("at the end %v, want EOF", err)
	}
}

func TestWhatIsNoRPUFile(t *testing.T) {
	for _, c := range []struct {
		file string
		want error
	}{
		{"", io.EOF},
		{"\x00\x00", ErrFile},
		{"\x00\x01\x19", ErrFile},
		{"\x19\x08\x09", ErrFile},
		{"\x1a\x45\xdf\xa3matroska", ErrFile},
	} {
		r := NewReader(strings.NewReader(c.file))
		for range 2 {
			if rpu, err := r.Next(); rpu != nil || !errors.Is(err, c.want) {
				t.Errorf("%q: %x, %v; want %v", c.file, rpu, err, c.want)
			}
		}
	}
	broken := errors.New("the disk is broken")
	r := NewReader(io.MultiReader(strings.NewReader("\x00\x00\x01\x19"), iotest.ErrReader(broken)))
	for range 2 {
		if rpu, err := r.Next(); rpu != nil || err != broken {
			t.Errorf("%x, %v; want %v", rpu, err, broken)
		}
	}
}

func TestWriterWritesNothingButRPUs(t *testing.T) {
	var file bytes.Buffer
	if err := NewWriter(&file).Write([]byte{0x19, 0x80}); !errors.Is(err, ErrTruncated) || file.Len() != 0 {
		t.Errorf("%v and %x written; want %v and nothing", err, file.Bytes(), ErrTruncated)
	}
	if err := NewWriter(failing{}).Write(profile8().rpu(nil)); err != io.ErrShortWrite {
		t.Errorf("%v, want %v", err, io.ErrShortWrite)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// endless repeats a file.
type endless struct{ file, rest []byte }

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		e.rest = e.file
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestNothingAllocates(t *testing.T) {
	rpu := random(rand.New(rand.NewPCG(5, 6)), 350)
	nal, t35 := AppendNAL(nil, rpu), must(AppendT35(nil, rpu))
	var file bytes.Buffer
	if err := NewWriter(&file).Write(rpu); err != nil {
		t.Fatal(err)
	}
	in, out, buf := NewReader(&endless{file: file.Bytes()}), NewWriter(io.Discard), make([]byte, 0, 1024)
	for name, f := range map[string]func() error{
		"Parse":     func() error { _, err := Parse(rpu); return err },
		"FromNAL":   func() error { _, err := FromNAL(buf, nal); return err },
		"AppendNAL": func() error { AppendNAL(buf, rpu); return nil },
		"FromT35":   func() error { _, err := FromT35(buf, t35); return err },
		"AppendT35": func() error { _, err := AppendT35(buf, rpu); return err },
		"Next":      func() error { _, err := in.Next(); return err },
		"Write":     func() error { return out.Write(rpu) },
	} {
		if n := testing.AllocsPerRun(100, func() {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	rpu := random(rand.New(rand.NewPCG(5, 6)), 350)
	b.SetBytes(int64(len(rpu)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(rpu); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFromNAL(b *testing.B) {
	nal := AppendNAL(nil, random(rand.New(rand.NewPCG(5, 6)), 350))
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := FromNAL(buf, nal); err != nil {
			b.Fatal(err)
		}
	}
}
