package bitstream_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/meta"
	. "github.com/gst-shmmeta/gst-shmmeta/meta/bitstream"
	"github.com/gst-shmmeta/gst-shmmeta/test/streams"
)

// unhex reads hexadecimal text with spaces.
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The payloads of the tests: short ones, with zeros that have to be escaped.
var (
	plus  = []byte{0xB5, 0, 0x3C, 0, 1, 4, 1, 0x40, 0, 0, 0, 0, 0, 1}
	plus2 = []byte{0xB5, 0, 0x3C, 0, 1, 4, 1, 0x40, 7}
	apps  = []byte{0xB5, 0, 0x90, 0, 1, 9, 0, 0, 2, 0, 0}
	vivid = []byte{0x26, 0, 4, 0, 5, 1}
	// Another message of the same kind.
	apps2    = []byte{0xB5, 0, 0x90, 0, 1, 0}
	captions = []byte{0xB5, 0, 0x31, 'G', 'A', '9', '4'}

	mastering = meta.MasteringDisplay{
		Red: meta.Chromaticity{X: 35400, Y: 14600}, Green: meta.Chromaticity{X: 8500, Y: 39850},
		Blue: meta.Chromaticity{X: 6550, Y: 2300}, White: meta.Chromaticity{X: 15635, Y: 16450},
		MaxLuminance: 1000_0000, MinLuminance: 1,
	}
	light   = meta.ContentLight{MaxCLL: 1000, MaxFALL: 400}
	ambient = meta.AmbientViewing{Illuminance: 314_0000, Light: meta.Chromaticity{X: 15635, Y: 16450}}
)

// formats are all there are.
var formats = []Format{
	{Codec: HEVC, LengthSize: 0}, {Codec: HEVC, LengthSize: 1}, {Codec: HEVC, LengthSize: 2}, {Codec: HEVC, LengthSize: 4},
	{Codec: AVC, LengthSize: 0}, {Codec: AVC, LengthSize: 1}, {Codec: AVC, LengthSize: 2}, {Codec: AVC, LengthSize: 4},
	{Codec: AV1},
}

func name(f Format) string { return fmt.Sprintf("%v-%d", f.Codec, f.LengthSize) }

// frame joins NAL units as f frames them. Only the first has a long start code.
func frame(f Format, nals ...[]byte) []byte {
	var au []byte
	for i, n := range nals {
		switch {
		case f.LengthSize > 0:
			for k := f.LengthSize - 1; k >= 0; k-- {
				au = append(au, byte(len(n)>>(8*k)))
			}
		case i == 0:
			au = append(au, 0, 0, 0, 1)
		default:
			au = append(au, 0, 0, 1)
		}
		au = append(au, n...)
	}
	return au
}

// picture is an access unit without metadata.
func picture(f Format, randomAccess bool) []byte {
	switch f.Codec {
	case HEVC:
		if randomAccess { // AUD, SPS, IDR_W_RADL twice
			return frame(f, []byte{0x46, 1, 0x10}, []byte{0x42, 1, 1, 2}, []byte{0x26, 1, 0xaf, 9}, []byte{0x26, 1, 8})
		}
		return frame(f, []byte{0x46, 3, 0x50}, []byte{2, 3, 0xaf, 9}, []byte{2, 3, 8})
	case AVC:
		if randomAccess { // AUD, SPS, IDR
			return frame(f, []byte{9, 0x10}, []byte{0x67, 0x64, 0, 1}, []byte{0x65, 0x88, 4})
		}
		return frame(f, []byte{9, 0x30}, []byte{0x41, 0x9a, 4})
	}
	if randomAccess { // temporal delimiter, sequence header, key frame
		return []byte{0x12, 0, 0x0a, 2, 0x00, 0x0d, 0x32, 2, 0x10, 7}
	}
	// temporal delimiter, hidden frame, shown frame
	return []byte{0x12, 0, 0x32, 2, 0x20, 7, 0x32, 2, 0x30, 7}
}

// be is a value in big-endian order, as all SEI messages are.
func be(v any) []byte {
	var b bytes.Buffer
	if err := binary.Write(&b, binary.BigEndian, v); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// masteringPayload is a second writer of the message.
func masteringPayload(c Codec, m *meta.MasteringDisplay) []byte {
	if c != AV1 {
		return slices.Concat(be(m.Green), be(m.Blue), be(m.Red), be(m.White), be(m.MaxLuminance), be(m.MinLuminance))
	}
	var p []byte
	for _, v := range []meta.Chromaticity{m.Red, m.Green, m.Blue, m.White} {
		for _, v := range []uint16{v.X, v.Y} {
			p = binary.BigEndian.AppendUint16(p, uint16(min(math.Round(float64(v)/50000*65536), 65535)))
		}
	}
	p = binary.BigEndian.AppendUint32(p, uint32(math.Round(float64(m.MaxLuminance)/10000*256)))
	return binary.BigEndian.AppendUint32(p, uint32(min(math.Round(float64(m.MinLuminance)/10000*16384), 1<<32-1)))
}

// unit is a NAL unit or an OBU, with its header.
type unit struct {
	typ  byte
	data []byte
}

// split is a second walker, for access units that are whole.
func split(t testing.TB, f Format, au []byte) (units []unit) {
	t.Helper()
	for len(au) > 0 {
		var n, head int
		switch {
		case f.LengthSize > 0:
			for _, b := range au[:f.LengthSize] {
				n = n<<8 | int(b)
			}
			head = f.LengthSize
		case f.Codec != AV1:
			head = bytes.Index(au, []byte{0, 0, 1}) + 3
			if n = bytes.Index(au[max(head, 3):], []byte{0, 0, 1}); n < 0 {
				n = len(au) - head
			}
			if head < 3 {
				return units // trailing zeros
			}
		default:
			size, k := binary.Uvarint(au[1+au[0]>>2&1:])
			if n = 1 + int(au[0]>>2&1) + k + int(size); au[0]&2 == 0 {
				n = len(au)
			}
		}
		data := au[head : head+n]
		au = au[head+n:]
		if f.Codec != AV1 && f.LengthSize == 0 {
			data = bytes.TrimRight(data, "\x00")
		}
		u := unit{data: data}
		switch f.Codec {
		case HEVC:
			u.typ = data[0] >> 1 & 63
		case AVC:
			u.typ = data[0] & 31
		case AV1:
			u.typ = data[0] >> 3 & 15
		}
		units = append(units, u)
	}
	return units
}

// carries says whether a unit is of a type that has messages.
func (u unit) carries(c Codec) bool {
	switch c {
	case HEVC:
		return u.typ == 39 || u.typ == 40 || u.typ == 62
	case AVC:
		return u.typ == 6 || u.typ == 28
	}
	return u.typ == 5
}

// messages gives what is in an access unit but for its parameter sets.
func messages(t testing.TB, f Format, au []byte) (all []Message, p Picture) {
	t.Helper()
	finder := Finder{Format: f}
	err := finder.Find(au, func(m Message) {
		if m.Kind != Sequence {
			all = append(all, Message{Kind: m.Kind, Payload: slices.Clone(m.Payload)})
		}
	})
	if err != nil {
		t.Errorf("%v: access unit %x: %v", f, au, err)
	}
	return all, finder.Picture()
}

// wanted gives the messages that a block is in an access unit.
func wanted(f Format, b *meta.Block, randomAccess bool) (all []Message) {
	add := func(k Kind, p []byte) {
		if len(p) > 0 {
			all = append(all, Message{Kind: k, Payload: p})
		}
	}
	if randomAccess && b.MasteringDisplay != nil {
		add(MasteringDisplay, masteringPayload(f.Codec, b.MasteringDisplay))
	}
	if randomAccess && b.ContentLight != nil {
		add(ContentLight, be(b.ContentLight))
	}
	if randomAccess && b.AmbientViewing != nil && f.Codec != AV1 {
		add(AmbientViewing, be(b.AmbientViewing))
	}
	add(T35, b.HDR10Plus)
	for _, p := range b.T35 {
		add(T35, p)
	}
	add(DolbyVision, b.DolbyVision)
	return all
}

func equalMessages(a, b []Message) bool {
	return slices.EqualFunc(a, b, func(x, y Message) bool {
		// AV1's static messages have trailing bits behind them.
		return x.Kind == y.Kind && (bytes.Equal(x.Payload, y.Payload) ||
			x.Kind < AlternativeTransfer && x.Kind != T35 && bytes.HasPrefix(x.Payload, y.Payload))
	})
}

// staticBlock makes a block of static metadata, of which the lowest three bits of set
// say what it has.
func staticBlock(set uint8) *meta.Block {
	b := new(meta.Block)
	if set&1 != 0 {
		b.MasteringDisplay = &mastering
	}
	if set&2 != 0 {
		b.ContentLight = &light
	}
	if set&4 != 0 {
		b.AmbientViewing = &ambient
	}
	return b
}

// blocks gives every combination of fields.
func blocks(yield func(*meta.Block)) {
	for set := range 1 << 6 {
		b := staticBlock(uint8(set))
		if set&8 != 0 {
			b.HDR10Plus = plus
		}
		if set&16 != 0 {
			b.T35 = [][]byte{apps, vivid, apps2}
		}
		if set&32 != 0 {
			b.DolbyVision = streams.RPU(256)
		}
		yield(b)
	}
}

func insert(t testing.TB, i *Inserter, au []byte, b *meta.Block, policy Policy) []byte {
	t.Helper()
	head := []byte("head")
	out, err := i.Insert(slices.Clone(head), au, b, policy)
	if err != nil {
		t.Fatalf("%v: access unit %x: %v", i.Format, au, err)
	}
	if !bytes.HasPrefix(out, head) {
		t.Fatalf("begins with %x, not what it was appended to", out)
	}
	out = out[len(head):]
	if i.Changed() == bytes.Equal(out, au) {
		t.Errorf("Changed is %t for %x, was %x", i.Changed(), out, au)
	}
	return out
}

// without takes away every unit that has messages.
func without(t testing.TB, f Format, au []byte) []byte {
	t.Helper()
	var rest [][]byte
	for _, u := range split(t, f, au) {
		if !u.carries(f.Codec) {
			rest = append(rest, u.data)
		}
	}
	if f.Codec == AV1 {
		return slices.Concat(rest...)
	}
	return frame(f, rest...)
}
