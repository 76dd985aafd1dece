package kmsmetasink

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// Whatever an application does, in whatever order, while the display comes and
// goes: nothing hangs, no library complains, and afterwards the sink plays. Each
// sequence is made from a seed of its own, which a failure names; that of one
// sequence in the environment variable SEQUENCE_SEED plays it again, and "new"
// there plays a thousand that nobody has seen.
func TestAnySequenceOfStatesAndEvents(t *testing.T) {
	pipe.NeedsNoDevice(t)
	// What is to be fatal GLib reads when it is loaded.
	if !strings.Contains(os.Getenv("G_DEBUG"), "fatal-criticals") {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", fmt.Sprintf("-test.short=%v", testing.Short()))
		cmd.Env = append(os.Environ(), "G_DEBUG=fatal-criticals")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		return
	}
	seed, sequences := uint64(1), 1000
	if testing.Short() {
		sequences = 50
	}
	if s := os.Getenv("SEQUENCE_SEED"); s == "new" {
		seed = uint64(time.Now().UnixNano())
	} else if s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed, sequences = n, 1
	}
	start := time.Now()
	var steps int
	for i := range uint64(sequences) {
		q := newSequence(t, seed+i)
		q.run()
		steps += len(q.done)
	}
	t.Logf("%d sequences of %d steps from seed %d in %v", sequences, steps, seed, time.Since(start))
}

// sequence is one pipeline and what is done to it.
type sequence struct {
	t    *testing.T
	seed uint64
	r    *rand.Rand
	card *kmstest.Card
	p    *pipe.Pipe
	done []string

	taken bool // the card was another program's for a time
	ended bool // an EOS was sent
}

const sequenceSource = "videotestsrc pattern=black ! capsfilter name=caps ! fakekmssink name=sink "

// sequenceCaps are formats that the card's planes take.
var sequenceCaps = []string{
	"video/x-raw,format=BGRx,width=64,height=48,framerate=1000/1",
	"video/x-raw,format=BGRx,width=640,height=480,framerate=1000/1",
	"video/x-raw,format=NV12,width=128,height=96,framerate=1000/1",
	"video/x-raw,format=P010_10LE,width=64,height=64,framerate=1000/1,colorimetry=bt2100-pq",
}

func newSequence(t *testing.T, seed uint64) *sequence {
	t.Helper()
	s := &sequence{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 0))}
	quirks := []kmstest.Quirks{{}, {HoldFlips: true}, {NoNonBlock: true}, {NoScaling: true, NeedsPrimary: true, PrimaryCovers: true}, {HDRModeset: true}}
	theFile.Store(nil)
	s.card = newCard(t, quirks[s.r.IntN(len(quirks))])
	s.p = pipe.New(t, sequenceSource+[]string{"", "sync=false", "skip-vsync=true"}[s.r.IntN(3)])
	s.caps()
	return s
}

func (s *sequence) run() {
	// A hang is a panic, which shows what every goroutine waits for.
	watchdog := time.AfterFunc(30*time.Second, func() { panic("hangs: " + s.String()) })
	defer watchdog.Stop()
	stop := s.blink()
	defer stop()

	for range 4 + s.r.IntN(9) {
		s.step()
		time.Sleep(time.Duration(s.r.IntN(2500)) * time.Microsecond)
	}

	s.do("give everything back and play", func() {
		s.card.GiveMaster(theFile.Load())
		s.plug()
		s.p.SetState(gst.StateNull)
		s.p.SetState(gst.StatePlaying)
	})
	for end := time.Now().Add(20 * time.Second); !s.plays(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			s.t.Fatalf("does not play in the end: %v", s)
		}
	}
	s.p.Stop()
	if left := theFile.Load().Left(); len(left) > 0 {
		s.t.Fatalf("left on the card: %v: %v", left, s)
	}
	// What a stop cannot put back is what the next start finds.
	if !s.taken && s.card.Value(kmstest.CRTC1, "ACTIVE") != 0 {
		s.t.Fatalf("the display was left on: %v", s)
	}
}

// plays tells whether two frames were shown. After an EOS there may be none: a
// source takes one that it got in READY for its next stream.
func (s *sequence) plays() bool {
	if s.ended {
		state, _, _ := s.p.Pipeline().GetState(0)
		return state == gst.StatePlaying
	}
	return property[uint64](s.t, s.p, "frames-shown") >= 2
}

func (s *sequence) String() string {
	return fmt.Sprintf("SEQUENCE_SEED=%d: %s", s.seed, strings.Join(s.done, ", "))
}

// blink gives the card vertical blanks, for those that wait for them.
func (s *sequence) blink() (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			case <-time.After(time.Millisecond):
				s.card.VBlank()
			}
		}
	}()
	return func() { close(end); <-ended }
}

func (s *sequence) do(name string, f func()) {
	s.done = append(s.done, name)
	f()
}

// flowing does what waits for the streaming thread, which before PLAYING waits in
// the sink, in any sink, and would keep this one from going on.
func (s *sequence) flowing(name string, f func()) {
	if state, pending, _ := s.p.Pipeline().GetState(0); state == gst.StatePlaying && pending == gst.StateVoidPending {
		s.do(name, f)
	}
}

func (s *sequence) step() {
	states := []gst.State{gst.StateNull, gst.StateReady, gst.StatePaused, gst.StatePlaying, gst.StatePlaying}
	pipeline := s.p.Pipeline()
	switch s.r.IntN(12) {
	case 0, 1, 2, 3:
		state := states[s.r.IntN(len(states))]
		s.do(state.String(), func() { s.p.SetState(state) })
	case 4:
		s.do("a wait for the state", func() { pipeline.GetState(gst.ClockTime(20 * time.Millisecond)) })
	case 5:
		s.do("caps", s.caps)
	case 6:
		s.flowing("EOS", func() { s.ended = true; pipeline.SendEvent(gst.NewEventEOS()) })
	case 7:
		at := s.r.Int64N(int64(time.Second))
		s.flowing("seek", func() { pipeline.SeekSimple(gst.FormatTime, 0, at) })
	case 8:
		at := s.r.Int64N(int64(time.Second))
		s.do("flushing seek", func() { pipeline.SeekSimple(gst.FormatTime, gst.SeekFlagFlush, at) })
	case 9:
		s.do("flush", func() {
			pad := s.p.Element("sink").GetStaticPad("sink")
			pad.SendEvent(gst.NewEventFlushStart())
			pad.SendEvent(gst.NewEventFlushStop(true))
			// The flush took the segment along.
			pipeline.SeekSimple(gst.FormatTime, gst.SeekFlagFlush, 0)
		})
	case 10:
		if s.r.IntN(2) == 0 {
			s.taken = true
			s.do("master taken", s.card.TakeMaster)
		} else {
			s.do("master given back", func() { s.card.GiveMaster(theFile.Load()) })
		}
	case 11:
		if s.r.IntN(2) == 0 {
			s.do("unplugged", func() { s.card.Disconnect(kmstest.Connector1) })
		} else {
			s.do("plugged", s.plug)
		}
	}
}

func (s *sequence) caps() {
	s.p.Element("caps").SetObjectProperty("caps", gst.CapsFromString(sequenceCaps[s.r.IntN(len(sequenceCaps))]))
}

func (s *sequence) plug() {
	s.card.Plug(kmstest.Connector1, kmstest.Mode(1920, 1080, 60, true), kmstest.Mode(640, 480, 60, false))
}
