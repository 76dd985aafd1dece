package bitstream_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	. "github.com/gst-shmmeta/gst-shmmeta/meta/bitstream"
	"github.com/gst-shmmeta/gst-shmmeta/meta/dovi"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

func TestInsertedBlockIsFoundAndInsertingItAgainChangesNothing(t *testing.T) {
	for _, f := range formats {
		t.Run(name(f), func(t *testing.T) {
			i := Inserter{Format: f}
			for _, key := range []bool{true, false} {
				au := picture(f, key)
				blocks(func(b *meta.Block) {
					// 1 byte of length has room for all but the RPU.
					if f.LengthSize == 1 && b.DolbyVision != nil {
						b.DolbyVision = nil
					}
					for _, policy := range []Policy{Replace, Keep} {
						out := insert(t, &i, au, b, policy)
						got, p := messages(t, f, out)
						if want := wanted(f, b, key); !equalMessages(got, want) || p.RandomAccess != key {
							t.Fatalf("found %x\n want %x\nin %x", got, want, out)
						}
						if again := insert(t, &i, out, b, policy); !bytes.Equal(again, out) {
							t.Fatalf("inserted again %x\n         once %x", again, out)
						}
						if gone := without(t, f, out); !bytes.Equal(gone, au) {
							t.Fatalf("without its messages %x\n                was %x", gone, au)
						}
					}
				})
			}
		})
	}
}

func TestMessagesStandWhereTheyBelong(t *testing.T) {
	static := &meta.Block{ContentLight: &light, HDR10Plus: plus2}
	all := &meta.Block{ContentLight: &light, HDR10Plus: plus2, DolbyVision: streams.RPU(0)}
	rpu := hex.EncodeToString(dovi.Escape(nil, all.DolbyVision))
	const (
		cll  = "90 04 03e8 0190 80"
		hdr  = "04 09 b5003c000104014007 80"
		obu  = "2a 06 01 03e8 0190 80"
		obu2 = "2a 0b 04 b5003c000104014007 80"
	)
	for _, c := range []struct {
		name     string
		format   Format
		block    *meta.Block
		au, want string
	}{
		{"HEVC: behind parameter sets and SEI, the RPU before the end of sequence", Format{Codec: HEVC}, all,
			"00000001 460110 000001 420101 000001 4e01 8101aa80 000001 2601af 000001 500180 000001 4801",
			"00000001 460110 000001 420101 000001 4e01 8101aa80 000001 4e01" + cll + "000001 4e01" + hdr +
				"000001 2601af 000001 500180 000001 7c01" + rpu + "000001 4801"},
		{"HEVC: behind the enhancement layer", Format{Codec: HEVC, LengthSize: 4}, &meta.Block{DolbyVision: all.DolbyVision},
			"00000003 0201af 00000004 7e010201",
			"00000003 0201af 00000004 7e010201" + fmt.Sprintf("%08x", 2+len(rpu)/2) + "7c01" + rpu},
		{"HEVC: the picture's temporal layer, long start code first", Format{Codec: HEVC}, static,
			"000001 0203af", "00000001 4e03" + hdr + "000001 0203af"},
		{"HEVC: not at a layer above the base", Format{Codec: HEVC, LengthSize: 2}, static,
			"0003 0201af 0003 2609af", "000e 4e01" + hdr + "0003 0201af 0003 2609af"},
		{"HEVC: recovery point", Format{Codec: HEVC}, static,
			"00000001 4e01 06018080 000001 0201af", "00000001 4e01 06018080 000001 4e01" + cll + "000001 4e01" + hdr + "000001 0201af"},
		{"HEVC: trailing zeros stay", Format{Codec: HEVC}, all,
			"00000001 2601af 0000", "00000001 4e01" + cll + "000001 4e01" + hdr + "00000001 2601af 000001 7c01" + rpu + "0000"},
		{"AVC: before the slice's prefix unit, the RPU before the end of stream", Format{Codec: AVC}, all,
			"00000001 0910 000001 6742 000001 0e40 000001 6588 000001 0b",
			"00000001 0910 000001 6742 000001 06" + cll + "000001 06" + hdr + "000001 0e40 000001 6588 000001 1c" + rpu + "000001 0b"},
		{"AVC: recovery point", Format{Codec: AVC, LengthSize: 4}, static,
			"00000005 06 06018080 00000002 419a", "00000005 06 06018080 00000008 06" + cll + "0000000d 06" + hdr + "00000002 419a"},
		{"AV1: static before the first frame, dynamic before the shown one", Format{Codec: AV1}, static,
			"1200 0a020000 2a030301 80 3203 00aabb 3203 20aabb 3203 30aabb 1a0180",
			"1200 0a020000 2a030301 80" + obu + "3203 00aabb 3203 20aabb" + obu2 + "3203 30aabb 1a0180"},
		{"AV1: before a frame that is shown again", Format{Codec: AV1}, static,
			"1200 1a0180", "1200" + obu2 + "1a0180"},
		{"AV1: before a frame without size", Format{Codec: AV1}, static,
			"1200 3010aa", "1200" + obu2 + "3010aa"},
		{"AV1: a still picture's reduced header is shown", Format{Codec: AV1}, static,
			"1200 0a0218 00 3202 20aa 3202 30aa", "1200 0a0218 00" + obu + obu2 + "3202 20aa 3202 30aa"},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := Inserter{Format: c.format}
			got := insert(t, &i, unhex(t, c.au), c.block, Replace)
			if want := unhex(t, c.want); !bytes.Equal(got, want) {
				t.Errorf("\n got %x\nwant %x", got, want)
			}
		})
	}
}

func TestWhatIsThereIsReplacedOrKept(t *testing.T) {
	b := &meta.Block{ContentLight: &light, HDR10Plus: plus2}
	const (
		cll    = "90 04 03e8 0190 80"
		hdr    = "04 09 b5003c000104014007"
		old    = "04 09 b5003c000104014005"
		gray   = "90 04 0001 0001"
		other  = "05 01 aa"
		gone   = "000001 4e01" + old + "80"
		idr    = "000001 2601af"
		slice  = "000001 0201af"
		double = "000001 4e01" + old + hdr + "80"
	)
	for _, c := range []struct {
		name              string
		au, replace, keep string
	}{
		{"another message of the kind", "00" + gone + slice, "00 000001 4e01" + hdr + "80" + slice, ""},
		{"the long start code goes with the first unit", "00" + gone + "000001 4e01" + other + "80" + slice,
			"00 000001 4e01" + other + "80 000001 4e01" + hdr + "80" + slice, ""},
		{"the same", "00 000001 4e01" + hdr + "80" + slice, "", ""},
		{"the same twice", "00 000001 4e01" + hdr + hdr + "80" + slice, "", ""},
		{"one of two", "00" + double + slice, "00 000001 4e01" + hdr + "80" + slice, ""},
		{"one of several messages of a unit", "00 000001 4e01" + other + old + other + "80" + slice,
			"00 000001 4e01" + other + other + "80 000001 4e01" + hdr + "80" + slice, ""},
		{"in a suffix", "00" + slice + "000001 5001" + old + "80", "00 000001 4e01" + hdr + "80 00" + slice, ""},
		{"one of two in a suffix", "00" + slice + "000001 5001" + old + other + "80",
			"00 000001 4e01" + hdr + "80 00" + slice + "000001 5001" + other + "80", ""},
		{"of a layer above", "00 000001 4e09" + old + "80" + slice, "00 000001 4e09" + old + "80 000001 4e01" + hdr + "80" + slice,
			"00 000001 4e09" + old + "80 000001 4e01" + hdr + "80" + slice},
		{"static at a random access point", "00 000001 4e01" + hdr + gray + "80" + idr,
			"00 000001 4e01" + hdr + "80 000001 4e01" + cll + idr, ""},
		{"static, not the block's, elsewhere", "00 000001 4e01" + hdr + gray + "80" + slice, "00 000001 4e01" + hdr + "80" + slice, ""},
		{"the first unit goes and nothing comes", "00 000001 4e01" + gray + "80 000001 4e01" + hdr + "80" + slice,
			"00 000001 4e01" + hdr + "80" + slice, ""},
		{"too short to be read", "00 000001 4e01" + hdr + "90 02 0001 80" + idr,
			"00 000001 4e01" + hdr + "80 000001 4e01" + cll + idr, "00 000001 4e01" + hdr + "80 000001 4e01" + cll + idr},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, want := range []struct {
				policy Policy
				text   string
			}{{Replace, c.replace}, {Keep, c.keep}} {
				i := Inserter{Format: Format{Codec: HEVC}}
				au := unhex(t, c.au)
				got := insert(t, &i, au, b, want.policy)
				expected := unhex(t, want.text)
				if want.text == "" {
					expected = au
				}
				if !bytes.Equal(got, expected) {
					t.Errorf("policy %d:\n got %x\nwant %x", want.policy, got, expected)
				}
			}
		})
	}
}

func TestKindsAreReplacedOneByOne(t *testing.T) {
	for _, f := range formats {
		if f.LengthSize == 1 {
			continue // no room for the RPU
		}
		t.Run(name(f), func(t *testing.T) {
			i := Inserter{Format: f}
			old := &meta.Block{
				MasteringDisplay: &meta.MasteringDisplay{MaxLuminance: 5}, ContentLight: &meta.ContentLight{MaxCLL: 5},
				AmbientViewing: &meta.AmbientViewing{Illuminance: 5}, HDR10Plus: plus2,
				T35: [][]byte{captions, apps2, vivid}, DolbyVision: streams.RPU(1),
			}
			au := insert(t, &i, picture(f, true), old, Replace)
			blocks(func(b *meta.Block) {
				merged := *old
				merged.T35 = slices.Clone(old.T35)
				if b.MasteringDisplay != nil {
					merged.MasteringDisplay = b.MasteringDisplay
				}
				if b.ContentLight != nil {
					merged.ContentLight = b.ContentLight
				}
				if b.AmbientViewing != nil {
					merged.AmbientViewing = b.AmbientViewing
				}
				if b.HDR10Plus != nil {
					merged.HDR10Plus = b.HDR10Plus
				}
				if b.T35 != nil {
					merged.T35 = append([][]byte{captions}, b.T35...)
				}
				if b.DolbyVision != nil {
					merged.DolbyVision = b.DolbyVision
				}
				got, _ := messages(t, f, insert(t, &i, au, b, Replace))
				want := wanted(f, &merged, true)
				for _, m := range [][]Message{got, want} { // what stays stands before what comes
					slices.SortFunc(m, func(a, b Message) int {
						return strings.Compare(fmt.Sprint(a.Kind, a.Payload), fmt.Sprint(b.Kind, b.Payload))
					})
				}
				if !equalMessages(got, want) {
					t.Errorf("found %x\n want %x", got, want)
				}
				if kept := insert(t, &i, au, b, Keep); !bytes.Equal(kept, au) {
					t.Errorf("Keep changed %x\n             to %x", au, kept)
				}
			})
		})
	}
}

// AV1 has other units than the block, so a message that says the same in other
// digits is not touched.
func TestMasteringDisplayOfAV1IsComparedInTheBlocksUnits(t *testing.T) {
	i := Inserter{Format: Format{Codec: AV1}}
	coded := masteringPayload(AV1, &mastering)
	coded[1]++ // 1/65536 is less than half of 0.00002
	if d, err := DecodeMasteringDisplay(AV1, coded); err != nil || d != mastering {
		t.Fatalf("%+v, %v, want %+v", d, err, mastering)
	}
	au := slices.Concat(unhex(t, "1200 0a020000 2a1a02"), coded, unhex(t, "80 3202 10aa"))
	insert(t, &i, au, &meta.Block{MasteringDisplay: &mastering}, Replace)
	if i.Changed() {
		t.Error("it was replaced")
	}
	// A maximum that 1/256 cd/m² cannot express comes to rest too.
	odd := mastering
	odd.MaxLuminance = 1000_0001
	out := insert(t, &i, au, &meta.Block{MasteringDisplay: &odd}, Replace)
	insert(t, &i, out, &meta.Block{MasteringDisplay: &odd}, Replace)
	if i.Changed() {
		t.Error("what was inserted was replaced")
	}
}

func TestWhatCannotBeInsertedLeavesTheAccessUnitAsItIs(t *testing.T) {
	hevc, av1 := Format{Codec: HEVC}, Format{Codec: AV1}
	b := &meta.Block{HDR10Plus: plus}
	rpu := streams.RPU(3)
	rpu[20] ^= 1
	for _, c := range []struct {
		name   string
		format Format
		au     string
		block  *meta.Block
		want   error
	}{
		{"no format", Format{}, "00", b, ErrFormat},
		{"no start code", hevc, "2601af", b, ErrStartCode},
		{"NAL unit cut", Format{Codec: HEVC, LengthSize: 4}, "00000009 2601af", b, ErrTruncated},
		{"no picture", hevc, "00000001 460110", b, ErrNoPicture},
		{"no frame", av1, "1200", b, ErrNoPicture},
		{"temporal id", hevc, "00000001 2600af", b, ErrNoPicture},
		{"OBU with its forbidden bit", av1, "1200 8a00 3202 10aa", b, ErrOBU},
		{"empty frame header", av1, "1200 3200", b, ErrOBU},
		{"empty sequence header", av1, "1200 0a00 3202 10aa", b, ErrOBU},
		{"not HDR10+", hevc, "00000001 2601af", &meta.Block{HDR10Plus: vivid}, ErrPayload},
		{"HDR10+ among the others", hevc, "00000001 2601af", &meta.Block{T35: [][]byte{vivid, plus}}, ErrPayload},
		{"empty T.35", hevc, "00000001 2601af", &meta.Block{T35: [][]byte{{}}}, ErrPayload},
		{"RPU with a wrong checksum", hevc, "00000001 2601af", &meta.Block{DolbyVision: rpu}, dovi.ErrCRC},
		{"length field of a byte", Format{Codec: HEVC, LengthSize: 1}, "03 2601af", &meta.Block{T35: [][]byte{make([]byte, 300)}}, ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			au := unhex(t, c.au)
			i := Inserter{Format: c.format}
			for _, policy := range []Policy{Replace, Keep} {
				out, err := i.Insert([]byte("head"), au, c.block, policy)
				if !errors.Is(err, c.want) {
					t.Errorf("error %v, want %v", err, c.want)
				}
				if string(out) != "head"+string(au) || i.Changed() {
					t.Errorf("gave %x, changed %t", out, i.Changed())
				}
			}
		})
	}
}

// x265enc of GStreamer 1.26 writes one into its first access unit, which must not
// go without metadata because of that.
func TestUnitsThatCannotBeReadStayAndTheBlockIsInserted(t *testing.T) {
	for name, c := range map[string]struct {
		broken string
		want   error
	}{
		"SEI that ends early":   {"000001 4e01 04 20 b5 80", ErrTruncated},
		"HDR10+ and then chaos": {"000001 4e01 04 07 b5003c00010401 05 ff ff 12", ErrTruncated},
		"temporal id":           {"000001 4e00 0401b5 80", ErrNAL},
	} {
		t.Run(name, func(t *testing.T) {
			broken, slice := unhex(t, c.broken), unhex(t, "000001 2601af")
			i := Inserter{Format: Format{Codec: HEVC}}
			for _, policy := range []Policy{Replace, Keep} {
				out, err := i.Insert(nil, slices.Concat(broken, slice), &meta.Block{HDR10Plus: plus}, policy)
				if !errors.Is(err, c.want) || !i.Changed() {
					t.Errorf("error %v, want %v; changed %t", err, c.want, i.Changed())
				}
				if !bytes.HasPrefix(out, broken) || !bytes.HasSuffix(out, slice) {
					t.Errorf("gave %x, which does not keep %x and %x", out, broken, slice)
				}
				if after, _ := found(i.Format, out); !slices.ContainsFunc(after["HDR10+"], func(p []byte) bool { return bytes.Equal(p, plus) }) {
					t.Errorf("gave %x, without %x", out, plus)
				}
			}
		})
	}
}

func TestInsertDoesNotAllocate(t *testing.T) {
	b := &meta.Block{
		MasteringDisplay: &mastering, ContentLight: &light, AmbientViewing: &ambient,
		HDR10Plus: plus, T35: [][]byte{apps, vivid}, DolbyVision: streams.RPU(7),
	}
	other := *b
	other.HDR10Plus, other.DolbyVision = plus2, streams.RPU(8)
	for _, f := range formats {
		if f.LengthSize == 1 {
			continue // no room for the RPU
		}
		i := Inserter{Format: f}
		au := insert(t, &i, picture(f, true), &other, Replace)
		var out []byte
		if n := testing.AllocsPerRun(100, func() { out, _ = i.Insert(out[:0], au, b, Replace) }); n != 0 {
			t.Errorf("%v: %v allocations", f, n)
		}
		if !i.Changed() {
			t.Errorf("%v: nothing was changed", f)
		}
	}
}

// A real access unit's size is in its slices, so what counts is how fast they are
// skipped and copied.
func BenchmarkInsert(b *testing.B) {
	for _, f := range []Format{{Codec: HEVC}, {Codec: AVC, LengthSize: 4}, {Codec: AV1}} {
		b.Run(name(f), func(b *testing.B) {
			i := Inserter{Format: f}
			var au []byte
			slice := bytes.Repeat([]byte{0x5a}, 1<<20)
			switch f.Codec {
			case HEVC:
				au = frame(f, []byte{0x46, 1, 0x10}, append([]byte{2, 1}, slice...))
			case AVC:
				au = frame(f, []byte{9, 0x10}, append([]byte{0x41}, slice...))
			case AV1:
				au = slices.Concat([]byte{0x12, 0, 0x30, 0x30}, slice)
			}
			block := &meta.Block{HDR10Plus: plus, DolbyVision: streams.RPU(7)}
			var out []byte
			b.SetBytes(int64(len(au)))
			for b.Loop() {
				out, _ = i.Insert(out[:0], au, block, Replace)
			}
			if !i.Changed() {
				b.Error("nothing was inserted")
			}
		})
	}
}
