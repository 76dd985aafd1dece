// Package pipe runs GStreamer pipelines inside a test binary, with the project's
// elements registered in the process as a Go program would have them.
package pipe

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

var initOnce sync.Once

// Init initialises GStreamer once. The plugin file is kept out of the process:
// its elements would be a second copy with a second Go runtime.
func Init() {
	initOnce.Do(func() {
		os.Unsetenv("GST_PLUGIN_PATH")
		if r := os.Getenv("GST_REGISTRY"); r != "" {
			os.Setenv("GST_REGISTRY", filepath.Join(filepath.Dir(r), "registry-inprocess.bin"))
		}
		gst.Init()
	})
}

// Pipe is one pipeline of a test. It is taken to NULL at the test's end.
type Pipe struct {
	t  testing.TB
	p  gst.Pipeline
	ch chan Message

	mu      sync.Mutex
	stopped bool
	cancel  context.CancelFunc
	done    chan struct{}
}

// Message is what a test wants to know of a bus message.
type Message struct {
	Type  gst.MessageType
	From  string // element name
	Text  string // error and warning: for a person; element message: the serialised structure
	Debug string
	Code  int // error and warning
	// QoS: frames that were processed and lost.
	Processed, Dropped uint64
}

// New parses a pipeline description; the pipeline stays in NULL.
func New(t testing.TB, description string) *Pipe {
	t.Helper()
	Init()
	e, err := gst.ParseLaunch(description)
	if err != nil {
		t.Fatalf("%s: %v", description, err)
	}
	pl, ok := e.(gst.Pipeline)
	if !ok {
		t.Fatalf("%s: not a pipeline", description)
	}
	p := &Pipe{t: t, p: pl, ch: make(chan Message, 4096), done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	messages := pl.GetBus().Messages(ctx)
	go func() {
		defer close(p.done)
		for m := range messages {
			select {
			case p.ch <- convert(m):
			default: // a flood: the test reads what it waits for long before
			}
		}
	}()
	t.Cleanup(p.Stop)
	return p
}

// Play is New and then PLAYING.
func Play(t testing.TB, description string) *Pipe {
	t.Helper()
	p := New(t, description)
	p.SetState(gst.StatePlaying)
	return p
}

// SetState asks for a state and does not wait for it.
func (p *Pipe) SetState(s gst.State) gst.StateChangeReturn { return p.p.SetState(s) }

// Reaches waits until the pipeline is in a state, with all the streaming threads have
// to do for it done.
func (p *Pipe) Reaches(want gst.State) {
	p.t.Helper()
	state, _, result := p.p.GetState(gst.ClockTime(10 * time.Second))
	if state != want {
		p.t.Fatalf("the pipeline is %v (%v), want %v", state, result, want)
	}
}

// Pipeline lends the pipeline.
func (p *Pipe) Pipeline() gst.Pipeline { return p.p }

// Element finds an element by name.
func (p *Pipe) Element(name string) gst.Element {
	p.t.Helper()
	e := p.p.GetByName(name)
	if e == nil {
		p.t.Fatalf("no element %q in the pipeline", name)
	}
	return e
}

// Next waits for a message that match accepts.
func (p *Pipe) Next(what string, timeout time.Duration, match func(Message) bool) Message {
	p.t.Helper()
	deadline := time.After(timeout)
	var seen []string
	for {
		select {
		case m := <-p.ch:
			if match(m) {
				return m
			}
			if m.Type == gst.MessageError || m.Type == gst.MessageWarning {
				seen = append(seen, m.From+": "+m.Text+" ("+m.Debug+")")
			}
		case <-deadline:
			p.t.Fatalf("no %s within %v; errors and warnings: %s", what, timeout, strings.Join(seen, "; "))
		}
	}
}

// EOS waits for the end of the stream and fails on an error before it.
func (p *Pipe) EOS(timeout time.Duration) {
	p.t.Helper()
	m := p.Next("end of stream", timeout, func(m Message) bool {
		return m.Type == gst.MessageEOS || m.Type == gst.MessageError
	})
	if m.Type == gst.MessageError {
		p.t.Fatalf("error from %s: %s (%s)", m.From, m.Text, m.Debug)
	}
}

// Error waits for an error.
func (p *Pipe) Error(timeout time.Duration) Message {
	p.t.Helper()
	return p.Next("error", timeout, func(m Message) bool { return m.Type == gst.MessageError })
}

// Stop takes the pipeline to NULL and lets go of it; again does nothing.
func (p *Pipe) Stop() {
	p.mu.Lock()
	stopped := p.stopped
	p.stopped = true
	p.mu.Unlock()
	if stopped {
		return
	}
	p.p.SetState(gst.StateNull)
	p.cancel()
	<-p.done
}

func convert(m *gst.Message) Message {
	out := Message{Type: m.Type()}
	if src := m.Source(); src != nil {
		out.From = src.GetName()
	}
	var err error
	switch out.Type {
	case gst.MessageError:
		out.Debug, err = m.ParseError()
	case gst.MessageWarning:
		out.Debug, err = m.ParseWarning()
	case gst.MessageInfo:
		out.Debug, err = m.ParseInfo()
	case gst.MessageQos:
		_, out.Processed, out.Dropped = m.ParseQosStats()
	case gst.MessageElement:
		if s := m.GetStructure(); s != nil {
			out.Text = s.String()
		}
	}
	if err != nil {
		out.Text = err.Error()
		if c, ok := err.(interface{ Code() int }); ok {
			out.Code = c.Code()
		}
	}
	return out
}
