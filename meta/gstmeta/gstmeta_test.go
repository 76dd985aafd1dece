package gstmeta

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/gstmeta/internal/gsttest"
	"github.com/gst-shmmeta/gst-shmmeta/test/leak"
)

func isOpen(fd int) bool {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return err == nil
}

func TestAttachedBlockIsReadBack(t *testing.T) {
	w := writer(t)
	buf := frame(t, w, 16, 1000)
	defer gsttest.Unref(buf)
	h := Get(buf, HDR)
	if h != write(t, w, light(1000)) || h.Size() == 0 || !isOpen(h.FD()) {
		t.Errorf("got holder %+v", h)
	}
	if got := number(t, buf); got != 1000 {
		t.Errorf("block %d, want 1000", got)
	}
	var b meta.Block
	if ok, err := Open(buf, Layers, &b); !ok || err != nil || b.Layers == nil || b.ContentLight != nil {
		t.Errorf("layers: %v, %v, %+v", ok, err, b.Clone())
	}
	attach(t, buf, HDR, write(t, w, light(7))) // in place of the first
	if got := number(t, buf); got != 7 {
		t.Errorf("block %d, want the second, 7", got)
	}
	if !Remove(buf, HDR) || Remove(buf, HDR) || number(t, buf) != -1 {
		t.Error("removed once, nothing must be left and nothing more to remove")
	}
	if Get(buf, Layers).IsNil() {
		t.Error("removing one kind removed the other")
	}
}

func TestBufferWithoutMetas(t *testing.T) {
	buf := gsttest.NewBuffer(16, 0)
	defer gsttest.Unref(buf)
	h := Get(buf, HDR)
	if !h.IsNil() || h.FD() != -1 || h.Size() != 0 || !h.Ref().IsNil() {
		t.Errorf("got holder %+v", h)
	}
	h.Unref()
	b := light(1)
	if ok, err := Open(buf, Layers, b); ok || err != nil || b.Color != nil {
		t.Errorf("opened: %v, %v, %+v", ok, err, b)
	}
	if err := Attach(buf, HDR, Holder{}); err == nil {
		t.Error("no holder could be attached")
	}
}

func TestSharedBufferIsNotWritable(t *testing.T) {
	w := writer(t)
	buf := frame(t, w, 16, 1)
	gsttest.Ref(buf)
	if err := Attach(buf, HDR, write(t, w, light(2))); !errors.Is(err, ErrNotWritable) {
		t.Errorf("attach: got %v, want %v", err, ErrNotWritable)
	}
	if Remove(buf, HDR) || number(t, buf) != 1 {
		t.Error("the meta of a shared buffer changed")
	}
	gsttest.Unref(buf)
	gsttest.Unref(buf)
}

func TestHolderTakesOnlySealedBlocks(t *testing.T) {
	sealed := func(n int) int {
		fd, err := meta.Seal(make([]byte, n))
		if err != nil {
			t.Fatal(err)
		}
		return fd
	}
	open, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		fd   int
		want error
	}{
		"unsealed":  {open, meta.ErrNotSealed},
		"too small": {sealed(31), meta.ErrTruncated},
		"too large": {sealed(meta.MaxSize + 1), meta.ErrTooLarge},
		"no fd":     {-1, unix.EBADF},
	} {
		if h, err := NewHolder(c.fd); !errors.Is(err, c.want) || !h.IsNil() {
			t.Errorf("%s: got %+v, %v; want %v", name, h, err, c.want)
		}
		if c.fd >= 0 {
			if !isOpen(c.fd) {
				t.Errorf("%s: what was refused is closed", name)
			}
			unix.Close(c.fd)
		}
	}
	fd := sealed(64)
	h, err := NewHolder(fd)
	if err != nil || h.FD() != fd || h.Size() != 64 {
		t.Fatalf("got %+v, %v", h, err)
	}
	// Sealed, but not a block: what reads it says so.
	buf := gsttest.NewBuffer(16, 0)
	defer gsttest.Unref(buf)
	attach(t, buf, HDR, h)
	h.Unref()
	if ok, err := Open(buf, HDR, new(meta.Block)); ok || !errors.Is(err, meta.ErrMagic) {
		t.Errorf("zeros: %v, %v; want %v", ok, err, meta.ErrMagic)
	}
	r := NewReader(HDR)
	defer r.Close()
	for i := range 2 {
		if b, changed, err := r.Read(buf); b != nil || changed != (i == 0) || !errors.Is(err, meta.ErrMagic) {
			t.Errorf("read %d: %v, %v, %v; want %v", i, b, changed, err, meta.ErrMagic)
		}
	}
}

func TestDescriptorLivesAsLongAsItsBuffers(t *testing.T) {
	w := NewWriter()
	buf := frame(t, w, 16, 1)
	cp := gsttest.Copy(buf)
	fd := Get(buf, HDR).FD()
	w.Close()
	gsttest.Unref(buf)
	if !isOpen(fd) || number(t, cp) != 1 {
		t.Error("the copy's block is gone with the original and the writer")
	}
	gsttest.UnrefOnThread(cp)
	if isOpen(fd) {
		t.Error("the descriptor is open after its last buffer was freed")
	}
}

func TestReaderOpensEachHolderOnce(t *testing.T) {
	w := writer(t)
	a, b, none := frame(t, w, 16, 1), frame(t, w, 16, 2), gsttest.NewBuffer(16, 0)
	r := NewReader(HDR)
	for i, c := range []struct {
		buf     unsafe.Pointer
		want    int
		changed bool
	}{{none, -1, false}, {a, 1, true}, {a, 1, false}, {b, 2, true}, {none, -1, true}, {none, -1, false}, {b, 2, true}} {
		got, changed, err := r.Read(c.buf)
		n := -1
		if got != nil {
			n = int(got.ContentLight.MaxCLL)
		}
		if n != c.want || changed != c.changed || err != nil || r.Holder() != Get(c.buf, HDR) {
			t.Errorf("read %d: block %d, changed %v, %v; want %d, %v", i, n, changed, err, c.want, c.changed)
		}
	}
	for _, p := range []unsafe.Pointer{a, b, none} {
		gsttest.Unref(p)
	}
	r.Close()
	r.Close()
}

func TestHundredThousandBuffersLeaveNothing(t *testing.T) {
	leak.Check(t)
	w := NewWriter()
	r := NewReader(HDR)
	var ring [32]unsafe.Pointer // buffers in flight
	for i := range 100_000 {
		slot := &ring[i%len(ring)]
		if *slot != nil {
			gsttest.Unref(*slot)
		}
		*slot = gsttest.NewBuffer(16, 0)
		attach(t, *slot, HDR, write(t, w, light(i/3))) // new content for every third
		if i%7 == 0 {
			cp := gsttest.DeepCopy(*slot)
			gsttest.Unref(*slot)
			*slot = cp
		}
		if b, _, err := r.Read(*slot); err != nil || int(b.ContentLight.MaxCLL) != i/3%65536 {
			t.Fatalf("buffer %d: %+v, %v", i, b, err)
		}
	}
	for _, buf := range ring {
		gsttest.Unref(buf)
	}
	r.Close()
	w.Close()
	if made, reused := w.Made(), w.Reused(); made != 33334 || reused != 66666 {
		t.Errorf("%d blocks made, %d reused", made, reused)
	}
}

func TestStreamingDoesNotAllocate(t *testing.T) {
	w, r := writer(t), NewReader(HDR)
	defer r.Close()
	buf := gsttest.NewBuffer(16, 0)
	defer gsttest.Unref(buf)
	static, changing := light(1), light(2)
	each := func() {
		for _, b := range []*meta.Block{static, changing} {
			attach(t, buf, HDR, write(t, w, b))
			if _, _, err := r.Read(buf); err != nil {
				t.Fatal(err)
			}
		}
		changing.ContentLight.MaxFALL++
	}
	for range 2 * meta.Keep {
		each()
	}
	if n := testing.AllocsPerRun(100, each); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestTags(t *testing.T) {
	if err := Register(); err != nil {
		t.Fatal(err)
	}
	// Decoders and filters drop metas with the tag "memory".
	if gsttest.HasMemoryTag("GstShmHdrMetaAPI") || !gsttest.HasMemoryTag("GstShmLayersMetaAPI") {
		t.Error("the tag \"memory\" must be on the layers meta and on that alone")
	}
	if HDR.String() != "GstShmHdrMeta" || Layers.String() != "GstShmLayersMeta" {
		t.Errorf("names are %v and %v", HDR, Layers)
	}
}

func TestAllocationQueryNamesBothMetasOnce(t *testing.T) {
	q := gsttest.NewQuery()
	defer gsttest.UnrefQuery(q)
	AddToQuery(q)
	AddToQuery(q)
	got := gsttest.QueryMetas(q)
	if len(got) != 2 || got[0] != "GstShmHdrMetaAPI" || got[1] != "GstShmLayersMetaAPI" {
		t.Errorf("query has %v", got)
	}
}

func TestTransforms(t *testing.T) {
	w := writer(t)
	src := frame(t, w, 64, 5)
	defer gsttest.Unref(src)
	for name, c := range map[string]struct {
		make        func() unsafe.Pointer
		hdr, layers bool
	}{
		"shallow copy":      {func() unsafe.Pointer { return gsttest.Copy(src) }, true, true},
		"deep copy":         {func() unsafe.Pointer { return gsttest.DeepCopy(src) }, true, true},
		"region":            {func() unsafe.Pointer { return gsttest.CopyRegion(src, 16, 16) }, true, false},
		"gst-video-scale":   {func() unsafe.Pointer { return gsttest.Transformed(src, "gst-video-scale") }, true, false},
		"gst-video-matrix":  {func() unsafe.Pointer { return gsttest.Transformed(src, "gst-video-matrix") }, true, false},
		"another transform": {func() unsafe.Pointer { return gsttest.Transformed(src, "something-else") }, false, false},
	} {
		buf := c.make()
		for k, want := range map[Kind]bool{HDR: c.hdr, Layers: c.layers} {
			h := Get(buf, k)
			if !h.IsNil() != want || want && h != Get(src, k) {
				t.Errorf("%s: %v is %+v, want it there: %v", name, k, h, want)
			}
		}
		gsttest.Unref(buf)
	}
}

func TestSerialisedBlockArrivesEqualAndSealed(t *testing.T) {
	w := writer(t)
	src, dst := frame(t, w, 16, 321), gsttest.NewBuffer(16, 0)
	defer gsttest.Unref(src)
	defer gsttest.Unref(dst)
	for k, api := range map[Kind]string{HDR: "GstShmHdrMetaAPI", Layers: "GstShmLayersMetaAPI"} {
		if !gsttest.Deserialize(dst, gsttest.Serialize(src, api)) {
			t.Fatalf("%v does not arrive", k)
		}
		in, out := Get(src, k), Get(dst, k)
		if in == out {
			t.Errorf("%v: the holder itself arrived, want a copy", k)
		}
		a, err := meta.Open(in.FD())
		if err != nil {
			t.Fatal(err)
		}
		b, err := meta.Open(out.FD())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) || out.Size() != in.Size() {
			t.Errorf("%v: arrived as %x, want %x", k, b.Bytes(), a.Bytes())
		}
		if s, err := meta.ReadSeals(out.FD()); err != nil || s&meta.SealsApplied != meta.SealsApplied {
			t.Errorf("%v: arrived with seals %v, %v", k, s, err)
		}
	}
}

func TestWhatArrivesBrokenIsDropped(t *testing.T) {
	w := writer(t)
	src, dst := frame(t, w, 16, 321), gsttest.NewBuffer(16, 0)
	defer gsttest.Unref(src)
	defer gsttest.Unref(dst)
	data := gsttest.Serialize(src, "GstShmHdrMetaAPI")
	block := bytes.Index(data, []byte("SHMM"))
	if block < 1 {
		t.Fatalf("no block in %x", data)
	}
	// From our version byte on; what is before it is GStreamer's to check.
	for i := block - 1; i < len(data); i++ {
		for _, bit := range []byte{1, 0x80} {
			bad := bytes.Clone(data)
			bad[i] ^= bit
			if gsttest.Deserialize(dst, bad) {
				t.Fatalf("byte %d of %d changed by %#x arrives", i-block, len(data)-block, bit)
			}
		}
	}
	for n := block; n < len(data); n++ {
		short := bytes.Clone(data[:n])
		short[0], short[1] = byte(n), byte(n>>8) // GStreamer's total size
		if gsttest.Deserialize(dst, short) {
			t.Fatalf("first %d of %d bytes arrive", n-block, len(data)-block)
		}
	}
	if !Get(dst, HDR).IsNil() {
		t.Error("a meta was attached")
	}
}

// A Go program that loads the plugin has two copies of this package's C.
func TestTwoCopiesInOneProcessShareTheTypes(t *testing.T) {
	if !gsttest.OtherRegister() {
		t.Fatal("the second copy does not accept the first one's types")
	}
	w := NewWriter()
	ours, theirs := frame(t, w, 16, 77), gsttest.NewBuffer(16, 0)
	fd := Get(ours, HDR).FD()
	if got := gsttest.OtherGet(ours, int32(HDR)); got != fd {
		t.Errorf("the other copy reads fd %d, want %d", got, fd)
	}
	if !gsttest.OtherAttach(theirs, ours, int32(HDR)) || Get(theirs, HDR) != Get(ours, HDR) {
		t.Error("what the other copy attached is not found")
	}
	w.Close()
	gsttest.Unref(ours)
	if !isOpen(fd) || number(t, theirs) != 77 {
		t.Error("the other copy's reference does not count")
	}
	gsttest.Unref(theirs)
	if isOpen(fd) {
		t.Error("the descriptor is open after its last buffer was freed")
	}
}

func TestAnotherABIIsAnErrorAndNothingIsAttached(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=abi")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// foreignABI runs in a process of its own, whose types cannot be taken back.
func foreignABI() error {
	gsttest.RegisterForeign(99)
	if err := Register(); !errors.Is(err, ErrABI) {
		return errors.New("registered beside another ABI")
	}
	w := NewWriter()
	defer w.Close()
	h, err := w.Write(light(1))
	if err != nil {
		return err
	}
	buf := gsttest.NewBuffer(16, 0)
	defer gsttest.Unref(buf)
	for _, k := range []Kind{HDR, Layers} {
		if err := Attach(buf, k, h); !errors.Is(err, ErrABI) {
			return errors.New("attached beside another ABI")
		}
		if !Get(buf, k).IsNil() || Remove(buf, k) {
			return errors.New("found beside another ABI")
		}
	}
	return nil
}
