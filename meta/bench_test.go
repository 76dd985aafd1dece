package meta

import (
	"testing"

	"golang.org/x/sys/unix"
)

// The block of the benchmarks is what a frame of HDR10+ video carries.
func benchBlock() *Block {
	return &Block{Color: pq(), MasteringDisplay: &bt2020, ContentLight: &ContentLight{1000, 400}, HDR10Plus: hdr10plusA}
}

func BenchmarkEncode(b *testing.B) {
	block, buf := benchBlock(), make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := block.AppendTo(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	data := encode(b, benchBlock())
	var block Block
	b.ReportAllocs()
	for b.Loop() {
		if err := block.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

// A new block per frame. Floor: its system calls alone; peer: filling the memfd
// through a mapping.
func BenchmarkSeal(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		w := NewWriter(func(fd, size int) (int, error) { return fd, nil }, func(fd int) { unix.Close(fd) })
		defer w.Close()
		block := benchBlock()
		b.ReportAllocs()
		for b.Loop() {
			block.ContentLight.MaxCLL++
			if _, err := w.Write(block); err != nil {
				b.Fatal(err)
			}
		}
	})
	data := encode(b, benchBlock())
	create := func(b *testing.B, fill func(fd int)) {
		b.ReportAllocs()
		for b.Loop() {
			fd, err := newMemfd()
			if err != nil {
				b.Fatal(err)
			}
			fill(fd)
			if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, int(SealsApplied)); err != nil {
				b.Fatal(err)
			}
			unix.Close(fd)
		}
	}
	b.Run("floor", func(b *testing.B) {
		create(b, func(fd int) {
			if _, err := unix.Write(fd, data); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("peer", func(b *testing.B) {
		create(b, func(fd int) {
			if err := unix.Ftruncate(fd, int64(len(data))); err != nil {
				b.Fatal(err)
			}
			m, err := unix.Mmap(fd, 0, len(data), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
			if err != nil {
				b.Fatal(err)
			}
			copy(m, data)
			unix.Munmap(m)
		})
	})
}

func BenchmarkReuse(b *testing.B) {
	w := NewWriter(func(fd, size int) (int, error) { return fd, nil }, func(fd int) { unix.Close(fd) })
	defer w.Close()
	block := benchBlock()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Write(block); err != nil {
			b.Fatal(err)
		}
	}
}

// Accept and decode a received descriptor. Floor: its system calls alone; peer:
// reading through a mapping.
func BenchmarkOpen(b *testing.B) {
	data := encode(b, benchBlock())
	fd, err := Seal(data)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(fd)
	accept := func() int {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0); err != nil {
			b.Fatal(err)
		}
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			b.Fatal(err)
		}
		return int(st.Size)
	}
	b.Run("ours", func(b *testing.B) {
		var block Block
		b.ReportAllocs()
		for b.Loop() {
			if err := block.Open(fd); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("floor", func(b *testing.B) {
		buf := make([]byte, MaxSize)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := unix.Pread(fd, buf[:accept()], 0); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("peer", func(b *testing.B) {
		var block Block
		b.ReportAllocs()
		for b.Loop() {
			m, err := unix.Mmap(fd, 0, accept(), unix.PROT_READ, unix.MAP_PRIVATE)
			if err != nil {
				b.Fatal(err)
			}
			if err := block.Decode(m); err != nil {
				b.Fatal(err)
			}
			unix.Munmap(m)
		}
	})
}
