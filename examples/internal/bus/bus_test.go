package bus

import (
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

// first plays a pipeline and gives its first message of the type.
func first(t *testing.T, description string, typ gst.MessageType) *gst.Message {
	t.Helper()
	pipe.Init()
	e, err := gst.ParseLaunch(description)
	if err != nil {
		t.Fatal(err)
	}
	p := e.(gst.Pipeline)
	t.Cleanup(func() { p.BlockSetState(gst.StateNull, gst.ClockTime(5*time.Second)) })
	p.SetState(gst.StatePlaying)
	m := p.GetBus().TimedPopFiltered(gst.ClockTime(10*time.Second), typ)
	if m == nil {
		t.Fatalf("%s: no message of %v", description, typ)
	}
	return m
}

func TestErrorSaysTheCauseAndNotThePlaceInTheSources(t *testing.T) {
	for _, c := range []struct {
		name, pipeline string
		typ            gst.MessageType
		want           string
	}{
		// The element gives no debug text: its only line is the place.
		{"no cause", "fakesrc ! identity error-after=1 ! fakesink", gst.MessageError, "Failed after iterations as requested."},
		{"cause", "filesrc location=/nowhere.mkv ! fakesink", gst.MessageError, `Resource not found. (No such file "/nowhere.mkv")`},
		{"no error", "fakesrc num-buffers=1 ! fakesink", gst.MessageEOS, "<nil>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := "<nil>"
			if err := Error(first(t, c.pipeline, c.typ)); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
