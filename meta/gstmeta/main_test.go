package gstmeta

import (
	"os"
	"testing"
	"unsafe"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta/internal/gsttest"
	"github.com/gst-shmmeta/gst-shmmeta/test/leak"
)

// childEnv names what a re-executed test binary shall do instead of testing.
const childEnv = "GSTMETA_TEST_CHILD"

var children = map[string]func() error{
	"receive": receive,
	"abi":     foreignABI,
}

func TestMain(m *testing.M) {
	gsttest.Init()
	if child := children[os.Getenv(childEnv)]; child != nil {
		if err := child(); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	leak.Main(m)
}

// light is a block that is told from others by its number.
func light(n int) *meta.Block {
	return &meta.Block{
		Color:        &meta.Color{Primaries: meta.PrimariesBT2020, Transfer: meta.TransferPQ, Matrix: meta.MatrixBT2020},
		ContentLight: &meta.ContentLight{MaxCLL: uint16(n), MaxFALL: 400},
	}
}

// layers is the other kind's.
func layers() *meta.Block {
	return &meta.Block{Layers: &meta.Layers{
		Layers: []meta.Layer{{FourCC: 0x32315559, Width: 64, Height: 64, Crop: meta.Rect{W: 64, H: 64},
			Dst: meta.Place{W: 64, H: 64}, Alpha: 65535, NPlanes: 1}},
		Planes: []meta.Plane{{Stride: 64, Size: 4096}},
	}}
}

func writer(t testing.TB) *Writer {
	w := NewWriter()
	t.Cleanup(w.Close)
	return w
}

func write(t testing.TB, w *Writer, b *meta.Block) Holder {
	t.Helper()
	h, err := w.Write(b)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func attach(t testing.TB, buf unsafe.Pointer, k Kind, h Holder) {
	t.Helper()
	if err := Attach(buf, k, h); err != nil {
		t.Fatal(err)
	}
}

// frame is a buffer with both metas, the n-th of a stream.
func frame(t testing.TB, w *Writer, size, n int) unsafe.Pointer {
	t.Helper()
	return dress(t, w, gsttest.NewBuffer(size, pts(n)), n)
}

// dress attaches both metas.
func dress(t testing.TB, w *Writer, buf unsafe.Pointer, n int) unsafe.Pointer {
	t.Helper()
	attach(t, buf, HDR, write(t, w, light(n)))
	attach(t, buf, Layers, write(t, w, layers()))
	return buf
}

// number reads light's number back, -1 if there is no block.
func number(t testing.TB, buf unsafe.Pointer) int {
	t.Helper()
	var b meta.Block
	ok, err := Open(buf, HDR, &b)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return -1
	}
	return int(b.ContentLight.MaxCLL)
}
