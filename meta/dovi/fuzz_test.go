package dovi

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/test/samples"
)

// seeds are RPUs of this package's making and, where they are, real ones.
func seeds(f *testing.F) (out [][]byte) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, size := range []int{0, 3, 40, 160, 300} {
		out = append(out, random(r, size))
	}
	out = append(out, new(header).u(6, 2).u(11, 0x0FF).u(8, 1).u(1, 1).u(1, 1).u(2, 1).u(3, 7).
		ue(0).ue(2).ue(8).u(7, 1).u(1, 0).u(1, 1).ue(15).rpu([]byte{0x80, 0, 0, 0x80}))
	names, _ := filepath.Glob(filepath.Join(samples.Dir(f), "dovi/*_rpu.bin"))
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, must(NewReader(bytes.NewReader(file)).Next()))
	}
	return out
}

// FuzzParse changes RPUs. The checksum would stop nearly all of them, so it is
// put right first unless strict.
func FuzzParse(f *testing.F) {
	for _, rpu := range seeds(f) {
		f.Add(rpu, false)
		f.Add(rpu, true)
		f.Add(append(rpu, 0, 0), true)
		f.Add(rpu[:len(rpu)/2], true)
	}
	f.Fuzz(func(t *testing.T, p []byte, strict bool) {
		if n := len(p) - crcSize - 1; !strict && n > 1 {
			p = append(binary.BigEndian.AppendUint32(bytes.Clone(p[:n]), Checksum(p[1:n])), finalByte)
		}
		h, err := Parse(p)
		if (err != nil) != (h == Header{}) {
			t.Fatalf("%+v, %v", h, err)
		}
		if err != nil {
			return
		}
		rpu := p[:h.Size]
		if again, err := Parse(rpu); err != nil || again != h {
			t.Fatalf("cut at its end %+v, %v\nwant %+v", again, err, h)
		}
		n := h.Size - 1 - crcSize
		if rpu[0] != prefix || rpu[h.Size-1] != finalByte || Checksum(rpu[1:n]) != binary.BigEndian.Uint32(rpu[n:]) {
			t.Fatalf("accepted %x of %x", rpu, p)
		}
		if got, err := FromNAL(nil, AppendNAL(nil, p)); err != nil || !bytes.Equal(got, rpu) {
			t.Fatalf("through a NAL unit %x, %v\nwant %x", got, err, rpu)
		}
		t35, err := AppendT35(nil, p)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := FromT35(nil, t35); err != nil || !bytes.Equal(got, rpu) {
			t.Fatalf("through T.35 %x, %v\nwant %x", got, err, rpu)
		}
	})
}

func FuzzNAL(f *testing.F) {
	for _, rpu := range seeds(f) {
		f.Add(AppendNAL(nil, rpu))
		f.Add(AppendAVC(nil, rpu))
	}
	f.Add([]byte("\x7c\x01\x00\x00\x03\x00\x00\x03\x03\x00\x00"))
	f.Fuzz(func(t *testing.T, p []byte) {
		escaped := Escape(nil, p)
		if got := Unescape(nil, escaped); !bytes.Equal(got, p) {
			t.Fatalf("escaped %x and back %x, want %x", escaped, got, p)
		}
		for _, forbidden := range []string{"\x00\x00\x00", "\x00\x00\x01", "\x00\x00\x02"} {
			if bytes.Contains(escaped, []byte(forbidden)) {
				t.Fatalf("%x in %x", forbidden, escaped)
			}
		}
		for _, c := range []struct {
			from func(dst, nal []byte) ([]byte, error)
			to   func(dst, rpu []byte) []byte
		}{{FromNAL, AppendNAL}, {FromAVC, AppendAVC}} {
			rpu, err := c.from(nil, p)
			if (err != nil) != (rpu == nil) {
				t.Fatalf("%x with %v", rpu, err)
			}
			if err != nil {
				continue
			}
			nal := c.to(nil, rpu)
			again, err := c.from(nil, nal)
			if err != nil || !bytes.Equal(again, rpu) || !bytes.Equal(c.to(nil, again), nal) {
				t.Fatalf("read %x, written %x, read %x, %v", rpu, nal, again, err)
			}
		}
	})
}

func FuzzT35(f *testing.F) {
	for _, rpu := range seeds(f) {
		t35 := must(AppendT35(nil, rpu))
		f.Add(t35)
		f.Add(t35[:len(t35)/2])
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		rpu, err := FromT35(nil, p)
		if (err != nil) != (rpu == nil) {
			t.Fatalf("%x with %v", rpu, err)
		}
		if err != nil {
			return
		}
		t35, err := AppendT35(nil, rpu)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := FromT35(nil, t35); err != nil || !bytes.Equal(again, rpu) {
			t.Fatalf("read %x, written %x, read %x, %v", rpu, t35, again, err)
		}
	})
}

// FuzzFile: whatever the file is, what is read of it makes a file that reads
// the same.
func FuzzFile(f *testing.F) {
	var file bytes.Buffer
	w := NewWriter(&file)
	for _, rpu := range seeds(f) {
		if err := w.Write(rpu); err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(file.Bytes()))
	}
	f.Add([]byte("\x00\x00\x01\x7c\x01\x19\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, p []byte) {
		var want [][]byte
		var file bytes.Buffer
		w := NewWriter(&file)
		r := NewReader(bytes.NewReader(p))
		for n := 0; ; n++ {
			if n > len(p)/3+1 {
				t.Fatalf("%d RPUs in %d bytes", n, len(p))
			}
			rpu, err := r.Next()
			if (err != nil) != (rpu == nil) {
				t.Fatalf("%x with %v", rpu, err)
			}
			if err == io.EOF || r.err != nil && r.err != io.EOF {
				break
			}
			if err != nil {
				continue
			}
			want = append(want, bytes.Clone(rpu))
			if err := w.Write(rpu); err != nil {
				t.Fatal(err)
			}
		}
		r = NewReader(&file)
		for i, rpu := range want {
			if got, err := r.Next(); err != nil || !bytes.Equal(got, rpu) {
				t.Fatalf("RPU %d: %x, %v\nwant %x", i, got, err, rpu)
			}
		}
		if _, err := r.Next(); err != io.EOF {
			t.Fatalf("at the end %v, want EOF", err)
		}
	})
}
