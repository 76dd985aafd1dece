package bits

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// digits gives p in binary, which the tests cut instead of shifting.
func digits(p []byte) string {
	var s strings.Builder
	for _, b := range p {
		fmt.Fprintf(&s, "%08b", b)
	}
	return s.String()
}

func number(digits string) uint32 {
	if digits == "" {
		return 0
	}
	v, err := strconv.ParseUint(digits, 2, 32)
	if err != nil {
		panic(err)
	}
	return uint32(v)
}

// pack makes bytes of binary digits, filled up with zeros; blanks do not count.
func pack(digits string) (p []byte) {
	digits = strings.ReplaceAll(digits, " ", "")
	digits += strings.Repeat("0", -len(digits)&7)
	for ; digits != ""; digits = digits[8:] {
		p = append(p, byte(number(digits[:8])))
	}
	return p
}

func random(n int) []byte {
	p, r := make([]byte, n), rand.New(rand.NewPCG(1, 2))
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

func TestFieldsOfEveryWidthAreReadAtEveryPosition(t *testing.T) {
	p := random(24)
	s := digits(p)
	for at := 0; at <= len(s); at++ {
		for n := 0; n <= 32; n++ {
			r := NewReader(p)
			r.Skip(at)
			got := r.U(n)
			if at+n > len(s) {
				if got != 0 || !r.Short() || r.Left() != 0 {
					t.Fatalf("%d bits at %d of %d: %#x, short %v, %d left; want 0, true, 0", n, at, len(s), got, r.Short(), r.Left())
				}
				continue
			}
			if want := number(s[at : at+n]); got != want || r.Pos() != at+n || r.Left() != len(s)-at-n || r.Short() {
				t.Fatalf("%d bits at %d: %#x, then at %d with %d left, short %v; want %#x, %d, %d, false",
					n, at, got, r.Pos(), r.Left(), r.Short(), want, at+n, len(s)-at-n)
			}
		}
	}
}

func TestNothingIsReadBehindAFieldThatDoesNotEnd(t *testing.T) {
	for _, c := range []struct {
		name string
		read func(*Reader)
	}{
		{"field", func(r *Reader) { r.U(17) }},
		{"skipped", func(r *Reader) { r.Skip(17) }},
		{"skipped far", func(r *Reader) { r.Skip(1 << 40) }},
		{"code without its end", func(r *Reader) { r.Skip(8); r.UE() }},
		{"code of zeros", func(r *Reader) { r.Skip(12); r.UE() }},
	} {
		r := NewReader([]byte{0xff, 0x10})
		c.read(&r)
		if u, ue, se, flag := r.U(1), r.UE(), r.SE(), r.Flag(); !r.Short() || u != 0 || ue != 0 || se != 0 || flag {
			t.Errorf("%s: then %d, %d, %d, %v, short %v; want 0, 0, 0, false, true", c.name, u, ue, se, flag, r.Short())
		}
		if r.Pos() != 16 || r.Left() != 0 || r.Align() != 0 {
			t.Errorf("%s: at %d with %d left, want 16 with 0", c.name, r.Pos(), r.Left())
		}
	}
	var none Reader
	if none.Flag() || !none.Short() {
		t.Error("a bit was read of no bytes")
	}
}

func TestExpGolombCodes(t *testing.T) {
	// H.264 tables 9-2 and 9-3, and the largest.
	for _, c := range []struct {
		code string
		ue   uint32
		se   int32
	}{
		{"1", 0, 0}, {"010", 1, 1}, {"011", 2, -1}, {"00100", 3, 2}, {"00101", 4, -2}, {"00110", 5, 3},
		{"00111", 6, -3}, {"0001000", 7, 4}, {"0001001", 8, -4}, {"0001010", 9, 5},
		{strings.Repeat("0", 31) + "1" + strings.Repeat("0", 30) + "1", 1 << 31, -1 << 30},
		{strings.Repeat("0", 31) + strings.Repeat("1", 32), 1<<32 - 2, -(1<<31 - 1)},
		{strings.Repeat("0", 31) + strings.Repeat("1", 31) + "0", 1<<32 - 3, 1<<31 - 1},
	} {
		for at := range 8 {
			p := pack(strings.Repeat("1", at) + c.code)
			ue, se := NewReader(p), NewReader(p)
			ue.Skip(at)
			se.Skip(at)
			if got := ue.UE(); got != c.ue || ue.Pos() != at+len(c.code) || ue.Short() {
				t.Errorf("ue %s at %d: %d of %d bits, short %v; want %d", c.code, at, got, ue.Pos()-at, ue.Short(), c.ue)
			}
			if got := se.SE(); got != c.se || se.Pos() != at+len(c.code) || se.Short() {
				t.Errorf("se %s at %d: %d of %d bits, short %v; want %d", c.code, at, got, se.Pos()-at, se.Short(), c.se)
			}
		}
	}
	r := NewReader(pack(strings.Repeat("0", 32) + "1" + strings.Repeat("0", 63)))
	if got := r.UE(); got != 0 || !r.Short() {
		t.Errorf("code with 32 zeros: %d, short %v; want 0, true", got, r.Short())
	}
}

func TestAlignReadsTheRestOfTheByte(t *testing.T) {
	p := []byte{0xb5, 0x3c}
	s := digits(p)
	for n := range 9 {
		r := NewReader(p)
		r.Skip(n)
		end := (n + 7) &^ 7
		if got, want := r.Align(), number(s[n:end]); got != want || r.Pos() != end {
			t.Errorf("after %d bits: %#b, then at %d; want %#b, %d", n, got, r.Pos(), want, end)
		}
	}
}

func TestWriterAppendsWhatIsRead(t *testing.T) {
	p := random(4096)
	head := []byte("head")
	r, w, widths := NewReader(p), NewWriter(head), rand.New(rand.NewPCG(3, 4))
	for r.Left() > 0 {
		if n := widths.IntN(34); n == 33 {
			w.Flag(r.Flag())
		} else if n <= r.Left() {
			w.U(n, r.U(n))
		}
	}
	if got := w.Bytes(); !bytes.Equal(got, append(head, p...)) {
		t.Errorf("%d bytes written are not the %d read", len(got)-len(head), len(p))
	}
}

func TestWriterFillsUpTheLastByte(t *testing.T) {
	for _, c := range []struct {
		name string
		n    int
		fill uint8
		want string
	}{
		{"nothing to fill", 16, 0xff, "11111111 11111111"},
		{"zeros", 11, 0, "11111111 11100000"},
		{"ones", 11, 0xff, "11111111 11111111"},
		{"the low bits", 12, 0b10101, "11111111 11110101"},
		{"one bit missing", 31, 0, "11111111 11111111 11111111 11111110"},
		{"nothing", 0, 0xff, ""},
	} {
		var w Writer
		w.U(c.n, 1<<32-1)
		w.Align(c.fill)
		w.Align(^c.fill)
		if got := w.Bytes(); !bytes.Equal(got, pack(c.want)) {
			t.Errorf("%s: %x, want %x", c.name, got, pack(c.want))
		}
	}
}

func TestWriterTakesTheLowBits(t *testing.T) {
	var w Writer
	w.U(4, 0)
	w.U(4, 0xabc)
	w.U(0, 0xff)
	if got := w.Bytes(); !bytes.Equal(got, []byte{0x0c}) {
		t.Errorf("%x, want 0c", got)
	}
}

func TestWriterGoesOnAfterBytes(t *testing.T) {
	var w Writer
	w.U(12, 0xabc)
	if got := w.Bytes(); !bytes.Equal(got, []byte{0xab}) {
		t.Errorf("after 12 bits: %x, want ab", got)
	}
	w.U(28, 0xdef0123)
	if got := w.Bytes(); !bytes.Equal(got, []byte{0xab, 0xcd, 0xef, 0x01, 0x23}) {
		t.Errorf("after 40 bits: %x, want abcdef0123", got)
	}
}

func TestReadingAndWritingAllocateNothing(t *testing.T) {
	p, out := random(64), make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		r, w := NewReader(p), NewWriter(out)
		for r.Left() > 0 {
			w.U(7, r.U(7))
			w.Flag(r.Flag())
		}
		w.Align(0)
		if len(w.Bytes()) != len(p) {
			t.Fatalf("%d bytes written of %d", len(w.Bytes()), len(p))
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// FuzzReader takes each byte of steps for a read and compares it with one made
// on the digits.
func FuzzReader(f *testing.F) {
	f.Add([]byte{}, []byte{0, 1, 32})
	f.Add([]byte{0xb5, 0x00, 0x3c, 0x00, 0x01, 0x04, 0x01, 0x40, 0x40}, []byte{8, 16, 16, 8, 8, 2, 27, 40, 33})
	f.Add(pack(strings.Repeat("0", 31)+strings.Repeat("1", 33)), []byte{34, 35, 1, 34})
	f.Add(make([]byte, 20), []byte{3, 35, 36, 255})
	f.Fuzz(func(t *testing.T, p, steps []byte) {
		r, s, at, short := NewReader(p), digits(p), 0, false
		take := func(n int) uint32 {
			if short = short || n > len(s)-at; short {
				at = len(s)
				return 0
			}
			at += n
			return number(s[at-n : at])
		}
		ue := func() uint32 {
			zeros := strings.IndexByte(s[at:], '1')
			if zeros < 0 || zeros > 31 {
				zeros = len(s) + 1
			}
			take(zeros)
			if v := take(min(zeros, 31) + 1); !short {
				return v - 1
			}
			return 0
		}
		for i, step := range steps {
			var got, want uint32
			switch n := int(step); {
			case n <= 32:
				got, want = r.U(n), take(n)
			case n == 33:
				if r.Flag() {
					got = 1
				}
				want = take(1)
			case n == 34:
				got, want = r.UE(), ue()
			case n == 35:
				// 0, 1, −1, 2, −2, …
				k := int64(ue())
				got, want = uint32(r.SE()), uint32((k+1)/2*(k%2*2-1))
			case n == 36:
				got, want = r.Align(), take(-at&7)
			default:
				r.Skip(n)
				short = short || n > len(s)-at
				if at += n; short {
					at = len(s)
				}
			}
			if got != want || r.Pos() != at || r.Left() != len(s)-at || r.Short() != short {
				t.Fatalf("step %d, %d: %#x, at %d with %d left, short %v; want %#x, %d, %d, %v",
					i, step, got, r.Pos(), r.Left(), r.Short(), want, at, len(s)-at, short)
			}
		}
	})
}
