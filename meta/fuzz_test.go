package meta

import (
	"bytes"
	"reflect"
	"testing"

	"golang.org/x/sys/unix"
)

// FuzzDecode changes blocks. The id would stop nearly all of them at the
// header, so it and the size are put right first unless strict.
func FuzzDecode(f *testing.F) {
	for name := range golden {
		f.Add(goldenFile(f, name), false)
		f.Add(goldenFile(f, name), true)
	}
	var b, again Block // reused, as a reader does
	f.Fuzz(func(t *testing.T, data []byte, strict bool) {
		if !strict && len(data) >= headerSize && len(data) <= MaxSize {
			data = reseal(bytes.Clone(data))
		}
		if err := b.Decode(data); err != nil {
			if b.count() != 0 || b.Critical != 0 || b.Bytes() != nil || b.ContentID() != 0 {
				t.Fatalf("error %v left %+v", err, b.Clone())
			}
			return
		}
		ref, err := refDecode(data)
		if err != nil {
			t.Fatalf("the second decoder refuses it: %v", err)
		}
		if got := b.Clone(); !same(got, ref) {
			t.Fatalf("decoded %+v\nsecond  %+v", got, ref)
		}
		// What was accepted can be encoded, and from then on never changes.
		once, err := b.AppendTo(nil)
		if err != nil {
			t.Fatalf("cannot be encoded again: %v", err)
		}
		if err := again.Decode(once); err != nil {
			t.Fatalf("encoded, it is refused: %v", err)
		}
		if !same(again.Clone(), ref) {
			t.Fatalf("encoded and decoded %+v\nwant %+v", again.Clone(), ref)
		}
		if twice := encode(t, &again); !bytes.Equal(once, twice) {
			t.Fatalf("encoded once  %x\nencoded twice %x", once, twice)
		}
	})
}

// same compares two blocks, for which nil and empty are alike.
func same(a, b *Block) bool {
	for _, x := range []*Block{a, b} {
		if len(x.T35) == 0 {
			x.T35 = nil
		}
		if len(x.User) == 0 {
			x.User = nil
		}
		if len(x.Unknown) == 0 {
			x.Unknown = nil
		}
		for i := range x.Unknown {
			x.Unknown[i].Data = append([]byte{}, x.Unknown[i].Data...)
		}
		for i := range x.User {
			x.User[i].Data = append([]byte{}, x.User[i].Data...)
		}
	}
	return reflect.DeepEqual(a, b)
}

// FuzzOpen is any content with any seals: never a panic, and a block only
// where all seals are.
func FuzzOpen(f *testing.F) {
	for name := range golden {
		f.Add(goldenFile(f, name), 0xe)
	}
	f.Add([]byte{}, 0xe)
	f.Add(emptyBlock, 0)
	f.Fuzz(func(t *testing.T, data []byte, seals int) {
		fd, err := unix.MemfdCreate("fuzz", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if _, err := unix.Write(fd, data); err != nil {
			t.Fatal(err)
		}
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals&0x1f); err != nil {
			t.Fatal(err)
		}
		b, err := Open(fd)
		if err != nil {
			return
		}
		if !Seals(seals).Sealed() || !bytes.Equal(b.Bytes(), data) {
			t.Fatalf("seals %v, opened %x, file %x", Seals(seals), b.Bytes(), data)
		}
	})
}

func FuzzMasteringDisplay(f *testing.F) {
	f.Add(bt2020.String())
	f.Add("1:2:3:4:5:6:7:8:9:10:")
	f.Add("0:0:0:0:0:0:0:65535:4294967295:00")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMasteringDisplay(s)
		if err != nil {
			if m != (MasteringDisplay{}) {
				t.Fatalf("error %v with %+v", err, m)
			}
			return
		}
		if again, err := ParseMasteringDisplay(m.String()); err != nil || again != m {
			t.Fatalf("%q: %+v, %q: %+v, %v", s, m, m.String(), again, err)
		}
	})
}

func FuzzContentLight(f *testing.F) {
	f.Add("1000:400")
	f.Add("1000:400:")
	f.Add(":")
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseContentLight(s)
		if err != nil {
			if l != (ContentLight{}) {
				t.Fatalf("error %v with %+v", err, l)
			}
			return
		}
		if again, err := ParseContentLight(l.String()); err != nil || again != l {
			t.Fatalf("%q: %+v, %q: %+v, %v", s, l, l.String(), again, err)
		}
	})
}
