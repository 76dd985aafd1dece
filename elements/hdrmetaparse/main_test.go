package hdrmetaparse

import (
	"errors"
	"testing"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/gstx"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/recorder"
	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/stamper"
	"github.com/gst-shmmeta/gst-shmmeta/test/pipe"
)

func TestMain(m *testing.M) {
	pipe.Main(m, func() error {
		return errors.Join(gstx.Register(nil, Class), recorder.Register(), stamper.Register())
	})
}
