package kmsmetasink

import (
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/kms/kmstest"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/test/leak"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// The sink of these tests, fakekmssink, shows on the card in memory that the
// running test has put here.
var (
	theCard atomic.Pointer[kmstest.Card]
	theFile atomic.Pointer[kmstest.File]
)

func openFake(s *settings) (*kms.Device, error) {
	if s.driver == "none" {
		return nil, kms.ErrNoDevice
	}
	f := theCard.Load().Open()
	theFile.Store(f)
	return kms.New(f)
}

func TestMain(m *testing.M) {
	pipe.Init()
	fake := Class
	fake.Name, fake.TypeName = "fakekmssink", "GstFakeKmsSink"
	fake.New = func(e *gstx.Element) any { return newSink(e, openFake) }
	err := errors.Join(
		gstx.Register(nil, Class),
		gstx.Register(nil, fake),
		gstx.Register(nil, dmaSourceClass),
		gstx.Register(nil, layerSourceClass),
		stamper.Register())
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	// GStreamer's own threads and files, and the font cache, stay for the life of the
	// process.
	p, _ := gst.ParseLaunch("videotestsrc num-buffers=1 ! textoverlay text=a ! fakesink")
	p.SetState(gst.StatePlaying)
	time.Sleep(100 * time.Millisecond)
	p.SetState(gst.StateNull)
	leak.Main(m)
}

// newCard makes the card of this test; at its end nothing may be left on it.
func newCard(t testing.TB, q kmstest.Quirks) *kmstest.Card {
	t.Helper()
	c := kmstest.NewCard(q)
	theCard.Store(c)
	return c
}

func property[T any](t testing.TB, p *pipe.Pipe, name string) T {
	t.Helper()
	v, ok := p.Element("sink").ObjectProperty(name).(T)
	if !ok {
		t.Fatalf("property %s is a %T", name, p.Element("sink").ObjectProperty(name))
	}
	return v
}

// statusMessages reads the shm-hdr-status messages up to the end of the stream.
func statusMessages(t testing.TB, p *pipe.Pipe) []string {
	t.Helper()
	var all []string
	p.Next("end of stream", 20*time.Second, func(m pipe.Message) bool {
		if m.Type == gst.MessageElement && strings.HasPrefix(m.Text, "shm-hdr-status") {
			all = append(all, m.Text)
		}
		if m.Type == gst.MessageError {
			t.Fatalf("error: %s (%s)", m.Text, m.Debug)
		}
		return m.Type == gst.MessageEOS
	})
	return all
}
