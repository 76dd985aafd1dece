package gstmeta

import (
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta/internal/gsttest"
)

// Attach a reused block to a fresh buffer and read it back. Floor: the holder
// meta in C alone; peer: GstCustomMeta with a GBytes, from Go like ours. Taking the metas off again is the buffer's end and
// not timed.
func BenchmarkAttach(b *testing.B) {
	w := writer(b)
	from := gsttest.NewBuffer(16, 0)
	defer gsttest.Unref(from)
	h := write(b, w, light(1))
	attach(b, from, HDR, h)
	data, err := light(1).AppendTo(nil)
	if err != nil {
		b.Fatal(err)
	}
	bytes := gsttest.NewBytes(data)
	defer bytes.Unref()
	all := gsttest.NewBatch(4096)
	defer all.Unref()

	batches := func(b *testing.B, work func(gsttest.Batch)) {
		b.ReportAllocs()
		for left := b.N; left > 0; {
			batch := all[:min(left, len(all))]
			left -= len(batch)
			work(batch)
			b.StopTimer()
			batch.Drop()
			b.StartTimer()
		}
	}
	b.Run("floor", func(b *testing.B) {
		batches(b, func(batch gsttest.Batch) { batch.Floor(from) })
	})
	b.Run("peer", func(b *testing.B) {
		batches(b, func(batch gsttest.Batch) {
			for _, buf := range batch {
				gsttest.CustomAttach(buf, bytes)
				if gsttest.CustomGet(buf) == nil {
					b.Fatal("nothing came back")
				}
			}
		})
	})
	b.Run("ours", func(b *testing.B) {
		batches(b, func(batch gsttest.Batch) {
			for _, buf := range batch {
				if err := Attach(buf, HDR, h); err != nil {
					b.Fatal(err)
				}
				if Get(buf, HDR).FD() != h.FD() {
					b.Fatal("another block came back")
				}
			}
		})
	})
}

// What an element does per frame of unchanged content, encoding included.
func BenchmarkFrame(b *testing.B) {
	w, r := writer(b), NewReader(HDR)
	defer r.Close()
	buf := gsttest.NewBuffer(16, 0)
	defer gsttest.Unref(buf)
	block := light(1)
	b.ReportAllocs()
	for b.Loop() {
		h, err := w.Write(block)
		if err != nil {
			b.Fatal(err)
		}
		if err := Attach(buf, HDR, h); err != nil {
			b.Fatal(err)
		}
		if _, _, err := r.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}
