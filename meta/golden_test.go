package meta

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// Golden blocks are files that every later version must read as it says here.
// SHMMETA_GOLDEN=new writes those that do not exist yet; none is ever changed.
const goldenDir = "testdata/v1.0"

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// The HDR10+ payloads are from real streams.
var (
	hdr10plusA = unhex("b5003c00010401400000008b4c41ff1bd601036408000c28db205000acc800e190036e581032d02a6af848f318e1b40000")
	hdr10plusB = unhex("b5003c0001040140000c803cb019bd0d800041e4080000285f00500170c800059000125801aed00b5af81be3185b4c0042903c248f4a9bf942dbd837be57aa00")
)

// bt2020 is a display with the primaries of BT.2020, a D65 white and 1000 to
// 0.0001 cd/m².
var bt2020 = MasteringDisplay{
	Red: Chromaticity{35400, 14600}, Green: Chromaticity{8500, 39850}, Blue: Chromaticity{6550, 2300},
	White: Chromaticity{15635, 16450}, MaxLuminance: 10000000, MinLuminance: 1,
}

var interlaced8 = Layers{
	Layers: []Layer{
		{FourCC: 0x3231564e, Role: RoleTopField, Width: 1920, Height: 540, Crop: Rect{0, 0, 1920, 540},
			Dst: Place{0, 0, 1920, 1080}, ZPos: 0, Alpha: 65535, FirstPlane: 0, NPlanes: 4},
		{FourCC: 0x3231564e, Role: RoleBottomField, Width: 1920, Height: 540, Crop: Rect{8, 4, 1904, 532},
			Dst: Place{-16, -32, 1952, 1144}, ZPos: 1, Alpha: 32768, FirstPlane: 4, NPlanes: 4},
	},
	Planes: []Plane{
		{Memory: 0, Stride: 64, Offset: 0, Size: 4096, Modifier: 0x0500000000000001},
		{Memory: 0, Stride: 1920, Offset: 4096, Size: 1040384, Modifier: 0x0500000000000001},
		{Memory: 0, Stride: 64, Offset: 1044480, Size: 4096, Modifier: 0x0500000000000001},
		{Memory: 0, Stride: 1920, Offset: 1048576, Size: 524288, Modifier: 0x0500000000000001},
		{Memory: 1, Stride: 64, Offset: 0, Size: 4096, Modifier: 0x0500000000000001},
		{Memory: 1, Stride: 1920, Offset: 4096, Size: 1040384, Modifier: 0x0500000000000001},
		{Memory: 1, Stride: 64, Offset: 1044480, Size: 4096, Modifier: 0x0500000000000001},
		{Memory: 1, Stride: 1920, Offset: 1 << 40, Size: 524288, Modifier: 0x0500000000000001},
	},
}

var golden = map[string]Block{
	"empty": {},
	"hdr10": {
		Color:            &Color{Primaries: PrimariesBT2020, Transfer: TransferPQ, Matrix: MatrixBT2020, ChromaSite: ChromaTopLeft},
		MasteringDisplay: &bt2020,
		ContentLight:     &ContentLight{1000, 400},
	},
	"hlg-full-range": {
		Color: &Color{Primaries: PrimariesBT2020, Transfer: TransferHLG, Matrix: MatrixBT2020, FullRange: true, ChromaSite: ChromaUnspecified},
	},
	"hdr10plus-a": {
		Color:     &Color{Primaries: PrimariesBT2020, Transfer: TransferPQ, Matrix: MatrixBT2020},
		HDR10Plus: hdr10plusA,
	},
	"hdr10plus-b": {HDR10Plus: hdr10plusB, ContentLight: &ContentLight{65535, 0}},
	"layers-nv12": {
		Layers: &Layers{
			Layers: []Layer{{FourCC: 0x3231564e, Role: RoleVideo, Width: 640, Height: 480, Crop: Rect{0, 0, 640, 480},
				Dst: Place{0, 0, 640, 480}, Alpha: 65535, NPlanes: 2}},
			Planes: []Plane{
				{Memory: 0, Stride: 640, Offset: 0, Size: 307200},
				{Memory: 0, Stride: 640, Offset: 307200, Size: 153600},
			},
		},
	},
	"layers-interlaced-8-planes": {Layers: &interlaced8, Critical: TypeSet(0).With(TypeLayers)},
	"foreign": {
		User: []User{
			{Type: TypeUser, UUID: [16]byte{0x12, 15: 0x34}, Data: []byte{}},
			{Type: 0xffffffff, UUID: [16]byte{1, 2, 3}, Data: []byte("a user's")},
		},
		Unknown: []Section{{Type: 10, Data: []byte{1, 2, 3}}, {Type: 0x7fffffff, Data: []byte{}}},
	},
	"all": {
		Color:            &Color{1, 2, 3, true, 5},
		MasteringDisplay: &MasteringDisplay{Chromaticity{1, 2}, Chromaticity{3, 4}, Chromaticity{5, 6}, Chromaticity{7, 8}, 0xfffffffe, 0x01020304},
		ContentLight:     &ContentLight{0x1234, 0x5678},
		HDR10Plus:        hdr10plusA,
		DolbyVision:      []byte{0x19, 0x08, 0x09, 0x80},
		T35:              [][]byte{unhex("b500900001"), unhex("2600040005aabbccdd"), {0xff}},
		AmbientViewing:   &AmbientViewing{3140000, Chromaticity{15635, 16450}},
		Layers:           &interlaced8,
		FilmGrain:        &FilmGrain{GrainAV1, []byte{0xde, 0xad, 0xbe}},
		User:             []User{{Type: TypeUser + 1, UUID: [16]byte{9}, Data: []byte{0}}},
		Unknown:          []Section{{Type: 100, Data: []byte("later")}},
		Critical:         TypeSet(0).With(TypeColor).With(TypeT35),
	},
}

// goldenFile reads one golden block.
func goldenFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(goldenDir, name+".bin"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// encode makes a block that must be valid.
func encode(t testing.TB, b *Block) []byte {
	t.Helper()
	data, err := b.AppendTo(nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestGoldenBlocksAreWrittenAndReadAsEver(t *testing.T) {
	for name, want := range golden {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(goldenDir, name+".bin")
			if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) && os.Getenv("SHMMETA_GOLDEN") == "new" {
				if err := os.WriteFile(path, encode(t, &want), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			data := goldenFile(t, name)
			if got := encode(t, &want); !bytes.Equal(got, data) {
				t.Errorf("encoded\n%swant\n%s", hex.Dump(got), hex.Dump(data))
			}
			var b Block
			if err := b.Decode(data); err != nil {
				t.Fatal(err)
			}
			if got := b.Clone(); !reflect.DeepEqual(got, &want) {
				t.Errorf("decoded\n%+v\nwant\n%+v", got, &want)
			}
			if got := encode(t, &b); !bytes.Equal(got, data) {
				t.Errorf("decoded and encoded again\n%swant\n%s", hex.Dump(got), hex.Dump(data))
			}
			if !bytes.Equal(b.Bytes(), data) || b.ContentID() != le.Uint64(data[16:]) {
				t.Errorf("Bytes or ContentID (%016x) are not the block's", b.ContentID())
			}
		})
	}
}

func TestGoldenFilesAreAllTested(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(goldenDir, "*.bin"))
	if err != nil || len(files) != len(golden) {
		t.Errorf("%d files in %s for %d golden blocks (%v)", len(files), goldenDir, len(golden), err)
	}
}

func TestEverySingleByteCorruptionIsAnError(t *testing.T) {
	for name := range golden {
		data := goldenFile(t, name)
		var b Block
		for i := range data {
			for delta := 1; delta < 256; delta++ {
				bad := bytes.Clone(data)
				bad[i] ^= byte(delta)
				if err := b.Decode(bad); err == nil {
					t.Fatalf("%s: byte %d changed from %02x to %02x is accepted", name, i, data[i], bad[i])
				}
				if b.count() != 0 || b.Critical != 0 || b.Bytes() != nil {
					t.Fatalf("%s: byte %d: an error left %+v", name, i, b.Clone())
				}
			}
		}
	}
}

func TestEveryTruncationAndExtensionIsAnError(t *testing.T) {
	for name := range golden {
		data := goldenFile(t, name)
		var b Block
		for n := range data {
			if err := b.Decode(data[:n]); !errors.Is(err, ErrTruncated) {
				t.Fatalf("%s: first %d bytes: got %v, want %v", name, n, err, ErrTruncated)
			}
		}
		if err := b.Decode(append(bytes.Clone(data), make([]byte, 8)...)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: with 8 bytes more: got %v, want %v", name, err, ErrTooLarge)
		}
	}
}
