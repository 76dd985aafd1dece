package kmsmetasink

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/meta"
	"github.com/gst-shmmeta/gst-shmmeta/meta/hdr10plus"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// payload is HDR10+ metadata with the light levels, in cd/m².
func payload(t testing.TB, brightest, average uint32) []byte {
	t.Helper()
	m := hdr10plus.Metadata{Version: 1, NumWindows: 1}
	m.Windows[0].MaxSCL = [3]uint32{10, 10 * brightest, 0}
	m.Windows[0].AverageMaxRGB = 10 * average
	p, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// plus is a PQ block with it.
func plus(t testing.TB, brightest, average uint32) *meta.Block {
	return &meta.Block{Color: &meta.Color{Primaries: 9, Transfer: meta.TransferPQ, Matrix: 9}, HDR10Plus: payload(t, brightest, average)}
}

func lightIn(blob []byte) meta.ContentLight {
	return meta.ContentLight{MaxCLL: binary.NativeEndian.Uint16(blob[26:]), MaxFALL: binary.NativeEndian.Uint16(blob[28:])}
}

func TestSceneLevelsHaveHysteresis(t *testing.T) {
	type step struct {
		frames    int
		cll, fall uint32
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  map[int]meta.ContentLight // by the frame it is sent with
	}{
		{"one scene", []step{{100, 1000, 100}}, map[int]meta.ContentLight{0: {MaxCLL: 1000, MaxFALL: 100}}},
		{"a tenth is not sent", []step{{50, 1000, 100}, {50, 1100, 109}, {50, 900, 91}}, map[int]meta.ContentLight{0: {MaxCLL: 1000, MaxFALL: 100}}},
		{"more is, at once when it is time", []step{{50, 1000, 100}, {50, 1112, 100}, {50, 1112, 112}},
			map[int]meta.ContentLight{0: {MaxCLL: 1000, MaxFALL: 100}, 50: {MaxCLL: 1112, MaxFALL: 100}, 100: {MaxCLL: 1112, MaxFALL: 112}}},
		{"too early waits", []step{{50, 1000, 100}, {5, 1500, 100}, {50, 2000, 100}},
			map[int]meta.ContentLight{0: {MaxCLL: 1000, MaxFALL: 100}, 50: {MaxCLL: 1500, MaxFALL: 100}, 62: {MaxCLL: 2000, MaxFALL: 100}}},
		{"too early and gone", []step{{5, 1000, 100}, {5, 1500, 100}, {50, 1000, 100}}, map[int]meta.ContentLight{0: {MaxCLL: 1000, MaxFALL: 100}}},
		{"a cut goes at once", []step{{3, 1000, 100}, {3, 2000, 100}, {3, 2000, 50}},
			map[int]meta.ContentLight{0: {MaxCLL: 1000, MaxFALL: 100}, 3: {MaxCLL: 2000, MaxFALL: 100}, 6: {MaxCLL: 2000, MaxFALL: 50}}},
		{"not within three frames", []step{{2, 1000, 100}, {20, 4000, 400}},
			map[int]meta.ContentLight{0: {MaxCLL: 1000, MaxFALL: 100}, 3: {MaxCLL: 4000, MaxFALL: 400}}},
		{"black is one", []step{{20, 1000, 100}, {20, 0, 0}},
			map[int]meta.ContentLight{0: {MaxCLL: 1000, MaxFALL: 100}, 20: {MaxCLL: 1, MaxFALL: 1}}},
		{"average not above the brightest, nothing above PQ's peak", []step{{20, 12000, 12500}},
			map[int]meta.ContentLight{0: {MaxCLL: 10000, MaxFALL: 10000}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s scene
			frame, last := 0, meta.ContentLight{}
			for _, step := range c.steps {
				for i := range step.frames {
					if i == 0 {
						m := payload(t, step.cll, step.fall)
						if step.cll == 0 {
							m = zero(t)
						}
						if err := s.take(m); err != nil {
							t.Fatal(err)
						}
					}
					var signal kms.Signal
					s.next(&signal)
					got := lightIn(signal.Metadata[:])
					want, changes := c.want[frame]
					if !changes {
						want = last
					}
					if got != want {
						t.Fatalf("frame %d: sent %+v, want %+v", frame, got, want)
					}
					frame, last = frame+1, got
				}
			}
		})
	}
}

// zero is metadata of black.
func zero(t *testing.T) []byte {
	t.Helper()
	p, err := (&hdr10plus.Metadata{Version: 1, NumWindows: 1}).Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLevelsOfADistributionWithoutMaximum(t *testing.T) {
	w := hdr10plus.Window{AverageMaxRGB: 500, NumPercentiles: 4}
	// The entries for 5 and 10 are no percentiles.
	copy(w.Percentiles[:], []hdr10plus.Percentile{{Percentage: 1, Value: 3}, {Percentage: 5, Value: 90000}, {Percentage: 10, Value: 99}, {Percentage: 99, Value: 7000}})
	if got, want := lightOf(&w), (meta.ContentLight{MaxCLL: 700, MaxFALL: 50}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestBrokenHDR10PlusSendsTheStaticLevels(t *testing.T) {
	var s scene
	if err := s.take(payload(t, 1000, 100)); err != nil {
		t.Fatal(err)
	}
	if err := s.take(payload(t, 1000, 100)[:12]); !errors.Is(err, hdr10plus.ErrTruncated) {
		t.Errorf("got %v", err)
	}
	signal := kms.Signal{Metadata: [32]byte{26: 7}}
	s.next(&signal)
	if want := [32]byte{26: 7}; signal.Metadata != want {
		t.Errorf("got %x, want %x", signal.Metadata, want)
	}
}

// The levels of scenes reach the display without a mode set, which would make it
// go dark.
func TestScenesAreSentWithoutAModeSet(t *testing.T) {
	card := newCard(t, kmstest.Quirks{})
	var sent []uint16
	var blocks []*meta.Block
	for n := range 60 {
		// They differ from frame to frame, too.
		blocks = append(blocks, plus(t, []uint32{1000, 300, 4000}[n/20]+uint32(n%20), 50))
	}
	blocks = append(blocks, blocks[59])           // for the last one to be seen
	stamper.ByNumber(t, func(n int) *meta.Block { // it must not know t, which knows the pipeline
		if blob := card.Blob(kmstest.Connector1, "HDR_OUTPUT_METADATA"); blob != nil {
			if cll := lightIn(blob).MaxCLL; len(sent) == 0 || sent[len(sent)-1] != cll {
				sent = append(sent, cll)
			}
		}
		return blocks[n]
	})
	p := pipe.Play(t, strings.Replace(bgrx, "=20", "=61", 1)+"metastamper ! fakekmssink name=sink sync=false dynamic=scene")
	got := statusMessages(t, p)
	if len(got) != 2 || !strings.Contains(got[0], "output=(string)applied") || !strings.Contains(got[1], "HDR10+") || !strings.Contains(got[1], "converted") {
		t.Errorf("messages: %q", got)
	}
	if text := property[string](t, p, "hdr-status"); !strings.HasPrefix(text, "PQ: applied; HDR10+: converted (") {
		t.Errorf("hdr-status %q", text)
	}
	if want := []uint16{1000, 300, 4000}; !slices.Equal(sent, want) {
		t.Errorf("MaxCLL sent: %d, want %d", sent, want)
	}
	commits := card.Commits()
	first := slices.IndexFunc(commits, func(c kmstest.Commit) bool { return kms.Flags(c.Flags)&kms.Test == 0 })
	if first < 0 || kms.Flags(commits[first].Flags)&kms.AllowModeset == 0 {
		t.Errorf("commit %d of %d is the first and may set no mode", first, len(commits))
	}
	for i, c := range commits[first+1:] {
		if kms.Flags(c.Flags)&kms.AllowModeset != 0 {
			t.Errorf("commit %d after the first frame's may set a mode", i+1)
		}
	}
}

// A driver that wants a mode set for new metadata keeps those of the first scene.
func TestScenesThatWouldNeedAModeSetAreDropped(t *testing.T) {
	card := newCard(t, kmstest.Quirks{HDRModeset: true})
	first, second := plus(t, 1000, 50), plus(t, 2000, 50)
	stamper.ByNumber(t, func(n int) *meta.Block {
		if n < 10 {
			return first
		}
		return second
	})
	p := pipe.Play(t, bgrx+"metastamper ! fakekmssink name=sink sync=false dynamic=scene")
	got := statusMessages(t, p)
	if len(got) != 4 || !strings.Contains(got[1], "converted") || !strings.Contains(got[3], "HDR10+") || !strings.Contains(got[3], "dropped") ||
		!strings.Contains(got[3], "interrupt") {
		t.Errorf("messages: %q", got)
	}
	if got := lightIn(card.Blob(kmstest.Connector1, "HDR_OUTPUT_METADATA")); got.MaxCLL != 1000 {
		t.Errorf("got %+v, want the first scene's", got)
	}
}

func TestDynamicMetadataThatIsNotConvertedSaysWhy(t *testing.T) {
	broken := plus(t, 1000, 100)
	broken.HDR10Plus = broken.HDR10Plus[:12]
	hlg := plus(t, 1000, 100)
	hlg.Color.Transfer = meta.TransferHLG
	dolby := plus(t, 1000, 100)
	dolby.DolbyVision = []byte{0x19, 0x80}
	for _, c := range []struct {
		name  string
		block *meta.Block
		props string
		words []string // of the last message
	}{
		{"off", plus(t, 1000, 100), "", []string{"HDR10+", "dropped", "dynamic\\=scene"}},
		{"broken", broken, "dynamic=scene", []string{"HDR10+", "dropped", "truncated"}},
		{"HLG", hlg, "dynamic=scene", []string{"HDR10+", "dropped", "PQ"}},
		{"hdr=off", plus(t, 1000, 100), "dynamic=scene hdr=off", []string{"HDR10+", "dropped", "hdr\\ is\\ off"}},
		{"Dolby Vision", dolby, "dynamic=scene", []string{"Dolby\\ Vision", "dropped", "no\\ property"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			newCard(t, kmstest.Quirks{})
			stamper.All(t, c.block)
			p := pipe.Play(t, bgrx+"metastamper ! fakekmssink name=sink sync=false "+c.props)
			got := statusMessages(t, p)
			for _, w := range c.words {
				if !strings.Contains(got[len(got)-1], w) {
					t.Errorf("%q does not say %q", got[len(got)-1], w)
				}
			}
		})
	}
}
